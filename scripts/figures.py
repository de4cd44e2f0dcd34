#!/usr/bin/env python3
"""Fill the figures of the release into README.md, docs/ and the catalogue of models.

    python scripts/figures.py            fill them in
    python scripts/figures.py --check    change nothing; exit with 1 if a file differs

All figures come from docs/results/gfrnet-slim.json, a copy of the results.json of `gfrnet evaluate`.

In a sentence a mark asks for a figure, and the command writes it between the mark and the end::

    One guide brings <!-- figure: M minus M:no-guide, psnr, 4x / 8x --><!-- end --> dB.

A question has three parts, with commas between them, then options:

- a contender, or two with `minus` between them; `M` stands for the default model, gfrnet-slim-int8;
- a metric: psnr, ssim, psnr_eyes, psnr_mouth, identity, identity_to_guide, landmarks or warp;
- scales: `4x`, or several with what shall stand between the figures, as in `4x / 8x` or `4x and 8x`;
- options, as many as wanted:
  - `digits 3` sets the digits behind the point.
  - `size` gives a difference without its sign.
  - `interval` adds the 95 % interval. `low` and `high` give one end of it instead of the mean.
  - `p` gives the p value instead.
  - `pose below 10°` takes a part of the pairs, `in london-val` one data set.

The questions `pairs`, `people`, `pairs in london-val`, `people in london-val`, `date`, `processor` and
`cores` stand alone.

A table has a name of docs/results/figures.yaml, or `all` for every table of the evaluation::

    <!-- figures: release -->
    <!-- end -->
"""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gfrnet.errors import DataError, GfrnetError
from gfrnet.evaluate.report.formats import markdown_table, to_markdown
from gfrnet.evaluate.report.summary import Figure, Summary, read_summary
from gfrnet.evaluate.rows import METRIC_OF, Metric

ROOT = Path(__file__).resolve().parents[1]
SOURCE = Path("docs/results/gfrnet-slim.json")
TEMPLATES = Path("docs/results/figures.yaml")
CATALOGUE = Path("src/gfrnet/weights/measured.json")

START, END = re.compile("<!-- figures?: .+? -->"), "<!-- end -->"
MARK = re.compile(r"(<!-- (figures?): (.+?) -->)(.*?)(<!-- end -->)", re.DOTALL)
MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
DEFAULT = "gfrnet-slim-int8"
SCALE = re.compile(r"\b(\d+)x\b")
GIVEN = ("interval", "low", "high", "p")


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Fill in all figures, or check them."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        wanted = filled(root)
    except GfrnetError as error:
        print(error, file=sys.stderr)
        return 1
    different = [path for path, text in wanted.items() if text != _text(root / path)]
    for path in different:
        if arguments:
            print(f"{path} differs from {SOURCE}. Run: python scripts/figures.py", file=sys.stderr)
        else:
            (root / path).write_text(wanted[path], encoding="utf-8")
            print(f"{path} filled in.")
    return 1 if arguments and different else 0


def filled(root: Path) -> dict[Path, str]:
    """Return the text of every file with figures, as it shall be.

    Raises:
        DataError: The summary is missing or broken, or a mark asks for something that it does not hold.
    """
    summary = read_summary(root / SOURCE)
    templates = yaml.safe_load((root / TEMPLATES).read_text(encoding="utf-8"))
    files = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    texts = {path.relative_to(root): path.read_text(encoding="utf-8") for path in files}
    done = {
        path: fill(text, summary, templates["tables"], path)
        for path, text in texts.items()
        if "<!-- figure" in text
    }
    return done | {CATALOGUE: catalogue(summary, templates["catalogue"])}


def fill(text: str, summary: Summary, tables: dict[str, Any], path: Path) -> str:
    """Return a text with the figures of its marks.

    Raises:
        DataError: A mark has no end, or asks for something that the summary does not hold.
    """

    def replaced(match: re.Match[str]) -> str:
        mark, kind, asked, end = match[1], match[2], match[3], match[5]
        try:
            if kind == "figure":
                return f"{mark}{answer(asked, summary)}{end}"
            return f"{mark}\n\n{table(asked, summary, tables)}\n\n{end}"
        except DataError as error:
            raise DataError(f"{path}: {mark} cannot be filled in. {error}") from error

    for mark, body in zip(START.findall(text), START.split(text)[1:], strict=True):
        if END not in body:
            raise DataError(f"{path}: {mark} has no end. Write {END} behind the place of its figures.")
    return MARK.sub(replaced, text)


def table(name: str, summary: Summary, tables: dict[str, Any]) -> str:
    """Return a table in Markdown, by its name.

    Raises:
        DataError: There is no such table.
    """
    if name == "all":
        return "\n".join(map(to_markdown, summary.tables())).rstrip()
    if name not in tables:
        raise DataError(f"There is no table {name}. Choose one of all, {', '.join(tables)}.")
    lines = [
        [title]
        + [answer(f"{who}{column}{''.join(more)}", summary, NOTHING) for column in tables[name]["columns"]]
        for title, who, *more in tables[name]["rows"]
    ]
    return markdown_table(tables[name]["head"], lines, left=len(tables[name]["head"]))


