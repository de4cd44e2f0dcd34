"""Keep guides that are ready for use: found, cut and embedded once, for any number of photos."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile
from zlib import error as ZlibError

import numpy as np

from gfrnet import images
from gfrnet.errors import Advice, DataError, GfrnetError, NoFaceError, WriteError
from gfrnet.faces import FacePortrait, Quality
from gfrnet.restore.outcome import GuideSkipped
from gfrnet.types import CROP_SIZE, AnyArray, UInt8Image

VERSION = 1
"""Version of the file that `GuideSet.save` writes; it grows when an older reader would stumble."""

EMBEDDING = "dlib_face_recognition_resnet_model_v1"
"""Recognition network of the embeddings: those of another one cannot be compared."""

SUFFIX = ".npz"
"""How the name of a saved guide set ends."""

MOST_BYTES = 1 << 30
"""Size of the largest set that is saved or loaded, unpacked: 5000 faces, of 200 kB each."""


_DAMAGED = (
    *(ValueError, LookupError, TypeError, ArithmeticError, RuntimeError),
    *(EOFError, BadZipFile, ZlibError, MemoryError),
)
"""What NumPy, zipfile, json and the checks raise for a file that is no guide set."""


@dataclass(frozen=True, eq=False)
class GuideFace:
    """Hold a face that can serve as guide.

    Attributes:
        crop: (256, 256, 3) RGB, 0..255.
        portrait: Who it is, and how good a picture.
    """

    crop: UInt8Image
    portrait: FacePortrait


@dataclass(frozen=True, eq=False)
class Guide:
    """Hold a guide face and the picture that it comes from.

    Attributes:
        index: Number of the given guide, from 0.
        name: Name of that guide for people.
        content: Hash of the picture (`sources.content_hash`), hexadecimal.
        face: The face.
    """

    index: int
    name: str
    content: str
    face: GuideFace


@dataclass(frozen=True, eq=False)
class GuideSet:
    """Hold the faces of all guides. It is immutable, so threads may share it.

    `Restorer.guides` makes one.

    Attributes:
        guides: All faces of all usable guides, in the order in which the guides were given; at least one.
        skipped: Guides that cannot be used.
        files: Files of all guides, which results never overwrite.
    """

    guides: tuple[Guide, ...]
    skipped: tuple[GuideSkipped, ...] = ()
    files: tuple[Path, ...] = ()

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self.guides)

    def without_file(self, file: Path) -> GuideSet:
        """Return the set without the guides that lie in a file, or the whole set if it holds nothing else.

        A folder of photos may also be the folder of guides; then nobody needs to hear of a photo that it is
        no guide of its own.
        """
        own = {name for name, real in self._real_paths.items() if real == os.path.realpath(file)}
        if not own:
            return self
        guides = tuple(guide for guide in self.guides if guide.name not in own)
        skipped = tuple(skip for skip in self.skipped if skip.name not in own)
        return GuideSet(guides, skipped, self.files) if guides else self

    @cached_property
    def _real_paths(self) -> dict[str, str]:
        """Look up, once for all photos, where the files of guides really lie."""
        return {str(file): os.path.realpath(file) for file in self.files}

    def without_content(self, content: str | None) -> GuideSet:
        """Return the set without the guides of this content, now listed as skipped.

        Args:
            content: Hash of the photo that is to be restored; None changes nothing.

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
        """Write the set to one file, whole or not at all. It holds faces, so treat it as a photo.

        Args:
            path: Name of the file, which ends in ``.npz``.

        Returns:
            ``path``.

        Raises:
            WriteError: The file cannot be written, or is one of the guides. The set is larger than
                `MOST_BYTES`.
        """
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
            DataError: The file is missing, damaged, of another version or of another kind.
        """
        path = Path(path)
        try:
            with np.load(path, allow_pickle=False) as stored:
                _check_unpacked(stored)
                return _from_arrays(stored)
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise DataError(f"{path} does not exist. Check the name and the folder.") from error
            raise DataError(f"{path} cannot be read ({error}). Save the guides again.") from error
        except _DAMAGED as error:
            raise DataError(
                f"{path} is no guide set that this version reads ({error}). Save the guides again."
            ) from error


def _check_unpacked(stored: Any) -> None:  # noqa: ANN401 - an open archive of NumPy
    """Refuse a small file that would fill the memory; zipfile unpacks no more than it declares."""
    size = sum(member.file_size for member in stored.zip.infolist())
    # A tenth more leaves room for what is not pixels.
    if size > MOST_BYTES * 1.1:
        raise ValueError(f"it would unpack to {size / 1e9:.1f} GB")


def _from_arrays(stored: Any) -> GuideSet:  # noqa: ANN401 - an open archive of NumPy
    about = json.loads(stored["about"].tobytes())
    if (about["version"], about["embedding"]) != (VERSION, EMBEDDING):
        raise ValueError(f"version {about['version']} with embeddings of {about['embedding']}")
    guides = about["guides"]
    crops = _checked(stored["crops"], np.uint8, (len(guides), CROP_SIZE, CROP_SIZE, 3))
    embeddings = _checked(stored["embeddings"], np.float32, (len(guides), 128))
    views = stored["views"]
    views = _checked(views, np.float32, (len(guides), *views.shape[1:2]))
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
    return Quality(
        **{name: float(value) for name, value in measured.items()},
        eyes_open=None if eyes_open is None else float(eyes_open),
    )


def _checked(array: AnyArray, dtype: type, shape: tuple[int, ...]) -> AnyArray:
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(f"an array is {array.dtype} {array.shape} instead of {dtype.__name__} {shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError("a value is no finite number")
    array.setflags(write=False)
    return array


def skip_itself(index: int, name: str) -> GuideSkipped:
    """Return the reason why a photo cannot guide itself."""
    return GuideSkipped(
        index,
        name,
        f"{name} is the very photo that is to be restored. Give another photo of the person.",
        (Advice.CHOOSE_ANOTHER_GUIDE,),
    )


def no_guide(skipped: Sequence[GuideSkipped], kind: type[GfrnetError] = NoFaceError) -> GfrnetError:
    """Return the error for guides none of which can be used.

    Args:
        skipped: All of them, at least one.
        kind: Error of the only one; several are a `NoFaceError`.
    """
    advice = tuple(dict.fromkeys(advice for skip in skipped for advice in skip.advice))
    if len(skipped) == 1:
        return kind(skipped[0].reason, advice=advice)
    reasons = " ".join(skip.reason for skip in skipped)
    return NoFaceError(f"None of the {len(skipped)} guides can be used. {reasons}", advice=advice)
