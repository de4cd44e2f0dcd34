"""Run networks on ONNX Runtime, OpenVINO or torch, behind one small protocol."""

from gfrnet.runtime.onnx import OnnxRuntime
from gfrnet.runtime.open import is_algorithm, needs_torch, open_runtime, pinned_file
from gfrnet.runtime.protocol import BALANCED, Restoration, Runtime
from gfrnet.types import Device, Engine

__all__ = [
    "BALANCED",
    "Device",
    "Engine",
    "OnnxRuntime",
    "Restoration",
    "Runtime",
    "is_algorithm",
    "needs_torch",
    "open_runtime",
    "pinned_file",
]
