"""How many system calls each command of caisson makes, as `strace -f -c` counts them: all its processes, up to the command's end."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

PATIENCE, LISTED = 30, 32


def children(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def count(command, report, environment):
    """The number of calls. A container's own process outlives `create`: strace ends when the command itself has ended."""
    # -I 2: strace heeds signals, which it does not by itself when it writes to a file.
    words = report.with_suffix(".said")
    with open(words, "w", encoding="utf-8") as err:  # a pipe would not end before the container
        tracer = subprocess.Popen(["strace", "-I", "2", "-f", "-c", "-o", str(report), *command], env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=err)
    deadline, begun = time.monotonic() + PATIENCE, False
    while tracer.poll() is None and time.monotonic() < deadline:
        begun_now = bool(children(tracer.pid))
        if begun and not begun_now:
            tracer.send_signal(signal.SIGTERM)
            break
        begun = begun or begun_now
        time.sleep(0.005)
    try:
        tracer.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        tracer.kill()
        return None, "strace does not end"
    said = words.read_text(errors="replace")
    total = re.search(r"^\s*100\.00\s+\S+\s+(?:\S+\s+)?(\d+)\s+(?:\d+\s+)?total$", report.read_text(), re.M)
    return (int(total.group(1)), said) if total else (None, said)


def measure(ours, bundles, config, work):
    """{operation: calls}; None for strace that is not there."""
    if not shutil.which("strace"):
        return None
    name, area = f"{bundles.token}-calls-{config}", "calls"
    commands = {
        "run": ours.run(area, bundles, config, name),
        "create": ours.create(area, bundles, config, name),
        **{verb: ours.simple(area, bundles, config, verb, name) for verb in ("start", "state")},
        "exec": ours.exec(area, bundles, config, name),
        "kill": ours.simple(area, bundles, config, "kill", name, "KILL"),
        "delete": ours.simple(area, bundles, config, "delete", name),
    }
    counted = {}
    for operation, command in commands.items():
        if operation == "delete":
            stopped(ours, area, bundles, config, name)
        counted[operation] = count(command, work / "strace", {**os.environ, **ours.environ()})
    return {**counted, **among_others(ours, bundles, config, work)}


def quietly(command):
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def among_others(ours, bundles, config, work):
    """list of LISTED containers, and delete --force of one that runs: the least of three, as it looks the oftener the longer dying takes."""
    area, names = "listed", [f"{bundles.token}-listed-{config}-{i}" for i in range(LISTED)]
    for name in names:
        quietly(ours.create(area, bundles, config, name))
    quietly(ours.simple(area, bundles, config, "start", names[0]))
    environment = {**os.environ, **ours.environ()}
    counted = {f"list-{LISTED}": count(ours.simple(area, bundles, config, "list"), work / "strace", environment)}
    deletions = []
    for name in names[:3]:
        quietly(ours.simple(area, bundles, config, "start", name))  # the first one runs already, and says so
        deletions.append(count(ours.delete_force(area, bundles, config, name), work / "strace", environment))
    counted["delete-force"] = min(deletions, key=lambda one: (one[0] is None, one[0]))
    for name in names[3:]:
        quietly(ours.delete_force(area, bundles, config, name))
    return counted


def stopped(ours, area, bundles, config, name):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        state = subprocess.run(ours.simple(area, bundles, config, "state", name), capture_output=True, text=True, check=False).stdout
        if re.search(r'"status":\s*"stopped"', state):
            return
        time.sleep(0.01)
