"""Running a network: one small protocol, and what stands behind it."""

from gfrnet.runtime.onnx import OnnxRuntime
from gfrnet.runtime.protocol import Restoration, Runtime

__all__ = ["OnnxRuntime", "Restoration", "Runtime"]
