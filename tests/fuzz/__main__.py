"""Run ``python -m fuzz``."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from fuzz import __doc__ as about
from fuzz.targets import targets
from fuzz.watch import damaged, run


def main() -> int:
    """Feed files to the readers; return 1 if one of them did harm."""
    parser = argparse.ArgumentParser(
        prog="python -m fuzz", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=300, help="number of files")
    parser.add_argument("--seed", type=int, default=0, help="seed of all files")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="number of processes")
    parser.add_argument("--only", type=int, help="number of the only file")
    parser.add_argument("--keep", type=Path, help="write the only file here instead of reading it")
    given = parser.parse_args()
    if given.keep is not None and given.only is not None:
        with TemporaryDirectory() as folder:
            given.keep.write_bytes(damaged(targets(Path(folder)), given.only, given.seed)[1])
        return 0
    files = range(given.files) if given.only is None else range(given.only, given.only + 1)
    return _report(files, given.seed, given.workers)


def _report(files: range, seed: int, workers: int) -> int:
    ends: Counter[tuple[str, str]] = Counter()
    start = monotonic()
    for outcome in run(files, seed, min(workers, len(files))):
        ends[outcome.kind, outcome.end] += 1
        if not outcome.good:
            sys.stdout.write(f"file {outcome.number} ({outcome.kind}) {outcome.end}: {outcome.detail}\n")
    for (kind, end), count in sorted(ends.items()):
        sys.stdout.write(f"{kind:20}{end:16}{count:8}\n")
    bad = sum(count for (_, end), count in ends.items() if end not in ("read", "refused"))
    sys.stdout.write(f"{len(files)} files in {monotonic() - start:.0f} s, {bad} of them did harm\n")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
