"""Define the errors of gfrnet, drawn as a tree.

Every message names the file or value at fault and the next action::

    GfrnetError
    |-- ImageError            a picture cannot be read or written
    |   |-- UnreadableImageError
    |   |-- ImageTooLargeError
    |   `-- WriteError
    |-- FilmError             a film cannot be used
    |   |-- UnreadableFilmError
    |   |-- FilmChangedError
    |   `-- FilmWriteError
    |-- FaceError             the faces do not fit the request
    |   |-- NoFaceError
    |   `-- WrongPersonError
    |-- ModelError            a model is missing, broken or of another kind
    |-- DataError             a data set or manifest is missing, empty or broken
    |-- ConfigError           a configuration contradicts itself or names an unknown key
    |-- PlanError             the files for a job do not fit together
    |-- WorkerDiedError       a process that did part of the work died
    |-- TimeLimitError        work took longer than it was given
    `-- MissingExtraError     an optional part of the package is not installed

Messages name no command, no option of it and no button. ``error.advice`` holds the remedies once more. The
command line turns them into options and commands, and the page turns them into buttons.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from enum import StrEnum


class Advice(StrEnum):
    """Name a remedy. Each program decides how to offer it."""

    GIVE_BOX = "give the place of the face"
    SEARCH_THOROUGHLY = "search thoroughly for faces"
    CHOOSE_ANOTHER_GUIDE = "choose another guide"
    FORCE = "use the guide although it seems to show another person"
    DETECT_FACES = "detect the faces instead of taking the whole picture as one"
    SCALE_LESS = "enlarge less"
    ALLOW_LARGER = "allow larger pictures"
    FULL_FIDELITY = "restore without texture"
    FULL_STRENGTH = "apply all of the change"
    OVERWRITE = "replace the result that exists"
    RESUME = "go on with what exists"
    START_OVER = "begin anew instead of going on"
    SET_VALUE = "set a value of the configuration"
    CHOOSE_ANOTHER_NAME = "choose another name"
    ONE_WORKER = "work with one process"
    MEASURE_VGG = "measure the distance in a VGG-19"
    BUILD_DATA = "build the data set first"
    KEEP_SINGLES = "keep people of one photo"
    CHOOSE_ANOTHER_FOLDER = "choose another folder"
    LIST_MODELS = "look which models are installed"
    PLACE_ALBUM = "put the album into another folder"
    SCAN_PHOTOS = "scan a folder of photos first"


class GfrnetError(Exception):
    """Report an error that gfrnet raises on purpose. All other errors here derive from it.

    Attributes:
        advice: Remedies that a program can offer, the best first. The message names them in words.
    """

    def __init__(self, message: str, *, advice: Sequence[Advice] = ()) -> None:
        super().__init__(message)
        self.advice = tuple(advice)


class ImageError(GfrnetError):
    """Report that a picture cannot be read or written."""


class UnreadableImageError(ImageError):
    """Report a file that is missing, truncated, empty or not a picture."""


class ImageTooLargeError(ImageError):
    """Report a picture with more pixels than the limit, such as a decompression bomb or a giant scan."""


class WriteError(ImageError):
    """Report a result that cannot be written.

    The folder is read-only, the disk is full, or the file would overwrite an input.
    """


class FilmError(GfrnetError):
    """Report that a film cannot be used as asked."""


class UnreadableFilmError(FilmError):
    """Report a file that is missing, empty, broken, not a film or too large to be decoded."""


class FilmChangedError(FilmError):
    """Report a film that another program changed while it was read."""


class FilmWriteError(FilmError):
    """Report a film that cannot be written, for example because the disk is full."""


class FaceError(GfrnetError):
    """Report that the faces in a picture do not fit the request."""


class NoFaceError(FaceError):
    """Report that no face was found where one is needed."""


class WrongPersonError(FaceError):
    """Report that no guide shows the person of the photo.

    Attributes:
        similarity: Measured similarity of the best guide, 0..1.
        threshold: Similarity that would have been enough, 0..1.
    """

    def __init__(
        self, message: str, similarity: float, threshold: float, *, advice: Sequence[Advice] = ()
    ) -> None:
        super().__init__(message, advice=advice)
        self.similarity = similarity
        self.threshold = threshold

    def __reduce__(self) -> tuple[type[WrongPersonError], tuple[str, float, float], dict[str, object]]:
        # By default only the message is pickled. An error that cannot be unpickled makes its worker hang.
        return type(self), (str(self), self.similarity, self.threshold), {"advice": self.advice}


class ModelError(GfrnetError):
    """Report a model that is missing, broken or of another kind than asked for."""


class DataError(GfrnetError):
    """Report a data set or manifest that is missing, empty or broken."""


class ConfigError(GfrnetError):
    """Report a configuration that contradicts itself or names an unknown key."""


class PlanError(GfrnetError):
    """Report that the files for a job do not fit together.

    Attributes:
        argument: Name of the parameter at fault, such as ``guides``; None if several are at fault.
    """

    def __init__(self, message: str, argument: str | None = None, *, advice: Sequence[Advice] = ()) -> None:
        super().__init__(message, advice=advice)
        self.argument = argument


class WorkerDiedError(GfrnetError):
    """Report that a process that did part of the work died."""


class TimeLimitError(GfrnetError):
    """Report that work took longer than the caller gave it."""


class MissingExtraError(GfrnetError):
    """Report that an optional part of the package is not installed."""


PIP = f"{shlex.quote(sys.executable or 'python')} -m pip"
"""Command of the pip that belongs to the Python that runs. A bare ``pip`` can be that of the system."""

INSTALL_EXTRA = (
    f"Run in the clone of gfrnet: {PIP.replace('{', '{{').replace('}', '}}')} install -e "
    '".[{}]" -c constraints.txt'
)
"""Next action if a package of an extra is missing; the braces take the extra's name."""
