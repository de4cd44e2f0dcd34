"""Measure how well the recogniser of the identity loss tells people apart, beside dlib's.

    python benchmarks/recogniser.py faceres.json --val VAL [VAL ...] [--size 160]

`gfrnet evaluate` measures with dlib's recogniser. The target of every evaluation pair is compared with the
guide of its person and with a stranger's. The table gives the area under the ROC curve. It is
the share in which any target's stranger is farther away than any target's own guide. The table also gives the
mean distances of embeddings of length 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from gfrnet import images
from gfrnet.data import Portrait, read_manifests
from gfrnet.evaluate import Pair, list_pairs, markdown_table
from gfrnet.losses import Recogniser, crop_boxes, landmark_boxes, load_recogniser
from gfrnet.types import FloatArray


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recogniser", type=Path, help="faceres.json")
    parser.add_argument("--val", type=Path, nargs="+", required=True, help="what gfrnet data build made")
    parser.add_argument("--size", type=int, default=160, help="pixels to which faces are brought")
    options = parser.parse_args()
    pairs = list_pairs(read_manifests(options.val))
    photos = {photo.source: photo for pair in pairs for photo in (pair.target, pair.guide, pair.stranger)}
    recogniser = load_recogniser(options.recogniser)
    ours = {name: embedded(recogniser, photo, options.size) for name, photo in photos.items()}
    dlibs = {name: _unit(np.asarray(photo.embedding)) for name, photo in photos.items()}
    rows = [["faceres", *figures(pairs, ours)], ["dlib", *figures(pairs, dlibs)]]
    heads = ("", "area under the curve", "own guide", "a stranger's")
    sys.stdout.write(f"{len(pairs)} pairs\n\n{markdown_table(heads, rows, left=1)}\n")


def embedded(recogniser: Recogniser, photo: Portrait, size: int) -> FloatArray:
    """Return a photo's embedding, (1024,), from the box that the loss looks at."""
    pixels = torch.from_numpy(images.to_signed(photo.pixels())).permute(2, 0, 1)[None]
    boxes = landmark_boxes(torch.from_numpy(photo.points())[None].float(), photo.size)
    with torch.no_grad():
        return np.asarray(recogniser(crop_boxes(pixels, boxes, size))[0])


def figures(pairs: tuple[Pair, ...], embeddings: Mapping[str, FloatArray]) -> list[str]:
    """Return the area under the curve, and the mean distances to the own guide and the stranger's."""

    def distances(others: list[Portrait]) -> FloatArray:
        both = zip(pairs, others, strict=True)
        return np.array(
            [np.linalg.norm(embeddings[pair.target.source] - embeddings[x.source]) for pair, x in both]
        )

    own, strange = distances([pair.guide for pair in pairs]), distances([pair.stranger for pair in pairs])
    area = (own[:, None] < strange).mean() + (own[:, None] == strange).mean() / 2
    return [f"{area:.4f}", f"{own.mean():.3f}", f"{strange.mean():.3f}"]


def _unit(embedding: FloatArray) -> FloatArray:
    return np.asarray(embedding / np.linalg.norm(embedding))


if __name__ == "__main__":
    main()
