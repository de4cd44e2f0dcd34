"""Describe every command of ``gfrnet`` on a page, as the program itself describes them.

The directive ``commands`` writes one section a command, from the very signatures that make the command line.
"""

import inspect
import re
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import typer
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


@dataclass(frozen=True)
class Parameter:
    """Hold what a signature says about one argument or option.

    Attributes:
        names: Its spellings, such as ``--guide`` and ``-g``; of an argument the word of the usage line.
        option: Whether it is an option.
        value: The word for its value; empty for a switch.
        limits: What values it takes, in words; empty where the word says all.
        text: Its help.
        required: Whether it must be given.
        default: Its default as text; empty where there is none to show.
    """

    names: tuple[str, ...]
    option: bool
    value: str
    limits: str
    text: str
    required: bool
    default: str


def all_commands() -> Iterator[tuple[str, Callable[..., object]]]:
    """Yield the words and the function of every command, such as ``data build``, in the order of the help."""
    from gfrnet.cli import app

    yield from _below("", app)


def _below(words: str, group: typer.Typer) -> Iterator[tuple[str, Callable[..., object]]]:
    for command in group.registered_commands:
        if command.callback is not None:
            name = command.name or command.callback.__name__.replace("_", "-")
            yield f"{words} {name}".strip(), command.callback
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from _below(f"{words} {inner.name}".strip(), inner.typer_instance)


def parameters(function: Callable[..., object]) -> list[Parameter]:
    """Return the arguments and options of a command."""
    hints = get_type_hints(function, include_extras=True)
    return [_parameter(item, hints[name]) for name, item in inspect.signature(function).parameters.items()]


def _parameter(item: inspect.Parameter, hint: Any) -> Parameter:  # noqa: ANN401 - a type
    kind, info = get_args(hint)
    option = isinstance(info, typer.models.OptionInfo)
    inner, plain = _value_type(kind), item.name.replace("_", "-")
    required = item.default is inspect.Parameter.empty
    value = "" if inner is bool else (info.metavar or _word(inner, plain))
    # typer holds the first spelling as the default of the option, since the signature has the true one.
    spelt = tuple(name for name in (info.default, *(info.param_decls or ())) if isinstance(name, str))
    names = (spelt or (f"--{plain}",)) if option else (value,)
    shown = info.show_default if isinstance(info.show_default, str) else item.default
    hidden = info.show_default is False or required or shown in (None, False)
    default = "" if hidden else str(shown)
    return Parameter(names, option, value, _limits(inner, info), info.help or "", required, default)


def _value_type(kind: Any) -> Any:  # noqa: ANN401
    """Return the type of one value: ``Path`` of ``list[Path] | None``."""
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    return get_args(kind)[0] if get_origin(kind) is list else kind


def _word(kind: Any, name: str) -> str:  # noqa: ANN401
    return "NUMBER" if kind in (int, float) else name.upper()


def _limits(kind: Any, info: Any) -> str:  # noqa: ANN401
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    if info.min is not None and info.max is not None:
        return f"{info.min:g} to {info.max:g}"
    return f"{info.min:g} or more" if info.min is not None else ""


def describe(words: str, function: Callable[..., object]) -> str:
    """Return the section of a command as Markdown: its usage, what it does, its arguments and options."""
    items = parameters(function)
    arguments = [item.value if item.required else f"[{item.value}]" for item in items if not item.option]
    needed = [f"{item.names[0]} {item.value}" for item in items if item.option and item.required]
    usage = " ".join(["gfrnet", words, *arguments, *needed, *(["[options]"] if items else [])])
    about = _mark_options(inspect.getdoc(function) or "")
    head = f"## gfrnet {words}\n\n```text\n{usage}\n```\n\n{about}\n"
    rows = [f"| {_title(item)} | {_values(item)} | {_meaning(item)} |" for item in items]
    table = ["| name | value | what it does |", "|---|---|---|", *rows]
    return "\n".join([head, *(table if rows else []), ""])


def _title(item: Parameter) -> str:
    return ", ".join(_code(name) for name in item.names)


def _values(item: Parameter) -> str:
    return item.limits or (_code(item.value) if item.option else "")


def _meaning(item: Parameter) -> str:
    text = _mark_options(item.text.replace("|", "\\|"))
    if item.required and item.option:
        return f"{text} Must be given."
    return f"{text} Without it: {_code(item.default)}." if item.default else text


def _mark_options(text: str) -> str:
    return re.sub(r"(?<![`\w-])--?[a-z][\w-]*", r"`\g<0>`", text)


def _code(text: str) -> str:
    return "`{}`".format(text.replace("|", "\\|")) if text else ""


class Commands(SphinxDirective):
    """Write a section for every command."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        text = "\n".join(describe(words, function) for words, function in all_commands())
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive to Sphinx."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
