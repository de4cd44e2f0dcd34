"""Measure what fine-tuning on a person's photos gains on other photos of that person.

    python benchmarks/finetune.py --data DATA [--data DATA ...] [--people N] [--samples N]

DATA are data sets of `gfrnet data build`, of people whom the embedded model has not seen. Of each person's
photos, the guide image first, every other one fine-tunes the embedded model as configs/finetune.yaml says.
The other photos are degraded by the blind protocol. The fine-tuned and the untouched model restore them with
the guide image, which is among the photos learnt. The table gives means over all people's pairs, and the
difference with its 95 % interval over people. The weights are thrown away.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from gfrnet.data import Portrait, by_person, guide_image, read_manifests, write_manifest
from gfrnet.data.build import FEWEST
from gfrnet.evaluate import (
    METRIC_OF,
    AtScale,
    Contender,
    Evaluation,
    Measured,
    Pair,
    cell,
    markdown_table,
    measure,
)
from gfrnet.train import Trainer, export_onnx, load_config, load_network

CONFIG = Path(__file__).parents[1] / "configs" / "finetune.yaml"
BEGUN = "gfrnet-slim"
"""The model that is fine-tuned."""

METRICS = tuple(METRIC_OF[name] for name in ("psnr", "ssim", "identity"))
SCALES = (4.0, 8.0)
UNTOUCHED, TUNED = "untouched", "fine-tuned"
COLUMNS = ((UNTOUCHED, ""), (TUNED, ""), (TUNED, UNTOUCHED))
"""Model, and the model whose value is subtracted."""


@dataclass(frozen=True)
class Person:
    """Hold one person's photos in two halves.

    Attributes:
        name: Name of the person.
        learnt: Photos to fine-tune on.
        pairs: Each of the other photos with the guide image, which is learnt too.
    """

    name: str
    learnt: tuple[Portrait, ...]
    pairs: tuple[Pair, ...]


def main() -> None:
    """Read the command line, fine-tune, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, action="append", required=True, help="of gfrnet data build")
    parser.add_argument("--people", type=int, help="the first so many in the order of names; all if none")
    parser.add_argument("--samples", type=int, help="length of each run; the config's if none")
    options = parser.parse_args()
    people = people_of(read_manifests(options.data))[: options.people]
    found = []
    for person in people:
        with TemporaryDirectory() as folder:
            model, minutes = fine_tuned(person, Path(folder), options.samples)
            contenders = Contender(BEGUN, title=UNTOUCHED), Contender(str(model), title=TUNED)
            found.append(measure(Evaluation(contenders, person.pairs, "blind", SCALES)))
        sys.stdout.write(f"{person.name}: {len(person.learnt)} photos learnt in {minutes:.1f} minutes\n")
        sys.stdout.flush()
    measured = Measured(
        tuple(row for one in found for row in one.rows),
        tuple(failure for one in found for failure in one.failures),
    )
    sys.stdout.write("\n" + "\n".join(tables(measured)) + "\n")


def people_of(portraits: Sequence[Portrait]) -> list[Person]:
    """Return every person who has photos enough for two albums."""
    groups = [
        (guide_image(group), [photo for photo in group if photo is not guide_image(group)])
        for _, group in sorted(by_person(portraits).items())
        if len(group) >= 2 * FEWEST
    ]
    return [
        Person(
            guide.person,
            (guide, *others[1::2]),
            tuple(Pair(target, guide, stranger=groups[number - 1][0]) for target in others[::2]),
        )
        for number, (guide, others) in enumerate(groups)
    ]


def fine_tuned(person: Person, folder: Path, samples: int | None) -> tuple[Path, float]:
    """Train a model on a person; return it as a user exports it, and the minutes of training."""
    data, crops = folder / "data", folder / "data" / "crops"
    crops.mkdir(parents=True)
    write_manifest(data, [copied(photo, crops / f"{n}.png") for n, photo in enumerate(person.learnt)])
    overrides = [f"data=[{data}]", f"output={folder / 'run'}", "pictures_every=0"]
    overrides += [] if samples is None else [f"samples={samples}"]
    trainer = Trainer(load_config(CONFIG, overrides))
    trainer.run()
    export_onnx(load_network(trainer.path), folder / "model.onnx")
    return folder / "model.onnx", trainer.seconds / 60


def copied(photo: Portrait, path: Path) -> Portrait:
    """Copy the crop of a photo to another data set."""
    if photo.crop is None:
        raise ValueError(f"{photo.source} has no crop. Build the data set again.")
    return replace(photo, crop=Path(shutil.copyfile(photo.crop, path)))


def tables(measured: Measured) -> Iterator[str]:
    """Yield a table for each scale: both models' means, and the change by fine-tuning."""
    for scale in SCALES:
        values = AtScale(measured, scale)
        lines = [
            [metric.title, *(cell(values.estimate(*models, metric.name), metric) for models in COLUMNS)]
            for metric in METRICS
        ]
        yield f"{scale:g}x blind, {values.counted}\n"
        yield markdown_table(("", UNTOUCHED, TUNED, "difference"), lines, left=1) + "\n"


if __name__ == "__main__":
    main()
