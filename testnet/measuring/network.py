"""A network of the scripts in testnet/ for the length of a measurement, and what its validators say."""

import http.client
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
API_PORT = int(os.environ.get("AKASHI_FIGURES_PORT", "7700"))
# Always its own, since it is wiped: never the one that a shell may have set for the scripts.
RUN = ROOT / ".build/figures-net"
ENVIRONMENT = dict(
    os.environ,
    AKASHI_TESTNET_DIR=str(RUN),
    AKASHI_TESTNET_API_PORT=str(API_PORT),
    AKASHI_TESTNET_PEER_PORT=str(API_PORT + 50),
)
# What a load may take beside its seconds: accounts, signatures, waiting for what is on its way.
PATIENCE = 600


def script(name, *arguments, check=True):
    done = subprocess.run([ROOT / "testnet" / name, *arguments], env=ENVIRONMENT, check=False, stdout=subprocess.DEVNULL)
    if check and done.returncode != 0:
        sys.exit(f"figures: testnet/{name} failed")


class Network:
    """Starts with a `with`, and is stopped and removed at its end."""

    def __init__(self, count, namespaces=False):
        self.count = count
        self.namespaces = namespaces
        self.loads = []

    def __enter__(self):
        script("down", "--wipe", check=False)
        try:
            script("up", "-n", str(self.count), *(["--namespaces"] if self.namespaces else []))
        except BaseException:
            script("down", "--wipe", check=False)
            raise
        return self

    def __exit__(self, *_):
        for load in self.loads:
            if load.poll() is None:
                load.kill()
                load.wait()
        script("down", "--wipe")

    def process(self, index):
        return int((RUN / f"validator-{index}/pid").read_text())

    def everybody(self):
        return list(range(self.count))

    def load(self, nodes, *options, processors=None):
        """Starts the load generator on these validators, of which alone it counts the CPU time."""
        load = subprocess.Popen(
            [
                ROOT / "testnet/load",
                "--node", ",".join(f"http://127.0.0.1:{API_PORT + index}" for index in nodes),
                "--pids", ",".join(str(self.process(index)) for index in nodes),
                *map(str, options),
            ],
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            preexec_fn=(lambda: os.sched_setaffinity(0, processors)) if processors else None,
        )
        self.loads.append(load)
        return load

    def measured_load(self, nodes, *options, seconds, processors=None):
        """Runs the load generator to its end, and gives the last run's document."""
        path = RUN.with_suffix(".json")
        path.unlink(missing_ok=True)
        load = self.load(nodes, "--json", path, "--seconds", seconds, *options, processors=processors)
        try:
            status = load.wait(timeout=seconds + PATIENCE)
        except subprocess.TimeoutExpired:
            sys.exit(f"figures: the load generator did not end within {seconds + PATIENCE} s")
        if status != 0:
            sys.exit("figures: the load generator failed")
        return json.loads(path.read_text())[-1]

    def keep_validators_on(self, processors):
        """All threads of all validators, and those that they will start."""
        for index in self.everybody():
            for thread in os.listdir(f"/proc/{self.process(index)}/task"):
                try:
                    os.sched_setaffinity(int(thread), processors)
                except ProcessLookupError:
                    pass


class Node:
    """One validator's HTTP interface over a connection that stays."""

    def __init__(self, index):
        self.connection = http.client.HTTPConnection("127.0.0.1", API_PORT + index, timeout=30)

    def get(self, path):
        self.connection.request("GET", path)
        return self.connection.getresponse().read().decode()

    def status(self):
        return json.loads(self.get("/v1/status"))

    def metrics(self):
        """Sums over labels, and each sample by its whole name."""
        samples = {}
        for line in self.get("/metrics").splitlines():
            if line.startswith("#"):
                continue
            name, value = line.rsplit(" ", 1)
            samples[name] = float(value)
            family = re.sub(r"\{.*", "", name)
            if family != name:
                samples[family] = samples.get(family, 0) + float(value)
        return samples

    def blocks(self):
        """The notices of certified blocks, as they come."""
        self.connection.request("GET", "/v1/events?type=block")
        response = self.connection.getresponse()
        while line := response.readline():
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


def processor_seconds(process):
    """User and system time of a process."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
