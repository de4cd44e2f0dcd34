"""Run ``gfrnet models``: list what is installed, its licence and its measured quality."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.console import say
from gfrnet.cli.document import Json, show
from gfrnet.cli.extras import require
from gfrnet.errors import PIP
from gfrnet.types import Device, Engine
from gfrnet.weights import DEFAULT, MODELS, ModelInfo

if TYPE_CHECKING:
    from gfrnet.cli.documents import Model


def complete_name(incomplete: str) -> list[str]:
    """Return the installed models whose names begin so. Where there is none, the shell completes files."""
    return [model.name for model in MODELS if model.name.startswith(incomplete)]


ModelName = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="NAME|FILE",
        help="A model of `gfrnet models`, or a file.",
        autocompletion=complete_name,
    ),
]
"""The option that chooses the model."""

EngineName = Annotated[
    Engine,
    typer.Option(
        "--runtime",
        help="What runs the model. openvino is an extra; auto measures first which one is faster.",
    ),
]
"""The option that chooses ONNX Runtime or OpenVINO."""

DeviceName = Annotated[
    Device, typer.Option("--device", help="What computes; all but cpu need an ONNX Runtime made for them.")
]
"""The option that chooses the processor."""


def models(
    table: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="List the models that gfrnet reproduce table1 left in this folder."),
    ] = None,
    json: Json = False,
) -> None:
    """List the models: what they are, their licence, their measured quality."""
    if table is not None:
        _list_table(table, json)
        return
    if json:
        from gfrnet.cli.documents import Models

        show(Models(models=tuple(_document(model) for model in MODELS)))
        return
    for model in MODELS:
        say(model.name + (" (default)" if model.name == DEFAULT else ""), style="bold")
        for what, value in _facts(model):
            say(f"  {what:<12} {value}")


def _list_table(table: Path, json: bool) -> None:
    with require("train"):
        from gfrnet.reproduce import models_of
    found = models_of(table)
    if json:
        from gfrnet.cli.documents import Models, TableModel

        fields = ("title", "family", "scales", "guided", "path")
        listed = ({name: getattr(model, name) for name in fields} for model in found)
        show(Models(table=tuple(TableModel.model_validate(values) for values in listed)))
        return
    for model in found:
        scales = " and ".join(f"{scale}x" for scale in model.scales)
        say(f"{model.title}, {scales}, {'with' if model.guided else 'without'} a guide", style="bold")
        say(f"  --model {shlex.quote(model.path)}")


def _facts(model: ModelInfo) -> list[tuple[str, str]]:
    height, width = model.size
    return [
        ("network", model.description),
        ("file", _file(model)),
        ("version", model.version),
        ("faces", f"{height} x {width} pixels"),
        ("licence", model.licence),
        ("trained on", model.data),
        *model.measured,
    ]


def _file(model: ModelInfo) -> str:
    if not model.path.is_file():
        return (
            f"{model.path} (missing; install again: {PIP} install --force-reinstall --no-deps "
            "/path/to/gfrnet)"
        )
    return f"{model.path} ({model.path.stat().st_size / 1e6:.1f} MB)"


def _document(model: ModelInfo) -> Model:
    from gfrnet.cli.documents import Model

    path = model.path
    fields = {name: value for name, value in asdict(model).items() if name != "file"} | {
        "default": model.name == DEFAULT,
        "path": path,
        "megabytes": path.stat().st_size / 1e6 if path.is_file() else None,
        "measured": dict(model.measured),
    }
    return Model.model_validate(fields)
