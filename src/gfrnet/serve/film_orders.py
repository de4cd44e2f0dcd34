"""Define what clients order of films: scan one, look at a moment of it, restore it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, model_validator

from gfrnet.printable import printable, without_controls
from gfrnet.serve.order_parts import MOST_NAME, Id, Ordered, Picture, Share

MOST_PEOPLE, MOST_PORTRAITS, MOST_TRACKS = 200, 50, 10_000
"""Largest numbers of people in an order, of portraits of one, and of tracks of one."""

Seconds: TypeAlias = Annotated[float, Field(ge=0, le=10**6)]
TrackNumber: TypeAlias = Annotated[int, Field(ge=0, le=10**9)]


class PlacedFile(Ordered):
    """Name a file in a folder of the server, which is read in its place.

    Attributes:
        folder: Name of the folder, as the list of folders gives it.
        name: Name of the file in it.
    """

    folder: Id
    name: Annotated[str, Field(min_length=1, max_length=255, examples=["reel 1.mkv"])]


FilmFile: TypeAlias = Picture | PlacedFile
"""Name a film or a portrait: one that was sent, or one in a folder of the server."""


class FilmScanOrder(Ordered):
    """Order to find the shots and the people of a film.

    Attributes:
        film: The film.
        deinterlace: What to do with two fields in a frame, as ``gfrnet film`` has it.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "film-scan", "film": {"file": "e3b0c442" * 8, "name": "reel 1.mkv"}}]
        }
    )

    kind: Literal["film-scan"] = "film-scan"
    film: FilmFile
    deinterlace: Literal["auto", "no", "bwdif", "ivtc"] = "auto"

    def files(self) -> tuple[FilmFile, ...]:
        """Return the files that the order names."""
        return (self.film,)

    def pictures(self) -> tuple[Picture, ...]:
        """Return the uploaded files that the order needs."""
        return _sent(self.files())


class FilmPersonOrder(Ordered):
    """Name a person of a film, and give portraits of this person.

    Attributes:
        name: The name, one line.
        portraits: Good pictures of the person.
        tracks: Numbers of the tracks that show the person, as somebody says who looked at them. They are
            restored however little they resemble the portraits. None finds them by the portraits.
    """

    name: Annotated[str, Field(min_length=1, max_length=MOST_NAME, examples=["Anna"])]
    portraits: Annotated[tuple[FilmFile, ...], Field(min_length=1, max_length=MOST_PORTRAITS, fail_fast=True)]
    tracks: (
        Annotated[tuple[TrackNumber, ...], Field(min_length=1, max_length=MOST_TRACKS, fail_fast=True)] | None
    ) = None

    @model_validator(mode="after")
    def _is_name(self) -> FilmPersonOrder:
        if self.name != without_controls(printable(self.name)).strip():
            raise ValueError("A name is one line without blanks at its ends.")
        return self


People: TypeAlias = Annotated[
    tuple[FilmPersonOrder, ...], Field(min_length=1, max_length=MOST_PEOPLE, fail_fast=True)
]


class _FilmWork(Ordered):
    """Hold what a preview and a restoration have in common.

    Attributes:
        scan: A finished job that scanned the film.
        people: Whom to restore. All others stay as they are.
        strength: Share of the change, 0..1; None for what suits each face.
        fidelity: 1 gives what is likeliest, 0 the texture of photographs; None for what suits films.
        stable: How steady the faces are over time; 0 restores each frame by itself.
        force: Whether to use a portrait even if it seems to show another person.
    """

    scan: Id
    people: People
    strength: Share | None = None
    fidelity: Share | None = None
    stable: Share = 1.0
    force: bool = False

    @model_validator(mode="after")
    def _names_differ(self) -> _FilmWork:
        if len({person.name for person in self.people}) < len(self.people):
            raise ValueError("Two people have one name. Give all portraits and tracks of a person at once.")
        return self

    def files(self) -> tuple[FilmFile, ...]:
        """Return the files that the order names."""
        return tuple(portrait for person in self.people for portrait in person.portraits)

    def pictures(self) -> tuple[Picture, ...]:
        """Return the uploaded files that the order needs."""
        return _sent(self.files())


class FilmPreviewOrder(_FilmWork):
    """Order one picture of faces before and after, each beside its portrait. No film is written.

    Attributes:
        at: Second of the film to show; None for the worst faces of all.
    """

    kind: Literal["film-preview"] = "film-preview"
    at: Seconds | None = None


class FilmRestoreOrder(_FilmWork):
    """Order to restore the faces of people in a film.

    Attributes:
        start: Second at which the result begins; None for the beginning.
        stop: Second before which it ends; None for the end.
        codec: How the video is coded. ``ffv1`` and ``prores`` make a master.
        crf: Quality of ``x264`` and ``x265``, less is better; None for a fine one.
        container: Kind of file; ``same`` is that of the film where it holds everything, else MKV.
        compare: Whether to make a second film too, an MP4 of before and after side by side.
        after: A job of the same order that was stopped. Its finished shots are taken, if they are there.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "film-restore",
                    "scan": "0123456789abcdef" * 2,
                    "people": [
                        {
                            "name": "Anna",
                            "portraits": [{"file": "ba7816bf" * 8, "name": "anna.jpg"}],
                            "tracks": [0, 3],
                        }
                    ],
                    "start": 60,
                    "stop": 90,
                }
            ]
        }
    )

    kind: Literal["film-restore"] = "film-restore"
    start: Seconds | None = None
    stop: Seconds | None = None
    codec: Literal["same", "x264", "x265", "ffv1", "prores"] = "same"
    crf: Annotated[int, Field(ge=0, le=51)] | None = None
    container: Literal["same", "mkv", "mp4", "mov"] = "same"
    compare: bool = True
    after: Id | None = None

    @model_validator(mode="after")
    def _holds_a_frame(self) -> FilmRestoreOrder:
        if self.stop is not None and self.stop <= (self.start or 0):
            raise ValueError("The film must stop after it starts. Give a later stop.")
        return self


FilmOrder: TypeAlias = FilmScanOrder | FilmPreviewOrder | FilmRestoreOrder


def _sent(files: tuple[FilmFile, ...]) -> tuple[Picture, ...]:
    return tuple(file for file in files if isinstance(file, Picture))
