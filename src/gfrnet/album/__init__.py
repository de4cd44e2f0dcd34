"""Know the people on a family's photos, and restore the bad ones with the good photos of the same people.

>>> from gfrnet.album import Album
>>> album = Album.open("photos")  # doctest: +SKIP
>>> album.scan()  # doctest: +SKIP
>>> for person in album.people():  # doctest: +SKIP
...     print(person.label, person.faces)

The package prints nothing: a program draws the records and events, or sends them.
"""

from gfrnet.album.acts import Acts, Regrouped
from gfrnet.album.album import Album
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
    is_group_name,
)
from gfrnet.album.export import ExportedPeople, export_people, export_sidecars
from gfrnet.album.face_sheets import guides_sheet
from gfrnet.album.model import SURE, AlbumFace, By, NamedPhoto, Person, Question, worn
from gfrnet.album.places import FOLDER, base_of, below, is_album
from gfrnet.album.restore_plan import WORSE_THAN, PersonPlan, RestorePlan, WhichFaces
from gfrnet.album.restoring import FaceRestored, How, RestoreEvent
from gfrnet.album.scan import ScanEvent, ScanSummary
from gfrnet.album.sheets import write_sheets
from gfrnet.album.undone import decided, taken_back
from gfrnet.album.words import how_known, in_question

__all__ = [
    "FOLDER",
    "SURE",
    "WORSE_THAN",
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
    "FaceRestored",
    "How",
    "Named",
    "NamedPhoto",
    "NoFace",
    "NotPerson",
    "Person",
    "PersonPlan",
    "Question",
    "Regrouped",
    "Renamed",
    "RestoreEvent",
    "RestorePlan",
    "Same",
    "ScanEvent",
    "ScanSummary",
    "WhichFaces",
    "base_of",
    "below",
    "decided",
    "export_people",
    "export_sidecars",
    "guides_sheet",
    "how_known",
    "in_question",
    "is_album",
    "is_group_name",
    "taken_back",
    "worn",
    "write_sheets",
]
