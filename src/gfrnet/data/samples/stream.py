"""Share the samples of a run, in their order, among training processes and their loader workers.

This module needs torch; the rest of the room does not. It stands here and not with training, because every
loader worker imports its neighbours.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from gfrnet.data.samples.samples import Samples, sample_order

PREFETCH = 4
"""Number of batches that each loader worker makes ahead."""


class SampleStream(IterableDataset[dict[str, np.ndarray]]):
    """Yield every ``processes``-th part of the endless list of samples, from one index on.

    The list is cut into parts of ``part`` samples. Process r takes the parts r, r + processes, and so on, and
    its loader workers take them in turn. So any number of processes and workers see the same samples in the
    same order.
    """

    def __init__(self, samples: Samples, start: int, part: int, process: int, processes: int) -> None:
        self.samples, self.start, self.part = samples, start, part
        self.process, self.processes = process, processes

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        turn = worker * self.processes + self.process
        order = sample_order(self.start, self.part, turn, workers * self.processes)
        return (dict(vars(self.samples[index])) for index in order)


def make_loader(stream: SampleStream, workers: int, pin: bool) -> DataLoader[dict[str, Any]]:
    """Make batches of ``stream.part`` samples; ``pin`` keeps them in memory from which a GPU copies fast."""
    return DataLoader(
        stream,
        batch_size=stream.part,
        num_workers=workers,
        pin_memory=pin,
        prefetch_factor=PREFETCH if workers else None,
        # Spawned, not forked: OpenCV's threads do not survive a fork.
        multiprocessing_context="spawn" if workers else None,
        worker_init_fn=_prepare_worker,
        # Its own, because the loader draws from it: a resumed run must find torch's state untouched.
        generator=torch.Generator(),
    )


def channels_first(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Turn pictures (..., H, W, C) into (..., C, H, W) in the same memory; leave other values as they are."""
    return {name: value.movedim(-1, -3) if value.ndim >= 4 else value for name, value in batch.items()}


def _prepare_worker(worker: int) -> None:
    cv2.setNumThreads(1)
    # Ctrl-C reaches every process of the terminal; the run decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
