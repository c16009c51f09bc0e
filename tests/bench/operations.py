"""What is measured: for each group of operations, the plan that the timer follows. `docs` says them in words."""

# group: what it measures, the configurations, and whether spaced and back to back.
SPACED, CLOSE = "spaced", "back to back"
BOTH = (SPACED, CLOSE)
LIFE = ("create", "start", "state", "exec", "kill", "delete")
CROWD = 8


class Group:
    """`lines` makes a competitor's lines of the plan; `share` is how many of the asked rounds it gets; `mounts` are more on the host."""

    def __init__(self, name, operations, lines, configs=("plain", "engine"), paces=BOTH, share=1.0, mounts=0, listed=0):
        self.name, self.operations, self.lines = name, operations, lines
        self.configs, self.paces, self.share, self.mounts, self.listed = configs, paces, share, mounts, listed


def timed(label, command):
    return ["time", label, *command]


def run(who, bundles, config, token):
    return [timed("run", who.run("run", bundles, config, f"{token}-run-%r")), ["gap"]]


def life(who, bundles, config, token):
    name, area = f"{token}-{who.name}-%r", "life"
    lines = [timed("create", who.create(area, bundles, config, name)), ["gap"]]
    for verb in ("start", "state"):
        lines += [timed(verb, who.simple(area, bundles, config, verb, name)), ["gap"]]
    lines += [timed("exec", who.exec(area, bundles, config, name)), ["gap"]]
    lines += [timed("kill", who.simple(area, bundles, config, "kill", name, "KILL")), ["reap"], ["gap"]]
    return lines + [timed("delete", who.simple(area, bundles, config, "delete", name)), ["gap"]]


def force(who, bundles, config, token):
    name, area = f"{token}-force-{who.name}-%r", "force"
    return [["do", *who.create(area, bundles, config, name)], ["do", *who.simple(area, bundles, config, "start", name)], ["gap"],
            timed("delete --force", who.delete_force(area, bundles, config, name)), ["gap"]]


def cold(who, bundles, config, token):
    """A state root that nobody has used: what a runtime keeps there from one container to the next is not there."""
    return [timed("run, nothing cached", who.run("cold-%r", bundles, config, f"{token}-cold-%r")), ["gap"]]


def crowd(who, bundles, config, token):
    name, area = f"{token}-crowd-{who.name}-%r-%i", "crowd"
    lines = [["crowd", f"create + start, {CROWD} at a time, each", str(CROWD), *who.create(area, bundles, config, name), "+",
              *who.simple(area, bundles, config, "start", name)]]
    return lines + [["do", *who.delete_force(area, bundles, config, name.replace("%i", str(i)))] for i in range(CROWD)] + [["gap"]]


def listed(count):
    def lines(who, bundles, config, token):
        return [timed(f"list, {count:,}", who.simple("list", bundles, config, "list")), ["gap"]]
    return lines


def mounted(count):
    def lines(who, bundles, config, token):
        return [timed(f"run, {count:,} more mounts", who.run("mounts", bundles, config, f"{token}-mounts-%r")), ["gap"]]
    return lines


def layers(who, bundles, config, token):
    bundle = bundles.layers_bundle(config)
    return [timed("run, 200 layers", who.run("layers", bundles, config, f"{token}-layers-%r", bundle=bundle)), ["gap"]]


LISTS, MOUNTS = (1, 100, 1000), (1000, 5000)
GROUPS = [
    Group("run", ("run",), run),
    Group("life", LIFE, life),
    Group("force", ("delete --force",), force),
    Group("cold", ("run, nothing cached",), cold, ("engine",), (SPACED,)),
    Group("crowd", (f"create + start, {CROWD} at a time, each",), crowd, paces=(CLOSE,), share=0.4),
    *(Group(f"list{n}", (f"list, {n:,}",), listed(n), ("plain",), (SPACED,), share=0.6, listed=n) for n in LISTS),
    *(Group(f"mounts{n}", (f"run, {n:,} more mounts",), mounted(n), ("engine",), (SPACED,), share=0.6, mounts=n) for n in MOUNTS),
    Group("layers", ("run, 200 layers",), layers, ("engine",), (SPACED,), share=0.6),
]
# Not compared by their times alone: see steps.py and memory.py.
OTHERS = ("steps", "memlimit", "resident")
NAMES = [group.name for group in GROUPS] + list(OTHERS)


def chosen(words):
    """The names of groups that OPS means: groups, or operations of them; all for none. Raises SystemExit for what is neither."""
    names = set()
    for word in words:
        found = {g.name for g in GROUPS if word in (g.name, g.name.rstrip("0123456789")) or word in g.operations}
        found |= {name for name in OTHERS if name == word}
        if not found:
            raise SystemExit(f"bench: OPS knows {' '.join(NAMES)} and the names of operations, not '{word}'")
        names |= found
    return names or set(NAMES)
