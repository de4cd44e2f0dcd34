"""Restore as ever, and hand out what the network gave for each face."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Unpack

from gfrnet.restore import BegunFace, BegunPhoto, Event, RestoredPhoto, RestoreOptions, Restorer
from gfrnet.restore.face import FaceRun
from gfrnet.restore.options import OptionChanges, as_options
from gfrnet.restore.places import Places
from gfrnet.restore.restorer import Guides
from gfrnet.restore.sources import Source
from gfrnet.runtime import Restoration, Runtime
from gfrnet.work import unheard


class KeepingRestorer(Restorer):
    """Restore as `Restorer` does, and hand out what the network gave for each face.

    The network always gives texture too, where it has any. So every fidelity can be blended later.

    Args:
        runtime: Runtime of the network.

    Attributes:
        on_result: Hears of each face before it is put back: its position, the face, and what the network
            gave. What it raises ends the photo.
        begun: The photo at hand, enlarged, with its faces; None before the first.
    """

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self.on_result: Callable[[int, BegunFace, Restoration], None] | None = None
        self.begun: BegunPhoto | None = None

    def restore(
        self,
        photo: Source,
        guides: Guides = (),
        options: RestoreOptions | None = None,
        *,
        places: Places | None = None,
        on_event: Callable[[Event], None] = unheard,
        **changes: Unpack[OptionChanges],
    ) -> RestoredPhoto:
        """Restore a photo, as `Restorer.restore` describes."""
        wanted = as_options(options, changes)
        textured = replace(wanted, fidelity=None)
        begun = self.begin(photo, guides, textured, places=places, on_event=on_event)
        faces = tuple(replace(face, options=wanted) for face in begun.faces)
        self.begun = replace(begun, faces=faces)
        return self.finish(self.begun, self._results(begun, faces), on_event=on_event)

    def _results(self, begun: BegunPhoto, faces: tuple[BegunFace, ...]) -> Iterator[FaceRun]:
        for index, (face, ran) in enumerate(zip(faces, self.run(begun.faces), strict=True)):
            if ran.result is not None and self.on_result is not None:
                self.on_result(index, face, ran.result)
            yield FaceRun(face, ran.result)
