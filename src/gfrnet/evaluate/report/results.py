"""Write what a run leaves: its summary, its tables in three formats, and the report."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path

from gfrnet import images
from gfrnet.evaluate.cache import library_versions
from gfrnet.evaluate.evaluation import Evaluation
from gfrnet.evaluate.models import model_hash
from gfrnet.evaluate.report.cases import METRICS_OF_CASES, Case, choose_cases
from gfrnet.evaluate.report.formats import report, to_csv, to_latex
from gfrnet.evaluate.report.page import write_page
from gfrnet.evaluate.report.plots import draw_plots
from gfrnet.evaluate.report.sheets import pair_sheet
from gfrnet.evaluate.report.summary import FILE as SUMMARY
from gfrnet.evaluate.report.summary import summarise, write_summary
from gfrnet.evaluate.report.tables import SEED, Table, build_tables, count_failures
from gfrnet.evaluate.rows import METRIC_OF, Measured
from gfrnet.version import __version__

FOLDER = "report"
"""Folder of the report, in the folder of the results."""


def write_results(measured: Measured, evaluation: Evaluation, output: Path) -> tuple[Table, ...]:
    """Write ``results.json``, ``table.md``, ``table.csv``, ``table.tex`` and the report over older ones.

    Args:
        measured: The values.
        evaluation: What was measured.
        output: Folder of the results.

    Returns:
        The tables.

    Raises:
        ModelError: A model that is to be shown is missing or broken.
        ModuleNotFoundError: matplotlib is not installed.
        WriteError: The folder cannot be written to.
    """
    contenders = evaluation.contenders
    tables, failures = build_tables(measured, contenders), count_failures(measured)
    images.write_text(report(tables, failures), output / "table.md")
    images.write_text(to_csv(tables), output / "table.csv")
    images.write_text("\n".join(map(to_latex, tables)), output / "table.tex")
    write_summary(summarise(measured, evaluation), output / SUMMARY)
    folder = output / FOLDER
    plots = draw_plots(measured, contenders, tables, folder / "plots")
    cases = _write_sheets(measured, evaluation, folder / "sheets")
    settings = _settings(evaluation)
    files = [path for path in sorted(output.iterdir()) if path.is_file()]
    write_page(folder, settings, tables, failures, plots, cases, files)
    kept = {*(plot.path for plot in plots), *cases.values()}
    for path in {*folder.glob("plots/*.svg"), *folder.glob("sheets/*.webp")} - kept:
        path.unlink()
    return tables


def _write_sheets(measured: Measured, evaluation: Evaluation, folder: Path) -> dict[Case, Path]:
    """Write the sheet of each case; cases of the same pair and scale share one."""
    by_name = {(pair.target.person, pair.name): pair for pair in evaluation.pairs}
    contenders = evaluation.contenders
    sheets: dict[tuple[str, str, float], Path] = {}
    cases = choose_cases(measured, contenders)
    for case in cases:
        key = case.person, case.pair, case.scale
        if key not in sheets:
            captions = _captions(measured, case)
            sheet = pair_sheet(by_name[key[:2]], evaluation.protocol, case.scale, contenders, captions)
            path = folder / f"{case.metric}-{case.rank}-{case.scale:g}x.webp"
            sheets[key] = images.write(images.Photo(sheet), path, quality=85)
    return {case: sheets[case.person, case.pair, case.scale] for case in cases}


def _captions(measured: Measured, case: Case) -> Mapping[str, str]:
    """Return a caption for each result: the metrics by which cases are chosen."""
    said: dict[str, list[str]] = {}
    for row in measured.rows:
        here = (row.person, row.pair, row.scale) == (case.person, case.pair, case.scale)
        if here and row.metric in METRICS_OF_CASES:
            metric = METRIC_OF[row.metric]
            name = "" if metric.unit else f"{row.metric} "
            said.setdefault(row.model, []).append(f"{name}{metric.said(row.value)}")
    return {model: ", ".join(values) for model, values in said.items()}


def _settings(evaluation: Evaluation) -> dict[str, str]:
    """List for the page what tells this run from others."""
    pairs = evaluation.pairs
    people = {pair.target.person for pair in pairs}
    versions = {"gfrnet": __version__, "Python": platform.python_version(), **library_versions()}
    models = dict.fromkeys((contender.title, contender.model) for contender in evaluation.contenders)
    return {
        "Data": ", ".join("/".join(path.resolve().parts[-2:]) for path in evaluation.data),
        "Split": ", ".join(sorted({pair.target.split for pair in pairs} - {""})) or "none",
        "People": str(len(people)),
        "Pairs": str(len(pairs)),
        "Protocol": evaluation.protocol,
        "Models": ", ".join(_identified(*model) for model in models),
        "Seed": f"{SEED} for intervals and p values; the degradation's comes from the pair's name",
        "Versions": ", ".join(f"{name} {version}" for name, version in versions.items() if version),
    }


def _identified(title: str, model: str) -> str:
    found = model_hash(model)
    named = f"{title}: {model}" if title else model
    return named if found == model else f"{named} (SHA-256 {found[:12]})"
