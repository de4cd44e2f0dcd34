"""Run networks: one small protocol, what stands behind it, and one opener."""

from gfrnet.runtime.onnx import OnnxRuntime
from gfrnet.runtime.open import needs_torch, open_runtime, pinned_file
from gfrnet.runtime.protocol import BALANCED, Restoration, Runtime

__all__ = [
    "BALANCED",
    "OnnxRuntime",
    "Restoration",
    "Runtime",
    "needs_torch",
    "open_runtime",
    "pinned_file",
]
