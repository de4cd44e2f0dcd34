"""Run the deblurring of Pan et al. (DCP) as if it were a network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gfrnet import images
from gfrnet.nets.compared.dcp import DCPOptions, deblur
from gfrnet.runtime.protocol import Restoration, check_batch
from gfrnet.types import FloatImage
from gfrnet.work import Advanced, unheard


class DCPRuntime:
    """Deblur faces one by one; guides are ignored, and there is no texture.

    Args:
        options: The choices of the method.
        on_event: Called with `Advanced` for every finished step of each face.

    Attributes:
        fuses: False.
        takes_guide: False.
    """

    fuses = False
    takes_guide = False

    def __init__(
        self,
        options: DCPOptions = DCPOptions(),  # noqa: B008 - it is frozen
        on_event: Callable[[Advanced], None] = unheard,
    ) -> None:
        self._options = options
        self._on_event = on_event

    def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
        """Deblur N faces; see `Runtime.run`.

        Raises:
            ValueError: A shape or dtype is wrong.
            TimeLimitError: One face took longer than the options allow.
        """
        check_batch(degraded, guide, self.fuses)
        restored = np.empty_like(degraded)
        for face, picture in zip(restored, images.to_uint8(degraded), strict=True):
            found = deblur(picture, self._options, self._on_event)
            assert found is not None  # nobody stops it
            face[:] = images.to_signed(found.picture)
        return Restoration(restored)
