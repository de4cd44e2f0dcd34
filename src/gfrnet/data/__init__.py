"""Photographs as training and evaluation pairs."""

from gfrnet.data.build import build
from gfrnet.data.manifest import Portrait, by_person, read_manifest, read_manifests, write_manifest
from gfrnet.data.pairs import Guides, Pairs, Sample, sample_order
from gfrnet.data.self_guide import make_self_guide

__all__ = [
    "Guides",
    "Pairs",
    "Portrait",
    "Sample",
    "build",
    "by_person",
    "make_self_guide",
    "read_manifest",
    "read_manifests",
    "sample_order",
    "write_manifest",
]
