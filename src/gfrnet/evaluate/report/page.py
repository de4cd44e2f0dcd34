"""Write a run as a page for the browser, which needs no network."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from gfrnet import images
from gfrnet.evaluate.report.cases import Case
from gfrnet.evaluate.report.formats import LEGEND, pieces
from gfrnet.evaluate.report.plots import Plot
from gfrnet.evaluate.report.tables import Estimate, Line, Table, heading
from gfrnet.evaluate.rows import METRIC_OF, Metric
from gfrnet.webpage import webpage

MEANINGS = {
    "psnr": "how near the pixels are to the true photo's; half as large an error is 6 dB more",
    "ssim": "how near its structures are to the true photo's; 1 is equal",
    "psnr_eyes": "PSNR around the eyes alone",
    "psnr_mouth": "PSNR around the mouth alone",
    "identity": "how unlike the result and the true photo are to a face recogniser; below 0.6 they are taken "
    "for the same person",
    "identity_to_guide": "the same for the result and the guide; if it is the lower of the two, the guide "
    "was copied rather than used",
    "landmarks": "how far eyes, nose, mouth and chin are from where they are in the true photo; 1 is the "
    "distance between the eyes",
    "warp": "how far from the right place the model looks in the guide, in pixels of 256",
    "vgg": "how unlike the result and the true photo are to a network that recognises objects",
    "lpips": "how unlike people would find the result and the true photo, as a network estimates it",
}
"""Meaning of each metric, in plain words."""

_INTRODUCTION = (
    "Every pair is a photo of a person, the truth, and another photo of the same person, the guide. The "
    "truth is made small, and in the blind protocol also blurred, noisy and compressed, alike for all. A "
    "model restores this bad photo with the help of the guide, and the result is compared with the truth. "
    "Controls are no models to be used: they show what a figure is worth."
)

_LEADS = {
    "better": "with a good photo of the right person, {model} restores a face that is clearly more like that "
    "person than with a photo of a stranger",
    "worse": "with a good photo of the right person, {model} restores a face that is clearly less like that "
    "person than with a photo of a stranger",
    "unclear": "whether {model} is given a good photo of the right person or one of a stranger: no clear "
    "difference was found in how much the restored face is like the person",
}
_NO_LEAD = (
    "No model was measured with a stranger's guide too, so whether the guide helps is not known. Add "
    "MODEL:stranger and MODEL:no-guide to the command."
)

_SECTIONS = {
    "Guide gap": "What a model makes of its guides: its figures with one choice of guides minus those with "
    "another, over the same pairs. Clear differences are green where the first is better and red where "
    "it is worse. A model without a gap is a blind restorer, whatever its PSNR.",
    "Differences": "Every other contender minus the first that is no control, over the same pairs: green is "
    "clearly better than the first, red clearly worse.",
    "Pose gap": "The angle between the head in the guide and in the photo. A guide that looks another way "
    "shows less of what is to be restored.",
    "Distributions": "A box holds the middle half of the pairs, its line is the median, the whiskers hold "
    "nine pairs in ten.",
    "Cases": "The best, the median and the worst pair of the first model, chosen by its PSNR and by its "
    "identity distance. Both stand below each result. A guide other than the right one is in the corner.",
}

MINUS = "\u2212"
"""The sign, as wide as a plus; Markdown, CSV and LaTeX have a hyphen."""

_STYLE = Path(__file__).with_suffix(".css")


def write_page(
    folder: Path,
    settings: Mapping[str, str],
    tables: Sequence[Table],
    failures: Sequence[str],
    plots: Sequence[Plot],
    cases: Mapping[Case, Path],
    files: Iterable[Path],
) -> Path:
    """Write ``index.html`` and its style sheet.

    Args:
        folder: Folder of the page.
        settings: What was measured, and how, by name.
        tables: As `build_tables` gives them.
        failures: As `count_failures` gives them.
        plots: As `draw_plots` gives them.
        cases: The sheet of each case.
        files: Other files of the run, which the page links to.

    Returns:
        The page.

    Raises:
        WriteError: The folder cannot be written to.
    """
    gap_by_pose = _tables(tables, "guide gap by pose gap", "means by pose gap")
    sections = {
        "Guide gap": _tables(tables, "guide gap"),
        "Means": _tables(tables, "means"),
        "Differences": _tables(tables, "differences"),
        "Pose gap": _plots(folder, plots, "gap") + gap_by_pose,
        "Distributions": _plots(folder, plots, "distribution"),
        "Cases": _cases(folder, cases),
        "Failures": _list(map(escape, failures)) or "<p>No pair failed.</p>\n",
        "Metrics": _metrics(tables),
        "Files": _list(f'<a href="{_link(path, folder)}">{escape(path.name)}</a>' for path in files),
    }
    there = {title: body for title, body in sections.items() if body}
    links = " ".join(f'<a href="#{_anchor(title)}">{title}</a>' for title in there)
    body = "".join(_section(title, body) for title, body in there.items())
    top = (
        f'<p class="lead">{escape(lead(tables))}</p>\n{_cases(folder, _typical(cases))}'
        f"<p>{escape(_INTRODUCTION)}</p>\n"
        f"{_definitions(settings)}<nav>{links}</nav>\n"
    )
    images.write_text(_STYLE.read_text(encoding="utf-8"), folder / _STYLE.name)
    return images.write_text(webpage("Evaluation", top + body, _STYLE.name), folder / "index.html")


def lead(tables: Iterable[Table]) -> str:
    """Describe the first gap to a stranger's guide in plain words, one sentence for all scales that agree."""
    metric = METRIC_OF["identity"]
    sentences: dict[str, list[str]] = {}
    for table in tables:
        strangers = [line for line in table.lines if line.minus.endswith(":stranger")]
        if table.kind != "guide gap" or not strangers:
            continue
        estimate = dict(zip(table.metrics, strangers[0].estimates, strict=True)).get(metric)
        if estimate:
            said = _LEADS[estimate.verdict(metric)].format(model=strangers[0].model)
            sentences.setdefault(said, []).append(f"{table.scale:g}x")
    whole = (f"At {' and '.join(scales)}: {said}." for said, scales in sentences.items())
    return " ".join(whole) or _NO_LEAD


