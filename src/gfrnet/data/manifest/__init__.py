"""Hold the manifest of a data set: its rows, its card, and how both are read and written."""

from gfrnet.data.manifest.card import CARD, CROPS, VERSION, Card, Format, read_card, write_card
from gfrnet.data.manifest.columns import (
    COLUMNS,
    Column,
    Split,
    checked,
    first_fault,
    from_text,
    points,
    to_text,
)
from gfrnet.data.manifest.manifest import (
    read_manifest,
    read_manifests,
    read_rows,
    settle,
    write_manifest,
    write_rows,
)
from gfrnet.data.manifest.portrait import USED, Portrait, Role, by_person, guide_image, kind_of_reason

__all__ = [
    "CARD",
    "COLUMNS",
    "CROPS",
    "USED",
    "VERSION",
    "Card",
    "Column",
    "Format",
    "Portrait",
    "Role",
    "Split",
    "by_person",
    "checked",
    "first_fault",
    "from_text",
    "guide_image",
    "kind_of_reason",
    "points",
    "read_card",
    "read_manifest",
    "read_manifests",
    "read_rows",
    "settle",
    "to_text",
    "write_card",
    "write_manifest",
    "write_rows",
]
