"""Let lines of tables break well: not inside intervals and short names, but inside quoted messages."""

import re

from docutils import nodes
from sphinx.application import Sphinx

_INTERVAL = re.compile(r"(\[[-+\d.]+), (?=[-+\d.]+\])")
"""The first half of an interval, such as the one of ``[24.89, 25.92]``."""

_HYPHEN = re.compile(r"\(-(?=\w)")
"""The hyphen of a name such as ``(-W2)``, after which browsers break a line."""


def join(app: Sphinx, doctree: nodes.document) -> None:
    """Put a space that does not break into intervals, a joiner behind hyphens, and a class on messages."""
    for entry in doctree.findall(nodes.entry):
        for literal in entry.findall(nodes.literal):
            if " " in literal.astext() and not literal.astext().startswith("-"):
                literal["classes"].append("message")
        for text in list(entry.findall(nodes.Text)):
            joined = _HYPHEN.sub("(-\N{WORD JOINER}", _INTERVAL.sub("\\1,\N{NO-BREAK SPACE}", text))
            if joined != text:
                text.parent.replace(text, nodes.Text(joined))


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen for pages that have been read."""
    app.connect("doctree-read", join)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
