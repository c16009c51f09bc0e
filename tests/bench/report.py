"""The tables, as text, and the part of docs/performance.md and the plot that the bench writes itself."""
import math
import re
from xml.sax.saxutils import escape

from competitors import OURS

BEGIN, END = "<!-- The bench wrote this: begin -->", "<!-- The bench wrote this: end -->"
COLOURS = {"caisson": "#0b7a75", "floor": "#8a8f98", "crun": "#d1770f", "runc": "#8e3b8f"}


def number(value):
    """Three digits or so, in a unit that fits: the value is in microseconds."""
    if value is None:
        return "-"
    if value >= 100000:
        return f"{value / 1000:.0f} ms"
    if value >= 1000:
        return f"{value / 1000:.3g} ms"
    return f"{value:.0f} µs"


def ratio_text(value):
    return "-" if value is None else f"{value:.2f}" if value < 10 else f"{value:.0f}"


# ---- as text, beside the results ----

def columns(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(widths[i]) if i < 2 else cell.rjust(widths[i]) for i, cell in enumerate(row)) for row in rows)


def table(figures, rows, everyone):
    out = [("operation", "who", "n", "min", "median", "cpu", "peak KiB", "failed", "ours/it")]
    for row in rows:
        for who in everyone:
            s = figures.summary(row, who.name)
            if s is None:
                out.append((row.operation, who.name, "0", "-", "-", "-", "-", str(figures.failures(row, who.name)), "-"))
                continue
            ratio = figures.ratio(row, OURS, who.name) if who.name != OURS else None
            out.append((row.operation, who.name, str(s["n"]), number(s["minimum"]), number(s["median"]), number(s["cpu"]), str(s["peak"]),
                        str(s["failures"]), ratio_text(ratio)))
    return columns(out)


def resident_table(resident, everyone):
    out = [("what", "who", "resident KiB", "proportional", "written")]
    for what, found in resident.items():
        out += [(what, who.name, *(f"{v:.0f}" for v in found[who.name])) for who in everyone if who.name in found]
    return columns(out)


def limits_table(limits, everyone):
    out = [("what", "who", "smallest KiB", "peak without")]
    for config, found in limits.items():
        out += [(f"run, {config}", who.name, *(map(str, found[who.name]) if found[who.name] else ("fails", "-"))) for who in everyone]
    return columns(out)


def steps_rows(found):
    """A step's cells: operation, step, side, when it begins, how long it takes."""
    for operation, what in found.items():
        for name, side, begin, duration in what["rows"]:
            yield operation, name, side, number(begin), number(duration)
        yield operation, "the command as seen from outside", "", "", number(what["whole"])


def steps_text(found):
    return columns([("operation", "step", "side", "begins", "takes"), *steps_rows(found)]) if found else ""


# ---- the document ----

def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def times_table(figures, rows, everyone):
    peers = [w.name for w in everyone if w.name != OURS]
    out = []
    for row in rows:
        cells = [row.operation]
        for who in everyone:
            s = figures.summary(row, who.name)
            failed = f", {s['failures']} failed" if s and s["failures"] else ""
            cells.append(f"{number(s['median'])} ({number(s['minimum'])}{failed})" if s else "failed")
        out.append(cells + [ratio_text(figures.ratio(row, OURS, name)) for name in peers])
    return markdown(["operation"] + [w.name for w in everyone] + [f"ours/{name}" for name in peers], out)


def costs_table(figures, rows, everyone):
    out = []
    for row in rows:
        summaries = [figures.summary(row, who.name) for who in everyone]
        out.append([row.operation] + [f"{number(s['cpu'])}, {s['peak']:,}" if s else "-" for s in summaries])
    return markdown(["operation"] + [w.name for w in everyone], out)


def kib_table(found, everyone, what):
    peers = [w.name for w in everyone if w.name != OURS]
    out = []
    for title, values in found.items():
        ours = values.get(OURS)
        cells = [" / ".join(f"{v:,.0f}" for v in values[w.name]) if values.get(w.name) else "-" for w in everyone]
        index = 1 if what == "resident" else 0
        out.append([title] + cells + [ratio_text(ours[index] / values[n][index]) if ours and values.get(n) else "-" for n in peers])
    return markdown([""] + [w.name for w in everyone] + [f"ours/{n}" for n in peers], out)


def sections(figures):
    """(configuration, pace): its rows, in the order of measuring."""
    found = {}
    for row in figures.rows():
        found.setdefault((row.config, row.pace), []).append(row)
    return found


