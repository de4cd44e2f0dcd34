"""Draw the figures 5 to 14 of the paper: a row for each face, a column for each contender."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

import cv2
import numpy as np

from gfrnet.errors import DataError, FaceError, ModelError, NoFaceError, WrongPersonError
from gfrnet.evaluate.attempt import Attempt, restore_pair
from gfrnet.evaluate.models import Contender, open_model
from gfrnet.evaluate.pairs import Pair, Protocol
from gfrnet.evaluate.report.sheets import TEXT_SIZE, other_guide, short_names, warp_tiles, with_corner
from gfrnet.images import READABLE_SUFFIXES, Tile, contact_sheet, shortened
from gfrnet.restore import RestoredPhoto, Restorer
from gfrnet.runtime import Restoration, Runtime
from gfrnet.types import FloatArray, FloatImage, UInt8Image

Column: TypeAlias = Literal["input", "input with guide", "guide", "results", "warps", "truth"]
"""Kind of column; results is one for every contender, warps are two: its warped guide and its flow."""

_Done: TypeAlias = tuple[Contender, str, Attempt]
"""A contender, its title, and its attempt at the face of a row."""

_EYES, _MOUTH = slice(36, 48), slice(48, 68)
"""Among the 68 landmarks."""

_CLOSE_UP = (128, 56)
"""Width and height of a close-up in pixels of the crop; it is shown twice as large."""

_WIDEST, _BROKEN = 9, 5
"""Most tiles of a row that stays one line, and tiles of a line where a longer row is broken."""

_GAP = 4
"""Space between a face and its close-ups, pixels."""


@dataclass(frozen=True)
class Kind:
    """Describe a kind of figure.

    Attributes:
        name: Its name in the command.
        columns: Columns from left to right.
        close_ups: Whether the eyes and the mouth are shown enlarged below each face.
    """

    name: str
    columns: tuple[Column, ...]
    close_ups: bool = False

    @property
    def of_photos(self) -> bool:
        """Tell whether it shows real photos, which have no truth, and not the pairs of a data set."""
        return "truth" not in self.columns


KINDS = (
    Kind("comparison", ("input", "guide", "results", "truth"), close_ups=True),  # Figures 5-8
    Kind("real", ("input", "guide", "results")),  # Figures 9, 10
    Kind("variants", ("input", "guide", "results", "truth")),  # Figures 11, 12
    Kind("warped", ("input", "guide", "warps", "truth")),  # Figure 13
    Kind("degradations", ("input with guide", "results")),  # Figure 14
)

KIND_OF = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True)
class FigureRow:
    """Hold one row of a figure; pictures are (256, 256, 3) RGB, 0..255.

    Attributes:
        name: Caption below the input.
        degraded: The input.
        guide: The person's guide.
        attempts: One for each contender.
        truth: The good photo; None for a real bad one.
        points: (68, 2) landmarks of input, results and truth, for close-ups; None for a real photo.
        guide_points: (68, 2) landmarks of the guide, likewise.
        inputs: Files that it was made of.
    """

    name: str
    degraded: UInt8Image = field(repr=False)
    guide: UInt8Image = field(repr=False)
    attempts: tuple[Attempt, ...] = field(repr=False)
    truth: UInt8Image | None = field(default=None, repr=False)
    points: FloatArray | None = field(default=None, repr=False)
    guide_points: FloatArray | None = field(default=None, repr=False)
    inputs: tuple[Path, ...] = ()


def choose_pairs(pairs: Sequence[Pair], rows: int, names: Sequence[str] = ()) -> tuple[Pair, ...]:
    """Choose pairs for a figure by name, or by rule the first pair of each of the first people.

    Args:
        pairs: As `list_pairs` gives them.
        rows: How many pairs the rule takes; fewer where there are fewer people.
        names: Names of pairs, in the order of the rows.

    Raises:
        DataError: There is no pair of such a name.
    """
    by_name = {pair.name: pair for pair in pairs}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise DataError(
            f"There is no pair {unknown[0]}. The column target of pairs.csv, which every evaluation writes, "
            f"has the names, such as {pairs[0].name}."
        )
    firsts: dict[str, Pair] = {}
    for pair in pairs:
        firsts.setdefault(pair.target.person, pair)
    return tuple(by_name[name] for name in names) or tuple(firsts.values())[:rows]


def pair_row(contenders: Sequence[Contender], pair: Pair, protocol: Protocol, scale: float) -> FigureRow:
    """Restore a pair for a figure.

    Raises:
        GfrnetError: As `restore_pair`.
    """
    attempts = tuple(restore_pair(contender, pair, protocol, scale) for contender in contenders)
    shown = (pair.target, pair.guide, pair.stranger)
    return FigureRow(
        name=f"{shortened(pair.name)}\n{scale:g}x {protocol}",
        degraded=attempts[0].degraded,
        guide=pair.guide.pixels(),
        attempts=attempts,
        truth=pair.target.pixels(),
        points=pair.target.points(),
        guide_points=pair.guide.points(),
        inputs=tuple(portrait.crop for portrait in shown if portrait.crop),
    )


def list_photos(root: Path) -> tuple[Path, ...]:
    """List the folders of real photos, each with a bad photo ``degraded.*`` and its guide ``guide.*``.

    Raises:
        DataError: There is no folder.
    """
    folders = tuple(sorted(path for path in root.iterdir() if path.is_dir())) if root.is_dir() else ()
    if not folders:
        raise DataError(
            f"{root} holds no folders. Make one for each photo, with degraded.* and guide.* in it."
        )
    return folders


def open_restorer(contender: Contender) -> Callable[..., RestoredPhoto]:
    """Return `Restorer.restore` at the contender's fidelity and full strength, to compare networks.

    Raises:
        ModelError: The model is missing or broken, or it asks for more than a photo and its guide.
    """
    if contender.used not in ("right", "no-guide"):
        raise ModelError(
            f"{contender.name} is for the pairs of a data set. Leave it out where photos are shown."
        )
    runtime = open_model(contender.model)
    restorer = Restorer(_Guideless(runtime) if contender.variant == "no-guide" else runtime)
    return partial(restorer.restore, fidelity=contender.fidelity, strength=1)


def photo_row(restorers: Sequence[Callable[..., RestoredPhoto]], folder: Path) -> FigureRow:
    """Restore a real photo for a figure: the face in it that resembles the guide most.

    Args:
        restorers: Of `open_restorer`, one a contender.
        folder: One of `list_photos`.

    Raises:
        DataError: One of the two pictures is missing.
        ImageError: One of them cannot be read.
        FaceError: There is no face in one of them, the guide shows another person, or restoring failed.
        ModelError: A model does not run.
    """
    photo, guide = _picture(folder, "degraded"), _picture(folder, "guide")
    attempts = tuple(_restored(restorer, photo, guide) for restorer in restorers)
    name = shortened(folder.name)
    return FigureRow(name, attempts[0].degraded, attempts[0].guide, attempts, inputs=(photo, guide))


def _picture(folder: Path, stem: str) -> Path:
    found = [path for path in sorted(folder.glob(f"{stem}.*")) if path.suffix.lower() in READABLE_SUFFIXES]
    if not found:
        raise DataError(f"{folder} has no {stem}.png (or .jpg, ...). Put the picture there under this name.")
    return found[0]


def _restored(restore: Callable[..., RestoredPhoto], photo: Path, guide: Path) -> Attempt:
    # The advice of these errors is about options of gfrnet restore.
    try:
        done = restore(photo, guide)
        done.check()
    except NoFaceError as error:
        raise NoFaceError(f"No face found in {photo} or in {guide}. Crop them closer to the face.") from error
    except WrongPersonError as error:
        raise FaceError(
            f"{guide} shows another person than {photo}: similarity {error.similarity:.2f}, "
            f"{error.threshold:.2f} is needed. Put a photo of this person there."
        ) from error
    found = [(face, face.result) for face in done.faces if face.result]
    face, result = max(found, key=lambda one: one[0].similarity)
    return Attempt(face.degraded, face.guide_crop, result.restored, result.warped, result.flow)


class _Guideless:
    """Take the guide away from a model."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.fuses = runtime.fuses
        self.takes_guide = runtime.takes_guide

    def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
        return self._runtime.run(degraded, np.zeros_like(guide), texture)