def _link(path: Path, folder: Path) -> str:
    return quote(Path(os.path.relpath(path, folder)).as_posix())


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _section(title: str, body: str) -> str:
    said = f"<p>{escape(_SECTIONS[title])}</p>\n" if title in _SECTIONS else ""
    return f'<h2 id="{_anchor(title)}">{title}</h2>\n{said}{body}'


def _definitions(pairs: Mapping[str, str]) -> str:
    lines = "".join(f"<dt>{escape(name)}<dd>{escape(value)}\n" for name, value in pairs.items())
    return f"<dl>\n{lines}</dl>\n"


def _list(items: Iterable[str]) -> str:
    lines = "".join(f"<li>{item}\n" for item in items)
    return f"<ul>\n{lines}</ul>\n" if lines else ""


def _tables(tables: Iterable[Table], *kinds: str) -> str:
    return "".join(_table(table) for table in tables if table.kind in kinds)


def _table(table: Table) -> str:
    numbers = len(table.metrics) + 1
    head = "".join(
        f'<th scope="col"{" class=number" * (len(table.head) - place <= numbers)}>{escape(text)}'
        for place, text in enumerate(table.head)
    )
    lines = "".join(f"<tr>{_line(table, line)}\n" for line in table.lines)
    return (
        f"<h3>{escape(table.title)}</h3>\n<p class=soft>{escape(table.note)}</p>\n"
        f"{_list(map(escape, table.readings))}"
        f'<div class="wide"><table>\n<thead><tr>{head}\n<tbody>\n{lines}</table></div>\n'
    )


def _line(table: Table, line: Line) -> str:
    *names, pairs = table.labels(line)
    cells = map(_cell, line.estimates, table.metrics)
    return "".join([*(f"<th>{_breakable(name)}" for name in names), f"<td>{escape(pairs)}", *cells])


def _breakable(name: str) -> str:
    """Let a contender's name wrap between its parts."""
    return escape(name).replace(":", ":<wbr>").replace("/", "/<wbr>")


def _cell(estimate: Estimate | None, metric: Metric) -> str:
    """Write a figure, coloured where it is a clear difference."""
    if estimate is None:
        return "<td>-"
    mean, interval, p = (escape(text).replace("-", MINUS) for text in pieces(estimate, metric))
    return f'<td class="{estimate.verdict(metric)}">{mean}<small>{interval}</small><small>{p}</small>'


def _plots(folder: Path, plots: Iterable[Plot], kind: str) -> str:
    figures = "".join(
        f'<figure><img src="{_link(plot.path, folder)}" alt="{escape(plot.says)}" loading="lazy">'
        f"<figcaption>{escape(plot.says)}, {plot.scale:g}x</figcaption></figure>\n"
        for plot in plots
        if plot.kind == kind
    )
    return f'<div class="plots">\n{figures}</div>\n' if figures else ""


def _cases(folder: Path, cases: Mapping[Case, Path]) -> str:
    return "".join(_case(case, _link(path, folder)) for case, path in cases.items())


def _typical(cases: Mapping[Case, Path]) -> dict[Case, Path]:
    """Choose what to look at first: the median PSNR at the largest scale."""
    medians = [case for case in cases if (case.rank, case.metric) == ("median", "psnr")]
    return {case: cases[case] for case in medians[-1:]}


def _case(case: Case, link: str) -> str:
    metric = METRIC_OF[case.metric]
    said = f"{case.rank.capitalize()} {metric.title} of {case.model} at {case.scale:g}x: "
    said += f"{metric.said(case.value)}, {case.pair}"
    return (
        f"<figure><figcaption>{escape(said)}</figcaption>"
        f'<a href="{link}"><img src="{link}" alt="{escape(case.pair)}" loading="lazy"></a></figure>\n'
    )


def _metrics(tables: Iterable[Table]) -> str:
    names = dict.fromkeys(metric for table in tables for metric in table.metrics)
    return f"<p>{escape(LEGEND)}</p>\n" + _definitions({heading(m): MEANINGS[m.name] for m in names})
