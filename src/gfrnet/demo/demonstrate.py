"""Restore the demo's bad photo, and measure what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gfrnet import images
from gfrnet.batch import face_sheet
from gfrnet.demo.pictures import make_pictures
from gfrnet.faces import Crop, CropPlace, cut
from gfrnet.metrics import psnr, ssim
from gfrnet.restore import FaceResult, Restorer
from gfrnet.types import UInt8Image


@dataclass(frozen=True)
class Quality:
    """Measure a face against the portrait, and against the guide.

    Attributes:
        psnr: Peak signal-to-noise ratio of the face's crop, dB.
        ssim: Structural similarity of the face's crop, up to 1.
        similarity: Similarity to the person of the guide, 0..1.
    """

    psnr: float
    ssim: float
    similarity: float


@dataclass(frozen=True)
class Demonstration:
    """Report what the demo wrote, and how good it is.

    Attributes:
        pictures: Files of every step, in their order.
        before: Quality of the degraded face.
        after: Quality of the restored face.
    """

    pictures: tuple[Path, ...]
    before: Quality
    after: Quality


def demonstrate(folder: Path, restorer: Restorer) -> Demonstration:
    """Write a picture of every step into a folder, and measure the face before and after.

    Args:
        folder: Where pictures go; old ones are replaced. It is made where it is missing.
        restorer: Restores, with its model loaded.

    Raises:
        GfrnetError: The model does not run, or the folder cannot be written to.
    """
    given = make_pictures()
    first = _write(
        folder, {"1-portrait": given.portrait, "2-degraded": given.degraded, "3-guide": given.guide}
    )
    restored = restorer.restore(folder / "2-degraded.png", [folder / "3-guide.png"])
    restored.check()
    face, result = next((face, face.result) for face in restored.faces if face.result)
    steps = {**_steps_of(result), "6-restored": restored.photo.rgb8, "sheet": face_sheet(restored.faces)}
    truth = cut(given.portrait, CropPlace.around(face.box))
    return Demonstration(
        (*first, *_write(folder, steps)),
        _quality(given.degraded, truth, face.similarity),
        _quality(restored.photo.rgb8, truth, result.similarity),
    )


def _steps_of(result: FaceResult) -> dict[str, UInt8Image]:
    """Draw what happens to the guide, if the network warps it."""
    steps = {}
    if result.warped is not None:
        steps["4-warped-guide"] = result.warped
    if result.flow is not None:
        steps["5-flow"] = images.draw_flow(result.flow)
    return steps


def _write(folder: Path, pictures: dict[str, UInt8Image]) -> list[Path]:
    return [images.write(images.Photo(pixels), folder / f"{name}.png") for name, pixels in pictures.items()]


def _quality(photo: UInt8Image, truth: Crop, similarity: float) -> Quality:
    pixels = cut(photo, truth.place).pixels
    return Quality(psnr(pixels, truth.pixels, truth.real), ssim(pixels, truth.pixels, truth.real), similarity)
