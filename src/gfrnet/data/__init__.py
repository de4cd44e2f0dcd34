"""Build data sets of photographs, and make training samples and evaluation pairs of them."""

from gfrnet.data.build import BuildSettings, Built, build_album, build_dataset
from gfrnet.data.check import check_datasets
from gfrnet.data.manifest import (
    CARD,
    Card,
    Portrait,
    Role,
    by_person,
    guide_image,
    read_card,
    read_manifest,
    read_manifests,
    read_rows,
    write_manifest,
)
from gfrnet.data.report import write_report
from gfrnet.data.samples import (
    Guides,
    Order,
    Reading,
    ReadingOrder,
    Sample,
    SampleOptions,
    Samples,
    make_self_guide,
    open_samples,
    sample_order,
)
from gfrnet.data.shards import pack_dataset
from gfrnet.data.synthetic import write_synthetic

__all__ = [
    "CARD",
    "BuildSettings",
    "Built",
    "Card",
    "Guides",
    "Order",
    "Portrait",
    "Reading",
    "ReadingOrder",
    "Role",
    "Sample",
    "SampleOptions",
    "Samples",
    "build_album",
    "build_dataset",
    "by_person",
    "check_datasets",
    "guide_image",
    "make_self_guide",
    "open_samples",
    "pack_dataset",
    "read_card",
    "read_manifest",
    "read_manifests",
    "read_rows",
    "sample_order",
    "write_manifest",
    "write_report",
    "write_synthetic",
]
