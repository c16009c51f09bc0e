#!/usr/bin/env python3
"""What a host does with many containers: the time of each operation and of the steps of a create, and memory, among 0 to COUNTS containers
that run. `make bench-scale [COUNTS="0 1000"]`; see docs/scale.md. Not a test: it takes minutes, and gigabytes for the larger counts."""
import argparse
import json
import pathlib
import os
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import bundles as bundles_module  # noqa: E402
import competitors  # noqa: E402
import host as host_module  # noqa: E402

ROUNDS, CONFIG = 15, "engine"
OPERATIONS = ("create", "start", "state", "exec", "list", "kill", "delete")
# Steps of a create that ask all containers of the host for something; see docs/scale.md.
STEPS = ("network", "cgroup", "birth", "session", "/proc", "/sys", "pivot")


def available():
    """Memory in KiB that is there for something else."""
    for line in open("/proc/meminfo", encoding="utf-8"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1])
    return 0


def timed(command):
    begin = time.monotonic_ns()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return (time.monotonic_ns() - begin) / 1000 if done.returncode == 0 else None


def median(values):
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else float("nan")


class Scale:
    def __init__(self, arguments):
        work = pathlib.Path(arguments.build).resolve() / "work"
        self.host = host_module.Host(work, print)
        self.token = f"scale-{os.urandom(4).hex()}"
        self.states = work / "states"
        self.states.mkdir()
        caisson = pathlib.Path(arguments.caisson).resolve()
        self.bundles = bundles_module.Bundles(work, caisson, self.host.controllers, self.token)
        self.ours = competitors.Competitor("caisson", caisson, self.states)
        self.floor = competitors.Floor("floor", pathlib.Path(arguments.build).resolve() / "floor", self.states)
        self.made, self.trace = 0, work / "trace"

    def fill(self, count):
        """Time of each create and start on the way, in microseconds."""
        begin, first = time.monotonic_ns(), self.made
        while self.made < count:
            name = f"{self.token}-{self.made}"
            for command in (self.ours.create("many", self.bundles, CONFIG, name), self.ours.simple("many", self.bundles, CONFIG, "start", name)):
                if timed(command) is None:
                    raise SystemExit(f"scale: container {self.made} could not be made: {' '.join(command)}")
            self.made += 1
        return (time.monotonic_ns() - begin) / 1000 / max(1, count - first)

    def life(self, who):
        times = {operation: [] for operation in OPERATIONS}
        for i in range(ROUNDS):
            name, area = f"{self.token}-{who.name}-{i}", "many"
            commands = {"create": who.create(area, self.bundles, CONFIG, name), "exec": who.exec(area, self.bundles, CONFIG, name),
                        "kill": who.simple(area, self.bundles, CONFIG, "kill", name, "KILL"),
                        "list": who.simple(area, self.bundles, CONFIG, "list")}
            for operation in OPERATIONS:
                if operation == "delete":
                    time.sleep(0.02)
                command = commands.get(operation) or who.simple(area, self.bundles, CONFIG, operation, name)
                times[operation].append(timed(command))
                time.sleep(0.004)
                host_module.reap()
        return {operation: median(values) for operation, values in times.items()}

    def steps(self):
        """Of a create, by caisson's own trace."""
        found = {step: [] for step in STEPS}
        for i in range(ROUNDS):
            name = f"{self.token}-t-{i}"
            create = self.ours.create("many", self.bundles, CONFIG, name)
            create[create.index("create") + 1:create.index("create") + 1] = ["--trace", str(self.trace)]
            timed(create)
            for event in json.loads(self.trace.read_text())["traceEvents"]:
                if event.get("ph") == "X" and event["name"] in found:
                    found[event["name"]].append(event["dur"])
            timed(self.ours.delete_force("many", self.bundles, CONFIG, name))
            time.sleep(0.01)
            host_module.reap()
        return {step: median(values) for step, values in found.items()}

    def row(self, count, empty):
        each = self.fill(count)
        time.sleep(1)
        ours, floor, steps = self.life(self.ours), self.life(self.floor), self.steps()
        memory = (empty - available()) / count if count else 0
        return each, memory, ours, floor, steps

    def all(self, counts):
        empty = available()
        head = ["containers", "KiB each", "made in"] + list(OPERATIONS) + ["floor: " + o for o in OPERATIONS if o != "list"] + \
               ["step " + s for s in STEPS]
        print("| " + " | ".join(head) + " |\n|" + " ---: |" * len(head), flush=True)
        for count in counts:
            each, memory, ours, floor, steps = self.row(count, empty)
            cells = [f"{count:,}", f"{memory:,.0f}", f"{each / 1000:.2f} ms" if count else "-"]
            cells += [microseconds(ours[o]) for o in OPERATIONS] + [microseconds(floor[o]) for o in OPERATIONS if o != "list"]
            cells += [microseconds(steps[s]) for s in STEPS]
            print("| " + " | ".join(cells) + " |", flush=True)

    def end(self):
        begin = time.monotonic()
        for i in range(self.made):
            timed(self.ours.delete_force("many", self.bundles, CONFIG, f"{self.token}-{i}"))
            host_module.reap()
        if self.made:
            print(f"delete --force of {self.made:,}: {(time.monotonic() - begin) * 1000 / self.made:.2f} ms each", flush=True)
        self.host.sweep(self.token, self.states)


def microseconds(value):
    return f"{value / 1000:,.1f} ms" if value >= 10000 else f"{value:,.0f} µs"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--caisson", required=True)
    parser.add_argument("counts", nargs="*", type=int)
    arguments = parser.parse_args()
    host_module.enter_namespaces()
    scale = Scale(arguments)
    try:
        scale.all(sorted(arguments.counts or [0, 100, 1000]))
    finally:
        scale.end()


main()
