"""Where a validator's CPU goes under a closed loop of transfers, by stages, from samples that perf takes."""

import collections
import json
import shutil
import subprocess
import sys
import time

from .network import RUN, Network, processor_seconds
from .table import Table

# The first that fits a sample counts: a part of the thread's name, a library, or a function on the stack.
STAGES = [
    ("signatures of transactions", "crypto", "libsecp256k1", None),
    ("signatures of consensus", None, "libsecp256k1", None),
    ("execution: contracts", None, None, ("TransactionRunner",)),
    ("execution: replays sought", None, None, ("ExecutionState.fresh",)),
    ("execution: state and writing", None, None, ("ExecutionState.write", "StateTree", "TreeUpdate", "WorldState")),
    ("execution: rest", "execution", None, None),
    ("journal", "journal", None, None),
    ("RocksDB in the background", "rocksdb", None, None),
    ("pool", None, None, ("Mempool",)),
    ("replica", None, None, ("Replica.",)),
    ("engine", None, None, ("Engine.",)),
    ("admission without signature", "crypto", None, None),
    ("HTTP", None, None, ("HTTP", "Hummingbird", "APIEdge", "Node.submit")),
    ("TLS and sockets", None, None, ("SSL", "SelectableEventLoop", "Socket")),
]
OTHER = "other, and waking threads"


def stage(thread, frames):
    top = frames[0][1] if frames else ""
    for name, part, library, functions in STAGES:
        if part is not None and not thread.startswith(part):
            continue
        if library is not None and library not in top:
            continue
        if functions is not None and not any(wanted in symbol for symbol, _ in frames for wanted in functions):
            continue
        return name
    return OTHER


def samples(path):
    """Thread and frames, innermost first, of each sample."""
    script = subprocess.run(["perf", "script", "-i", path, "-F", "comm,tid,ip,sym,dso"], capture_output=True, text=True,
                            errors="replace", check=True).stdout
    text = subprocess.run(["swift", "demangle", "--simplified"], input=script, capture_output=True, text=True,
                          check=True).stdout
    for block in text.split("\n\n"):
        lines = block.strip("\n").split("\n")
        if len(lines) < 2:
            continue
        frames = []
        for line in lines[1:]:
            symbol, _, library = line.strip().partition(" ")[2].rpartition(" (")
            frames.append((symbol, library.rstrip(")")))
        yield lines[0].strip().rsplit(None, 1)[0], frames


def profile(options):
    for program in ("perf", "swift"):
        if shutil.which(program) is None:
            sys.exit(f"figures: profile takes {program}")
    seconds = options.seconds or 20
    path, document = RUN.with_suffix(".perf"), RUN.with_suffix(".json")
    document.unlink(missing_ok=True)
    with Network(options.n) as network:
        load = network.load(network.everybody(), "--json", document, "--seconds", seconds, "--accounts", 1000,
                            "--in-flight", 32, "--per-request", 50)
        process = network.process(1)
        # The generator makes its accounts and signs first: samples begin when the validator works hard.
        before, busy = processor_seconds(process), 0
        while load.poll() is None and busy < 0.3:
            time.sleep(1)
            busy, before = processor_seconds(process) - before, processor_seconds(process)
        subprocess.run(["perf", "record", "-q", "-F", "1999", "--call-graph", "fp", "-p", str(process), "-o", path, "--",
                        "sleep", str(max(2, seconds // 2))], check=True)
        if load.wait() != 0:
            sys.exit("figures: the load generator failed")
    run = json.loads(document.read_text())[-1]
    counts = collections.Counter(stage(*sample) for sample in samples(path))
    path.unlink()
    each = run["cpu_us_per_tx_per_validator"]
    table = Table(options.json, "stage", "share", "µs per transaction")
    for name, count in counts.most_common():
        table.add(name, f"{100 * count / counts.total():.1f} %", each * count / counts.total())
    table.add("all", "100 %", each)
    print(f"{counts.total()} samples of validator 1 at {run['committed_per_s']:.0f} transactions per second, "
          f"efficiency {run['efficiency']:.3f}")
    table.save()

