"""Where the faces of a photo are: found, given by hand, or the photo itself."""

from __future__ import annotations

from collections.abc import Sequence

from gfrnet import faces
from gfrnet.errors import FaceError, NoFaceError
from gfrnet.faces import CropPlace
from gfrnet.images import Photo
from gfrnet.types import Box


def find_boxes(photo: Photo, name: str, boxes: Sequence[Box] | None, thorough: bool) -> tuple[Box, ...]:
    """The faces' boxes in photo pixels: the given ones, or what the detector finds.

    Raises:
        NoFaceError: There is no face.
        FaceError: A given box lies outside the photo.
    """
    if boxes is not None:
        return tuple(_inside(photo, name, box) for box in boxes)
    found = faces.detect(photo.rgb8, thorough)
    if not found:
        hint = "" if thorough else ", or search harder with --thorough"
        raise NoFaceError(f"No face found in {name}. Give its place with --box left,top,width,height{hint}.")
    return tuple(face.box for face in found)


def _inside(photo: Photo, name: str, box: Box) -> Box:
    if not box.overlap(Box(0, 0, photo.width, photo.height)):
        raise FaceError(
            f"The box from ({box.left:g}, {box.top:g}) to ({box.right:g}, {box.bottom:g}) lies outside "
            f"{name}, which has {photo.width} x {photo.height} pixels. Give a place in it: "
            "--box left,top,width,height, or gfrnet.types.Box(left, top, right, bottom) in Python."
        )
    return box


def whole_place(photo: Photo, name: str) -> CropPlace:
    """The whole of a photo that already is a face crop.

    Raises:
        FaceError: It is not square.
    """
    if photo.width != photo.height:
        raise FaceError(
            f"{name} has {photo.width} x {photo.height} pixels, but --cropped takes square face crops. "
            "Cut it square, or leave --cropped out."
        )
    return CropPlace((photo.width / 2, photo.height / 2), float(photo.width))
