"""The main job: a photo and guides in, a restored photo out."""

from gfrnet.restore.colour import as_grey
from gfrnet.restore.fuse import run_fused
from gfrnet.restore.options import RestoreOptions
from gfrnet.restore.outcome import (
    Event,
    FaceDone,
    FaceOutcome,
    FaceResult,
    FacesFound,
    GuideSkipped,
    GuideUsed,
    RestoredPhoto,
)
from gfrnet.restore.restorer import Restorer
from gfrnet.restore.sources import Source, as_photo

__all__ = [
    "Event",
    "FaceDone",
    "FaceOutcome",
    "FaceResult",
    "FacesFound",
    "GuideSkipped",
    "GuideUsed",
    "RestoreOptions",
    "RestoredPhoto",
    "Restorer",
    "Source",
    "as_grey",
    "as_photo",
    "run_fused",
]
