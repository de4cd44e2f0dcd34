"""Describe what ``gfrnet serve`` prints with ``--json``."""

from __future__ import annotations

from gfrnet.cli.documents.base import Document, Name


class Serving(Document):
    """Hold where a server is reached. It is printed once the server takes connections.

    Attributes:
        address: Address of the page and of the API.
        token: Token that clients must show, if it was made now. It is null if none is needed, or a file has
            it.
        data: Folder of uploads, jobs and results.
        keep_seconds: Time that they are kept after their last use.
        page: Whether there is a page.
    """

    address: str
    token: str | None
    data: Name
    keep_seconds: float
    page: bool
