"""Look at a photo in a worker: find its faces and choose the guides of each, without the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gfrnet import images
from gfrnet.batch.records import ANSWERS
from gfrnet.errors import GfrnetError, NoFaceError
from gfrnet.faces import CropPlace, cut, in_words
from gfrnet.images import Photo
from gfrnet.restore import BegunFace, Event, GuideSkipped, Place
from gfrnet.restore.places import find_places
from gfrnet.restore.sources import content_hash
from gfrnet.serve import blending
from gfrnet.serve.desk import Desk, as_box, as_ltwh, face_folder, guide_file
from gfrnet.serve.orders import PreviewOrder
from gfrnet.serve.problems import Problem
from gfrnet.serve.restoring import Outcome, as_place


def preview(desk: Desk, order: PreviewOrder) -> Outcome:
    """Find the faces of a photo, and choose the guides of each.

    The photo is shown for screens also where no face is found, so that a person can point at one.

    Raises:
        GfrnetError: The photo cannot be read.
    """
    photo = images.read(Path(desk.names[order.photo.file]), desk.max_megabytes)
    folder = desk.clear(0)
    blending.write_view(blending.for_screens(photo), folder / "view-before.jpg", blending.VIEW_SIDE)
    size = {"width": photo.width, "height": photo.height}
    desk.tell("view", {"photo": 0, **size})
    skipped: list[dict[str, Any]] = []

    def hear(event: Event) -> None:
        if isinstance(event, GuideSkipped):
            advice = [each.name for each in event.advice]
            skipped.append({"guide": event.index, "reason": event.reason, "advice": advice})

    try:
        try:
            faces = [*_faces(desk, order, photo, hear)]
        except GfrnetError as error:
            if not order.guides:
                raise
            faces = [*_bare_faces(desk, order, photo)]
            skipped = _unusable(desk, order, error)
            if not skipped:
                raise
    except NoFaceError as error:
        problem = Problem.of(error).model_dump(mode="json")
        return Outcome({**size, "faces": [], "guides_skipped": skipped, "problem": problem})
    return Outcome({**size, "faces": faces, "guides_skipped": skipped, "problem": None})


def _unusable(desk: Desk, order: PreviewOrder, error: GfrnetError) -> list[dict[str, Any]]:
    """Return the guides that cannot be used, where ``error`` tells that none can be for some face."""
    found: list[dict[str, Any]] = []
    options = order.options.options(desk.max_megabytes)
    for index, guide in enumerate(order.guides):
        reason = error if guide.file == order.photo.file else None
        try:
            desk.restorer.guides([desk.names[guide.file]], options)
        except GfrnetError as its_own:
            reason = its_own
        if reason is not None:
            advice = [each.name for each in reason.advice]
            found.append({"guide": index, "reason": str(reason), "advice": advice})
    return found


def _faces(
    desk: Desk, order: PreviewOrder, photo: Photo, hear: Callable[[Event], None]
) -> Iterator[dict[str, Any]]:
    if not order.guides:
        yield from _bare_faces(desk, order, photo)
        return
    options = order.options.options(desk.max_megabytes)
    given = order.photo.places
    places = None if given is None else [as_place(desk, place, order.guides, options) for place in given]
    guides = desk.restorer.guides([desk.names[guide.file] for guide in order.guides], options)
    guides = guides.without_content(content_hash(Path(desk.names[order.photo.file])))
    for guide in reversed(guides.guides):
        images.write(Photo(guide.face.crop), guide_file(desk.out, guide.index))
    begun = desk.restorer.begin(photo, guides, options, places=places, on_event=hear)
    for index, face in enumerate(begun.faces):
        yield _guided(desk, index, face)


def _bare_faces(desk: Desk, order: PreviewOrder, photo: Photo) -> Iterator[dict[str, Any]]:
    """Describe faces without guides."""
    given = order.photo.places
    places = None if given is None else [Place(as_box(place.box), place.turn) for place in given]
    found = find_places(photo, desk.names[order.photo.file], places, order.options.thorough)
    for index, place in enumerate(found):
        crop = CropPlace.around(place.box, place.turn)
        pixels = cut(photo.rgb8, crop).pixels
        images.write(Photo(pixels), face_folder(desk.out, 0, index) / "before.png")
        yield {"face": index, "box": as_ltwh(place.box), "turn": place.turn, "guides": []}


def _guided(desk: Desk, index: int, face: BegunFace) -> dict[str, Any]:
    """Describe a face and the guides that it takes."""
    folder, choice = face_folder(desk.out, 0, index), face.choice
    images.write(Photo(face.crop.pixels), folder / "before.png")
    images.write(Photo(face.guide_crops[0]), folder / "guide.png")
    return {
        "face": index,
        "box": as_ltwh(face.box),
        "turn": face.crop.place.angle,
        "guides": [guide.index for guide in face.guides],
        "accepted": face.accepted,
        "similarity": round(choice.similarity, 4),
        "needed": round(choice.needed, 4),
        "same_person": ANSWERS[choice.verdict],
        "probability": round(choice.probability, 4),
        "certainty": in_words(choice.probability),
    }
