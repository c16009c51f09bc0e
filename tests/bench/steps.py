"""Where our own time goes: the steps of create, start, exec and delete, by the runtime's own --trace."""
import json
import statistics

OPERATIONS = ("create", "start", "exec", "delete")
CONFIG, LEAST = "engine", 1.0
SIDES = {1: "runtime", 2: "init"}


def traced(command, file):
    """The command with --trace FILE behind its verb."""
    at = next(i for i, word in enumerate(command) if word in OPERATIONS)
    return command[:at + 1] + ["--trace", str(file)] + command[at + 1:]


def lines(who, bundles, token, directory):
    name, area = f"{token}-steps-%r", "steps"
    commands = {"create": who.create(area, bundles, CONFIG, name), "exec": who.exec(area, bundles, CONFIG, name)}
    out = []
    for operation in OPERATIONS:
        if operation == "delete":
            out += [["do", *who.simple(area, bundles, CONFIG, "kill", name, "KILL")], ["reap"], ["gap"]]
        command = commands.get(operation) or who.simple(area, bundles, CONFIG, operation, name)
        out += [["time", operation, *traced(command, directory / f"{operation}-%r")], ["gap"]]
    return out


def rows_of(files):
    """[(step, side, begin, duration)] in the order of beginning: medians in microseconds. What lies in a mount row is not told apart."""
    found = {}
    for file in files:
        for event in json.loads(file.read_text())["traceEvents"]:
            if event.get("ph") == "X" and not event["name"].startswith("/"):
                found.setdefault((event["name"], event["tid"]), []).append((event["ts"], event["dur"]))
    rows = [(name, SIDES[side], statistics.median(t for t, _ in samples), statistics.median(d for _, d in samples))
            for (name, side), samples in found.items()]
    return sorted((row for row in rows if row[3] >= LEAST), key=lambda row: row[2])


def measure(bench, rounds):
    """{operation: {"whole": the traced command's own time, "rows": rows_of(...)}}, or {} with what was said if it failed."""
    directory = bench.work / "steps"
    directory.mkdir()
    plan = bench.plan(bench.who[:1], lambda who: lines(who, bench.bundles, bench.token, directory))
    code, samples, said = bench.timer(plan, rounds, 2, 4)
    times = {}
    for line in samples.splitlines():
        _, operation, _, wall, _, _, status = line.split("\t")
        if status == "0":
            times.setdefault(operation, []).append(int(wall) / 1000)
    if code or set(times) != set(OPERATIONS):
        return {}, said
    return {operation: {"whole": statistics.median(times[operation]), "rows": rows_of(sorted(directory.glob(f"{operation}-*")))}
            for operation in OPERATIONS}, said
