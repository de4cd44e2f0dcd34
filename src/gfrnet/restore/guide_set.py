"""Keep guides that are ready for use. They are found, cut and embedded once, for any number of photos."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile
from zlib import error as ZlibError

import numpy as np

from gfrnet import images
from gfrnet.errors import Advice, ConfigError, DataError, GfrnetError, NoFaceError, WriteError
from gfrnet.faces import GROUP_DISTANCE, VIEW_VALUES, FacePortrait, Quality, same_people
from gfrnet.files import as_path, opened_arrays
from gfrnet.restore.glasses import find_glasses
from gfrnet.restore.outcome import GuideSkipped
from gfrnet.types import CROP_SIZE, AnyArray, BoolArray, FloatImage, UInt8Image, is_finite

VERSION = 1
"""Version of the file that `GuideSet.save` writes. It grows when older versions cannot read the file."""

EMBEDDING = "dlib_face_recognition_resnet_model_v1"
"""Recognition network of the embeddings. Embeddings of different networks cannot be compared."""

SUFFIX = ".npz"
"""Suffix of a saved guide set's file name."""

MOST_BYTES = 1 << 30
"""Largest unpacked size of a set to save or load: about 5000 faces of 200 kB each."""


_DAMAGED = (
    *(ValueError, LookupError, TypeError, ArithmeticError, RuntimeError),
    *(EOFError, BadZipFile, ZlibError, MemoryError),
)
"""Errors that NumPy, zipfile, json and the checks raise for a file that is no guide set."""


@dataclass(frozen=True, eq=False)
class GuideFace:
    """Hold a face that can serve as guide.

    Attributes:
        crop: (256, 256, 3) RGB, 0..255.
        portrait: Identity of the person, and quality of the picture.
    """

    crop: UInt8Image = field(repr=False)
    portrait: FacePortrait

    @cached_property
    def cover(self) -> FloatImage | None:
        """Return where glasses cover the face (`find_glasses`), looked for once for all photos."""
        return find_glasses(self.crop)


@dataclass(frozen=True, eq=False)
class Guide:
    """Hold a guide face and the picture that it comes from.

    Attributes:
        index: Place of the picture in the list of guides, from 0.
        name: Name of the picture for people.
        content: Hash of the picture (`sources.content_hash`), hexadecimal.
        face: The face.
    """

    index: int
    name: str
    content: str
    face: GuideFace


@dataclass(frozen=True, eq=False)
class GuideSet:
    """Hold the faces of all guides. A set is immutable, so threads may share it.

    `Restorer.guides` makes one.

    Attributes:
        guides: All faces of all usable guides, in the order in which the guides were given; at least one.
        skipped: Guides that cannot be used.
        files: Files of all guides, which results never overwrite.

    Raises:
        ConfigError: There is no guide.
    """

    guides: tuple[Guide, ...]
    skipped: tuple[GuideSkipped, ...] = ()
    files: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if not self.guides:
            raise ConfigError("A guide set needs at least one guide. Make it with Restorer.guides.")

    def __repr__(self) -> str:
        """Return the number of faces. The faces themselves are private, and do not belong into logs."""
        return f"<GuideSet of {len(self)} {'face' if len(self) == 1 else 'faces'}>"

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self.guides)

    def without_file(self, file: Path) -> GuideSet:
        """Return the set without the guides from one file, or the whole set if nothing would be left.

        One folder may hold both photos and guides. A photo then leaves itself out silently, not as skipped.
        """
        own = {name for name, real in self._real_paths.items() if real == os.path.realpath(file)}
        if not own:
            return self
        guides = tuple(guide for guide in self.guides if guide.name not in own)
        skipped = tuple(skip for skip in self.skipped if skip.name not in own)
        return GuideSet(guides, skipped, self.files) if guides else self

    @cached_property
    def alike(self) -> BoolArray:
        """Return which guides show the same person, (N, N), for photos of one face."""
        return self._alike()

    @cached_property
    def closely_alike(self) -> BoolArray:
        """Return the same for photos of several people (`faces.GROUP_DISTANCE`), (N, N)."""
        return self._alike(GROUP_DISTANCE)

    def _alike(self, *farthest: float) -> BoolArray:
        """Compare the faces once for all photos.

        A large matrix product wakes the threads of the algebra library (OpenBLAS). They wait busily for more
        work, about 30 ms, and would slow the network down in every photo.
        """
        embeddings = np.stack([guide.face.portrait.embedding for guide in self.guides])
        alike = same_people(embeddings, *farthest)
        alike.setflags(write=False)
        return alike

    @cached_property
    def _real_paths(self) -> dict[str, str]:
        """Return the real path of each guide file by its name, looked up once for all photos."""
        return {str(file): os.path.realpath(file) for file in self.files}

    def without_content(self, content: str | None) -> GuideSet:
        """Return the set without the guides of this content, which are listed as skipped instead.

        Args:
            content: Hash of the photo to restore; None changes nothing.

        Raises:
            NoFaceError: No other guide is left.
        """
        own = {guide.index: guide.name for guide in self.guides if guide.content == content}
        if not own:
            return self
        skipped = [*self.skipped, *(skip_itself(index, name) for index, name in own.items())]
        skipped.sort(key=lambda skip: skip.index)
        guides = tuple(guide for guide in self.guides if guide.content != content)
        if not guides:
            raise no_guide(skipped)
        return GuideSet(guides, tuple(skipped), self.files)

    def save(self, path: str | Path) -> Path:
        """Write the set to one file, whole or not at all. The file holds faces, so protect it like a photo.

        Args:
            path: Path of the file; it ends in ``.npz``.

        Returns:
            The path.

        Raises:
            ConfigError: ``path`` is neither text nor a path.
            WriteError: The file cannot be written, or its name does not end in ``.npz``. It is one of the
                guides, or the set is larger than `MOST_BYTES`.
        """
        path = as_path(path)
        images.check_place(path, self.files)
        if path.suffix.lower() != SUFFIX:
            raise WriteError(
                f"{path} does not end in {SUFFIX}. Choose another name, for example anna{SUFFIX}."
            )
        if sum(guide.face.crop.nbytes for guide in self.guides) > MOST_BYTES:
            raise WriteError(f"{len(self)} faces are too many for {path}. Save them as several sets.")
        portraits = [guide.face.portrait for guide in self.guides]
        about = {
            "version": VERSION,
            "embedding": EMBEDDING,
            "guides": [
                {"index": guide.index, "name": guide.name, "content": guide.content}
                | {"quality": asdict(guide.face.portrait.quality)}
                for guide in self.guides
            ],
            "skipped": [asdict(skip) for skip in self.skipped],
            "files": [str(file) for file in self.files],
        }
        file = BytesIO()
        np.savez_compressed(
            file,
            about=np.frombuffer(json.dumps(about).encode(), np.uint8),
            crops=np.stack([guide.face.crop for guide in self.guides]),
            embeddings=np.stack([portrait.embedding for portrait in portraits]),
            views=np.stack([portrait.view for portrait in portraits]),
        )
        return images.write_bytes(file.getvalue(), path, self.files)

    @classmethod
    def load(cls, path: str | Path) -> GuideSet:
        """Read a set that `save` wrote, perhaps in another process. Nothing in the file is executed.

        Raises:
            ConfigError: ``path`` is neither text nor a path.
            DataError: The file is missing, damaged, of another version or of another kind.
        """
        path = as_path(path)
        try:
            # A tenth more leaves room for embeddings, views and names.
            with opened_arrays(path, MOST_BYTES * 1.1) as stored:
                return _from_arrays(stored)
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise DataError(f"{path} does not exist. Check the name and the folder.") from error
            raise DataError(f"{path} cannot be read ({error}). Save the guides again.") from error
        except _DAMAGED as error:
            raise DataError(
                f"{path} is no guide set that this version reads ({error}). Save the guides again."
            ) from error


