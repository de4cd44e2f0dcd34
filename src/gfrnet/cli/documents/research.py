"""Describe what commands for training and measuring print with ``--json``."""

from __future__ import annotations

from gfrnet.cli.documents.base import Document, Figure, Name


class NetworkPart(Document):
    """Hold the size of one part of a network.

    Attributes:
        name: Name of the part, such as ``warpnet``, or ``all``.
        parameters: Number of weights.
        flops: Floating-point operations for a face; a multiply-add is two.
    """

    name: str
    parameters: int
    flops: int


class DryRun(Document):
    """Hold the result of ``gfrnet train --dry-run``.

    Attributes:
        parts: Sizes of the network's parts, and of the whole.
    """

    parts: tuple[NetworkPart, ...]


class Trained(Document):
    """Hold the result of ``gfrnet train``.

    Attributes:
        finished: Whether the run is complete; false where it was interrupted, with exit code 130.
        samples: Samples seen so far.
        length: Samples of the whole run.
        seconds: Training time so far.
        output: Folder of the run, which ``gfrnet export`` and ``gfrnet curves`` take.
        weights: The newest checkpoint.
        losses: Weighed parts of the loss in the last line of the log, by name.
    """

    finished: bool
    samples: int
    length: int
    seconds: float
    output: Name
    weights: Name
    losses: dict[str, Figure]


class Exported(Document):
    """Hold the result of ``gfrnet export``.

    Attributes:
        output: The model file.
        megabytes: Its size.
        difference: Largest difference of ONNX Runtime and torch on [-1, 1]; null where not measured.
        psnr: Mean PSNR of the int8 model, dB; null without ``--int8``.
        psnr_exact: Mean PSNR of the half-precision model on the same pairs, dB; null without ``--int8``.
        pairs: Number of these pairs; null without ``--int8``.
    """

    output: Name
    megabytes: float
    difference: Figure = None
    psnr: Figure = None
    psnr_exact: Figure = None
    pairs: int | None = None


class Picture(Document):
    """Hold the result of ``gfrnet curves`` and of ``gfrnet figures``.

    Attributes:
        output: The picture file.
        skipped: Number of photos that are left out; stderr says why.
    """

    output: Name
    skipped: int = 0


class Interval(Document):
    """Hold a mean with its uncertainty.

    Attributes:
        mean: Mean over all pairs.
        low: Lower end of the 95 % interval.
        high: Upper end of the 95 % interval.
    """

    mean: Figure
    low: Figure
    high: Figure


class Estimate(Document):
    """Hold a mean or a mean difference.

    Attributes:
        interval: Mean with its 95 % interval over people, in the unit of the metric.
        p: p value of a difference; null for a mean.
        pairs: Number of pairs that it is over.
    """

    interval: Interval
    p: Figure
    pairs: int


class ModelLine(Document):
    """Hold one line of a table.

    Attributes:
        model: Name of the model.
        minus: Name of the model that is subtracted; empty in means.
        pose_gap: The part of the pairs; empty for all.
        pairs: Number of pairs that the model has, or both have.
        of: Number of pairs in this part.
        figures: What was measured, by the name of the metric; null where there is no value.
    """

    model: Name
    minus: Name
    pose_gap: str
    pairs: int
    of: int
    figures: dict[str, Estimate | None]


class ModelTable(Document):
    """Hold figures of one kind at one scale.

    Attributes:
        kind: Kind of the figures.
        scale: Downsampling factor.
        note: Number of pairs and people, in words.
        lines: One line or more.
    """

    kind: str
    scale: float
    note: str
    lines: tuple[ModelLine, ...]


class Evaluated(Document):
    """Hold the result of ``gfrnet evaluate``.

    Attributes:
        protocol: How the photos were degraded.
        report: Page with tables, plots and pictures.
        failures: Number of restorations that failed; ``failures.csv`` says why.
        tables: The same tables as data.
    """

    protocol: str
    report: Name
    failures: int
    tables: tuple[ModelTable, ...]


class Reproduced(Document):
    """Hold the result of ``gfrnet reproduce table1`` and ``join``.

    Attributes:
        table: File of the table beside the paper's.
        samples: Samples of each training of a row, by its title.
        protocols: What was measured by each protocol; none for a table that was joined.
    """

    table: Name
    samples: dict[str, tuple[int, ...]]
    protocols: tuple[Evaluated, ...]
