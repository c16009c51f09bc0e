"""The short form, for every change: ratios within one machine's same rounds, and numbers of system calls. Never absolute times.

`limits` and `budgets` hold the figures. What is above a limit is measured once more, with more rounds, before it counts."""
import pathlib

import competitors
import memory
import operations
from figures import Row

HERE = pathlib.Path(__file__).parent
# Groups of operations that are timed, and those of their operations that have blanks in their names.
GROUPS = ("run", "life", "force", "list100", "mounts1000", "crowd")
WORDS = {"delete-force": "delete --force", "list-100": "list, 100", "run-1000-mounts": "run, 1,000 more mounts",
         "8-at-a-time": f"create + start, {operations.CROWD} at a time, each"}
HELD = "init-memory"
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
    operation = WORDS.get(operation, operation)
    group = next(g for g in operations.GROUPS if g.name in GROUPS and operation in g.operations)
    return Row(group.name, config, group.paces[0], operation)


def time_ratio(figures, row, other):
    """The median of the rounds' ratios, or the ratio of the lower quartiles, whichever is less: a busy machine adds the same to both, and so
    brings every ratio nearer to 1; the faster rounds it has mostly left alone. What is slower in three of four rounds is so in both."""
    middle = figures.ratio(row, competitors.OURS, other)
    if middle is None:
        return None
    ours, theirs = (figures.summary(row, name)["quartile"] for name in (competitors.OURS, other))
    return min(middle, ours / theirs) if theirs else middle


def ratio_of(bench, held, config, operation, other):
    if operation != HELD:
        return time_ratio(bench.figures, row_of(config, operation), other)
    found = held[f"init, {config}"]
    proportional = [found[name][1] if found.get(name) else None for name in (competitors.OURS, other)]
    return proportional[0] / proportional[1] if all(proportional) else None


def above(bench, limits, names):
    """The rows of time whose ratio is above the limit, or is not there."""
    found = []
    for config, operation, other, most in limits:
        ratio = ratio_of(bench, None, config, operation, other) if operation != HELD and other in names else 0
        if ratio is None or ratio > most:
            found.append((config, operation))
    return found


def ratios(bench):
    limits, names = table("limits", 4), {who.name for who in bench.who}
    group_of = {group.name: group for group in operations.GROUPS}
    wanted = {(row_of(c, o).group, c) for c, o, _, _ in limits if o != HELD}
    for name, config in sorted(wanted, key=lambda one: (GROUPS.index(one[0]), one[1])):
        bench.group(group_of[name], config, group_of[name].paces[0], ROUNDS)
    for name, config in sorted({(row_of(c, o).group, c) for c, o in above(bench, limits, names)}):
        bench.group(group_of[name], config, group_of[name].paces[0], AGAIN)
    bench.sweep()
    held = memory.resident(bench.who, bench.bundles)
    for config, operation, other, most in limits:
        title = f"bench-check: {operation}, {config}, against {other}"
        failures, theirs = ((bench.figures.failures(row_of(config, operation), name) for name in (competitors.OURS, other))
                            if operation != HELD else (0, 0))
        if other not in names:
            print(f"ok - {title} # SKIP {other} is not here, or cannot run", flush=True)
            continue
        ratio = ratio_of(bench, held, config, operation, other)
        if ratio is None or failures:
            bench.result(False, title, f"{failures} failures of ours, {theirs} of {other}")
        else:
            bench.result(ratio <= most, f"{title}: {ratio:.2f} times its {'memory' if operation == HELD else 'time'}, at most {most:g}")


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
