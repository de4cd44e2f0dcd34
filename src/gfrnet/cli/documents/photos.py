"""Describe what commands about photos and the program itself print with ``--json``."""

from __future__ import annotations

from typing import Literal

from gfrnet.cli.documents.base import Document, Figure, Name


class Model(Document):
    """Describe an embedded model.

    Attributes:
        name: Name that ``--model`` takes.
        default: Whether it is used where none is named.
        path: Its file.
        megabytes: Size of the file; null where the file is missing.
        version: Day on which these weights were released.
        sha256: SHA-256 that the file must have.
        description: Sentence about the network.
        licence: Licence of the weights.
        data: Photographs that it was trained on.
        size: Height and width of the faces, pixels.
        measured: Measured figures in words, by what was measured.
    """

    name: str
    default: bool
    path: Name
    megabytes: float | None
    version: str
    sha256: str
    description: str
    licence: str
    data: str
    size: tuple[int, int]
    measured: dict[str, str]


class TableModel(Document):
    """Describe a model of a table that ``gfrnet reproduce table1`` made.

    Attributes:
        title: Its row in the table.
        family: Group of the row.
        scales: Downsampling factors that it is for.
        guided: Whether it takes a guide.
        path: Name or path, as ``--model`` takes it.
    """

    title: str
    family: str
    scales: tuple[int, ...]
    guided: bool
    path: Name


class Models(Document):
    """Hold the result of ``gfrnet models``.

    Attributes:
        models: The models of the package; none with ``--table``.
        table: The models of the table; none without ``--table``.
    """

    models: tuple[Model, ...] = ()
    table: tuple[TableModel, ...] = ()


class DemoQuality(Document):
    """Measure the face of the demo.

    Attributes:
        psnr: Peak signal-to-noise ratio, dB.
        ssim: Structural similarity, up to 1.
        similarity: Similarity to the person of the guide, 0..1.
    """

    psnr: Figure
    ssim: Figure
    similarity: Figure


class Demo(Document):
    """Hold the result of ``gfrnet demo``.

    Attributes:
        pictures: Files of every step, in their order.
        before: Quality of the degraded face.
        after: Quality of the restored face.
    """

    pictures: tuple[Name, ...]
    before: DemoQuality
    after: DemoQuality


class Degraded(Document):
    """Hold the result of ``gfrnet degrade``.

    Attributes:
        output: File of the bad photo.
        blur: Sigma of the blur, pixels.
        scale: Factor by which it was shrunk.
        noise: Sigma of the noise, of 255.
        jpeg: JPEG quality; 0 is lossless.
        seed: Seed of the noise.
    """

    output: Name
    blur: float
    scale: float
    noise: float
    jpeg: int
    seed: int


class StageTime(Document):
    """Hold how long a stage takes.

    Attributes:
        stage: What was timed.
        milliseconds: Median time of a run.
        fastest: Shortest time of a run, milliseconds.
        memory: Largest memory of the process so far, MB; null where the system does not tell.
    """

    stage: str
    milliseconds: float
    fastest: float
    memory: float | None


class Bench(Document):
    """Hold the result of ``gfrnet bench``.

    Attributes:
        system: Operating system and processor.
        cores: Cores of the machine.
        model: Name or path of the model.
        stages: One entry a stage.
    """

    system: str
    cores: int | None
    model: Name
    stages: tuple[StageTime, ...]


class CheckFound(Document):
    """Hold one thing that the doctor looked at.

    Attributes:
        name: Name of the thing, such as ``OpenCV``.
        state: ``warning`` for what may disturb, ``fault`` for what keeps gfrnet from working.
        found: What was found, in words. Paths below the home folder begin with ``~``.
        remedy: What to do; empty where all is well.
    """

    name: str
    state: Literal["ok", "warning", "fault"]
    found: Name
    remedy: Name


class Diagnosis(Document):
    """Hold the result of ``gfrnet doctor``.

    Attributes:
        healthy: Whether nothing is a fault.
        checks: One entry a thing that was looked at.
    """

    healthy: bool
    checks: tuple[CheckFound, ...]
