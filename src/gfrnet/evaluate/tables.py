"""Rows as tables a person reads: the guide gap first, then every metric with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gfrnet.evaluate.measure import METRICS, Row
from gfrnet.metrics import Interval, bootstrap_interval, paired_difference

TITLES = {
    "psnr": "PSNR dB ↑",
    "ssim": "SSIM ↑",
    "identity": "identity distance to truth ↓",
    "identity_to_guide": "identity distance to guide",
    "landmarks": "landmark error ↓",
    "warp": "warp error px ↓",
}
DIGITS = {"psnr": 2, "ssim": 4, "identity": 4, "identity_to_guide": 4, "landmarks": 4, "warp": 2}
GAPS = ("stranger", "no-guide")
SEED = 0
"""Of the bootstrap."""


def report(rows: Sequence[Row]) -> str:
    """Markdown: the guide gap of every model that was measured with other guides too, then all means.

    In brackets stands the 95 % bootstrap interval over people.
    """
    scales = sorted({row.scale for row in rows})
    return "\n".join(_scale_report([row for row in rows if row.scale == scale], scale) for scale in scales)


def _scale_report(rows: Sequence[Row], scale: float) -> str:
    models = list(dict.fromkeys(row.model for row in rows))
    pairs = len({row.pair for row in rows})
    people = len({row.person for row in rows})
    lines = [f"## {scale:g}x: {pairs} pairs of {people} people", ""]
    gaps = [(model, gap) for model in models for gap in GAPS if f"{model}:{gap}" in models]
    if gaps:
        lines += [_header("guide gap: right guide minus"), _rule()]
        lines += [_line(f"{model}:{gap}", _gap(rows, model, gap), signed=True) for model, gap in gaps]
        lines.append("")
    lines += [_header("model"), _rule()]
    lines += [_line(model, _means(rows, model)) for model in models]
    return "\n".join([*lines, ""])


def _means(rows: Sequence[Row], model: str) -> dict[str, Interval]:
    return {metric: bootstrap_interval(_values(rows, model, metric), SEED) for metric in METRICS}


def _gap(rows: Sequence[Row], model: str, gap: str) -> dict[str, Interval]:
    return {
        metric: paired_difference(_values(rows, model, metric), _values(rows, f"{model}:{gap}", metric), SEED)
        for metric in METRICS
    }


def _values(rows: Sequence[Row], model: str, metric: str) -> Mapping[str, Sequence[float]]:
    values: dict[str, list[float]] = {}
    for row in rows:
        if row.model == model and row.metric == metric:
            values.setdefault(row.person, []).append(row.value)
    return values


def _header(first: str) -> str:
    return "| " + " | ".join([first, *(TITLES[metric] for metric in METRICS)]) + " |"


def _rule() -> str:
    return "|---" * (len(METRICS) + 1) + "|"


def _line(name: str, values: Mapping[str, Interval], signed: bool = False) -> str:
    cells = [_cell(values[metric], DIGITS[metric], "+" if signed else "") for metric in METRICS]
    return "| " + " | ".join([name, *cells]) + " |"


def _cell(value: Interval, digits: int, sign: str) -> str:
    low, high = f"{value.low:{sign}.{digits}f}", f"{value.high:{sign}.{digits}f}"
    return f"{value.mean:{sign}.{digits}f} [{low}, {high}]"
