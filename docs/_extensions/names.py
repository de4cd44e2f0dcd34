"""Make signatures easy to read: lead names to where they are documented, and shorten types of arrays.

A signature says ``gfrnet.restore.outcome.FaceOutcome`` or just ``FaceOutcome``; the page documents
``gfrnet.restore.FaceOutcome``. Names that are documented nowhere on the site stay plain text.
"""

import re
from typing import Any, get_type_hints

from docutils import nodes
from pydantic import BaseModel
from sphinx.application import Sphinx
from sphinx.domains.python import PyObject
from sphinx.environment import BuildEnvironment
from sphinx.util.inspect import TypeAliasForwardRef
from sphinx.util.typing import stringify_annotation


def resolve(app: Sphinx, env: BuildEnvironment, node: Any, contents: nodes.TextElement) -> nodes.Node | None:  # noqa: ANN401
    """Return a link to the one documented object of that last name, or the plain text if there is none."""
    if node.get("refdomain") != "py":
        return None
    last = node["reftarget"].rpartition(".")[2]
    objects = env.domains["py"].data["objects"]
    found = sorted(name for name in objects if name.rpartition(".")[2] == last and name.startswith("gfrnet"))
    if not found:
        return contents if node["reftarget"].startswith("gfrnet") else None
    entry = objects[found[0]]
    builder, here = app.builder, node.get("refdoc", env.docname)
    uri = builder.get_relative_uri(here, entry.docname)
    return nodes.reference("", "", contents, refuri=f"{uri}#{entry.node_id}", internal=True)


_ARRAY = re.compile(r"ndarray\[tuple\[~?(?:typing\.)?Any, \.\.\.\], ~?(?:numpy\.)?dtype\[~?[\w.]+\]\]")


def shorten(*event: Any) -> tuple[str | None, str | None]:  # noqa: ANN401
    """Return signature and return type with arrays as ``ndarray``; docstrings say what they hold."""
    thing, (signature, returned) = event[3], event[-2:]
    if isinstance(thing, type) and issubclass(thing, BaseModel):
        signature = _fields_of(thing)
    return tuple(None if text is None else _ARRAY.sub("ndarray", text) for text in (signature, returned))


def _fields_of(model: type[BaseModel]) -> str:
    """Return the signature of a pydantic model without the validators of its fields."""
    kinds = get_type_hints(model)
    listed = ["*"]
    for name, field in model.model_fields.items():
        default = "" if field.is_required() else f" = {field.get_default(call_default_factory=True)!r}"
        listed.append(f"{name}: {stringify_annotation(kinds[name], 'smart')}{default}")
    return f"({', '.join(listed)})"


def skip_settings(*event: Any) -> bool | None:  # noqa: ANN401
    """Leave out the settings that every pydantic model holds."""
    return True if event[2] == "model_config" else None


def separate(app: Sphinx, doctree: nodes.document) -> None:
    """Put a colon between a parameter and what it means, where Sphinx puts two hyphens."""
    for text in list(doctree.findall(nodes.Text)):
        if text == " -- ":
            text.parent.replace(text, nodes.Text(": "))


def _last_name(alias: TypeAliasForwardRef) -> str:
    return alias.name.rpartition(".")[2]


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen for signatures, and for names that Sphinx does not find; call the fields of classes fields."""
    # Sphinx writes an alias in a union, such as the type of a property, as Python shows the object.
    TypeAliasForwardRef.__repr__ = _last_name  # type: ignore[method-assign]
    app.connect("missing-reference", resolve)
    app.connect("autodoc-process-signature", shorten)
    app.connect("autodoc-skip-member", skip_settings)
    app.connect("doctree-read", separate)
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Fields"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
