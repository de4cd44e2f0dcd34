"""What is evaluated: a model or a control, with the right guide or another one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np

from gfrnet import weights
from gfrnet.errors import ModelError
from gfrnet.metrics import identity_flow
from gfrnet.runtime import OnnxRuntime, Restoration, Runtime
from gfrnet.types import FloatImage

GuideChoice: TypeAlias = Literal["right", "stranger", "no-guide"]

BICUBIC = "bicubic"
"""The control that gives the degraded photo back."""


@dataclass(frozen=True)
class Contender:
    """One row of the table: ``MODEL``, ``MODEL:stranger`` or ``MODEL:no-guide``."""

    model: str
    guide: GuideChoice = "right"

    @classmethod
    def parse(cls, text: str) -> Contender:
        """Read ``MODEL[:GUIDE]``.

        Raises:
            ModelError: The part behind the colon is no choice of guide.
        """
        model, colon, guide = text.rpartition(":")
        if not colon or "/" in guide or "\\" in guide:
            return cls(text)
        if guide not in get_args(GuideChoice):
            raise ModelError(f"{text}: behind the colon stands one of {', '.join(get_args(GuideChoice))}.")
        return cls(model, guide)  # type: ignore[arg-type]

    @property
    def name(self) -> str:
        """How the row is called."""
        return self.model if self.guide == "right" else f"{self.model}:{self.guide}"


class Bicubic:
    """The control: the degraded photo as it is, with the identity flow."""

    def run(self, degraded: FloatImage, guide: FloatImage) -> Restoration:
        """Give the degraded photo and the guide back."""
        flow = np.broadcast_to(identity_flow(degraded.shape[1]), (len(degraded), *degraded.shape[1:3], 2))
        return Restoration(degraded, guide, flow.astype(np.float32))


def open_model(name: str, threads: int | None = None) -> Runtime:
    """A control, an installed model, an ONNX file, or whatever else `load_network` takes.

    Raises:
        ModelError: It is none of these, or broken.
        ModuleNotFoundError: It is no ONNX file, and torch is not installed.
    """
    if name == BICUBIC:
        return Bicubic()
    path = Path(name) if Path(name).is_dir() else weights.find(name)
    return OnnxRuntime(path, threads) if path.suffix == ".onnx" else _on_torch(path, threads)


def _on_torch(path: Path, threads: int | None) -> Runtime:
    # ONNX files do without torch.
    from gfrnet.runtime.pytorch import TorchRuntime, load_network

    return TorchRuntime(load_network(path), threads)
