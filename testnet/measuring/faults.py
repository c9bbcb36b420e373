"""The rate with one validator dead for the CPU that is left, and how soon it is back when the primary dies."""

import collections
import os
import signal
import threading
import time

from .network import Network, Node, script
from .table import Table

# The default one in seconds, with the eighth that is added at random.
VIEW_TIMEOUT = 4.5


class RateClock:
    """Counts the transactions of certified blocks as one validator tells of them."""

    def __init__(self, index):
        self.blocks = collections.deque()
        threading.Thread(target=self.run, args=(index,), daemon=True).start()

    def run(self, index):
        for block in Node(index).blocks():
            self.blocks.append((time.monotonic(), len(block["transactions"])))

    def between(self, start, end):
        """Transactions per second."""
        return sum(count for at, count in list(self.blocks) if start <= at < end) / (end - start)

    def back_at(self, rate, since, patience):
        """The seconds after which a whole second had that rate, or nothing if that took too long."""
        while time.monotonic() < since + patience:
            now = time.monotonic()
            if now > since + 1 and self.between(now - 1, now) >= rate:
                return now - 1 - since
            time.sleep(0.05)
        return None


def wait_for_turn(node, spared):
    """Waits until a turn begins whose primary receives no load, and returns that primary."""
    before = node.status()["primary"]
    while True:
        primary = node.status()["primary"]
        if primary != before and primary not in spared:
            return primary
        before = primary
        time.sleep(0.005)


def primary_dies(network, rate):
    """Seconds until the rate is back to 0.9 of what was offered, after the primary was killed."""
    nodes = [0, 1]
    load = network.load(nodes, "--accounts", 100, "--rate", rate, "--warm-up", 0, "--seconds", 40)
    try:
        clock, node = RateClock(0), Node(0)
        deadline = time.monotonic() + 120
        # The generator makes its accounts first, and signs.
        while clock.between(time.monotonic() - 3, time.monotonic()) < 0.9 * rate:
            if time.monotonic() > deadline or load.poll() is not None:
                return None, None
            time.sleep(0.2)
        victim = wait_for_turn(node, nodes)
        os.kill(network.process(victim), signal.SIGKILL)
        return victim, clock.back_at(0.9 * rate, time.monotonic(), 45)
    finally:
        load.kill()
        load.wait()


def faults(options):
    seconds = options.seconds or 20
    table = Table(options.json, "what", "committed/s", "CPU µs per transaction and validator",
                  "healthy CPU divided by it", "back after s", "bound", "within")
    with Network(options.n) as network:
        everybody = network.everybody()
        closed = ("--accounts", 1000)
        healthy = network.measured_load(everybody, *closed, seconds=seconds)
        healthy_cost = healthy["cpu_us_per_tx_per_validator"]
        table.add("all alive", healthy["committed_per_s"], healthy_cost, None, None, None, None)
        os.kill(network.process(options.n - 1), signal.SIGKILL)
        dead = network.measured_load(everybody[:-1], *closed, seconds=seconds)
        cost = dead["cpu_us_per_tx_per_validator"]
        table.add("one dead", dead["committed_per_s"], cost, healthy_cost / cost, None, 0.8, healthy_cost / cost >= 0.8)
        script("restart", str(options.n - 1))
        rate = int(healthy["committed_per_s"] / 2)
        for _ in range(options.kills):
            victim, back = primary_dies(network, rate)
            table.add(f"primary dead at {rate}/s", None, None, None, back, 2 * VIEW_TIMEOUT,
                      back is not None and back <= 2 * VIEW_TIMEOUT)
            if victim is None:
                break
            script("restart", str(victim))
    table.save()

