"""Restore the faces of films, with portraits of the people in them."""

from gfrnet.film.cast import CastNotes, Portraits, cast
from gfrnet.film.cast_file import clock, is_name, read_cast, write_cast
from gfrnet.film.cast_sheet import cast_sheets
from gfrnet.film.keeping import check_fits, load_scan, save_scan
from gfrnet.film.media import Change, FilmFacts, FilmSink, FilmSource, Frame, join
from gfrnet.film.portraits import faces_of
from gfrnet.film.records import FilmScan, FilmSize, Person, Shot, Spot, Track
from gfrnet.film.scanning import Effort, Scanned, effort, scan

__all__ = [
    "CastNotes",
    "Change",
    "Effort",
    "FilmFacts",
    "FilmScan",
    "FilmSink",
    "FilmSize",
    "FilmSource",
    "Frame",
    "Person",
    "Portraits",
    "Scanned",
    "Shot",
    "Spot",
    "Track",
    "cast",
    "cast_sheets",
    "check_fits",
    "clock",
    "effort",
    "faces_of",
    "is_name",
    "join",
    "load_scan",
    "read_cast",
    "save_scan",
    "scan",
    "write_cast",
]
