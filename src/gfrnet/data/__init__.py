"""Photographs as training and evaluation pairs."""

from gfrnet.data.album import build_album
from gfrnet.data.build import Built, Settings, build
from gfrnet.data.check import check
from gfrnet.data.draws import guide_image
from gfrnet.data.manifest import (
    CARD,
    Card,
    Portrait,
    Role,
    by_person,
    read_card,
    read_manifest,
    read_manifests,
    read_rows,
    write_manifest,
)
from gfrnet.data.pack import pack
from gfrnet.data.pairs import Guides, Order, Pairs, Sample, sample_order
from gfrnet.data.report import write_report
from gfrnet.data.self_guide import make_self_guide
from gfrnet.data.shards import ReadingOrder, open_pairs
from gfrnet.data.synthetic import write_synthetic

__all__ = [
    "CARD",
    "Built",
    "Card",
    "Guides",
    "Order",
    "Pairs",
    "Portrait",
    "ReadingOrder",
    "Role",
    "Sample",
    "Settings",
    "build",
    "build_album",
    "by_person",
    "check",
    "guide_image",
    "make_self_guide",
    "open_pairs",
    "pack",
    "read_card",
    "read_manifest",
    "read_manifests",
    "read_rows",
    "sample_order",
    "write_manifest",
    "write_report",
    "write_synthetic",
]
