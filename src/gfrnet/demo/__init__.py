"""Show the program at work without any photo of one's own: a portrait is degraded and restored."""

from gfrnet.demo.demonstrate import Demonstration, Quality, demonstrate
from gfrnet.demo.pictures import PORTRAIT, RECIPE, DemoPictures, make_guide, make_pictures

__all__ = [
    "PORTRAIT",
    "RECIPE",
    "DemoPictures",
    "Demonstration",
    "Quality",
    "demonstrate",
    "make_guide",
    "make_pictures",
]
