"""The rate over links with delay and loss, against what the capacity and the window allow.

The links are those of 'testnet/up --namespaces': each validator lives in a namespace, and the switch delays and loses
its packets. It is a program of its own, and its share of a processor is shown, since it may be what holds up the rate.
"""

import subprocess
import sys

from .network import ROOT, RUN, Network, Node, processor_seconds, script
from .table import Table

# W and the largest batch, of the standard parameters.
WINDOW, BATCH = 16, 1000


def wan(options):
    seconds = options.seconds or 20
    check = subprocess.run([sys.executable, ROOT / "testnet/switch.py", "check"], capture_output=True, check=False)
    if check.returncode != 0:
        sys.exit("figures: wan takes root, /dev/net/tun and network namespaces")
    table = Table(options.json, "delay ms", "loss %", "committed/s", "p50 ms", "finality ms",
                  "window allows/s", "of the lesser bound", "at least 0.8", "view changes", "lost",
                  "switch's share of a processor")
    with Network(options.n, namespaces=True) as network:
        everybody, capacity = network.everybody(), None
        switch = int((RUN / "switch.pid").read_text())
        for delay, loss in ((0, 0), (50, 1), (150, 1)):
            script("slow", str(delay), str(loss))
            before = view(0)
            light = network.measured_load(everybody, "--accounts", 100, "--rate", 20, "--per-request", 1, seconds=seconds)
            finality = light["latency_ms"]["p50"]
            spent = processor_seconds(switch)
            run = network.measured_load(everybody, "--accounts", 1000, "--in-flight", 256, "--drain", 120, seconds=seconds)
            # Of the sending and of what comes before and after it, in which the switch has less to do.
            share = (processor_seconds(switch) - spent) / seconds
            capacity = capacity or run["committed_per_s"]
            allowed = WINDOW * BATCH / (finality / 1000)
            part = run["committed_per_s"] / min(capacity, allowed)
            table.add(delay, loss, run["committed_per_s"], run["latency_ms"]["p50"], finality, allowed, part,
                      part >= 0.8, view(0) - before, run["lost"], share)
    table.save()


def view(index):
    return int(Node(index).metrics()["akashi_view_changes_total"])
