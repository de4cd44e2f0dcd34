"""``python -m gfrnet`` is the same as ``gfrnet``."""

from gfrnet.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
