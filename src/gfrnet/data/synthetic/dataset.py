"""Write a data set of invented people, to try and to test training without photographs."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np

from gfrnet import images
from gfrnet.data.manifest import CROPS, Card, Portrait, read_card, write_card, write_manifest
from gfrnet.data.synthetic.person import sample_identity
from gfrnet.data.synthetic.view import render, sample_view
from gfrnet.errors import Advice, DataError
from gfrnet.types import CROP_SIZE

LAYOUT = "synthetic"
"""Layout named in the card; builds of photographs have none of this name."""


def write_synthetic(
    root: Path, people: int, photos: int, seed: int = 0, spread: float = 1.0
) -> tuple[Portrait, ...]:
    """Write a data set of invented people, in the form of a data set built of photographs.

    A person depends on the seed and the person's number alone. The guide is the photo nearest to frontal. An
    older synthetic data set in the folder is replaced, whole or interrupted.

    Args:
        root: Folder of the data set.
        people: Number of people.
        photos: Number of photos of each; pairs need at least two.
        seed: Seed of everything random. People of different seeds have different names.
        spread: How much poses differ, see `sample_view`.

    Returns:
        All rows of the manifest.

    Raises:
        DataError: The folder holds something else, the older data set cannot be deleted, or the manifest
            cannot be written.
        WriteError: A file cannot be written.
    """
    card = Card(settings={"layout": LAYOUT, "seed": seed, "spread": spread})
    _check_folder(root)
    _delete_older(root, card)
    # First, so that the next run knows the folder again if this one is interrupted.
    write_card(root, card)
    portraits: list[Portrait] = []
    for index in range(people):
        rng = np.random.default_rng((seed, index))
        identity, views = sample_identity(rng), [sample_view(rng, spread) for _ in range(photos)]
        guide = min(views, key=lambda view: abs(view.yaw) + abs(view.pitch))
        person = f"synthetic-{seed}-{index:03d}"
        for number, view in enumerate(views):
            face, source = render(identity, view), f"{person}/{number:02d}.png"
            portraits.append(
                Portrait(
                    person=person,
                    source=source,
                    crop=images.write(images.Photo(face.pixels), root / CROPS / source),
                    real=(0, 0, CROP_SIZE, CROP_SIZE),
                    landmarks=face.landmarks,
                    role="guide" if view is guide else "target",
                    yaw=math.degrees(math.asin(view.yaw)),
                    pitch=math.degrees(math.asin(view.pitch)),
                    roll=math.degrees(view.roll),
                )
            )
    write_manifest(root, portraits, card)
    return tuple(portraits)


def _check_folder(root: Path) -> None:
    if not root.is_dir() or not any(root.iterdir()):
        return
    try:
        ours = read_card(root).settings.get("layout") == LAYOUT
    except DataError:
        ours = False
    if not ours:
        raise DataError(
            f"{root} holds files that are no synthetic data set. Choose a new folder.",
            advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
        )


def _delete_older(root: Path, card: Card) -> None:
    try:
        # Without its manifest a half-drawn data set cannot be taken for a whole one.
        (root / f"manifest.{card.manifest}").unlink(missing_ok=True)
        if (root / CROPS).exists():
            shutil.rmtree(root / CROPS)
    except OSError as error:
        raise DataError(f"{root} cannot be replaced ({error}). Delete it, or choose a new folder.") from error
