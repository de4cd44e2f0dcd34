"""Restore the faces of films, with portraits of the people in them."""

from gfrnet.batch import Existing
from gfrnet.film.cast import CastNotes, Portraits, cast
from gfrnet.film.cast_file import clock, is_name, read_cast, write_cast
from gfrnet.film.cast_sheet import cast_sheets
from gfrnet.film.changing import restored_shot
from gfrnet.film.deciding import TrackPlan, decide
from gfrnet.film.film import Film
from gfrnet.film.gauging import TrackMeasures
from gfrnet.film.guides import people_guides
from gfrnet.film.keeping import load_scan, save_scan
from gfrnet.film.media import Change, FilmFacts, FilmSink, FilmSource, Frame, Joined, container_of, join
from gfrnet.film.options import FilmOptions, Wishes
from gfrnet.film.outcome import FilmReport, PersonRecord, ShotRecord, TrackRecord
from gfrnet.film.portraits import prepared
from gfrnet.film.quality import Doubt, doubts
from gfrnet.film.records import FilmScan, FilmSize, Person, Shot, Spot, Track
from gfrnet.film.scanning import Effort, Scanned, effort, scan

__all__ = [
    "CastNotes",
    "Change",
    "Doubt",
    "Effort",
    "Existing",
    "Film",
    "FilmFacts",
    "FilmOptions",
    "FilmReport",
    "FilmScan",
    "FilmSink",
    "FilmSize",
    "FilmSource",
    "Frame",
    "Joined",
    "Person",
    "PersonRecord",
    "Portraits",
    "Scanned",
    "Shot",
    "ShotRecord",
    "Spot",
    "Track",
    "TrackMeasures",
    "TrackPlan",
    "TrackRecord",
    "Wishes",
    "cast",
    "cast_sheets",
    "clock",
    "container_of",
    "decide",
    "doubts",
    "effort",
    "is_name",
    "join",
    "load_scan",
    "people_guides",
    "prepared",
    "read_cast",
    "restored_shot",
    "save_scan",
    "scan",
    "write_cast",
]
