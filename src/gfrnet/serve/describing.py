"""Complete the OpenAPI: a summary of each operation, an example of what it takes and gives, and problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI

from gfrnet.serve.problems import MEDIA_TYPE, Problem

_JOB = "3f2a9c41d07b4e5f8a6b1c2d3e4f5061"
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

_NAMED: Mapping[str, Any] = {
    "id": _JOB,
    "job": _JOB,
    "folder": _JOB,
    "album": _JOB,
    "step": "5d41402abc4b2a76",
    "file": _SHA256,
    "sha256": _SHA256,
    "name": "Anna",
    "label": "Anna",
    "person": "Anna",
    "one": "Anna",
    "other": "G12",
    "photo": "old.jpg",
    "token": "a long word that nobody guesses",
    "said": ["3 faces show Anna."],
    "box": [120, 80, 64, 64],
    "picture": f"/api/v1/albums/{_JOB}/pictures/7",
    "pictures": {"after": f"/api/v1/jobs/{_JOB}/results/photos/0/after"},
    "kind": "restore",
    "suffixes": [".jpg", ".png"],
    "model": "gfrnet-slim-int8",
    "taken": ["1962-01-01", "1962-12-31"],
    "born": 1931,
    "links": {"self": f"/api/v1/jobs/{_JOB}"},
}
"""Examples of values by the names of their fields. Where one does not fit a type, the type decides."""

_FORMATS = {"date": "1962-01-01", "date-time": "2026-11-30T07:00:00Z", "binary": "..."}
_TYPES: Mapping[str, type] = {"integer": int, "string": str, "array": list, "object": dict}


def describe(app: FastAPI) -> None:
    """Let an application describe itself completely."""
    made = app.openapi

    def described() -> dict[str, Any]:
        known = app.openapi_schema is not None
        schema = made()
        if not known:
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            schemas.setdefault("Problem", Problem.model_json_schema())
            for operation in operations(schema):
                _complete(operation, schemas)
        return schema

    app.openapi = described  # type: ignore[method-assign]


def operations(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the operations of an OpenAPI."""
    for methods in schema["paths"].values():
        yield from methods.values()


def _complete(operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    first, _, _ = operation.get("description", "").partition("\n")
    operation["summary"] = first.partition(". ")[0].rstrip(".")
    answers = operation["responses"].values()
    for content in (operation.get("requestBody", {}), *answers):
        for kind, media in content.get("content", {}).items():
            if kind == "application/json" and "schema" in media:
                media.setdefault("example", example_of(media["schema"], schemas))
            elif kind == "multipart/form-data":
                media.setdefault("example", {"photo": "@old.jpg", "guide": ["@good.jpg"]})
            elif kind == MEDIA_TYPE:
                media.setdefault("example", Problem.model_json_schema()["examples"][0])
            elif kind == "text/event-stream":
                media["example"] = 'event: state\nid: 1\ndata: {"at": 1764486000.0, "state": "running"}\n\n'


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> object:
    """Return an example of a schema.

    Args:
        schema: The schema, as JSON Schema.
        schemas: Schemas that it may refer to, by name.
        name: Name of the field.
    """
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    if schema.get("examples"):
        return schema["examples"][0]
    for way in ("const", "default"):
        if way in schema:
            return schema[way]
    if schema.get("enum"):
        return schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example_of(schema[several][0], schemas, name)
    kind = schema.get("type")
    if name in _NAMED and isinstance(_NAMED[name], _TYPES.get(str(kind), type(None))):
        return _NAMED[name]
    return _by_type(schema, schemas, name)


def _by_type(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str) -> object:
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {key: example_of(field, schemas, key) for key, field in fields.items()}
        case "array":
            parts = schema.get("prefixItems") or [schema.get("items", {})]
            return [example_of(part, schemas, name) for part in parts]
        case "string":
            return _FORMATS.get(schema.get("format", ""), "old.jpg")
        case "boolean":
            return True
        case "integer" | "number":
            return schema.get("minimum", 1)
    return None
