"""The short form, for every change: ratios within one machine's same rounds, and numbers of system calls. Never absolute times.

`limits` and `budgets` hold the figures. What is above a limit is measured once more, with more rounds, before it counts."""
import pathlib

import competitors
import operations
from figures import Row

HERE = pathlib.Path(__file__).parent
GROUPS = ("run", "life", "force")
ROUNDS, AGAIN = 12, 30


def table(name, kinds):
    """The rows of a table file: words parted by blanks, of which the last is a number; # begins a comment."""
    rows = []
    for number, line in enumerate((HERE / name).read_text().splitlines(), 1):
        words = line.split("#")[0].split()
        if words and len(words) != kinds:
            raise SystemExit(f"tests/bench/{name}:{number}: {kinds} words")
        if words:
            rows.append(words[:-1] + [float(words[-1])])
    return rows


def row_of(config, operation):
    operation = operation.replace("-", " --") if operation == "delete-force" else operation
    group = next(g.name for g in operations.GROUPS if g.name in GROUPS and operation in g.operations)
    return Row(group, config, operations.SPACED, operation)


def above(bench, limits, names):
    """The rows whose ratio is above the limit, or is not there."""
    found = []
    for config, operation, other, most in limits:
        ratio = bench.figures.ratio(row_of(config, operation), competitors.OURS, other) if other in names else 0
        if ratio is None or ratio > most:
            found.append((config, operation))
    return found


def ratios(bench):
    limits, names = table("limits", 4), {who.name for who in bench.who}
    group_of = {group.name: group for group in operations.GROUPS}
    for name in GROUPS:
        for config in ("plain", "engine"):
            bench.group(group_of[name], config, operations.SPACED, ROUNDS)
    for name, config in sorted({(row_of(c, o).group, c) for c, o in above(bench, limits, names)}):
        bench.group(group_of[name], config, operations.SPACED, AGAIN)
    for config, operation, other, most in limits:
        title = f"bench-check: {operation}, {config}, against {other}"
        row = row_of(config, operation)
        ratio = bench.figures.ratio(row, competitors.OURS, other)
        failures = bench.figures.failures(row, competitors.OURS)
        if other not in names:
            print(f"ok - {title} # SKIP {other} is not here, or cannot run", flush=True)
        elif ratio is None or failures:
            bench.result(False, title, f"{failures} failures of ours, {bench.figures.failures(row, other)} of {other}")
        else:
            bench.result(ratio <= most, f"{title}: {ratio:.2f} times its time, at most {most:g}")


def budgets(bench, calls):
    budget = table("budgets", 3)
    counted = {config: calls.measure(bench.who[0], bench.bundles, config, bench.work) for config in ("plain", "engine")}
    for config, operation, most in budget:
        title = f"bench-check: {operation}, {config}, system calls"
        if counted[config] is None:
            print(f"ok - {title} # SKIP no strace", flush=True)
            continue
        count, said = counted[config][operation]
        good = count is not None and count <= most
        bench.result(good, f"{title}: {count}, at most {most:g}", "" if good else said)


def check(bench, calls):
    budgets(bench, calls)
    ratios(bench)
    print(f"# {'all is within its limits' if not bench.failed else f'{bench.failed} above their limits'}", flush=True)
