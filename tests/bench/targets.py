#!/usr/bin/env python3
"""What was aimed at, beside what some runs of `make bench` have measured: `targets.py [--write] RESULTS.json...`, their results.json.

The table goes to stdout, or between two marks of docs/performance.md. Ratios are medians of each round's; a run stands beside the next one."""
import argparse
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
import operations  # noqa: E402
from figures import Figures, Row, Sample  # noqa: E402

BEGIN, END = "<!-- targets: begin -->", "<!-- targets: end -->"
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "performance.md"
SPACED, CLOSE = operations.SPACED, operations.CLOSE
EIGHT = "create + start, 8 at a time, each"
# What, group, configuration, pace, operation, ours/crun at most, ours/floor at most. crun's are those for a crun without a cache of filters.
TIMES = [
    ("run `true`, engine", "run", "engine", SPACED, "run", 0.12, 1.25),
    ("run `true`, plain", "run", "plain", SPACED, "run", 0.15, 1.25),
    ("create, engine", "life", "engine", SPACED, "create", 0.25, 1.3),
    ("create, plain", "life", "plain", SPACED, "create", 0.12, 1.3),
    *((f"{verb}, engine", "life", "engine", SPACED, verb, 0.15, 3) for verb in ("start", "state", "kill", "delete")),
    ("exec `true`, engine", "life", "engine", SPACED, "exec", 0.2, 1.4),
    ("delete --force, engine", "force", "engine", SPACED, "delete --force", 0.05, 1.5),
    ("list, 1,000", "list1000", "plain", SPACED, "list, 1,000", 0.3, 1.3),
    ("8 at a time, engine", "crowd", "engine", CLOSE, EIGHT, 0.3, 1.3),
    ("8 at a time, plain", "crowd", "plain", CLOSE, EIGHT, 0.3, 1.3),
    ("run, 5,000 more mounts", "mounts5000", "engine", SPACED, "run, 5,000 more mounts", 0.25, 0.8),
]
MEMORY = [("smallest limit, engine", "limits", "engine", 0, 0.4, 1.3), ("init's memory, plain", "resident", "init, plain", 1, 0.06, 0.7),
          ("init's memory, engine", "resident", "init, engine", 1, 0.06, 0.7)]


def figures_of(document):
    figures = Figures()
    for series in document["times"]:
        row = Row(*(series[field] for field in Row._fields))
        figures.samples[row][series["competitor"]] = {sample[0]: Sample(*sample[1:]) for sample in series["samples"]}
    return figures


def quotient(values, ours, other, index):
    return values[ours][index] / values[other][index] if values.get(ours) and values.get(other) else None


def measured(documents):
    """(what, limits, {pair: [a ratio for each run]}) of each target."""
    runs = [(document, figures_of(document)) for document in documents]
    pairs = (("caisson", "crun"), ("caisson", "floor"), ("floor", "crun"))
    for what, group, config, pace, operation, crun, floor in TIMES:
        row = Row(group, config, pace, operation)
        yield what, crun, floor, [[figures.ratio(row, *pair) for _, figures in runs] for pair in pairs]
    for what, table, key, index, crun, floor in MEMORY:
        yield what, crun, floor, [[quotient(document[table].get(key, {}), *pair, index) for document, _ in runs] for pair in pairs]


def cell(ratios, limit=None):
    text = " ".join("-" if ratio is None else f"{ratio:.2f}" for ratio in ratios)
    return f"**{text}**" if limit and all(ratio is not None and round(ratio, 2) <= limit for ratio in ratios) else text


def table(documents):
    head = ["operation", "ours/crun: aim", "measured", "ours/floor: aim", "measured", "floor/crun"]
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    for what, crun, floor, (to_crun, to_floor, floor_to_crun) in measured(documents):
        cells = [what, f"{crun:g}", cell(to_crun, crun), f"{floor:g}", cell(to_floor, floor), cell(floor_to_crun)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("results", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    text = table([json.loads(path.read_text()) for path in arguments.results])
    if not arguments.write:
        print(text)
        return
    page, count = re.subn(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: f"{BEGIN}\n\n{text}\n\n{END}", PAGE.read_text(), flags=re.S)
    if count != 1:
        raise SystemExit(f"targets: {PAGE} lacks the marks between which it is to be written")
    PAGE.write_text(page)


main()
