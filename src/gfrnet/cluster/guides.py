"""Prepare the guides of a job once, and send them to its processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from gfrnet.cluster.plan import list_pictures
from gfrnet.cluster.storage import Folder, UnreadableError
from gfrnet.errors import PlanError
from gfrnet.restore import GuideSet, GuideSkipped, RestoreOptions, Restorer


def prepare_guides(
    urls: Sequence[str],
    restorer: Restorer,
    options: RestoreOptions,
    on_event: Callable[[GuideSkipped], None],
) -> GuideSet | None:
    """Find, cut and embed every face of the guides.

    Args:
        urls: Folders of guides, or single pictures on this disk.
        restorer: A restorer of the model.
        options: How to restore.
        on_event: Hears of every guide that cannot be used.

    Returns:
        The set; None where none is given, and the model takes none.

    Raises:
        PlanError: No guide is given, a folder is missing, or there is no picture in it.
        GfrnetError: No guide can be used.
    """
    if not urls:
        if restorer.takes_guide:
            raise PlanError("There is no guide. Give a folder of good photos of the people.", "guides")
        return None
    with TemporaryDirectory(prefix="gfrnet-guides-") as place:
        names = dict(_fetched(urls, Path(place)))
        found = restorer.guides(list(names), options)
    for skipped in found.skipped:
        real = names[list(names)[skipped.index]]
        reason = skipped.reason.replace(skipped.name, real)
        on_event(replace(skipped, name=real, reason=reason))
    # A photo names the guides that it took. What cannot be used is told once, and not with every photo.
    renamed = (replace(guide, name=names[list(names)[guide.index]]) for guide in found.guides)
    return GuideSet(tuple(renamed))


def _fetched(urls: Sequence[str], place: Path) -> list[tuple[Path, str]]:
    """Return files of the guides on this disk, and the names that people know."""
    files: list[tuple[Path, str]] = []
    for url in urls:
        folder = Folder(url)
        local = folder.local
        if local is not None and local.is_file():
            files.append((local, url))
            continue
        for entry in list_pictures(folder, "guides"):
            if local is not None:
                files.append((local / entry.name, folder.path(entry.name)))
                continue
            copy = place / f"{len(files)}{Path(entry.name).suffix}"
            try:
                copy.write_bytes(folder.read(entry.name))
            except UnreadableError as error:
                raise PlanError(str(error), "guides") from error
            files.append((copy, folder.path(entry.name)))
    return files


def packed(guides: GuideSet | None) -> bytes:
    """Return a guide set as bytes; none for no guides."""
    if guides is None:
        return b""
    with TemporaryDirectory(prefix="gfrnet-guides-") as place:
        return guides.save(Path(place) / "guides.npz").read_bytes()


def unpacked(data: bytes) -> GuideSet | None:
    """Return the guide set of `packed`."""
    if not data:
        return None
    with TemporaryDirectory(prefix="gfrnet-guides-") as place:
        file = Path(place) / "guides.npz"
        file.write_bytes(data)
        return GuideSet.load(file)
