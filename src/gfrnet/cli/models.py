"""Run ``gfrnet models``: list what is installed, its licence and its measured quality."""

from __future__ import annotations

from gfrnet.cli.console import say
from gfrnet.weights import DEFAULT, MODELS, ModelInfo


def models() -> None:
    """List the models: what they are, their licence, their measured quality."""
    for model in MODELS:
        say(model.name + (" (default)" if model.name == DEFAULT else ""), style="bold")
        for what, value in _facts(model):
            say(f"  {what:<12} {value}")


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
            f"{model.path} (missing; install again: pip install --force-reinstall --no-deps /path/to/gfrnet)"
        )
    return f"{model.path} ({model.path.stat().st_size / 1e6:.1f} MB)"
