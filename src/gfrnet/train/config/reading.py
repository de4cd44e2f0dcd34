"""Read a run's config from YAML, apply overrides, and name what is wrong and where it was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from gfrnet.errors import ConfigError
from gfrnet.files import read_bytes
from gfrnet.train.config.run import TrainConfig

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

EXTENDS = "extends"
"""Key of a YAML file that names the file it starts from, relative to itself."""

_MOST_BYTES = 2**20
"""Largest config that is read. Those in configs/ have at most 3 kB."""

OVERRIDE = "override"
"""Text before an override in errors, unless the caller gives another."""


def load_config(path: Path, overrides: Sequence[str] = (), given_as: str = OVERRIDE) -> TrainConfig:
    """Read a YAML config and apply overrides.

    A file with ``extends: other.yaml`` starts from that file and states only what differs.

    Args:
        path: The YAML file.
        overrides: Changes, each ``key=value``, such as ``network.recnet_width=16``.
        given_as: Text before an override in errors, such as the option that carried it.

    Raises:
        ConfigError: The file is missing or no YAML, a key is unknown, or a value does not fit.
    """
    values = _read(path)
    for override in overrides:
        _override(values, override, given_as)
    return check_config(values, str(path), overrides, given_as)


def _read(path: Path, extended_by: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read the keys and values of a file and, below them, of the files that it extends."""
    if path.resolve() in extended_by:
        raise ConfigError(f"{path} extends itself. Take the {EXTENDS} line out of one of the files.")
    try:
        values = yaml.safe_load(read_bytes(path, _MOST_BYTES))
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}). Give the path of a YAML config."
        ) from error
    # A date such as 2026-13-01 is a ValueError.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not YAML{_fault(error)}. Mend it there.") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path} holds no keys and values. Write it as configs/slim.yaml is written.")
    base = values.pop(EXTENDS, None)
    if base is None:
        return values
    return _merged(_read(path.parent / str(base), (*extended_by, path.resolve())), values)


def _fault(error: Exception) -> str:
    """Return the line of an error in YAML and what is wrong there, to stand behind "not YAML"."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f" in line {error.problem_mark.line + 1}: {error.problem}"
    return f": {error}"


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``changes``; keys inside keys are merged too, and null removes a key."""
    merged = dict(base)
    for key, value in changes.items():
        below = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(below, dict) and value.get("kind") == below.get("kind"):
            merged[key] = _merged(below, value)
        else:
            merged[key] = value
    return merged


def _override(values: dict[str, Any], override: str, given_as: str) -> None:
    """Replace the value of one key in place."""
    key, equals, text = override.partition("=")
    if not equals:
        raise ConfigError(
            f"{given_as} {override}: write it as key=value, for instance {given_as} batch_size=4."
        )
    *parents, last = key.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise ConfigError(
                f"{given_as} {override}: {parent} holds a value, not keys. Set {parent} itself."
            )
    try:
        values[last] = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"{given_as} {override}: the value is not YAML. Close its brackets and quotes."
        ) from error


def check_config(
    values: dict[str, Any], origin: str, overrides: Sequence[str] = (), given_as: str = OVERRIDE
) -> TrainConfig:
    """Turn keys and values into a config.

    Args:
        values: Keys and values, overrides already applied.
        origin: Name of the source of the values in errors, such as a path.
        overrides: The overrides among the values, each ``key=value``.
        given_as: Text before an override in errors.

    Raises:
        ConfigError: A key is unknown or missing, or a value does not fit; all of them are named.
    """
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        problems: dict[str, list[str]] = {}
        for detail in error.errors():
            key = _key_of(detail, values)
            override = _override_of(key, overrides)
            source = origin if override is None else f"{given_as} {override}"
            problems.setdefault(source, []).append(_problem(key, detail))
        listed = "; ".join(f"{source}: {'; '.join(found)}" for source, found in problems.items())
        raise ConfigError(listed) from error


def _key_of(detail: ErrorDetails, values: Any) -> str:  # noqa: ANN401 - what YAML gives
    """Return the dotted key at fault, without the kinds of values that pydantic puts among the keys."""
    keys = []
    for part in detail["loc"]:
        held = part in values if isinstance(values, Mapping) else isinstance(part, int)
        if held or (detail["type"] == "missing" and part == detail["loc"][-1]):
            keys.append(str(part))
        if held:
            values = values[part]
    return ".".join(keys)


def _override_of(key: str, overrides: Sequence[str]) -> str | None:
    """Return the last override of a key, of a key inside it or of one around it; None without one."""
    for override in reversed(overrides):
        given, wrong = f"{override.partition('=')[0]}.", f"{key}."
        if wrong.startswith(given) or given.startswith(wrong):
            return override
    return None


def _problem(key: str, detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return _unknown(key)
    if detail["type"] == "missing":
        return f"{key} is missing, add it"
    message = detail["msg"].removeprefix("Value error, ")
    return f"{key}: {message}" if key else message


def _unknown(key: str) -> str:
    """Say that a key is unknown, and name the key that was meant if one is near."""
    parent, _, name = key.rpartition(".")
    known = tuple(_known_keys(TrainConfig))
    if key in known:
        return f"{key} does not go with this kind of {parent}, take it out"
    beside = [other.rpartition(".")[2] for other in known if other.rpartition(".")[0] == parent]
    near = [f"{parent}.{other}".strip(".") for other in get_close_matches(name, beside, n=1)]
    near += [other for other in known if other.endswith(f".{name}")]
    return f"unknown key {key}, " + (f"did you mean {near[0]}?" if near else "correct it or take it out")


def _known_keys(model: type[BaseModel], parent: str = "") -> Iterator[str]:
    """Yield all dotted keys of a config."""
    for name, field in model.model_fields.items():
        yield f"{parent}{name}"
        for below in _models(field.annotation):
            yield from _known_keys(below, f"{parent}{name}.")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - a type, or how types are joined
    """Yield the models in an annotation."""
    if parts := get_args(annotation):
        for part in parts:
            yield from _models(part)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
