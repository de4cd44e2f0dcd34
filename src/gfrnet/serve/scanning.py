"""Scan an album in a worker."""

from __future__ import annotations

from pathlib import Path

from gfrnet.album import Album, ScanEvent
from gfrnet.serve.desk import Desk
from gfrnet.serve.restoring import Cancelled, Outcome
from gfrnet.work import Advanced, Noted


def scan(desk: Desk, folder: Path) -> Outcome:
    """Look at the new and changed photos of an album, and group their faces.

    Args:
        desk: What the job needs.
        folder: Folder of the album's photos.

    Raises:
        DataError: The folder is missing, cannot be written to, or another scan works on it.
        Cancelled: The job is to end. The same scan goes on later.
    """

    def hear(event: ScanEvent) -> None:
        match event:
            case Advanced(what=what, done=done, total=total):
                desk.tell("progress", {"what": what, "done": done, "total": total})
            case Noted(text=text):
                desk.tell("note", {"text": text})

    with Album.open(folder) as album:
        found = album.scan([folder], workers=1, on_event=hear, stopped=desk.stopped)
        people = len(album.people())
    if found.stopped:
        raise Cancelled
    return Outcome(
        {
            "photos": found.listed,
            "looked": found.looked,
            "moved": found.moved,
            "copies": found.copies,
            "gone": found.gone,
            "failed": len(found.failed),
            "people": people,
        }
    )
