"""Invent people and their photos, with exact landmarks and flow, to try training without photographs."""

from gfrnet.data.synthetic.dataset import LAYOUT, write_synthetic
from gfrnet.data.synthetic.person import Identity, canonical_landmarks, sample_identity
from gfrnet.data.synthetic.view import Light, SyntheticFace, View, exact_flow, render, sample_view

__all__ = [
    "LAYOUT",
    "Identity",
    "Light",
    "SyntheticFace",
    "View",
    "canonical_landmarks",
    "exact_flow",
    "render",
    "sample_identity",
    "sample_view",
    "write_synthetic",
]
