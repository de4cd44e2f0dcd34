"""Measure models by the protocol: models x pairs -> rows -> tables."""

from gfrnet.evaluate.attempt import Attempt, restore_pair
from gfrnet.evaluate.evaluation import Evaluation
from gfrnet.evaluate.measure import measure
from gfrnet.evaluate.models import Contender, open_model, pin
from gfrnet.evaluate.pairs import Pair, Protocol, alone, list_pairs, write_pairs
from gfrnet.evaluate.perceptual import Extras
from gfrnet.evaluate.report.formats import cell, markdown_table, to_markdown
from gfrnet.evaluate.report.results import write_results
from gfrnet.evaluate.report.tables import AtScale, Estimate, Line, Table, build_tables, count_failures
from gfrnet.evaluate.rows import (
    METRIC_OF,
    METRICS,
    Failure,
    Measured,
    Metric,
    Row,
    read_measured,
    write_measured,
)

__all__ = [
    "METRICS",
    "METRIC_OF",
    "AtScale",
    "Attempt",
    "Contender",
    "Estimate",
    "Evaluation",
    "Extras",
    "Failure",
    "Line",
    "Measured",
    "Metric",
    "Pair",
    "Protocol",
    "Row",
    "Table",
    "alone",
    "build_tables",
    "cell",
    "count_failures",
    "list_pairs",
    "markdown_table",
    "measure",
    "open_model",
    "pin",
    "read_measured",
    "restore_pair",
    "to_markdown",
    "write_measured",
    "write_pairs",
    "write_results",
]