def _from_arrays(stored: Any) -> GuideSet:  # noqa: ANN401 - an open archive of NumPy
    about = json.loads(stored["about"].tobytes())
    if (about["version"], about["embedding"]) != (VERSION, EMBEDDING):
        raise ValueError(f"version {about['version']} with embeddings of {about['embedding']}")
    guides = about["guides"]
    crops = _checked(stored["crops"], np.uint8, (len(guides), CROP_SIZE, CROP_SIZE, 3))
    embeddings = _checked(stored["embeddings"], np.float32, (len(guides), 128))
    views = _checked(stored["views"], np.float32, (len(guides), VIEW_VALUES))
    if not guides:
        raise ValueError("it holds no guide")
    return GuideSet(
        tuple(
            Guide(
                int(one["index"]),
                str(one["name"]),
                str(one["content"]),
                GuideFace(crop, FacePortrait(embedding, _quality(**one["quality"]), view)),
            )
            for one, crop, embedding, view in zip(guides, crops, embeddings, views, strict=True)
        ),
        tuple(
            GuideSkipped(
                int(skip["index"]),
                str(skip["name"]),
                str(skip["reason"]),
                tuple(Advice(advice) for advice in skip["advice"]),
            )
            for skip in about["skipped"]
        ),
        tuple(Path(file) for file in about["files"]),
    )


def _quality(eyes_open: float | None = None, **measured: float) -> Quality:
    values = [*measured.values(), 0 if eyes_open is None else eyes_open]
    if not all(is_finite(value) and float(value) >= 0 for value in values):
        raise ValueError(f"a quality is none of 0 or more: {values}")
    return Quality(**measured, eyes_open=eyes_open)


def _checked(array: AnyArray, dtype: type, shape: tuple[int, ...]) -> AnyArray:
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(f"an array is {array.dtype} {array.shape} instead of {dtype.__name__} {shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError("a value is not a finite number")
    array.setflags(write=False)
    return array


def skip_itself(index: int, name: str) -> GuideSkipped:
    """Return a photo as a skipped guide, because it cannot guide itself."""
    return GuideSkipped(
        index,
        name,
        f"{name} is the very photo that is to be restored. Give another photo of the person.",
        (Advice.CHOOSE_ANOTHER_GUIDE,),
    )


def no_guide(skipped: Sequence[GuideSkipped], kind: type[GfrnetError] = NoFaceError) -> GfrnetError:
    """Return the error for guides of which none can be used.

    Args:
        skipped: All guides, at least one.
        kind: Class of the error if there is only one guide. Several guides give a `NoFaceError`.
    """
    advice = tuple(dict.fromkeys(advice for skip in skipped for advice in skip.advice))
    if len(skipped) == 1:
        return kind(skipped[0].reason, advice=advice)
    reasons = " ".join(skip.reason for skip in skipped)
    return NoFaceError(f"None of the {len(skipped)} guides can be used. {reasons}", advice=advice)
