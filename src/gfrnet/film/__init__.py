"""Restore the faces of films, with portraits of the people in them."""

from gfrnet.film.cast import CastNotes, Portraits, cast
from gfrnet.film.cast_file import read_cast, write_cast
from gfrnet.film.cast_sheet import cast_sheets
from gfrnet.film.changing import restored_shot
from gfrnet.film.deciding import TrackPlan, decide
from gfrnet.film.gauging import TrackMeasures
from gfrnet.film.guides import people_guides
from gfrnet.film.keeping import load_scan, save_scan
from gfrnet.film.media import Change, FilmFacts, FilmSink, FilmSource, Frame, join
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
    "TrackMeasures",
    "TrackPlan",
    "cast",
    "cast_sheets",
    "decide",
    "effort",
    "join",
    "load_scan",
    "people_guides",
    "read_cast",
    "restored_shot",
    "save_scan",
    "scan",
    "write_cast",
]
