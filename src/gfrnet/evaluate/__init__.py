"""Measuring models by the protocol: models x pairs -> rows -> tables."""

from gfrnet.evaluate.formats import cell, markdown_table, to_markdown
from gfrnet.evaluate.measure import measure
from gfrnet.evaluate.models import Contender, open_model, pin
from gfrnet.evaluate.outcome import Outcome, restore_pair
from gfrnet.evaluate.pairs import Pair, Protocol, alone, list_pairs, write_pairs
from gfrnet.evaluate.perceptual import Extras
from gfrnet.evaluate.results import write_results
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
from gfrnet.evaluate.tables import AtScale, Estimate, Line, Table, build_tables, count_failures

__all__ = [
    "METRICS",
    "METRIC_OF",
    "AtScale",
    "Contender",
    "Estimate",
    "Extras",
    "Failure",
    "Line",
    "Measured",
    "Metric",
    "Outcome",
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
