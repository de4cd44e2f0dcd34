"""Describe how a data set is built."""

from __future__ import annotations

from dataclasses import dataclass

from gfrnet.data.build.layouts import Layout
from gfrnet.data.build.portray import ImageFormat
from gfrnet.data.manifest import Format
from gfrnet.errors import DataError
from gfrnet.types import CROP_SIZE

_REAL_DETAIL = 0.375
"""Share of the crop's side that must be real detail by default: 96 of 256 pixels."""


@dataclass(frozen=True)
class BuildSettings:
    """Describe how a data set is built; the defaults suit folders of photos by person.

    Attributes:
        layout: How the photos lie on the disk.
        size: Side of the crops, pixels.
        image_format: Format of the crops.
        per_person: Most photos of each person, the guide included (5 in the paper); 0 for all.
        min_resolution: Least pixels of real detail along the crop's side; None for 0.375 of the side.
        self_guide: Whether to keep people of one photo; the layout "singles" always does.
        val: Share of the people in the split "val"; 0 for no splits.
        manifest: Format of the manifest.

    Raises:
        DataError: The settings leave no pairs or no crops.
    """

    layout: Layout = "auto"
    size: int = CROP_SIZE
    image_format: ImageFormat = "png"
    per_person: int = 0
    min_resolution: float | None = None
    self_guide: bool = False
    val: float = 0.0
    manifest: Format = "csv"

    def __post_init__(self) -> None:
        if self.per_person == 1:
            raise DataError(
                "One photo per person leaves no target beside the guide. Ask for 2 or more, or 0."
            )
        if not 0 <= self.val < 1:
            raise DataError(f"The share of the split val must be 0 or more and below 1, got {self.val}.")
        if self.detail > self.size:
            raise DataError(
                f"No crop of {self.size} pixels has {self.detail:g} of detail. Ask for larger crops or less."
            )

    @property
    def keep_single(self) -> bool:
        """Say whether people of one photo are kept."""
        return self.self_guide or self.layout == "singles"

    @property
    def detail(self) -> float:
        """Return the least pixels of real detail along the crop's side."""
        return _REAL_DETAIL * self.size if self.min_resolution is None else self.min_resolution
