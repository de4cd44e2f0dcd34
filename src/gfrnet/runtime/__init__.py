"""Run networks on ONNX Runtime or torch, behind one small protocol."""

from gfrnet.runtime.onnx import OnnxRuntime
from gfrnet.runtime.open import is_algorithm, needs_torch, open_runtime, pinned_file
from gfrnet.runtime.protocol import BALANCED, Restoration, Runtime

__all__ = [
    "BALANCED",
    "OnnxRuntime",
    "Restoration",
    "Runtime",
    "is_algorithm",
    "needs_torch",
    "open_runtime",
    "pinned_file",
]
