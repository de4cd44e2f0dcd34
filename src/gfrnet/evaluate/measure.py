"""Measure every contender on every pair, in several processes, unless an earlier run has done it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

import numpy as np

from gfrnet import faces, images, metrics
from gfrnet.data import Portrait
from gfrnet.degradation import degrade
from gfrnet.errors import GfrnetError, ModelError
from gfrnet.evaluate.attempt import GuidePhoto, guides_of, restore
from gfrnet.evaluate.cache import Cache, Keys, Values
from gfrnet.evaluate.evaluation import Evaluation
from gfrnet.evaluate.models import CONTROLS, Contender, check_gives, model_hash, open_model, pin
from gfrnet.evaluate.pairs import Pair, Protocol
from gfrnet.evaluate.perceptual import Extras, perceptual_distances
from gfrnet.evaluate.rows import METRICS, PERCEPTUAL, Failure, Measured, Row
from gfrnet.types import CROP_SIZE, BoolArray, FloatArray, UInt8Image
from gfrnet.work import Advanced, Stopped, never, run, unheard

HIGHEST_PSNR = 100.0
"""PSNR of equal pictures, dB. It is infinite, and no mean could be taken of it."""

Found: TypeAlias = dict[str, Values | str]
"""By key: the values, or why there are none."""


@dataclass(frozen=True)
class _Job:
    """Name one restoration to measure.

    Attributes:
        key: Hash of all that its values depend on.
        contender: The contender that restores, with the file of its model.
        scale: Downsampling factor.
    """

    key: str
    contender: Contender
    scale: float


@dataclass(frozen=True)
class _Task:
    """Name what is to be measured on one pair; the jobs of one scale stand together."""

    pair: Pair
    protocol: Protocol
    jobs: tuple[_Job, ...]
    extras: Extras


def measure(
    evaluation: Evaluation,
    cache: Path | None = None,
    workers: int = 2,
    on_event: Callable[[Advanced], None] = unheard,
    stopped: Stopped = never,
) -> Measured:
    """Measure all contenders on all pairs.

    The rows come in the same order and equal to the bit every time.

    A crop that cannot be read, or values that are not finite, are reported as failures and stop nothing. The
    next run tries them again.

    Args:
        evaluation: What to measure.
        cache: Folder where finished values are kept, whatever ends the run; nowhere if None.
        workers: Processes, one thread each.
        on_event: Called with `Advanced` for every finished pair.
        stopped: Asked after every pair; if true, the pairs at hand are finished and no others begun.

    Returns:
        The finished values: all of them, unless the run was stopped.

    Raises:
        ModelError: A model is missing, broken or given twice; or a fidelity below 1 is asked of a model
            without texture.
        WorkerDiedError: A process died, for example because memory ran out.
        MissingExtraError: LPIPS is asked for, and a package is missing.
        ModuleNotFoundError: Torch is needed and not installed.
        WriteError: The cache cannot be written.
    """
    _refuse_twice([contender.name for contender in evaluation.contenders])
    known, labels = Cache(cache), _labels(evaluation.extras)
    tasks = _tasks(evaluation)
    missing = [left for task in tasks if (left := _left(task, known, labels)).jobs]
    _check_models(job.contender for task in missing for job in task.jobs)
    done = 0
    for done in range(1, len(tasks) - len(missing) + 1):
        on_event(Advanced("pairs", done, len(tasks)))
    reasons: dict[str, str] = {}
    for found in _measured(missing, workers, stopped):
        known.add(
            {key: _labelled(values, labels) for key, values in found.items() if not isinstance(values, str)}
        )
        reasons |= {key: reason for key, reason in found.items() if isinstance(reason, str)}
        done += 1
        on_event(Advanced("pairs", done, len(tasks)))
    return Measured(tuple(_rows(tasks, known, labels, reasons)), tuple(_failures(tasks, reasons)))


def _refuse_twice(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ModelError(f"{name} is given more than once. Give every model and variant once.")


def _check_models(contenders: Iterable[Contender]) -> None:
    """Open each model once, and ask it for what its contenders want, before any pair is begun."""
    wanted: dict[str, list[Contender]] = {}
    for contender in dict.fromkeys(contenders):
        wanted.setdefault(contender.model, []).append(contender)
    for model, of_model in wanted.items():
        runtime = open_model(model)
        for contender in of_model:
            check_gives(runtime, contender)


def _labels(extras: Extras) -> Mapping[str, str]:
    """Return the name of each metric in the cache: with its network where the user brings one."""
    sources = extras.sources()
    names = [metric.name for metric in METRICS if metric.name not in PERCEPTUAL]
    return {name: name for name in names} | {name: f"{name} {source}" for name, source in sources.items()}


def _tasks(evaluation: Evaluation) -> list[_Task]:
    """List what is wanted of each pair, by scale and contender."""
    pinned = [pin(contender) for contender in evaluation.contenders]
    models = {contender.model: model_hash(contender.model) for contender in pinned}
    keys, protocol = Keys(), evaluation.protocol
    return [
        _Task(
            pair,
            protocol,
            tuple(
                _Job(keys.key(contender, models[contender.model], pair, protocol, scale), contender, scale)
                for scale in dict.fromkeys(evaluation.scales)
                for contender in pinned
            ),
            evaluation.extras,
        )
        for pair in evaluation.pairs
    ]


def _left(task: _Task, known: Cache, labels: Mapping[str, str]) -> _Task:
    """Keep what is still to be measured, each job once."""
    jobs = {job.key: job for job in task.jobs if not _is_done(job, known, labels)}
    return _Task(task.pair, task.protocol, tuple(jobs.values()), task.extras)


def _is_done(job: _Job, known: Cache, labels: Mapping[str, str]) -> bool:
    return known.get(job.key).keys() >= set(labels.values())


def _labelled(values: Values, labels: Mapping[str, str]) -> Values:
    return {labels[name]: value for name, value in values.items()}


def _rows(
    tasks: Sequence[_Task], known: Cache, labels: Mapping[str, str], reasons: Mapping[str, str]
) -> Iterator[Row]:
    for task in tasks:
        person, pair, gap = task.pair.target.person, task.pair.name, task.pair.pose_gap
        for job in task.jobs:
            if job.key in reasons or not _is_done(job, known, labels):
                continue
            for metric, label in labels.items():
                value = known.get(job.key)[label]
                if value is not None:
                    yield Row(job.contender.name, person, pair, gap, job.scale, metric, value)


def _failures(tasks: Sequence[_Task], reasons: Mapping[str, str]) -> Iterator[Failure]:
    for task in tasks:
        for job in task.jobs:
            if job.key in reasons:
                person, pair = task.pair.target.person, task.pair.name
                yield Failure(job.contender.name, person, pair, job.scale, reasons[job.key])


def _measured(tasks: Sequence[_Task], workers: int, stopped: Stopped) -> Iterator[Found]:
    """Yield what each task gives, as it comes."""
    return (found for _, found in run(_measure_pair, tasks, workers, stopped=stopped))


@dataclass(frozen=True)
class _Truth:
    """Hold what all results of a pair are compared with.

    Attributes:
        pixels: (256, 256, 3).
        real: (256, 256), true where it is photo and not padding.
        eyes: (256, 256), true around the eyes.
        mouth: (256, 256), true around the mouth.
        landmarks: (68, 2) pixels, found in it as in results.
        identity: (128,) embedding.
    """

    pixels: UInt8Image
    real: BoolArray
    eyes: BoolArray
    mouth: BoolArray
    landmarks: FloatArray
    identity: FloatArray


def _truth(target: Portrait) -> _Truth:
    pixels, real, points = target.pixels(), target.mask(), target.points()
    return _Truth(
        pixels,
        real,
        metrics.eyes_mask(real, points),
        metrics.mouth_mask(real, points),
        _landmarks(pixels),
        faces.embed_crop(pixels),
    )


def _measure_pair(task: _Task) -> Found:
    try:
        truth = _truth(task.pair.target)
    except Exception as error:
        return {job.key: _reason(error) for job in task.jobs}
    found: Found = {}
    for scale, jobs in groupby(task.jobs, key=lambda job: job.scale):
        degraded = degrade(truth.pixels, task.pair.recipe(task.protocol, scale))
        for job in jobs:
            try:
                found[job.key] = _values(job.contender, task, degraded, truth)
            except Exception as error:  # whatever befalls one pair must not end the run
                found[job.key] = _reason(error)
    return found


def _reason(error: Exception) -> str:
    text = str(error) if isinstance(error, GfrnetError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())


def _values(contender: Contender, task: _Task, degraded: UInt8Image, truth: _Truth) -> Values:
    guides = guides_of(contender, task.pair, degraded)
    attempt = restore(contender, degraded, guides)
    result, identity = attempt.restored, faces.embed_crop(attempt.restored)
    of_guide = _identity_of(guides[0].portrait.crop, guides[0].mirrored)
    return {
        "psnr": _psnr(result, truth.pixels, truth.real),
        "ssim": metrics.ssim(result, truth.pixels, truth.real),
        "psnr_eyes": _psnr(result, truth.pixels, truth.eyes),
        "psnr_mouth": _psnr(result, truth.pixels, truth.mouth),
        "identity": metrics.identity_distance(identity, truth.identity),
        "identity_to_guide": metrics.identity_distance(identity, of_guide),
        "landmarks": metrics.landmark_error(_landmarks(result), truth.landmarks),
        "warp": _warp_error(contender, attempt.flow, task.pair.target, guides[0]),
        **perceptual_distances(task.extras, result, truth.pixels, truth.real),
    }


def _psnr(result: UInt8Image, truth: UInt8Image, mask: BoolArray) -> float | None:
    return min(metrics.psnr(result, truth, mask), HIGHEST_PSNR) if mask.any() else None


def _warp_error(
    contender: Contender, flow: FloatArray | None, target: Portrait, guide: GuidePhoto
) -> float | None:
    """Return the warp error in pixels; a control counts as the identity flow, the yardstick.

    None where the model has no flow, or had no guide: the flow then points into an empty picture.
    """
    if contender.variant == "no-guide":
        return None
    if flow is None and contender.model in CONTROLS:
        flow = metrics.identity_grid(CROP_SIZE)
    return None if flow is None else metrics.warp_error(flow, target.points(), guide.points())


def _landmarks(pixels: UInt8Image) -> FloatArray:
    return faces.landmarks68(pixels, faces.face_box(pixels.shape[0]))


@lru_cache(maxsize=64)
def _identity_of(crop: Path, mirrored: bool) -> FloatArray:
    """Embed a guide's crop, once for all pairs of the person: it takes as long as a network."""
    pixels = images.read(crop, mend=False).rgb8
    return faces.embed_crop(np.ascontiguousarray(pixels[:, ::-1]) if mirrored else pixels)
