"""Restore the faces of films, with portraits of the people in them."""

from gfrnet.film.media import Change, FilmFacts, FilmSink, FilmSource, Frame, join

__all__ = ["Change", "FilmFacts", "FilmSink", "FilmSource", "Frame", "join"]
