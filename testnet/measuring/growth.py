"""CPU for a transaction as validators, payload, accounts and time grow."""

import time

from .network import Network
from .table import Table

PARTS = ("validators", "payload", "accounts", "time")


def growth(options):
    seconds = options.seconds or 20
    parts = options.parts
    table = Table(options.json, "what", "of it", "committed/s", "CPU µs per transaction and validator", "verify µs",
                  "efficiency", "bytes per transaction", "written per transaction and validator",
                  "between validators per transaction", "transactions in a block", "memory MiB", "lost")

    def measure(network, what, value, *load):
        run = network.measured_load(network.everybody(), *load, seconds=seconds)
        table.add(what, value, run["committed_per_s"], run["cpu_us_per_tx_per_validator"], run["verify_us"],
                  run["efficiency"], run["bytes_per_tx"], run["written_bytes_per_tx_per_validator"],
                  run["peer_bytes_per_tx"], run["blocks"]["transactions_p50"],
                  max(use["highest_memory_bytes"] for use in run["validator_use"]) // (1 << 20), run["lost"])

    if "validators" in parts:
        for count in (4, 7, 10):
            with Network(count) as network:
                measure(network, "validators", count, "--accounts", 1000)
    if "payload" in parts:
        with Network(options.n) as network:
            for size in (100, 1000, 3000, 10000):
                measure(network, "payload", size, "--accounts", 1000, "--mix", "evidence", "--payload", size)
    if "accounts" in parts:
        with Network(options.n) as network:
            for count in (1, 10, 100, 1000, 10000):
                measure(network, "accounts", count, "--accounts", count)
    if "time" in parts:
        with Network(options.n) as network:
            start = time.monotonic()
            while (minutes := (time.monotonic() - start) / 60) < options.minutes:
                measure(network, "minutes", round(minutes, 1), "--accounts", 300)
    table.save()
