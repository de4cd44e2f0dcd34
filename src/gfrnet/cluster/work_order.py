"""Hold what every process of a job needs to know; all of it can be pickled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path

from gfrnet import images, weights
from gfrnet.cluster.storage import Folder
from gfrnet.files import sha256
from gfrnet.restore import RestoreOptions
from gfrnet.version import __version__


@dataclass(frozen=True)
class How:
    """Say how photos are restored.

    Attributes:
        model: Name of a model, or a file that every machine has under this name.
        options: How to restore every photo.
        quality: Quality of JPEG, WebP and AVIF, 1..100.

    Raises:
        ConfigError: ``quality`` is none of these.
    """

    model: str = weights.DEFAULT
    options: RestoreOptions = field(default_factory=RestoreOptions)
    quality: int = 95

    def __post_init__(self) -> None:
        images.check_quality(self.quality)

    def settings(self, guides: Sequence[str]) -> str:
        """Return a hash of all that decides over a result besides the photo.

        Args:
            guides: Hashes of the guides, in their order.
        """
        file = Path(self.model)
        known = [model.sha256 for model in weights.MODELS if model.name == self.model]
        model = known[0] if known else sha256(file) if file.is_file() else self.model
        all_of_it = [__version__, model, asdict(self.options), self.quality, list(guides)]
        return blake2b(json.dumps(all_of_it, sort_keys=True).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Item:
    """Name a photo to restore.

    Attributes:
        name: Path inside the folder of photos.
        result: Path inside the folder of results.
        stamp: As `Entry.stamp`.
        known: Hash of the photo whose result is there already; empty where there is none.
    """

    name: str
    result: str
    stamp: str = ""
    known: str = ""


@dataclass(frozen=True)
class Unit:
    """Hold photos that one process does one after the other, and whose rows are written together.

    Attributes:
        label: Name of the unit, unique in a folder of a report.
        items: The photos.
    """

    label: str
    items: tuple[Item, ...]

    def text(self) -> str:
        """Return the unit as ASCII text, also where a name is no UTF-8."""
        return json.dumps([self.label, *([*asdict(item).values()] for item in self.items)])

    @classmethod
    def of(cls, text: str) -> Unit:
        """Return the unit of a text of `text`."""
        label, *items = json.loads(text)
        return cls(label, tuple(Item(*values) for values in items))


@dataclass(frozen=True)
class WorkOrder:
    """Hold what a worker needs to know before its first photo.

    Attributes:
        source: Folder of the photos.
        output: Folder of the results.
        report: Folder of the report.
        parts: Folder of unfinished reports in it.
        how: How to restore.
        settings: As `How.settings`.
        threads: Threads of the network; None for all cores.
    """

    source: Folder
    output: Folder
    report: Folder
    parts: str
    how: How
    settings: str
    threads: int | None
