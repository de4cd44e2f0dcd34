"""Describe what every command prints with ``--json``; ``gfrnet restore`` prints a `batch.Report`."""

from gfrnet.cli.documents.album_restore import AlbumGuide, AlbumGuides, AlbumPlan, PersonPlanned
from gfrnet.cli.documents.base import (
    Document,
    Failure,
)
from gfrnet.cli.documents.data import (
    DataBuilt,
    DataChecked,
    DataDrawn,
    DataPacked,
    DataReported,
)
from gfrnet.cli.documents.photos import (
    Bench,
    CheckFound,
    Degraded,
    Demo,
    DemoQuality,
    Diagnosis,
    Model,
    Models,
    StageTime,
    TableModel,
)
from gfrnet.cli.documents.research import (
    DryRun,
    Estimate,
    Evaluated,
    Exported,
    Interval,
    ModelLine,
    ModelTable,
    NetworkPart,
    Picture,
    Reproduced,
    Trained,
)

__all__ = [
    "AlbumGuide",
    "AlbumGuides",
    "AlbumPlan",
    "Bench",
    "CheckFound",
    "DataBuilt",
    "DataChecked",
    "DataDrawn",
    "DataPacked",
    "DataReported",
    "Degraded",
    "Demo",
    "DemoQuality",
    "Diagnosis",
    "Document",
    "DryRun",
    "Estimate",
    "Evaluated",
    "Exported",
    "Failure",
    "Interval",
    "Model",
    "ModelLine",
    "ModelTable",
    "Models",
    "NetworkPart",
    "PersonPlanned",
    "Picture",
    "Reproduced",
    "StageTime",
    "TableModel",
    "Trained",
]