def draw_figure(
    kind: Kind, contenders: Sequence[Contender], rows: Sequence[FigureRow], labels: Sequence[str] = ()
) -> UInt8Image:
    """Draw a figure.

    Args:
        kind: Its columns.
        contenders: In the order of their columns.
        rows: Its rows, with an attempt for each contender.
        labels: Titles of the contenders; made of their names if there are none.

    Returns:
        (H, W, 3).

    Raises:
        ModelError: The figure shows warped guides, and a contender does not warp.
    """
    titles = tuple(labels) or short_names(contenders)
    tiles = [_row(kind, row, list(zip(contenders, titles, row.attempts, strict=True))) for row in rows]
    if len(tiles[0]) > _WIDEST:
        return contact_sheet([part for line in tiles for part in _in_lines(line)], TEXT_SIZE)
    untitled = [[replace(tile, title="") for tile in line] for line in tiles[1:]]
    return contact_sheet([tiles[0], *untitled], TEXT_SIZE)


def _in_lines(tiles: list[Tile]) -> list[list[Tile]]:
    """Cut a long row into lines of `_BROKEN` tiles, as the paper does with all methods."""
    return [tiles[start : start + _BROKEN] for start in range(0, len(tiles), _BROKEN)]


def _row(kind: Kind, row: FigureRow, done: Sequence[_Done]) -> list[Tile]:
    if not kind.close_ups:
        row = replace(row, points=None, guide_points=None)
    return [tile for column in kind.columns for tile in _tiles(column, row, done)]


