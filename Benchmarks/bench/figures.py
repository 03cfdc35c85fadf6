"""What a row measured, and how it is told."""

import dataclasses
import statistics


@dataclasses.dataclass
class Figure:
    """Values of one kind, one for each round."""

    what: str
    unit: str
    values: list

    @property
    def median(self):
        """The middle value."""
        return statistics.median(self.values)

    @property
    def spread(self):
        """Half of the distance between the least and the greatest, as a share of the median."""
        return (max(self.values) - min(self.values)) / 2 / self.median if self.median else 0.0

    def text(self):
        """For people: `12,345 /s ± 3 %`."""
        value = f"{self.median:,.0f}" if self.median >= 100 else f"{self.median:.2f}"
        spread = f" ± {self.spread:.0%}" if len(self.values) > 1 else ""
        return f"{value} {self.unit}{spread}"

    def record(self):
        """For programs."""
        return {
            "what": self.what, "unit": self.unit, "values": self.values, "median": self.median, "spread": self.spread,
        }


@dataclasses.dataclass
class Row:
    """One row of the table: A and, where there is one, its peer B."""

    name: str
    a: Figure
    target: str
    is_met: bool
    b: Figure = None
    # The ratio that the target is about, where it is about one: the median of the rounds' ratios.
    ratio: float = None
    notes: list = dataclasses.field(default_factory=list)

    def record(self):
        """For programs."""
        return {
            "name": self.name, "a": self.a.record(), "b": self.b.record() if self.b else None, "ratio": self.ratio,
            "target": self.target, "met": self.is_met, "notes": self.notes,
        }


def versus(name, a, b, target, notes=()):
    """A row whose target is a ratio, at least so great; A and B were taken in turn."""
    ratio = statistics.median(x / y for x, y in zip(a.values, b.values))
    return Row(name, a, f"≥ {target}", ratio >= target, b, ratio, list(notes))


def no_longer(name, a, b, limit, notes=()):
    """A row whose target is a ratio, at most so great; A and B were taken in turn."""
    ratio = statistics.median(x / y for x, y in zip(a.values, b.values))
    return Row(name, a, f"≤ {limit}", ratio <= limit, b, ratio, list(notes))


def at_most(name, a, limit, notes=()):
    """A row whose value has to stay within a limit in the median."""
    return Row(name, a, f"≤ {limit} {a.unit}", a.median <= limit, notes=list(notes))


def table(rows):
    """The rows as Markdown."""
    lines = ["| row | A | B | A / B | target | met |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        other = f"{row.b.what}: {row.b.text()}" if row.b else ""
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
        met = "yes" if row.is_met else "**no**"
        lines.append(f"| {row.name} | {row.a.what}: {row.a.text()} | {other} | {ratio} | {row.target} | {met} |")
    notes = [f"- {row.name}: {note}" for row in rows for note in row.notes]
    return "\n".join(lines + ([""] + notes if notes else [])) + "\n"
