"""List training samples without end, each replayable from (seed, index)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from gfrnet import images
from gfrnet.data.manifest import Portrait
from gfrnet.data.samples.draws import Balanced, Draws, Streams
from gfrnet.data.samples.guides import Guides
from gfrnet.data.samples.sample import (
    Sample,
    SampleOptions,
    View,
    cut_out,
    make_sample,
    make_self_guided,
)
from gfrnet.data.samples.text import text_picture
from gfrnet.data.shards.blocks import whole_blocks
from gfrnet.errors import DataError

_FURTHER, _CROP, _TEXT = 1, 2, 3
"""Keys that set further draws apart from those of a sample's photos, so that an option changes no other draw.

They are for the number of a batch's guides, the place of a crop, and a text.
"""

Order: TypeAlias = Literal["balanced", "epoch"]
"""Order of the targets: by chance balanced over people, or each exactly once an epoch."""


class Samples:
    """List training samples without end.

    Sample ``index`` depends on the seed and the index alone; with several guides also on the batch size. So
    training resumes anywhere, and any number of workers gives the same samples.

    Attributes:
        epoch: Number of targets, which is the number of samples an epoch.
    """

    def __init__(
        self,
        portraits: Sequence[Portrait] | Streams,
        guides: Guides,
        options: SampleOptions | None = None,
        *,
        seed: int = 0,
        order: Order = "balanced",
        batch_size: int = 1,
    ) -> None:
        """Prepare the list.

        Args:
            portraits: The data set, or streams of it, which have an order of their own.
            guides: What guides a target.
            options: How samples are made; the defaults if None.
            seed: Seed of everything random.
            order: Order of the targets.
            batch_size: Number of consecutive samples that have equally many guides, where ``guides.most`` is
                above 1. With the samples of a step, its processes and parts take equally long.

        Raises:
            DataError: Nobody has two photos. Or there is only one person where strangers are wanted, or
                everybody has two photos where singles are wanted.
        """
        self.draws = _draws(portraits, guides, seed, order)
        if guides.stranger and self.draws.fewest < 2:
            raise DataError(
                "There is only one person, or only one in a part that is read together, so nobody is a "
                "stranger. Set guides.stranger to 0."
            )
        self.guides, self.seed = guides, seed
        self.options, self.batch_size = options or SampleOptions(), batch_size
        self.epoch = self.draws.epoch

    def __getitem__(self, index: int) -> Sample:
        """Return sample number ``index``, 0 and up, without end."""
        sample = self._text(index) or self._face(index)
        if self.options.crop is None:
            return sample
        return cut_out(sample, self.options.crop, np.random.default_rng((self.seed, _CROP, index)))

    def _text(self, index: int) -> Sample | None:
        """Return a sample of printed text, by its share of the samples; mostly None."""
        if not self.options.text:
            return None
        rng = np.random.default_rng((self.seed, _TEXT, index))
        if rng.random() >= self.options.text:
            return None
        sample = make_sample(View.of_text(text_picture(rng)), None, self.options, rng)
        return replace(sample, text=np.ones(1, np.float32))

    def _face(self, index: int) -> Sample:
        rng = np.random.default_rng((self.seed, index))
        draw = self.draws.draw(index, rng)
        kind = self.guides.kind(draw, rng)
        flip = self.options.flip and rng.random() < 0.5
        target = View.of(draw.target, flip)
        guide: Portrait | None
        if kind == "self":
            guide = draw.target
            sample = make_self_guided(target, self.guides.mirror, self.options, rng)
        else:
            guide = self.guides.guide(draw, kind, rng)
            sample = make_sample(target, View.of(guide, flip) if guide else None, self.options, rng)
        count = self._further(index)
        if not count:
            return sample
        others = self.guides.others(draw, guide, count, rng)
        more = [images.to_signed(View.of(portrait, flip).pixels) for portrait in others]
        return replace(sample, more_guides=np.stack([*more, *[sample.guide] * (count - len(more))]))

    def _further(self, index: int) -> int:
        """Draw how many guides the samples of a batch have besides the first."""
        if self.guides.most == 1:
            return 0
        rng = np.random.default_rng((self.seed, _FURTHER, index // self.batch_size))
        return int(rng.integers(self.guides.most))


def _draws(portraits: Sequence[Portrait] | Streams, guides: Guides, seed: int, order: Order) -> Draws:
    if isinstance(portraits, Streams):
        return portraits
    if order == "epoch":
        return Streams(whole_blocks(portraits), guides.choice, guides.single, seed=seed)
    return Balanced(portraits, guides.choice, guides.single)


def sample_order(start: int, batch_size: int, worker: int, workers: int) -> Iterator[int]:
    """Yield the indices that one of several loader workers makes, from ``start`` on.

    Workers take whole batches in turn, as torch's loader collects them. So the batches and their order are
    the same for any number of workers.
    """
    first = start + worker * batch_size
    while True:
        yield from range(first, first + batch_size)
        first += workers * batch_size
