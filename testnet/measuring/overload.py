"""Three times what the network can commit, with processors of its own for the load generator in both runs."""

import os
import sys

from .network import Network
from .table import Table


def overload(options):
    seconds = options.seconds or 20
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) < 2:
        sys.exit("figures: overload takes two processors, one of them for the load generator")
    own, others = {processors[-1]}, set(processors[:-1])
    with Network(options.n) as network:
        network.keep_validators_on(others)
        everybody = network.everybody()

        def run(*load):
            return network.measured_load(everybody, "--accounts", 1000, "--warm-up", 2, *load, seconds=seconds,
                                         processors=own)

        highest = run("--in-flight", 32)
        quarter = ["--rate", highest["committed_per_s"] / 4]
        before = run(*quarter)
        three = run("--rate", 3 * highest["committed_per_s"], "--drain", 120)
        after = run(*quarter)
    table = Table(options.json, "load", "offered/s", "committed/s", "of the highest", "p50 ms", "p99 ms",
                  "rejected", "lost", "turned away, with when to come again", "without", "memory MiB",
                  "rest final after s", "generator's share")
    for name, document in (("highest", highest), ("a quarter", before), ("three times", three), ("a quarter", after)):
        away = document["turned_away"]
        saying = sum(count for answer, count in away.items() if "with Retry-After" in answer)
        table.add(
            name, document["offered_per_s"], document["committed_per_s"],
            document["committed_per_s"] / highest["committed_per_s"],
            document["latency_ms"]["p50"], document["latency_ms"]["p99"], document["rejected"], document["lost"],
            saying, sum(away.values()) - saying,
            max(use["highest_memory_bytes"] for use in document["validator_use"]) // (1 << 20),
            document["drain_s"], document["generator_share"],
        )
    print(f"the validators on processors {sorted(others)}, the generator on {sorted(own)}; "
          f"codes under overload: {three['codes']}")
    table.save()
