"""Measuring models by the protocol: models x pairs -> rows -> tables."""

from gfrnet.evaluate.measure import METRICS, Row, measure, write_rows
from gfrnet.evaluate.models import Bicubic, Contender, open_model
from gfrnet.evaluate.pairs import Pair, Protocol, list_pairs, write_pairs
from gfrnet.evaluate.tables import report

__all__ = [
    "METRICS",
    "Bicubic",
    "Contender",
    "Pair",
    "Protocol",
    "Row",
    "list_pairs",
    "measure",
    "open_model",
    "report",
    "write_pairs",
    "write_rows",
]
