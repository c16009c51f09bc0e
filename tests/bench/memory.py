"""Memory: what a created container's init and a waiting `run` hold, and the smallest limit within which `run` still works."""
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import time

from bundles import CONFIGS

REPEATS, PATIENCE = 3, 20
LEAST, MOST, STEP = 16 << 10, 64 << 20, 8 << 10


def call(who, command):
    return subprocess.run(command, env=who.environ(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False)


def state(who, bundles, config, area, name):
    try:
        return json.loads(call(who, who.simple(area, bundles, config, "state", name)).stdout)
    except ValueError:
        return {}


def held(pid):
    """Resident, proportional and private written memory in KiB."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return tuple(int(re.search(rf"^{key}:\s+(\d+) kB", text, re.M).group(1)) for key in ("Rss", "Pss", "Private_Dirty"))


def of_init(who, bundles, config, name):
    area = "memory"
    subprocess.run(who.create(area, bundles, config, name), env=who.environ(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False)
    try:
        return held(state(who, bundles, config, area, name)["pid"])
    except (KeyError, OSError):
        return None
    finally:
        call(who, who.delete_force(area, bundles, config, name))


def of_run(who, bundles, config, name):
    area = "memory"
    waiting = subprocess.Popen(who.run(area, bundles, config, name, "sleep"), env=who.environ(), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE
        while state(who, bundles, config, area, name).get("status") != "running" and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.1)
        return held(waiting.pid)
    except OSError:
        return None
    finally:
        call(who, who.simple(area, bundles, config, "kill", name, "KILL"))
        try:
            waiting.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            waiting.kill()
            waiting.wait()


def resident(everyone, bundles):
    """{"init, plain": {competitor: (resident, proportional, written)}} and the same for run."""
    found = {}
    for config in CONFIGS:
        for what, measure in (("init", of_init), ("run", of_run)):
            for who in everyone:
                samples = [measure(who, bundles, config, f"{bundles.token}-{what}-{who.name}-{i}") for i in range(REPEATS)]
                samples = [s for s in samples if s]
                if samples:
                    found.setdefault(f"{what}, {config}", {})[who.name] = tuple(statistics.median(c) for c in zip(*samples))
    return found


# ---- the smallest limit, by cgroup v1's memory controller, which counts the runtime and its container together ----

class Box:
    """A cgroup, made anew for each try: what an earlier one was charged for does not count."""

    def __init__(self, memory, token, tools):
        self.top, self.tools, self.tries = memory / token, tools, 0
        self.top.mkdir()

    def attempt(self, who, bundles, config, limit):
        """Whether `run` goes well within the limit (None: without one), and what was charged at most."""
        self.tries += 1
        box = self.top / str(self.tries)
        box.mkdir()
        if limit:
            (box / "memory.limit_in_bytes").write_text(str(limit))
        name = f"{bundles.token}-limit-{who.name}-{self.tries}"
        command = [str(self.tools / "within"), "-p", str(box / "cgroup.procs"), *who.run("limit", bundles, config, name)]
        started = subprocess.Popen(command, env=who.environ(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            code = started.wait(5)
        except subprocess.TimeoutExpired:
            code = -1
        peak = int((box / "memory.max_usage_in_bytes").read_text())
        self.empty(box)
        if started.poll() is None:
            started.wait()
        return code == 0, peak

    def empty(self, box):
        """What a failed try left, and the cgroup."""
        for _ in range(500):
            try:
                box.rmdir()
                return
            except OSError:
                for pid in (box / "cgroup.procs").read_text().split():
                    try:
                        os.kill(int(pid), signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                time.sleep(0.01)


def smallest(box, who, bundles, config):
    """(smallest limit, peak without one) in KiB, or None if it does not even run without."""
    free = [box.attempt(who, bundles, config, None) for _ in range(REPEATS)]
    if not all(good for good, _ in free):
        return None
    least, most = LEAST, MOST
    while most - least > STEP:
        middle = (least + most) // 2 & ~4095
        if all(box.attempt(who, bundles, config, middle)[0] for _ in range(REPEATS)):
            most = middle
        else:
            least = middle
    return most >> 10, max(peak for _, peak in free) >> 10


def limits(everyone, bundles, host, tools):
    """{config: {competitor: (smallest, peak)}}, and why there is nothing, if so."""
    if not host.memory:
        return {}, "no cgroup v1 memory controller, beside the containers' own cgroups"
    box = Box(host.memory, bundles.token, tools)
    try:
        found = {config: {who.name: smallest(box, who, bundles, config) for who in everyone} for config in CONFIGS}
    finally:
        box.empty(box.top)
    return found, None
