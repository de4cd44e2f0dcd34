"""Running a network: one small protocol, and what stands behind it."""

from gfrnet.runtime.onnx import OnnxRuntime
from gfrnet.runtime.protocol import BALANCED, Restoration, Runtime

__all__ = ["BALANCED", "OnnxRuntime", "Restoration", "Runtime"]
