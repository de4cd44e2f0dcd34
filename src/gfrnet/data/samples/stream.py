"""The samples of a run in their order, shared among training processes and their loader workers.

Needs torch, which the rest of this room does without. It stands here, and not with training, because every
loader worker imports what stands beside it.
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

from gfrnet.data.pairs import Pairs, sample_order

PREFETCH = 4
"""Batches that each loader worker makes ahead."""


class SampleStream(IterableDataset[dict[str, np.ndarray]]):
    """Every ``processes``-th part of the endless list of samples, from one index on.

    The list is cut into parts of ``part`` samples. Process r takes the parts r, r + processes, ..., and its
    loader workers take those in turn, so any number of processes and workers together see the same samples
    in the same order.
    """

    def __init__(self, pairs: Pairs, start: int, part: int, process: int, processes: int) -> None:
        self.pairs, self.start, self.part = pairs, start, part
        self.process, self.processes = process, processes

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        turn = worker * self.processes + self.process
        order = sample_order(self.start, self.part, turn, workers * self.processes)
        return (dict(vars(self.pairs[index])) for index in order)


def make_loader(stream: SampleStream, workers: int, pin: bool) -> DataLoader[dict[str, Any]]:
    """Batches of ``stream.part`` samples; ``pin`` keeps them in memory from which a GPU copies fast."""
    return DataLoader(
        stream,
        batch_size=stream.part,
        num_workers=workers,
        pin_memory=pin,
        prefetch_factor=PREFETCH if workers else None,
        # Spawned, not forked: OpenCV's threads do not survive a fork.
        multiprocessing_context="spawn" if workers else None,
        worker_init_fn=_prepare_worker,
        # Its own, because the loader draws from it: a resumed run must find torch's random state untouched.
        generator=torch.Generator(),
    )


def channels_first(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Pictures (..., H, W, C) as (..., C, H, W) in the same memory; other values as they are."""
    return {name: value.movedim(-1, -3) if value.ndim >= 4 else value for name, value in batch.items()}


def _prepare_worker(worker: int) -> None:
    cv2.setNumThreads(1)
    # Ctrl-C reaches every process of the terminal; the run decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
