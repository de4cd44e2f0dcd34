"""Keep what was found in a film in a file, and read it again."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile
from pydantic import BaseModel, ConfigDict

from gfrnet import images
from gfrnet.errors import Advice, DataError
from gfrnet.faces import Quality
from gfrnet.files import opened_arrays
from gfrnet.film.records import FilmScan, FilmSize, Person, Shot, Spot, Track
from gfrnet.types import AnyArray, Box

VERSION = 1
"""Version of the file. It grows when older versions cannot read the file."""

_MOST_BYTES = 2**31
"""Largest size of the arrays of a scan once unpacked; a day of film has less."""

_BROKEN = (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError)

_NAMES = {"head", "spots", "embeddings", "pictures"}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _TrackHead(_Model):
    shot: int
    spots: int
    sharpest: tuple[int, ...]
    quality: tuple[float, float, float]
    pictures: tuple[int, ...]


class _PersonHead(_Model):
    name: str | None
    tracks: tuple[int, ...]
    similarity: float | None
    by_hand: bool


class _Head(_Model):
    version: int
    film: tuple[int, int, int, float]
    shots: tuple[tuple[int, int], ...]
    tracks: tuple[_TrackHead, ...]
    people: tuple[_PersonHead, ...]
    scan_seconds: float
    content: str = ""
    searched: tuple[int, int] | None = None


@dataclass(frozen=True)
class ScanOrigin:
    """Hold what a scan was made of.

    Attributes:
        content: Hash of the film (`fingerprint.film_print`).
        start: Index of the first frame that was searched for faces.
        stop: Index after the last.
    """

    content: str
    start: int
    stop: int

    def serves(self, other: ScanOrigin) -> bool:
        """Return whether another scan is that of the same film, and of all these frames or more."""
        return self.content == other.content and other.start <= self.start and self.stop <= other.stop


def save_scan(scan: FilmScan, path: Path, origin: ScanOrigin | None = None) -> Path:
    """Write what was found in a film to a file, whole or not at all.

    Args:
        scan: What was found.
        path: The file.
        origin: What the scan was made of, so that it is never taken for that of another film.

    Raises:
        WriteError: The folder is read-only, or the disk is full.
    """
    pictures = [picture for track in scan.tracks for picture in track.pictures]
    embeddings = [track.embeddings for track in scan.tracks]
    arrays: dict[str, AnyArray] = {
        "head": np.frombuffer(_head(scan, origin).model_dump_json().encode(), np.uint8),
        "spots": np.array([_row(spot) for track in scan.tracks for spot in track.spots], np.float64).reshape(
            -1, 8
        ),
        "embeddings": np.concatenate(embeddings) if embeddings else np.zeros((0, 128), np.float32),
        "pictures": np.frombuffer(b"".join(pictures), np.uint8),
    }
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return images.write_bytes(file.getvalue(), path)


def _head(scan: FilmScan, origin: ScanOrigin | None) -> _Head:
    numbers = {shot: number for number, shot in enumerate(scan.shots)}
    film = scan.film
    return _Head(
        version=VERSION,
        film=(film.width, film.height, film.frames, film.seconds),
        shots=tuple((shot.start, shot.stop) for shot in scan.shots),
        tracks=tuple(
            _TrackHead(
                shot=numbers[track.shot],
                spots=len(track),
                sharpest=track.sharpest,
                quality=(track.quality.sharpness, track.quality.frontal, track.quality.size),
                pictures=tuple(map(len, track.pictures)),
            )
            for track in scan.tracks
        ),
        people=tuple(
            _PersonHead(name=p.name, tracks=p.tracks, similarity=p.similarity, by_hand=p.by_hand)
            for p in scan.people
        ),
        scan_seconds=scan.scan_seconds,
        content=origin.content if origin else "",
        searched=(origin.start, origin.stop) if origin else None,
    )


def _row(spot: Spot) -> tuple[float, ...]:
    return (spot.frame, *spot.box.as_tuple(), spot.angle, spot.score, spot.found)


def load_scan(path: Path, wanted: ScanOrigin | None = None) -> FilmScan:
    """Read what was found in a film. Every value is checked.

    Args:
        path: The file.
        wanted: The film and the frames that it must be a scan of; None for any.

    Raises:
        DataError: The file is missing, damaged, of a later version, or a scan of something else.
    """
    try:
        with opened_arrays(path, _MOST_BYTES) as stored:
            arrays = _unpacked(stored)
        head = _Head.model_validate_json(arrays["head"].tobytes())
        if head.version != VERSION:
            raise ValueError(f"it has version {head.version}, and version {VERSION} is read")
        if wanted is not None and (head.searched is None or not wanted.serves(_origin(head))):
            raise DataError(
                f"{path} is the scan of another film or of another part. Choose another name, or scan again.",
                advice=[Advice.CHOOSE_ANOTHER_NAME, Advice.START_OVER],
            )
        return _scan(head, arrays)
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing. Scan the film first.") from error
    except _BROKEN as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"{path} holds no scan that can be read: {reason}. Scan the film again.",
            advice=[Advice.START_OVER],
        ) from error


def _origin(head: _Head) -> ScanOrigin:
    return ScanOrigin(head.content, *(head.searched or (0, 0)))


def _unpacked(stored: NpzFile) -> Mapping[str, AnyArray]:
    if set(stored.files) != _NAMES:
        raise ValueError("its parts are not those of a scan")
    arrays = {name: stored[name] for name in _NAMES}
    kinds = {"head": "u1", "spots": "f8", "embeddings": "f4", "pictures": "u1"}
    for name, kind in kinds.items():
        if arrays[name].dtype != np.dtype(kind) or not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} are no finite numbers of the right kind")
    if arrays["spots"].shape[1:] != (8,) or arrays["embeddings"].shape[1:] != (128,):
        raise ValueError("its arrays have other shapes")
    return arrays


def _scan(head: _Head, arrays: Mapping[str, AnyArray]) -> FilmScan:
    film = FilmSize(*head.film)
    shots = tuple(Shot(*pair) for pair in head.shots)
    if [shot.start for shot in shots] != [0, *(shot.stop for shot in shots)][:-1] or (
        shots[-1].stop if shots else 0
    ) != film.frames:
        raise ValueError("its shots leave frames out")
    tracks = _tracks(head, shots, arrays)
    people = tuple(
        Person(number, p.name, p.tracks, p.similarity, p.by_hand) for number, p in enumerate(head.people, 1)
    )
    if sorted(n for person in people for n in person.tracks) != list(range(len(tracks))):
        raise ValueError("a track belongs to nobody, or to two people")
    return FilmScan(film, shots, tracks, people, head.scan_seconds)


def _tracks(head: _Head, shots: tuple[Shot, ...], arrays: Mapping[str, AnyArray]) -> tuple[Track, ...]:
    tracks, spot, face, byte = [], 0, 0, 0
    pictures = arrays["pictures"].tobytes()
    for number, stored in enumerate(head.tracks):
        rows = arrays["spots"][spot : spot + stored.spots]
        spots = tuple(
            Spot(int(r[0]), Box(*r[1:5].tolist()), float(r[5]), float(r[6]), bool(r[7])) for r in rows
        )
        embeddings = arrays["embeddings"][face : face + len(stored.sharpest)]
        if len(embeddings) != len(stored.sharpest) or not 0 <= stored.shot < len(shots):
            raise ValueError(f"track {number} is not whole")
        small = []
        for length in stored.pictures:
            small.append(pictures[byte : byte + length])
            byte += length
        mean, quality = embeddings.mean(axis=0), Quality(*stored.quality)
        shot = shots[stored.shot]
        tracks.append(Track(number, shot, spots, mean, embeddings, stored.sharpest, quality, tuple(small)))
        spot, face = spot + stored.spots, face + len(stored.sharpest)
    return tuple(tracks)
