"""Write the frame of HTML pages that people open from the disk, without a network."""

from __future__ import annotations

from html import escape


def webpage(title: str, body: str, style: str) -> str:
    """Return a whole HTML page.

    Args:
        title: Title of the window and first heading of the page, as plain text.
        body: HTML below the heading.
        style: File name of the style sheet, which lies beside the page.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f'<title>{escape(title)}</title>\n<link rel="stylesheet" href="{style}">\n'
        f"<h1>{escape(title)}</h1>\n{body}</html>\n"
    )
