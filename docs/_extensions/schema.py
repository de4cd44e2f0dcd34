"""Describe classes whose fields make a file: the report, its records, the events, a training config.

The directive ``schema`` takes names of pydantic models or dataclasses, one a line. It writes a table of the
fields of each, and of every model that a field holds. What a field means is read from the ``Attributes``
section of the class's docstring.
"""

import builtins
import dataclasses
import inspect
import json
import re
import types
import typing
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from docutils import nodes
from pydantic import BaseModel
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

_FIELD = re.compile(r"^(\w+): ")
_WORDS = {
    str: "text",
    Path: "path",
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    type(None): "`null`",
}


def with_parts(paths: Iterable[str]) -> list[Any]:
    """Return the named classes, each followed by the pydantic models that its fields hold, each once."""
    found: list[Any] = []
    for path in paths:
        module, _, name = path.rpartition(".")
        _collect(getattr(import_module(module), name), found)
    return found


def _collect(kind: Any, found: list[Any]) -> None:  # noqa: ANN401 - any type
    if inspect.isclass(kind) and (dataclasses.is_dataclass(kind) or issubclass(kind, BaseModel)):
        if kind not in found:
            found.append(kind)
            for _, annotation, _ in _fields(kind):
                _collect(annotation, found)
        return
    for part in get_args(kind):
        _collect(part, found)


def describe(kind: Any) -> str:  # noqa: ANN401 - any class
    """Return the section of a class as Markdown: what it is, and one row a field."""
    name = kind.__name__
    introduction, _ = _read_docstring(kind)
    # A field may be described where it is inherited from.
    meanings = {
        field: text for base in reversed(kind.__mro__) for field, text in _read_docstring(base)[1].items()
    }
    rows = []
    for field, annotation, default in _fields(kind):
        if field not in meanings:
            raise ExtensionError(f"{name}.{field} is not in the Attributes of its docstring.")
        rows.append(f"| `{field}` | {in_words(annotation)} | {default} | {_escape(meanings[field])} |")
    table = "\n".join(["| field | type | default | what it holds |", "|---|---|---|---|", *rows])
    return f"## {name}\n\n{introduction}\n\n{table if rows else ''}\n"


def _fields(kind: Any) -> list[tuple[str, Any, str]]:  # noqa: ANN401 - any class
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return [
            (
                field.name,
                hints[field.name],
                _default(field.default, dataclasses.MISSING, field.default_factory),
            )
            for field in dataclasses.fields(kind)
        ]
    return [
        (
            name,
            field.annotation,
            "" if field.is_required() else _default(field.get_default(call_default_factory=True)),
        )
        for name, field in kind.model_fields.items()
    ]


def _default(value: Any, missing: Any = None, factory: Any = None) -> str:  # noqa: ANN401
    if missing is not None and value is missing:
        return "" if factory is missing or factory is None else _default(factory())
    if value is None or isinstance(value, bool):
        return f"`{json.dumps(value)}`"
    if isinstance(value, (str, int, float)):
        return f"`{value}`" if value != "" else "empty"
    if isinstance(value, (tuple, list)):
        return f"`[{', '.join(map(str, value))}]`" if value else "empty"
    return "none" if isinstance(value, frozenset) and not value else f"see `{type(value).__name__}`"


def in_words(annotation: Any) -> str:  # noqa: ANN401 - any type
    """Return what may stand in the file for a field of this type."""
    parts = get_args(annotation)
    match get_origin(annotation):
        case None:
            return _WORDS.get(annotation, f"`{annotation.__name__}`")
        case typing.Annotated:
            return in_words(parts[0])
        case typing.Literal:
            return " or ".join(f"`{part}`" for part in parts)
        case typing.Union | types.UnionType:
            return " or ".join(dict.fromkeys(in_words(part) for part in parts))
        case builtins.dict:
            return f"object that holds, by name, {in_words(parts[1])}"
        case builtins.tuple if Ellipsis not in parts:
            kinds = dict.fromkeys(in_words(part) for part in parts)
            return f"list of {len(parts)} ({', '.join(kinds)})"
        case _:
            return f"list of {in_words(parts[0])}"


def _read_docstring(kind: type) -> tuple[str, dict[str, str]]:
    lines = (inspect.getdoc(kind) or "").splitlines()
    start = lines.index("Attributes:") if "Attributes:" in lines else len(lines)
    introduction = "\n".join(lines[:start]).strip().replace("``", "`")
    meanings: dict[str, str] = {}
    name = ""
    for line in lines[start + 1 :]:
        if line.strip() and not line.startswith(" "):
            break
        text = line.strip()
        if line.startswith("    ") and not line.startswith("     ") and (found := _FIELD.match(text)):
            name = found[1]
            meanings[name] = text[found.end() :]
        elif name:
            meanings[name] += f" {text}"
    return introduction, {name: text.strip().replace("``", "`") for name, text in meanings.items()}


def _escape(text: str) -> str:
    return text.replace("|", "\\|")


class Schema(SphinxDirective):
    """Write a section for every class that the directive names."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        kinds = with_parts(line.strip() for line in self.content if line.strip())
        text = "\n".join(describe(kind) for kind in kinds)
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive to Sphinx."""
    app.add_directive("schema", Schema)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
