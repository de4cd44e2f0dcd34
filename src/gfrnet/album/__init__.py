"""Know the people on a family's photos, and restore the bad ones with the good photos of the same people.

>>> from gfrnet.album import Album
>>> album = Album.open("photos")  # doctest: +SKIP
>>> album.scan()  # doctest: +SKIP
>>> for person in album.people():  # doctest: +SKIP
...     print(person.label, person.faces)

The package prints nothing: a program draws the records and events, or sends them.
"""

from gfrnet.album.acts import Acts
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
from gfrnet.album.export import ExportedPeople, export_people, export_sidecars
from gfrnet.album.model import SURE, AlbumFace, By, NamedPhoto, Person, Question, worn
from gfrnet.album.scan import ScanEvent, ScanSummary
from gfrnet.album.sheets import write_sheets
from gfrnet.album.words import how_known, told

__all__ = [
    "FOLDER",
    "SURE",
    "Acts",
    "Album",
    "AlbumFace",
    "Apart",
    "AsGuide",
    "Born",
    "By",
    "Decision",
    "ExportedPeople",
    "FaceKey",
    "Named",
    "NamedPhoto",
    "NoFace",
    "NotPerson",
    "Person",
    "Question",
    "Renamed",
    "Same",
    "ScanEvent",
    "ScanSummary",
    "export_people",
    "export_sidecars",
    "how_known",
    "is_album",
    "told",
    "worn",
    "write_sheets",
]
