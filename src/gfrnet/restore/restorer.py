"""Restore photos with `Restorer`, the one object that an application needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeAlias, Unpack

from gfrnet import weights
from gfrnet.errors import Advice, ConfigError, ImageTooLargeError
from gfrnet.faces import LEAST_WEIGHT, CropPlace, face_box, uncovered
from gfrnet.images import Photo
from gfrnet.restore.face import (
    BegunFace,
    CutFace,
    FaceRun,
    begin_face,
    begin_unguided,
    cut_face,
    finish_face,
    put_back,
)
from gfrnet.restore.fuse import run_fused
from gfrnet.restore.guide_set import GuideSet
from gfrnet.restore.guides import GuideShelf
from gfrnet.restore.options import OptionChanges, RestoreOptions, as_options
from gfrnet.restore.outcome import Event, FaceDone, FaceOutcome, FacesFound, RestoredPhoto
from gfrnet.restore.people import choose_together, choose_trusted
from gfrnet.restore.places import Place, Places, as_places, find_places, have_guides, whole_place
from gfrnet.restore.sources import (
    Source,
    as_guides,
    as_photo,
    check_source,
    content_hash,
    file_of,
    files_of,
    name_of,
)
from gfrnet.runtime import Engine, Runtime, open_runtime
from gfrnet.types import AnyArray, FloatImage
from gfrnet.work import unheard

MAX_RESULT_MEGAPIXELS = 100.0
"""Largest photo that enlarging makes. A larger one would take gigabytes of memory."""

TOGETHER = 8
"""Number of faces that go through the network at once. Each result waits in memory and takes 3 MB."""

Guides: TypeAlias = GuideSet | Source | Sequence[Source]
"""Guides: a prepared set, one picture, or several pictures."""


NO_GUIDE = "There is no guide. Give at least one good photo of the person."


@dataclass(frozen=True, eq=False)
class BegunPhoto:
    """Hold a photo that is ready for the network: its faces are cut, and their guides are chosen.

    Attributes:
        photo: The photo, enlarged if a larger result is wanted.
        faces: Faces of the photo, in the order of their places.
        guides: The guides to choose from. None where none is given: the network takes none, or every face
            has its own.
        name: Name of the photo for people.
        inputs: Files of the photo and its guides.
    """

    photo: Photo = field(repr=False)
    faces: tuple[BegunFace, ...]
    guides: GuideSet | None
    name: str
    inputs: tuple[Path, ...]


class Restorer:
    """Restore photos with guides. It remembers prepared guides, and threads may share it.

    `restore` does everything. A job may also take its three steps one by one:

    - `begin` finds the faces of a photo and chooses their guides.
    - `run` sends faces of one photo or of several through the network.
    - `finish` puts the faces back.

    Args:
        runtime: Runtime of the network.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._shelf = GuideShelf()

    @classmethod
    def load(
        cls,
        name_or_path: str | Path = weights.DEFAULT,
        *,
        threads: int | None = None,
        providers: Sequence[str] | None = None,
        engine: Engine | str = Engine.ONNXRUNTIME,
    ) -> Restorer:
        """Make a restorer with a model from the catalogue, from a file, or from a run of ``gfrnet train``.

        Args:
            name_or_path: A name that ``gfrnet models`` lists, or an ONNX file. With the extra ``train``, also
                a safetensors file, a checkpoint, the folder of a run, or ``dcp``.
            threads: Number of CPU threads for the network; None uses all cores.
            providers: Execution providers of ONNX Runtime, the preferred one first, such as
                ``CUDAExecutionProvider``. None uses the CPU.
            engine: What runs an ONNX model: "onnxruntime", "openvino" (an extra) or "auto", which measures
                once a process which one is faster.

        Raises:
            ConfigError: ``threads`` is no whole number between 1 and 1024, or a provider is not installed.
                Or ``name_or_path`` is neither text nor a path.
            ModelError: The model does not exist, or it is broken.
            MissingExtraError: The model needs torch, or OpenVINO is wanted, and it is not installed.
        """
        return cls(open_runtime(name_or_path, threads=threads, providers=providers, engine=engine))

    @property
    def takes_guide(self) -> bool:
        """Return whether the network sees a guide at all. If not, photos may be restored without any."""
        return self._runtime.takes_guide

    @property
    def least_weight(self) -> float:
        """Return the weight below which a guide is left out: 0 for a network that weighs guides itself."""
        return 0.0 if self._runtime.fuses else LEAST_WEIGHT

    def guides(self, sources: Source | Sequence[Source], options: RestoreOptions | None = None) -> GuideSet:
        """Prepare guides once, for any number of photos: find, cut and embed every face in them.

        Args:
            sources: One good picture of a person in the photos, or several pictures.
            options: Options, of which ``cropped``, ``thorough`` and ``max_megabytes`` count here; None for
                the defaults.

        Raises:
            ConfigError: No guide is given, or one is a folder or of another type.
            GfrnetError: No guide can be used.
        """
        given, options = as_guides(sources), as_options(options)
        if not given:
            raise ConfigError(NO_GUIDE)
        return self._shelf.collect(given, options)

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
        """Restore every face of a photo whose person is shown by a guide.

        Args:
            photo: A file, a `Photo`, or (H, W, 3) RGB of uint8 or uint16.
            guides: A `GuideSet`, or one or several good pictures of the people in the photo. Every face in
                them can serve. Among pictures of one person, a picture counts more if it is sharp and
                resembles the face to restore. The photo itself never serves. A network that takes no guide
                needs none. Where one is given all the same, only faces of its people are restored. None is
                needed either where every place has guides of its own.
            options: How to restore; None for the defaults.
            places: Places of the faces, as `Place`, or as `Box` for upright faces. None detects the faces.
            on_event: Receives a `FacesFound`, a `GuideSkipped` for every guide that cannot be used, and a
                `FaceDone` for every face.
            changes: Fields of `RestoreOptions` that replace fields of ``options``, for example ``scale=2``.

        Raises:
            ConfigError: A parameter is of another type or out of range, or parameters contradict each other.
            ImageError: The photo or every guide cannot be read, or the result would be too large.
            NoFaceError: There is no face in the photo, or in any guide.
            FaceError: A box lies outside the photo or is far too small or large, or a cropped picture is not
                square.
            ModelError: The model does not run, or ``fidelity`` is below 1 and the model gives no texture.
        """
        begun = self.begin(photo, guides, options, places=places, on_event=on_event, **changes)
        return self.finish(begun, self.run(begun.faces), on_event=on_event)

    def begin(
        self,
        photo: Source,
        guides: Guides = (),
        options: RestoreOptions | None = None,
        *,
        places: Places | None = None,
        on_event: Callable[[Event], None] = unheard,
        **changes: Unpack[OptionChanges],
    ) -> BegunPhoto:
        """Find the faces of a photo, cut them, and choose the guides of each.

        Parameters and errors are those of `restore`, without the errors of the network.
        """
        check_source(photo, "photo")
        options = as_options(options, changes)
        wanted = as_places(places)
        needed = self.takes_guide and not have_guides(wanted)
        sources = guides if isinstance(guides, GuideSet) else _guide_sources(guides, needed)
        if wanted is not None and options.cropped:
            raise ConfigError(
                "A cropped photo is one face and takes no places. Give the places, or say that it is cropped."
            )
        name = name_of(photo, "the photo")
        given = as_photo(photo, options.max_megabytes)
        _check_size(given, name, options.scale)
        # Guides and photo do not wait for each other.
        with ThreadPoolExecutor(1) as beside:
            itself = _content_of_file(photo)
            preparing = beside.submit(self._prepared, sources, options, itself)
            crops = _crops(given, name, wanted, options)
            on_event(FacesFound(name, tuple(place.box for place, _ in crops)))
            crops = [(place.without_content(itself), crop) for place, crop in crops]
            prepared = preparing.result()
        for skipped in prepared.skipped if prepared else ():
            on_event(skipped)
        enlarged = given if options.scale == 1 else given.enlarged(options.scale)
        cuts = [cut_face(enlarged, place.box, crop.scaled(options.scale)) for place, crop in crops]
        begun = self._begun(cuts, [place.guides for place, _ in crops], prepared, options)
        chosen = (place.guides.files for place, _ in crops if place.guides is not None)
        shared = prepared.files if prepared else ()
        inputs = (*files_of([photo]), *shared, *(file for files in chosen for file in files))
        return BegunPhoto(enlarged, begun, prepared, name, inputs)

    def run(self, faces: Iterable[BegunFace]) -> Iterator[FaceRun]:
        """Send faces through the network, `TOGETHER` at a time, as the caller asks for results.

        Args:
            faces: Faces of one photo, of several photos, or of the frames of a film.

        Yields:
            Each face with its result, for `finish`.

        Raises:
            ModelError: The model does not run.
        """
        waiting = iter(faces)
        while some := tuple(islice(waiting, TOGETHER)):
            inputs = [face.network_input() for face in some if face.accepted]
            found = iter(run_fused(self._runtime, inputs))
            yield from (FaceRun(face, next(found) if face.accepted else None) for face in some)

    def finish(
        self,
        begun: BegunPhoto,
        results: Iterable[FaceRun],
        *,
        on_event: Callable[[Event], None] = unheard,
    ) -> RestoredPhoto:
        """Put the restored faces back into their photo.

        Args:
            begun: The photo from `begin`.
            results: One result per face, from `run`. Exactly one per face of this photo is taken from an
                iterator. So one run may hold the faces of several photos. A list holds no more results than
                the photo has faces.
            on_event: Receives a `FaceDone` for every face.

        Raises:
            ValueError: There are fewer results than faces, or more in a list, or a result is of another face.
            ModelError: ``fidelity`` is below 1, and the model gives no texture.
        """
        if isinstance(results, Sequence) and len(results) > len(begun.faces):
            raise _wrong_number(begun, len(results))
        pixels, outcomes = begun.photo.pixels, list[FaceOutcome]()
        changed: list[CropPlace] = []
        for face, ran in zip(begun.faces, results, strict=False):
            if ran.face is not face:
                raise ValueError(
                    f"A result is of another face than the next face of {begun.name}. Finish the photos in "
                    "the order in which their faces were given to run."
                )
            outcome, after = finish_face(face, ran.result)
            if outcome.result:
                pixels = put_back(pixels, face.crop, _still_new(face, after, changed, pixels))
                changed.append(face.crop.place)
            outcomes.append(outcome)
            on_event(FaceDone(begun.name, outcome))
        if len(outcomes) < len(begun.faces):
            raise _wrong_number(begun, len(outcomes))
        photo = begun.photo.with_pixels(pixels)
        skipped = begun.guides.skipped if begun.guides else ()
        return RestoredPhoto(photo, tuple(outcomes), skipped, begun.name, begun.inputs)

    def _begun(
        self,
        cuts: Sequence[CutFace],
        own: Sequence[GuideSet | None],
        guides: GuideSet | None,
        options: RestoreOptions,
    ) -> tuple[BegunFace, ...]:
        """Choose guides for all faces of a photo: from their own ones where given, else among ``guides``."""
        least = self.least_weight
        free = [cut.portrait for cut, given in zip(cuts, own, strict=True) if given is None]
        shared = iter(choose_together(free, guides, options, least) if free and guides else ())
        alone, begun = len(cuts) == 1, list[BegunFace]()
        for cut, given in zip(cuts, own, strict=True):
            if given is not None:
                choice = choose_trusted(cut.portrait, given, options, least)
                begun.append(begin_face(cut, given, choice, options, trusted=True, alone=alone))
            elif guides is not None:
                begun.append(begin_face(cut, guides, next(shared), options, alone=alone))
            else:
                begun.append(begin_unguided(cut, options, alone=alone))
        return tuple(begun)

    def _prepared(
        self, guides: GuideSet | Sequence[Source], options: RestoreOptions, itself: str | None
    ) -> GuideSet | None:
        """Return the guides without the photo itself, which may lie there under another name."""
        if isinstance(guides, GuideSet):
            return guides.without_content(itself)
        return self._shelf.collect(guides, options, itself) if guides else None


