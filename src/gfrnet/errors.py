"""What can go wrong, drawn as a tree.

Every message names the file or value at fault and the next action::

    GfrnetError
    |-- ImageError            a picture cannot be read or written
    |   |-- UnreadableImageError
    |   |-- ImageTooLargeError
    |   `-- WriteError
    |-- FaceError             the faces do not fit the request
    |   |-- NoFaceError
    |   `-- WrongPersonError
    |-- ModelError            a model is missing, broken or of another kind
    |-- DataError             a data set or manifest is missing, empty or broken
    |-- ConfigError           a configuration contradicts itself or names an unknown key
    |-- PlanError             the files that were named for a job do not fit together
    |-- WorkerDiedError       a process that did a part of the work is gone
    `-- MissingExtraError     an optional part of the package is not installed

Messages speak of no command-line option and no button. What a person can do stands a second time in
``error.advice``, which the command line turns into options and the page into buttons.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Advice(StrEnum):
    """Name a remedy, whatever the program looks like that offers it."""

    GIVE_BOX = "give the place of the face"
    SEARCH_THOROUGHLY = "search thoroughly for faces"
    CHOOSE_ANOTHER_GUIDE = "choose another guide"
    FORCE = "use the guide although it seems to show another person"
    DETECT_FACES = "detect the faces instead of taking the whole picture as one"
    SCALE_LESS = "enlarge less"
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


class GfrnetError(Exception):
    """Base of every error that gfrnet raises on purpose.

    Attributes:
        advice: Remedies that a program can offer, the best first; the message names them in words.
    """

    def __init__(self, message: str, *, advice: Sequence[Advice] = ()) -> None:
        super().__init__(message)
        self.advice = tuple(advice)


class ImageError(GfrnetError):
    """A picture cannot be read or written."""


class UnreadableImageError(ImageError):
    """The file is missing, truncated, empty or not a picture."""


class ImageTooLargeError(ImageError):
    """The picture has more pixels than the limit allows (a decompression bomb, or a giant scan)."""


class WriteError(ImageError):
    """The result cannot be written: read-only folder, full disk, or it would overwrite an input."""


class FaceError(GfrnetError):
    """The faces in a picture do not fit the request."""


class NoFaceError(FaceError):
    """No face was found where one is needed."""


class WrongPersonError(FaceError):
    """No guide shows the person of the photo.

    Attributes:
        similarity: Measured similarity of the best guide, 0..1.
        threshold: The similarity that would have been enough, 0..1.
    """

    def __init__(
        self, message: str, similarity: float, threshold: float, *, advice: Sequence[Advice] = ()
    ) -> None:
        super().__init__(message, advice=advice)
        self.similarity = similarity
        self.threshold = threshold

    def __reduce__(self) -> tuple[type[WrongPersonError], tuple[str, float, float], dict[str, object]]:
        # By default only the message is pickled, and a worker process hangs whose error cannot be unpickled.
        return type(self), (str(self), self.similarity, self.threshold), {"advice": self.advice}


class ModelError(GfrnetError):
    """A model is missing, broken or of another kind than asked for."""


class DataError(GfrnetError):
    """A data set or manifest is missing, empty or broken."""


class ConfigError(GfrnetError):
    """A configuration contradicts itself or names an unknown key."""


class PlanError(GfrnetError):
    """The files that were named for a job do not fit together.

    Attributes:
        argument: Name of the parameter at fault, such as ``guides``; None where several are.
    """

    def __init__(self, message: str, argument: str | None = None, *, advice: Sequence[Advice] = ()) -> None:
        super().__init__(message, advice=advice)
        self.argument = argument


class WorkerDiedError(GfrnetError):
    """A process that did a part of the work is gone."""


class MissingExtraError(GfrnetError):
    """An optional part of the package is not installed."""


INSTALL_EXTRA = 'Run in the clone of gfrnet: pip install -e ".[{}]" -c constraints.txt'
"""What to do where a package of an extra is missing; its name goes in."""