def _tiles(column: Column, row: FigureRow, done: Sequence[_Done]) -> list[Tile]:
    match column:
        case "input":
            return [Tile(_view(row.degraded, row.points), "input", row.name)]
        case "input with guide":
            return [Tile(_view(row.degraded, row.points, row.guide), "input", row.name)]
        case "guide":
            return [Tile(_view(row.guide, row.guide_points), "guide")]
        case "results":
            return [
                Tile(_view(attempt.restored, row.points, other_guide(contender, attempt)), title)
                for contender, title, attempt in done
            ]
        case "warps":
            return [tile for one in done for tile in _warps(*one)]
        case "truth":
            return [] if row.truth is None else [Tile(_view(row.truth, row.points), "truth")]


def _warps(contender: Contender, title: str, attempt: Attempt) -> tuple[Tile, ...]:
    tiles = warp_tiles(contender, title, attempt)
    if not tiles:
        raise ModelError(f"{contender.name} does not warp its guide. Leave it out of this figure.")
    return tiles


def _view(picture: UInt8Image, points: FloatArray | None, corner: UInt8Image | None = None) -> UInt8Image:
    """Draw a face with a guide in its corner and its close-ups below it."""
    face = with_corner(picture, corner)
    return face if points is None else np.concatenate([face, *_close_ups(picture, points)])


def _close_ups(picture: UInt8Image, points: FloatArray) -> list[UInt8Image]:
    """Enlarge the eyes and the mouth twice, as wide as the face, each with a white line above it."""
    width, height = _CLOSE_UP
    line = np.full((_GAP, picture.shape[1], 3), 255, np.uint8)
    shown = []
    for part in (_EYES, _MOUTH):
        middle = points[part].mean(axis=0) - (width / 2, height / 2)
        left, top = np.clip(np.rint(middle), 0, np.subtract(picture.shape[1::-1], _CLOSE_UP)).astype(int)
        region = picture[top : top + height, left : left + width]
        enlarged = cv2.resize(region, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        shown += [line, np.asarray(enlarged, dtype=np.uint8)]
    return shown
