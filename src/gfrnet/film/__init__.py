"""Restore the faces of films, with portraits of the people in them."""

from gfrnet.film.media import Change, FilmFacts, FilmSink, FilmSource, Frame, join
from gfrnet.film.records import FilmScan, FilmSize, Person, Shot, Spot, Track

__all__ = [
    "Change",
    "FilmFacts",
    "FilmScan",
    "FilmSink",
    "FilmSize",
    "FilmSource",
    "Frame",
    "Person",
    "Shot",
    "Spot",
    "Track",
    "join",
]
