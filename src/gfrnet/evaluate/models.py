"""Name what is evaluated: a model or a control, with the person's guide or another one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np

from gfrnet import weights
from gfrnet.errors import ModelError
from gfrnet.files import sha256
from gfrnet.runtime import Restoration, Runtime, is_algorithm, open_runtime, pinned_file
from gfrnet.types import CROP_SIZE, FloatImage

Variant: TypeAlias = Literal[
    "right", "five-guides", "album", "stranger", "no-guide", "mirror", "warped-guide"
]
"""Guide that a model is given, and the output that is measured.

- right: the person's guide.
- five-guides: the person's guide and up to four more photos, weighed and fused as ``gfrnet restore`` does.
- album: all other photos of the person; the fittest are chosen and fused as ``gfrnet restore`` does.
- stranger: another person's guide.
- no-guide: none.
- mirror: the target's own mirror image.
- warped-guide: the person's guide; the warped guide is measured instead of the restored photo.
"""

BICUBIC, PASTED_GUIDE, WARPED_GUIDE = "bicubic", "pasted-guide", "warped-guide"

CONTROLS = (BICUBIC, PASTED_GUIDE, WARPED_GUIDE)
"""Results to compare with, which need no model of the user's.

- bicubic: the degraded photo as it is.
- pasted-guide: the guide as it is.
- warped-guide: the guide as the embedded model warps it.
"""


@dataclass(frozen=True)
class Contender:
    """Name one row of the table.

    Attributes:
        model: Control, installed name, or path, as the user wrote it.
        variant: Guide of the model, and the output that is measured.
        title: Name of the model in tables and pictures; ``model`` if it is empty.
        fidelity: Weight of the restored photo over the textured one, 0..1; see `Restoration.at_fidelity`.
    """

    model: str
    variant: Variant = "right"
    title: str = ""
    fidelity: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Contender:
        """Read ``[TITLE=]MODEL[:VARIANT][:FIDELITY]``.

        Raises:
            ModelError: The text behind a colon is neither a variant nor a fidelity. Or a control has one of
                them, or a warped guide has a fidelity. Or the title has a colon or is a control's name.
        """
        title, equals, rest = text.partition("=")
        if equals and title and "/" not in title and "\\" not in title and not Path(text).exists():
            if ":" in title or title in CONTROLS:
                raise ModelError(f"{text}: a title has no colon and is no control's name. Choose another.")
            return replace(cls.parse(rest), title=title)
        folder = max(text.rfind("/"), text.rfind("\\")) + 1  # A colon before it, as in C:\, is not ours.
        file, *words = text[folder:].split(":")
        model, fidelity = text[:folder] + file, _fidelity(words[-1]) if words else None
        given = words if fidelity is None else words[:-1]
        variant = ":".join(given) if given else "right"
        if variant not in get_args(Variant):
            names = ", ".join(get_args(Variant))
            raise ModelError(f"{text}: behind the colon stands one of {names}, or a fidelity from 0 to 1.")
        if model in CONTROLS and model != text:
            raise ModelError(f"{text}: {model} is a control and has no variants. Write {model} alone.")
        if variant == "warped-guide" and fidelity is not None:
            raise ModelError(f"{text}: a warped guide has no fidelity. Write {model}:{variant} alone.")
        return cls(model, variant, fidelity=1.0 if fidelity is None else fidelity)  # type: ignore[arg-type]

    @property
    def name(self) -> str:
        """Return the title, or the model, with ``:VARIANT``, and ``:FIDELITY`` if it is below 1."""
        variant = "" if self.variant == "right" else f":{self.variant}"
        fidelity = "" if self.fidelity == 1 else f":{self.fidelity:g}"
        return f"{self.title or self.model}{variant}{fidelity}"

    @property
    def used(self) -> Variant:
        """Return the variant; the control warped-guide has the variant of the same name."""
        return "warped-guide" if self.model == WARPED_GUIDE else self.variant

    @property
    def is_control(self) -> bool:
        """Return whether this is only a result to compare with, not a model in its intended use."""
        return self.model in CONTROLS or self.variant != "right"


def _fidelity(text: str) -> float | None:
    """Return the text as a number from 0 to 1; None where it is not one."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


class Bicubic:
    """Give the degraded photo back: the control that restores nothing."""

    fuses = False
    takes_guide = False

    def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
        """Give the degraded photo back."""
        return Restoration(degraded)


class PastedGuide:
    """Give the guide as the result: the control that looks sharp, but shows another moment."""

    fuses = False
    takes_guide = True

    def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
        """Give the guide back."""
        return Restoration(guide)


def model_file(name: str) -> Path | None:
    """Return the file of a model's weights; None for a control or an algorithm without any.

    Args:
        name: A control, or what `open_runtime` takes.

    Raises:
        ModelError: There is no such model, or all checkpoints of a run are broken.
        MissingExtraError: It is a folder, and torch is not installed.
    """
    if name in (BICUBIC, PASTED_GUIDE) or is_algorithm(name):
        return None
    return pinned_file(weights.find(weights.DEFAULT if name == WARPED_GUIDE else name))


def pin(contender: Contender) -> Contender:
    """Replace a contender's model by its file, under the same name, since a folder may get a newer file.

    Raises:
        ModelError: As `model_file`.
        MissingExtraError: As `model_file`.
    """
    file = None if contender.model in CONTROLS else model_file(contender.model)
    if file is None:
        return contender
    return replace(contender, model=str(file), title=contender.title or contender.model)


def open_model(name: str, threads: int | None = None) -> Runtime:
    """Open a control, or whatever `open_runtime` takes.

    Raises:
        ModelError: There is no such model, or it is broken.
        MissingExtraError: It is a network of torch, and torch is not installed.
    """
    match name:
        case "bicubic":
            return Bicubic()
        case "pasted-guide":
            return PastedGuide()
        case "warped-guide":
            return open_runtime(weights.DEFAULT, threads=threads)
    return open_runtime(name, threads=threads)


def check_gives(runtime: Runtime, contender: Contender) -> None:
    """Refuse a contender whose model lacks the output to measure; find out with one blank face.

    Raises:
        ModelError: The model has no texture, or warps no guide.
    """
    blank = np.zeros((1, CROP_SIZE, CROP_SIZE, 3), np.float32)
    if contender.fidelity < 1 and runtime.run(blank, blank, texture=True).textured is None:
        raise ModelError(
            f"{contender.name}: this model has no texture, so its fidelity is always 1. Leave "
            f":{contender.fidelity:g} out, or take another model."
        )
    if contender.used == "warped-guide" and runtime.run(blank, blank).warped is None:
        raise ModelError(
            f"{contender.name}: this model warps no guide, so there is none to measure. Leave "
            ":warped-guide out, or take another model."
        )


def model_hash(name: str) -> str:
    """Return an identifier of the model: a hash of its file, or the name of a control or an algorithm.

    Raises:
        ModelError: As `model_file`.
    """
    path = model_file(name)
    return name if path is None else sha256(path)
