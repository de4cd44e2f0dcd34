"""Write the face detector as ONNX."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from gfrnet import images
from gfrnet.errors import ModelError
from gfrnet.nets.face_detector import FaceDetector

OPSET = 17

TOLERANCE = 1e-3
"""Largest difference between ONNX Runtime and torch."""


def export_detector(network: FaceDetector, path: Path) -> None:
    """Write a detector in single precision; any number of pictures, any sides that are multiples of 32.

    Raises:
        ModelError: ONNX Runtime computes something else than torch.
        WriteError: The file cannot be written.
    """
    network = network.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    picture = torch.randint(0, 256, (2, 3, 96, 128)).float()
    axes = {"picture": {0: "n", 2: "h", 3: "w"}, "fine": {0: "n"}, "coarse": {0: "n"}}
    with images.whole(path) as part, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (picture,),
            str(part),
            input_names=["picture"],
            output_names=["fine", "coarse"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
        session = onnxruntime.InferenceSession(str(part), providers=["CPUExecutionProvider"])
        found = session.run(None, {"picture": picture.numpy()})
        with torch.inference_mode():
            wanted = [level.numpy() for level in network(picture)]
        away = max(float(np.abs(a - b).max()) for a, b in zip(found, wanted, strict=True))
        if not away <= TOLERANCE:
            raise ModelError(f"ONNX Runtime differs from torch by {away:g}. Use another version of torch.")
