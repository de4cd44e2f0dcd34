"""Restore the faces of films, with portraits of the people in them."""

from gfrnet.film.records import FilmScan, FilmSize, Person, Shot, Spot, Track

__all__ = ["FilmScan", "FilmSize", "Person", "Shot", "Spot", "Track"]
