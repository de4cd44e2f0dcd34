"""Lead names in signatures to where they are documented, whatever module they were taken from.

A signature says ``gfrnet.restore.outcome.FaceOutcome`` or just ``FaceOutcome``; the page documents
``gfrnet.restore.FaceOutcome``. Names that are documented nowhere on the site stay plain text.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


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


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen for names that Sphinx does not find."""
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