def text(bench, document):
    facts, everyone = document["host"], bench.who
    out = [f"Measured {facts['date']}: Linux {facts['kernel']}, {facts['processors']}; {facts['cgroups']}; {facts['mounts']} mounts;",
           f"load before {facts['load']}; {document['rounds']} rounds (fewer for what takes long).",
           "", "\n".join(f"- {name}: {version}" for name, version in document["competitors"].items())]
    if not {"crun", "runc"} <= set(document["competitors"]):
        out.append("- A peer that is not in the list was not there, or could not run.")
    out += ["", "![Medians of all operations, spaced](performance.svg)"]
    for (config, pace), rows in sections(bench.figures).items():
        out += ["", f"### {config.capitalize()}, {pace}: median (minimum)", "", times_table(bench.figures, rows, everyone)]
    for (config, pace), rows in sections(bench.figures).items():
        if pace == "spaced":
            out += ["", f"### {config.capitalize()}, {pace}: processor time, peak memory in KiB", "",
                    costs_table(bench.figures, rows, everyone)]
    if document["steps"]:
        out += ["", "### Our own steps, engine, spaced: medians of --trace", "",
                "Steps of `init` go on beside those of the runtime; `attend the program` is the payload's own time. Each traced clock reading is in it.", "",
                markdown(["operation", "step", "side", "begins at", "takes"], steps_rows(document["steps"]))]
    if document["resident"]:
        out += ["", "### Memory held, in KiB: resident / proportional / private and written", "",
                "`init` is a created container's, `run` the command that waits for its container; the ratio is of the proportional.", "",
                kib_table(document["resident"], everyone, "resident")]
    if document["limits"]:
        out += ["", "### The smallest limit of memory within which `run` of `true` works / the peak without a limit, in KiB", "",
                kib_table(document["limits"], everyone, "limits")]
    return "\n".join(out) + "\n"


def write(directory, bench, document):
    """Only between the two marks: what people wrote around them stays."""
    page = directory / "performance.md"
    before = page.read_text()
    made = f"{BEGIN}\n\n{text(bench, document)}\n{END}"
    after, count = re.subn(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: made, before, flags=re.S)
    if count != 1:
        raise SystemExit(f"bench: {page} lacks the marks between which it is to be written")
    page.write_text(after)
    (directory / "performance.svg").write_text(plot(bench))


# ---- the plot: a dot for each median on a logarithmic scale, a line from the minimum ----

WIDTH, LEFT, RIGHT, LINE = 900, 250, 40, 26


def scale(low, high):
    span = math.log10(high / low)
    return lambda value: LEFT + (WIDTH - LEFT - RIGHT) * math.log10(value / low) / span


def ticks(low, high):
    power = math.floor(math.log10(low))
    while 10 ** power <= high * 1.001:
        if 10 ** power >= low * 0.999:
            yield 10 ** power
        power += 1


def element(name, content=None, **attributes):
    inside = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items())
    return f"<{name}{inside}/>" if content is None else f"<{name}{inside}>{escape(content)}</{name}>"


def legend(everyone):
    out, x = [], LEFT
    for who in everyone:
        out.append(element("circle", cx=x, cy=24, r=5, fill=COLOURS[who.name]))
        out.append(element("text", who.name, x=x + 10, y=28))
        x += 110
    return out


def panel(figures, rows, everyone, title, top, x_of, marks):
    bottom = top + LINE * (len(rows) + 1)
    out = [element("text", title, x=12, y=top + 6, font_weight="bold")]
    for mark in marks:
        out.append(element("line", x1=f"{x_of(mark):.1f}", y1=top + 14, x2=f"{x_of(mark):.1f}", y2=bottom, stroke="#e1e4e8"))
        out.append(element("text", number(mark), x=f"{x_of(mark):.1f}", y=top + 6, text_anchor="middle", fill="#6a737d"))
    for i, row in enumerate(rows):
        y = top + LINE * (i + 1) + 6
        out.append(element("text", row.operation, x=LEFT - 14, y=y + 4, text_anchor="end"))
        for who in everyone:
            s = figures.summary(row, who.name)
            if s:
                low, middle = f"{x_of(s['minimum']):.1f}", f"{x_of(s['median']):.1f}"
                out.append(element("line", x1=low, y1=y, x2=middle, y2=y, stroke=COLOURS[who.name], stroke_width=2, stroke_opacity=0.5))
                out.append(element("circle", cx=middle, cy=y, r=5, fill=COLOURS[who.name], fill_opacity=0.9))
    return out, bottom + 30


def plot(bench):
    parts = [(key, rows) for key, rows in sections(bench.figures).items() if key[1] == "spaced"] or list(sections(bench.figures).items())
    found = [s for _, rows in parts for row in rows for who in bench.who if (s := bench.figures.summary(row, who.name))]
    if not found:
        return '<svg xmlns="http://www.w3.org/2000/svg"/>\n'
    low = 10 ** math.floor(math.log10(min(s["minimum"] for s in found)))
    high = 10 ** math.ceil(math.log10(max(s["median"] for s in found)))
    x_of, marks, top, body = scale(low, high), list(ticks(low, high)), 62, legend(bench.who)
    for (config, pace), rows in parts:
        made, top = panel(bench.figures, rows, bench.who, f"{config}, {pace}", top, x_of, marks)
        body += made
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}" ' \
        'font-family="sans-serif" font-size="13">'
    return "\n".join([head, element("rect", width=WIDTH, height=top, fill="#ffffff")] + body + ["</svg>"]) + "\n"
