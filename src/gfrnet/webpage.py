"""The frame of the pages that people open from the disk, without a network."""

from __future__ import annotations

from html import escape


def webpage(title: str, body: str, style: str) -> str:
    """A whole HTML page.

    Args:
        title: Of the window, and the page's first heading; plain text.
        body: HTML below the heading.
        style: Name of the style sheet beside the page.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f'<title>{escape(title)}</title>\n<link rel="stylesheet" href="{style}">\n'
        f"<h1>{escape(title)}</h1>\n{body}</html>\n"
    )
