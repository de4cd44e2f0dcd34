"""Faces: found, cut and put back, recognised, judged, and matched with a guide.

Importing this room loads no network; each is loaded when it is first used.
"""

from gfrnet.faces.choose import (
    FacePortrait,
    GuideChoice,
    Verdict,
    choose_guide,
    guide_score,
    pick_guide,
    portray,
)
from gfrnet.faces.crop import CONTEXT, CROP_SIZE, Crop, CropPlace, cut, face_box, paste, soft_mask
from gfrnet.faces.detect import Face, detect, landmarks5, landmarks68
from gfrnet.faces.identity import (
    SAME_PERSON,
    distance,
    embed,
    embed_crop,
    needed_similarity,
    similarity,
)
from gfrnet.faces.quality import (
    Light,
    Pose,
    Quality,
    effective_resolution,
    eyes_open68,
    flatness,
    is_grey,
    light,
    measure,
    measure68,
    occlusion,
    pose5,
    pose68,
    sharpness,
)

__all__ = [
    "CONTEXT",
    "CROP_SIZE",
    "SAME_PERSON",
    "Crop",
    "CropPlace",
    "Face",
    "FacePortrait",
    "GuideChoice",
    "Light",
    "Pose",
    "Quality",
    "Verdict",
    "choose_guide",
    "cut",
    "detect",
    "distance",
    "effective_resolution",
    "embed",
    "embed_crop",
    "eyes_open68",
    "face_box",
    "flatness",
    "guide_score",
    "is_grey",
    "landmarks5",
    "landmarks68",
    "light",
    "measure",
    "measure68",
    "needed_similarity",
    "occlusion",
    "paste",
    "pick_guide",
    "portray",
    "pose5",
    "pose68",
    "sharpness",
    "similarity",
    "soft_mask",
]
