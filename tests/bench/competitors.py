"""Who is compared: caisson, its peers as far as they are there and can run here, and the floor; how each is called."""
import os
import pathlib
import shutil
import subprocess

OURS, FLOOR = "caisson", "floor"


class Competitor:
    """`environment` is VARIABLE=VALUE for its commands, or None; `states` the directory its state roots are made in."""

    def __init__(self, name, program, states, environment=None):
        self.name, self.program, self.environment = name, str(program), environment
        self.states = states / name
        self.states.mkdir(parents=True)

    def root(self, area):
        return self.states / area

    def call(self, area, *words):
        return [self.program, "--root", str(self.root(area)), *map(str, words)]

    def run(self, area, bundles, config, name, program="true", bundle=None):
        return self.call(area, "run", "-b", bundle or bundles.path(config, program), name)

    def create(self, area, bundles, config, name):
        return self.call(area, "create", "-b", bundles.path(config, "sleep"), name)

    def exec(self, area, bundles, config, name):
        return self.call(area, "exec", name, "/bin/true")

    def simple(self, area, bundles, config, verb, *words):
        return self.call(area, verb, *words)

    def delete_force(self, area, bundles, config, name):
        return self.call(area, "delete", "--force", name)

    def environ(self):
        added = dict([self.environment.split("=", 1)]) if self.environment else {}
        return {**os.environ, **added}

    def version(self):
        first = subprocess.run([self.program, "--version"], capture_output=True, text=True, check=False).stdout.split("\n")[0]
        return first.removeprefix(self.name).strip().removeprefix("version").strip()


class Floor(Competitor):
    """The same words for a program that knows the two configurations by heart."""

    def call_floor(self, area, bundles, config, *words, root=None):
        options = ["-r", root or bundles.root, "-b", bundles.binds, "-s", self.root(area)]
        if config == "engine":
            options += ["-e"] + (["-l", bundles.floor_limit] if bundles.floor_limit else [])
        return [self.program, *map(str, options + list(words))]

    def run(self, area, bundles, config, name, program="true", bundle=None):
        arguments = ["/bin/sleep", "100000"] if program == "sleep" else ["/bin/true"]
        return self.call_floor(area, bundles, config, "run", name, *arguments, root=bundles.layered() if bundle else None)

    def create(self, area, bundles, config, name):
        return self.call_floor(area, bundles, config, "create", name, "/bin/sleep", "100000")

    def exec(self, area, bundles, config, name):
        return self.call_floor(area, bundles, config, "exec", name, "/bin/true")

    def simple(self, area, bundles, config, verb, *words):
        return self.call_floor(area, bundles, config, verb, *words)

    def delete_force(self, area, bundles, config, name):
        return self.call_floor(area, bundles, config, "delete-force", name)

    def version(self):
        return "system calls alone, musl, static"


def runs(competitor, bundles, config):
    """None if a container runs, else what it said."""
    command = competitor.run("probe", bundles, config, f"{bundles.token}-probe")
    done = subprocess.run(command, env=competitor.environ(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                          check=False)
    words = (done.stderr.strip() or f"exit code {done.returncode}").split("\n")[-1]
    return None if done.returncode == 0 else words


def peer(name, program, bundles, tools, states, say):
    """A peer that runs here, or None after a line that says why not."""
    found = shutil.which(program)
    if not found:
        say(f"{name}: skipped, there is no {program}")
        return None
    candidate = Competitor(name, pathlib.Path(found).resolve(), states)
    said = runs(candidate, bundles, "engine")
    if said and "MEMLOCK" in said:
        candidate.environment = f"LD_PRELOAD={tools / 'memlock.so'}"
        say(f"{name}: with memlock.so, as root may not lift limits here; it costs each of its commands some 0.05 ms")
        said = runs(candidate, bundles, "engine")
    said = said or runs(candidate, bundles, "plain")
    if said:
        say(f"{name}: skipped, it cannot run here: {said}")
        return None
    return candidate


def find(caisson, tools, bundles, states, say):
    """All that can run; the first is ours. Ours must run: what it says else is the bench's end."""
    found = [Competitor(OURS, caisson, states)]
    for config in ("plain", "engine"):
        said = runs(found[0], bundles, config)
        if said:
            raise SystemExit(f"bench: caisson cannot run here: {said}")
    for name in ("crun", "runc"):
        candidate = peer(name, os.environ.get(name.upper()) or name, bundles, tools, states, say)
        if candidate:
            found.append(candidate)
    floor = tools / FLOOR
    if floor.exists():
        found.append(Floor(FLOOR, floor, states))
        said = runs(found[-1], bundles, "plain") or runs(found[-1], bundles, "engine")
        if said:
            say(f"floor: skipped, it cannot run here: {said}")
            found.pop()
    else:
        say("floor: skipped, it is written for x86-64 and musl")
    return found
