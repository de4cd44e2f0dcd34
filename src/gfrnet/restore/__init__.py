"""Restore a photo with guides."""

from gfrnet.restore.colour import as_grey
from gfrnet.restore.face import BegunFace, fell
from gfrnet.restore.fuse import NetworkInput, run_fused
from gfrnet.restore.guide_set import EMBEDDING, Guide, GuideFace, GuideSet
from gfrnet.restore.guides import guide_faces
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
from gfrnet.restore.places import Place, have_guides
from gfrnet.restore.restorer import BegunPhoto, Restorer
from gfrnet.restore.sources import Source, as_photo, content_hash

__all__ = [
    "EMBEDDING",
    "BegunFace",
    "BegunPhoto",
    "Event",
    "FaceDone",
    "FaceOutcome",
    "FaceResult",
    "FacesFound",
    "Guide",
    "GuideFace",
    "GuideSet",
    "GuideSkipped",
    "GuideUsed",
    "NetworkInput",
    "Place",
    "RestoreOptions",
    "RestoredPhoto",
    "Restorer",
    "Source",
    "as_grey",
    "as_photo",
    "content_hash",
    "fell",
    "guide_faces",
    "have_guides",
    "run_fused",
]
