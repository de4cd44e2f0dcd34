"""Build a data set from folders of photos: crops, measures, and a purpose for every photo."""

from gfrnet.data.build.album import FEWEST, build_album
from gfrnet.data.build.build import build_dataset
from gfrnet.data.build.select import ONLY_PHOTO
from gfrnet.data.build.settings import BuildSettings
from gfrnet.data.build.tally import Built

__all__ = ["FEWEST", "ONLY_PHOTO", "BuildSettings", "Built", "build_album", "build_dataset"]
