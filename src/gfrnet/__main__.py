"""Run the command line, as ``gfrnet`` and as ``python -m gfrnet``."""

from __future__ import annotations

import sys

from gfrnet.errors import PIP

AGAIN = f"Install it again: {PIP} install --force-reinstall /path/to/gfrnet"


def main() -> int:
    """Run the command line. Ctrl-C ends it silently, even while it is still being imported.

    Returns:
        The exit code.
    """
    try:
        from gfrnet.cli import main as run
    except KeyboardInterrupt:
        return 130
    except ImportError as error:
        sys.stderr.write(f"Error: gfrnet cannot start. {error}. {AGAIN}\n")
        return 1
    try:
        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
