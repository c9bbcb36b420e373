"""Latency on an idle network against disk syncs of the same run, and at half of the highest rate."""

import os
import statistics
import threading
import time

from .network import RUN, Network
from .table import Table


class SyncClock:
    """Times fdatasync of four appended kilobytes on the validators' disk, ten times a second."""

    def __enter__(self):
        self.seconds, self.ended = [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def run(self):
        path = RUN / "sync-clock"
        with open(path, "wb", buffering=0) as file:
            while not self.ended.wait(0.1):
                file.write(b"\0" * 4096)
                before = time.monotonic()
                os.fdatasync(file.fileno())
                self.seconds.append(time.monotonic() - before)
        path.unlink()

    @property
    def milliseconds(self):
        return statistics.median(self.seconds) * 1000


def latency(options):
    seconds = options.seconds or 20
    with Network(options.n) as network:
        everybody = network.everybody()
        with SyncClock() as clock:
            idle = network.measured_load(everybody, "--accounts", 100, "--in-flight", 1, "--per-request", 1,
                                         "--transactions", 1000 * seconds, seconds=seconds)
        highest = network.measured_load(everybody, "--accounts", 1000, seconds=seconds)
        rate = highest["committed_per_s"] / 2
        half = network.measured_load(everybody, "--accounts", 1000, "--rate", rate, seconds=seconds)
    table = Table(options.json, "load", "committed/s", "p50 ms", "p95 ms", "p99 ms", "bound ms", "within")
    bound = 4 * clock.milliseconds + 5
    for name, run, value, limit in (
        ("one transaction at a time, p50", idle, "p50", bound),
        ("highest rate", highest, None, None),
        ("half of it, p99", half, "p99", 5 * half["latency_ms"]["p50"]),
    ):
        figures = run["latency_ms"]
        table.add(name, run["committed_per_s"], figures["p50"], figures["p95"], figures["p99"], limit,
                  None if limit is None else figures[value] <= limit)
    print(f"fdatasync in the first run: {clock.milliseconds:.2f} ms, of {len(clock.seconds)}; "
          "bounds are 4 of these + 5 ms, and 5 times p50")
    table.save()
