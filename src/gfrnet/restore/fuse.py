"""Run the network on many faces, each with all of its guides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gfrnet.restore.glasses import without_glasses
from gfrnet.runtime import Restoration, Runtime
from gfrnet.types import FloatArray, FloatImage


@dataclass(frozen=True, eq=False)
class NetworkInput:
    """Hold the input of the network for one face.

    Attributes:
        degraded: (256, 256, 3) RGB, [-1, 1].
        guides: (K, 256, 256, 3) RGB, [-1, 1], the one with the largest weight first.
        weights: (K,) share of each guide's result in the mean. The sum is 1. Only networks that take one
            guide at a time use it.
        texture: Whether texture is wanted too (see `Runtime.run`).
        cover: (256, 256) share, 0..1, to which glasses cover the first guide; None if it shows none. Detail
            under a cover comes from the photo alone, for which the network runs once more.
    """

    degraded: FloatImage
    guides: FloatImage
    weights: Sequence[float]
    texture: bool
    cover: FloatImage | None = None

    def unguided(self) -> NetworkInput:
        """Return the input of the same face without a guide."""
        return NetworkInput(self.degraded, np.zeros_like(self.guides[:1]), (1.0,), self.texture)


def run_fused(runtime: Runtime, faces: Sequence[NetworkInput]) -> list[Restoration]:
    """Restore faces, each with all of its guides.

    A network that fuses takes all guides of a face at once. For other networks, the results with each guide
    are averaged. Faces that fit together run as one batch. Each face gets the same bits as if it ran alone.

    Args:
        runtime: Runtime of the network.
        faces: Any number of faces, of one photo or of several.

    Returns:
        One result per face, in the order of the faces, without the batch axis.
    """
    found: dict[int, Restoration] = {}
    for positions in _alike(faces, runtime.fuses):
        together = [faces[position] for position in positions]
        run = _run_fusing if runtime.fuses else _run_each
        found |= zip(positions, run(runtime, together), strict=True)
    covered = [position for position, face in enumerate(faces) if face.cover is not None]
    plain = run_fused(runtime, [faces[position].unguided() for position in covered]) if covered else []
    for position, alone in zip(covered, plain, strict=True):
        cover = faces[position].cover
        assert cover is not None, "only covered faces are listed"
        found[position] = without_glasses(found[position], alone, cover)
    return [found[position] for position in range(len(faces))]


def _alike(faces: Sequence[NetworkInput], fuses: bool) -> list[list[int]]:
    """Group faces that fit into one batch.

    They agree in the wish for texture, and if the network fuses, in the number of guides.
    """
    groups: dict[tuple[bool, int], list[int]] = {}
    for position, face in enumerate(faces):
        groups.setdefault((face.texture, len(face.guides) if fuses else 0), []).append(position)
    return list(groups.values())


def _run_fusing(runtime: Runtime, faces: Sequence[NetworkInput]) -> list[Restoration]:
    degraded = np.stack([face.degraded for face in faces])
    results = runtime.run(degraded, np.concatenate([face.guides for face in faces]), faces[0].texture)
    return [fused(results[position : position + 1], (1.0,)) for position in range(len(faces))]


def _run_each(runtime: Runtime, faces: Sequence[NetworkInput]) -> list[Restoration]:
    counts = [len(face.guides) for face in faces]
    degraded = np.repeat(np.stack([face.degraded for face in faces]), counts, axis=0)
    results = runtime.run(degraded, np.concatenate([face.guides for face in faces]), faces[0].texture)
    ends = np.cumsum(counts).tolist()
    return [
        fused(results[end - count : end], face.weights)
        for face, count, end in zip(faces, counts, ends, strict=True)
    ]


def fused(results: Restoration, weights: Sequence[float]) -> Restoration:
    """Return the weighted mean of the network's results for one face with each of its guides.

    Warped guide, flow and texture come from the first guide, because a mean of textures is smooth.

    Args:
        results: Results of one face with K guides as a batch, the one with the largest weight first.
        weights: (K,) weights of the results. The sum is 1.

    Returns:
        The result without the batch axis.
    """
    restored = _mean(results.restored, np.asarray(weights, dtype=np.float32))
    textured = results.textured
    if textured is not None:
        textured = np.clip(restored + textured[0] - results.restored[0], -1, 1)
    warped = None if results.warped is None else results.warped[0]
    # The flow is copied because it is kept with the photo. A view would keep the flows of all guides.
    flow = None if results.flow is None else results.flow[0].copy()
    return Restoration(restored, warped, flow, textured)


def _mean(faces: FloatImage, shares: FloatArray) -> FloatImage:
    """Return the weighted mean of (K, 256, 256, 3); one alone keeps its bits.

    A matrix product would wake the threads of the algebra library, which then take the cores from what runs
    next.
    """
    total: FloatImage = faces[0] * shares[0]
    for face, share in zip(faces[1:], shares[1:], strict=True):
        total += face * share
    return total
