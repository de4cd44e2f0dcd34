"""The demo: a portrait that comes with the package is degraded and restored."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import cv2
import numpy as np

from gfrnet import images
from gfrnet.cli.console import say
from gfrnet.cli.pictures import face_sheet
from gfrnet.degradation import Recipe, degrade
from gfrnet.faces import CropPlace, cut
from gfrnet.metrics import psnr, ssim
from gfrnet.restore import FaceOutcome, Restorer
from gfrnet.types import UInt8Image

PORTRAIT = Path(__file__).with_name("demo_portrait.jpg")
"""Public domain, see the licence beside it."""

RECIPE = Recipe(blur=1, scale=4, noise=3, jpeg=40, seed=1)
"""Leaves a face of 22 pixels."""

_EXPLANATION = """\
The portrait (NASA, public domain) is degraded, then restored with a guide.
The guide is made from the same portrait: mirrored, turned, moved and lit from the side. A real guide is
another photo, so the figures below are kinder than those of real use, which `gfrnet models` lists."""


def demonstrate(folder: Path, model: str) -> None:
    """Write a picture of every step into a folder, and print PSNR and SSIM before and after.

    Raises:
        GfrnetError: The model does not load or run, or the folder cannot be written to.
    """
    say(_EXPLANATION)
    portrait = images.read(PORTRAIT).rgb8
    degraded = degrade(portrait, RECIPE)
    _write(folder, {"1-portrait": portrait, "2-degraded": degraded, "3-guide": make_guide(portrait)})
    restored = Restorer.load(model).restore(folder / "2-degraded.png", [folder / "3-guide.png"])
    restored.check()
    face, result = next((face, face.result) for face in restored.faces if face.result)
    _write(
        folder,
        {
            "4-warped-guide": result.warped,
            "5-flow": images.draw_flow(result.flow),
            "6-restored": restored.photo.rgb8,
            "sheet": face_sheet(restored.faces),
        },
    )
    _print_figures(portrait, degraded, restored.photo.rgb8, face)
    say(f"Similarity to the guide: {face.similarity:.2f} before, {result.similarity:.2f} after")
    program = "gfrnet" if shutil.which("gfrnet") else sys.argv[0]
    say(f"Now a photo of your own: {program} restore old.jpg --guide good.jpg")


def _write(folder: Path, pictures: dict[str, UInt8Image]) -> None:
    for name, pixels in pictures.items():
        say(f"  {images.write(images.Photo(pixels), folder / f'{name}.png')}")


def make_guide(portrait: UInt8Image) -> UInt8Image:
    """Another "photo" of the person, made from the portrait: mirrored, turned, moved, lit from the side.

    Args:
        portrait: (H, W, 3) RGB.

    Returns:
        (H, W, 3) RGB.
    """
    height, width = portrait.shape[:2]
    place = cv2.getRotationMatrix2D((width / 2, height / 2), 6, 1.08)
    place[:, 2] += 0.03 * width, 0.02 * height
    mirrored = np.ascontiguousarray(portrait[:, ::-1])
    moved = cv2.warpAffine(
        mirrored, place, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    light = np.linspace(0.75, 1.15, width)[None, :, None]
    return np.clip(np.rint(255 * (moved / 255) ** 0.9 * light), 0, 255).astype(np.uint8)


def _print_figures(
    portrait: UInt8Image, degraded: UInt8Image, restored: UInt8Image, face: FaceOutcome
) -> None:
    """Figures of the face's crop against the portrait."""
    place = CropPlace.around(face.box)
    truth = cut(portrait, place)
    say(f"{'':<20}{'PSNR':>9}{'SSIM':>8}")
    for name, photo in (("degraded (bicubic)", degraded), ("restored", restored)):
        pixels = cut(photo, place).pixels
        decibels, structure = psnr(pixels, truth.pixels, truth.real), ssim(pixels, truth.pixels, truth.real)
        say(f"{name:<20}{decibels:>6.2f} dB{structure:>8.3f}")
