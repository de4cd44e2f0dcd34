"""Know the people on a family's photos, and restore the bad ones with the good photos of the same people.

>>> from gfrnet.album import Album
>>> album = Album.open("photos")  # doctest: +SKIP
>>> album.scan()  # doctest: +SKIP
>>> for person in album.people():  # doctest: +SKIP
...     print(person.label, person.faces)

The package prints nothing: a program draws the records and events, or sends them.
"""

from gfrnet.album.album import FOLDER, Album, is_album
from gfrnet.album.decisions import (
    Apart,
    AsGuide,
    Born,
    Decision,
    FaceKey,
    Named,
    NoFace,
    NotPerson,
    Renamed,
    Same,
)
from gfrnet.album.model import SURE, AlbumFace, By, Person, Question, worn
from gfrnet.album.scan import ScanEvent, ScanSummary

__all__ = [
    "FOLDER",
    "SURE",
    "Album",
    "AlbumFace",
    "Apart",
    "AsGuide",
    "Born",
    "By",
    "Decision",
    "FaceKey",
    "Named",
    "NoFace",
    "NotPerson",
    "Person",
    "Question",
    "Renamed",
    "Same",
    "ScanEvent",
    "ScanSummary",
    "is_album",
    "worn",
]
