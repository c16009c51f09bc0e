"""The host as the bench needs it, in a mount namespace of its own, but with the host's processes: cgroup v2 where it belongs, a tmpfs to work in; and what it is like."""
import ctypes
import glob
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import time

CGROUPS = pathlib.Path("/sys/fs/cgroup")
INSIDE = "CAISSON_BENCH_INSIDE"
PR_SET_CHILD_SUBREAPER = 36


def enter_namespaces():
    """Comes back in a mount namespace; orphans become ours, as they would a shim's."""
    if os.environ.get(INSIDE):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
        return
    if os.geteuid() != 0:
        raise SystemExit("bench: needs root")
    os.environ[INSIDE] = "1"
    import sys
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])


def mounted_type(path):
    kind = None
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        before, after = line.split(" - ")
        if before.split()[4] == str(path):
            kind = after.split()[0]
    return kind


class Host:
    """`memory` is the directory of cgroup v1's memory controller, or None."""

    def __init__(self, work, say):
        self.mounts = len(pathlib.Path("/proc/self/mountinfo").read_text().splitlines())
        self.load = os.getloadavg()[0]
        self.layout, self.memory, self.work = "cgroup v2", None, work
        work.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", str(work)], check=True)
        if mounted_type(CGROUPS) != "cgroup2":
            self.cover_hybrid(say)
        controllers = CGROUPS / "cgroup.subtree_control"
        self.controllers = controllers.read_text().split() if controllers.exists() else []

    def cover_hybrid(self, say):
        """All are to run on cgroup v2, which is all that crun and the floor know."""
        if (CGROUPS / "memory/memory.limit_in_bytes").exists():
            self.memory = self.work / "memory"
            self.memory.mkdir()
            subprocess.run(["mount", "--bind", str(CGROUPS / "memory"), str(self.memory)], check=True)
        done = subprocess.run(["mount", "-t", "cgroup2", "cgroup2", str(CGROUPS)], capture_output=True, check=False)
        self.layout = "cgroup v2, in a mount namespace of a host with cgroup v1" if done.returncode == 0 else "cgroup v1"
        say(f"host: {self.layout}")

    def sweep(self, token, states):
        """Ends all containers whose name has the token in it and removes what they leave; others are none of ours."""
        mine = [pathlib.Path(p) for depth in ("*", "*/*", "*/*/*") for p in glob.glob(str(CGROUPS / depth / "cgroup.procs"))]
        mine = sorted({p.parent for p in mine if token in str(p)}, key=lambda p: -len(p.parts))
        for directory in mine:
            kill(directory)
        deadline = time.monotonic() + 20
        while mine and time.monotonic() < deadline:
            mine = [directory for directory in mine if not removed(directory)]
            reap()
            time.sleep(0.01)
        for state in states.glob("*/*"):
            shutil.rmtree(state, ignore_errors=True)
        return mine

    def facts(self):
        model = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")]
        return {
            "kernel": f"{platform.release().split('-')[0]} ({' '.join(w for w in platform.version().split() if 'PREEMPT' in w) or 'no PREEMPT'})",
            "processors": f"{os.cpu_count()} x {model[0] if model else platform.machine()}",
            "cgroups": f"{self.layout}, controllers: {' '.join(self.controllers) or 'none'}",
            "mounts": str(self.mounts), "load": f"{self.load:.1f}", "date": time.strftime("%Y-%m-%d", time.gmtime()),
        }


def kill(directory):
    try:
        (directory / "cgroup.kill").write_text("1")
    except OSError:
        for pid in (directory / "cgroup.procs").read_text().split() if directory.exists() else ():
            os.kill(int(pid), signal.SIGKILL)


def removed(directory):
    try:
        directory.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def reap():
    """We are the first process of the namespace: what nobody waits for comes to us."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