def _guide_sources(sources: Source | Sequence[Source], needed: bool) -> Sequence[Source]:
    given = as_guides(sources)
    if not given and needed:
        raise ConfigError(NO_GUIDE)
    return given


def _content_of_file(photo: Source) -> str | None:
    """Return the hash of the photo's file; None if the photo has no file."""
    file = file_of(photo)
    return content_hash(file) if file is not None and file.is_file() else None


def _wrong_number(begun: BegunPhoto, results: int) -> ValueError:
    return ValueError(f"{begun.name} has {len(begun.faces)} faces, got {results} results.")


def _still_new(face: BegunFace, after: FloatImage, changed: list[CropPlace], photo: AnyArray) -> FloatImage:
    """Return the new crop without the change that overlapping crops made already."""
    place = face.crop.place
    earlier = [other for other in changed if place.may_overlap(other)]
    if not earlier:
        return after
    share = uncovered(place, earlier, *photo.shape[:2])
    return face.degraded + share[..., None] * (after - face.degraded)


def _check_size(photo: Photo, name: str, scale: float) -> None:
    megapixels = photo.height * photo.width * scale**2 / 1e6
    if scale > 1 and megapixels > MAX_RESULT_MEGAPIXELS:
        raise ImageTooLargeError(
            f"{name} enlarged {scale:g} times would have {megapixels:.0f} megapixels, more than the limit of "
            f"{MAX_RESULT_MEGAPIXELS:.0f}. Enlarge it less.",
            advice=(Advice.SCALE_LESS,),
        )


def _crops(
    photo: Photo, name: str, places: Sequence[Place] | None, options: RestoreOptions
) -> list[tuple[Place, CropPlace]]:
    if options.cropped:
        return [(Place(face_box(photo.width)), whole_place(photo, name))]
    found = find_places(photo, name, places, options.thorough)
    return [(place, place.crop()) for place in found]
