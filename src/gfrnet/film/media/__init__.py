"""Read and write films: frames, their places in time, sound and everything beside them.

Decoding and coding is done by PyAV, the package ``av`` of the extra ``film``.
"""

import importlib.util

from gfrnet.errors import INSTALL_EXTRA, MissingExtraError

if importlib.util.find_spec("av") is None:
    raise MissingExtraError(f"Films need the extra film. {INSTALL_EXTRA.format('film')}.")

from gfrnet.film.media.coding import CODECS, SUFFIXES, Coding, choose_coding
from gfrnet.film.media.copying import Fitting, Joined, check_ending, fitting_suffix, join
from gfrnet.film.media.facts import FilmFacts, StreamFacts
from gfrnet.film.media.frame import Change, Frame
from gfrnet.film.media.outfile import container_of
from gfrnet.film.media.reading import FilmSource
from gfrnet.film.media.space import bytes_needed, check_space
from gfrnet.film.media.writing import FilmSink

__all__ = [
    "CODECS",
    "SUFFIXES",
    "Change",
    "Coding",
    "FilmFacts",
    "FilmSink",
    "FilmSource",
    "Fitting",
    "Frame",
    "Joined",
    "StreamFacts",
    "bytes_needed",
    "check_ending",
    "check_space",
    "choose_coding",
    "container_of",
    "fitting_suffix",
    "join",
]
