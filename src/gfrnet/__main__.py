"""Run the command line, as ``gfrnet`` and as ``python -m gfrnet``."""

from __future__ import annotations


def main() -> int:
    """Run the command line. Ctrl-C ends it silently, even while it is still being imported.

    Returns:
        The exit code.
    """
    try:
        from gfrnet.cli import main as run

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