def catalogue(summary: Summary, lines: dict[str, dict[str, str]]) -> str:
    """Return what `gfrnet models` says of each model, as JSON."""
    said = {
        model: [(what, _answered(re.sub(r"\bX\b", model, text), summary)) for what, text in facts.items()]
        for model, facts in lines.items()
    }
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def _answered(text: str, summary: Summary) -> str:
    """Replace the questions in braces."""
    return re.sub(r"\{(.+?)\}", lambda found: answer(found[1], summary), text)


def answer(text: str, summary: Summary, missing: str | None = None) -> str:
    """Return the figures that a question asks for.

    Args:
        text: The question, as the description of this file has it.
        summary: Figures of the release.
        missing: Text where there is no value; an error where it is None.

    Raises:
        DataError: The question cannot be understood, or has no answer.
    """
    if "," not in text:
        return _fact(text, summary)
    question = Question.parse(text)
    if question.contender == question.minus:
        return ""
    found = {scale: question.figure(summary, float(scale)) for scale in SCALE.findall(question.scales)}
    if None in found.values():
        if missing is None:
            raise DataError(
                "The evaluation has no such value; table.csv beside its results lists what it has."
            )
        return missing
    return SCALE.sub(lambda scale: question.said(found[scale[1]]), question.scales)


@dataclass(frozen=True)
class Question:
    """Hold what a mark asks for.

    Attributes:
        contender: Name of a contender.
        minus: Name of the one that is subtracted; empty for a mean.
        metric: The metric.
        scales: Scales, with what stands between the figures.
        give: The part of a figure that is wanted: mean, interval, low, high or p.
        digits: Number of digits behind the point.
        size: Whether a difference is given without its sign.
        pose: Part of the pairs; empty for all.
        data: Name of a data set; empty for all.
    """

    contender: str
    minus: str
    metric: Metric
    scales: str
    give: str
    digits: int
    size: bool
    pose: str
    data: str

    @classmethod
    def parse(cls, text: str) -> "Question":
        """Read a question.

        Raises:
            DataError: It cannot be understood.
        """
        contenders, name, scales, *rest = (*(part.strip() for part in text.split(",")), "", "")
        options = dict(part.partition(" ")[::2] for part in rest if part)
        if name not in METRIC_OF:
            raise DataError(f"{name} is no metric. Choose one of {', '.join(METRIC_OF)}.")
        if not SCALE.search(scales):
            raise DataError(f"{scales} is no scale. Write 4x, or 4x / 8x.")
        if unknown := options.keys() - {*GIVEN, "digits", "size", "pose", "in"}:
            raise DataError(f"{min(unknown)} is no option. The description of scripts/figures.py lists them.")
        one, _, other = contenders.partition(" minus ")
        return cls(
            contender=_contender(one),
            minus=_contender(other),
            metric=METRIC_OF[name],
            scales=scales,
            give=next((part for part in GIVEN if part in options), "mean"),
            digits=int(options.get("digits", METRIC_OF[name].digits)),
            size="size" in options,
            pose=options.get("pose", ""),
            data=options.get("in", ""),
        )

    def figure(self, summary: Summary, scale: float) -> Figure | None:
        """Look the figure up; a difference that no table holds is made of two means, without an interval."""
        found = self._find(summary, scale, self.contender, self.minus)
        if found or not self.minus or self.give != "mean":
            return found
        one = self._find(summary, scale, self.contender, "")
        other = self._find(summary, scale, self.minus, "")
        if not one or not other or one.pairs != other.pairs:
            return None
        return one.model_copy(update={"mean": one.mean - other.mean})

    def _find(self, summary: Summary, scale: float, contender: str, minus: str) -> Figure | None:
        wanted = (scale, contender, minus, self.pose, self.data)
        return next(
            (
                figure
                for line in summary.lines
                if (line.scale, line.contender, line.minus, line.pose_gap, line.data) == wanted
                for figure in line.figures
                if figure.metric == self.metric.name
            ),
            None,
        )

    def said(self, figure: Figure) -> str:
        """Write a figure as the documents have it."""
        if self.give == "p":
            return "p < 0.001" if figure.p is not None and figure.p < 0.001 else f"p = {figure.p:.3f}"
        values = {"mean": figure.mean, "low": figure.low, "high": figure.high}
        if self.size and figure.mean < 0:
            values = {"mean": -figure.mean, "low": -figure.high, "high": -figure.low}
        mean, low, high = (self._number(value) for value in values.values())
        return f"{mean} [{low}, {high}]" if self.give == "interval" else self._number(values[self.give])

    def _number(self, value: float) -> str:
        sign = "+" if self.minus and not self.size else ""
        return f"{value:{sign}.{self.digits}f}".replace("-", MINUS)


def _contender(name: str) -> str:
    return re.sub(r"^M(?=:|$)", DEFAULT, name.strip())


def _fact(question: str, summary: Summary) -> str:
    """Return what was measured, and with what."""
    facts = {
        "pairs": summary.pairs,
        "people": summary.people,
        "date": summary.date,
        "processor": summary.machine.processor,
        "cores": summary.machine.cores,
    }
    for data in summary.data:
        facts |= {f"pairs in {data.name}": data.pairs, f"people in {data.name}": data.people}
    if question not in facts:
        raise DataError(
            f"{question} is nothing to ask for. Give one of {', '.join(facts)}, or a full question."
        )
    return str(facts[question])


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
