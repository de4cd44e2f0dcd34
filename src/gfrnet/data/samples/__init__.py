"""Make training samples: who guides whom, degraded how, in which order."""

from gfrnet.data.samples.guides import Guides
from gfrnet.data.samples.opening import Reading, ReadingOrder, open_samples
from gfrnet.data.samples.sample import Sample, SampleOptions
from gfrnet.data.samples.samples import Order, Samples, sample_order
from gfrnet.data.samples.self_guide import make_self_guide

__all__ = [
    "Guides",
    "Order",
    "Reading",
    "ReadingOrder",
    "Sample",
    "SampleOptions",
    "Samples",
    "make_self_guide",
    "open_samples",
    "sample_order",
]
