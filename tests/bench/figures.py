"""Samples of the timer, and what is made of them: medians, minima, failures, ratios as the median of each round's ratio."""
import collections
import statistics

Sample = collections.namedtuple("Sample", "wall cpu peak status")
# What tells a row of the table from others.
Row = collections.namedtuple("Row", "group config pace operation")


class Figures:
    def __init__(self):
        self.samples = collections.defaultdict(lambda: collections.defaultdict(dict))  # Row -> competitor -> round -> Sample

    def add(self, group, config, pace, text):
        for line in text.splitlines():
            name, operation, round_, wall, cpu, peak, status = line.split("\t")
            self.samples[Row(group, config, pace, operation)][name][int(round_)] = Sample(
                int(wall) / 1000, int(cpu), int(peak), int(status))

    def rows(self):
        return list(self.samples)

    def good(self, row, name):
        return {r: s for r, s in self.samples[row].get(name, {}).items() if s.status == 0}

    def failures(self, row, name):
        return sum(s.status != 0 for s in self.samples[row].get(name, {}).values())

    def summary(self, row, name):
        """Microseconds and KiB; None if it never went well."""
        good = self.good(row, name).values()
        if not good:
            return None
        walls = [s.wall for s in good]
        return {"n": len(walls), "minimum": min(walls), "quartile": sorted(walls)[len(walls) // 4], "median": statistics.median(walls), "cpu": statistics.median(s.cpu for s in good),
                "peak": max(s.peak for s in good), "failures": self.failures(row, name)}

    def ratio(self, row, name, other):
        """The median over the rounds of name's time divided by other's in the same round, or None."""
        ours, theirs = self.good(row, name), self.good(row, other)
        ratios = [ours[r].wall / theirs[r].wall for r in ours if r in theirs and theirs[r].wall]
        return statistics.median(ratios) if ratios else None

    def document(self):
        """For the history: everything, as lists of plain values."""
        return [{**row._asdict(), "competitor": name, "samples": [[r, *s] for r, s in sorted(samples.items())]}
                for row, series in self.samples.items() for name, samples in series.items()]
