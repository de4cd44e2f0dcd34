"""Restore a photo with guides."""

from gfrnet.restore.colour import LOW_FREQUENCIES, as_grey
from gfrnet.restore.face import (
    BegunFace,
    CutFace,
    FaceRun,
    begin_face,
    begin_unguided,
    cut_face,
    fell,
    in_own_colours,
)
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
from gfrnet.restore.strength import advised_strength
from gfrnet.restore.tone import Tone

__all__ = [
    "EMBEDDING",
    "LOW_FREQUENCIES",
    "BegunFace",
    "BegunPhoto",
    "CutFace",
    "Event",
    "FaceDone",
    "FaceOutcome",
    "FaceResult",
    "FaceRun",
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
    "Tone",
    "advised_strength",
    "as_grey",
    "as_photo",
    "begin_face",
    "begin_unguided",
    "content_hash",
    "cut_face",
    "fell",
    "guide_faces",
    "have_guides",
    "in_own_colours",
    "run_fused",
]
