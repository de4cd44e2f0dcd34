"""List the compared rows of table 1 and the U-Nets of figure 1: how each is trained, and what restores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from gfrnet.nets.compared import COMPARED, Factor, PaperFigures
from gfrnet.train import TrainConfig, load_config

U_NETS = "U-Net (figure 1)"
"""Family of the two plain U-Nets, which table 1 lacks."""

SCALES = (4, 8)
"""Downsampling factors of table 1."""

GAN_SHARE = 1 / 3
"""Share of the samples for SRGAN's adversarial stage; SRResNet before it has the rest.

The authors trained a million steps before it, and 200,000 in it.
"""

Chained: TypeAlias = tuple[tuple[str, Factor], ...]
"""Names of legs with the factor by which each enlarges, in order."""


@dataclass(frozen=True)
class Leg:
    """Describe one training.

    Attributes:
        name: Name of the run's folder.
        recipe: Name of the config in the folder of recipes, without ``.yaml``.
        changes: What it changes there, as ``key=value``.
        share: Share of a row's samples.
    """

    name: str
    recipe: str
    changes: tuple[str, ...] = ()
    share: float = 1.0


@dataclass(frozen=True)
class ComparedRow:
    """Describe how a compared method is trained.

    Attributes:
        name: Name in the command.
        title: Title in the table.
        family: Group of the table.
        paper: Figures of the paper; nowhere any for the U-Nets.
        tracks: Trainings. In a track each leg begins with the weights of the leg before it.
        models: What restores at each scale: the name of a leg or model, or a chain of legs.
        guided: Whether the network sees the guide.
    """

    name: str
    title: str
    family: str
    paper: PaperFigures
    tracks: tuple[tuple[Leg, ...], ...]
    models: Mapping[int, str | Chained]
    guided: bool = False

    @property
    def has_runs(self) -> bool:
        """Return whether the method learns."""
        return bool(self.tracks)

    @property
    def scales(self) -> tuple[int, ...]:
        """Return the downsampling factors for which there is a model."""
        return tuple(self.models)

    def trainings(self, base: TrainConfig, recipes: Path, folder: Path) -> Iterator[tuple[TrainConfig, ...]]:
        """Yield the configs of each track.

        What `SAME` lists is as in the base. So all rows learn from the same photos in the same order.

        Args:
            base: Config of the rows "Ours".
            recipes: Folder of the compared configs.
            folder: Folder in which each run gets a folder.

        Raises:
            ConfigError: A recipe is missing or broken.
        """
        for track in self.tracks:
            configs: list[TrainConfig] = []
            for leg in track:
                start = str(configs[-1].output) if configs else None
                values: dict[str, object] = {
                    "name": leg.name,
                    "output": folder / leg.name,
                    "start_from": start,
                }
                configs.append(_config(base, recipes, leg, values))
            yield tuple(configs)

    def model(self, folder: Path, scale: int) -> str:
        """Return what restores at a scale, as `Contender` takes it: a run, a file of a chain, or a name."""
        model = self.models[scale]
        if not isinstance(model, str):
            return str(folder / f"{self.name}-{scale}.safetensors")
        return str(folder / model) if self.has_runs else model

    def networks(self, scale: int) -> frozenset[str]:
        """Return the names of the runs whose networks restore at a scale."""
        model = self.models[scale]
        return frozenset([model] if isinstance(model, str) else [name for name, _ in model])


SAME = (
    "data",
    "guides",
    "order",
    "streams",
    "seed",
    "batch_size",
    "precision",
    "accelerator",
    "workers",
    "threads",
    "checkpoint_every",
    "log_every",
)
"""Keys that a compared row takes from the base."""


PIXELS_FOR_FEATURES: Mapping[str, float] = {"srgan": 1, "msrgan": 1, "deblurgan": 100, "mdeblurgan": 100}
"""Weight of squared differences of pixels in place of features, by recipe, where there is no VGG file."""


def _config(base: TrainConfig, recipes: Path, leg: Leg, values: dict[str, object]) -> TrainConfig:
    """Return a leg's recipe with what all rows have in common, and with the VGG file of the base."""
    config = load_config(recipes / f"{leg.recipe}.yaml", leg.changes)
    made = config.model_dump() | {name: getattr(base, name) for name in SAME} | values
    made["samples"] = _share(base, leg.share)
    if not config.losses.perceptual:
        return TrainConfig.model_validate(made)
    if base.perceptual.weights is None:
        pixels = {"perceptual": 0.0, "l2": PIXELS_FOR_FEATURES[leg.recipe]}
        return TrainConfig.model_validate(made | {"losses": made["losses"] | pixels})
    vgg = made["perceptual"] | {"weights": base.perceptual.weights}
    return TrainConfig.model_validate(made | {"perceptual": vgg})


def _share(base: TrainConfig, share: float) -> int:
    """Return the samples of a leg in whole batches; the base without its pre-training is the whole row."""
    whole = (base.samples or 0) - base.flow_samples
    return max(1, round(whole * share / base.batch_size)) * base.batch_size


_Trainings: TypeAlias = tuple[tuple[tuple[Leg, ...], ...], dict[int, str | Chained]]
"""The fields ``tracks`` and ``models`` of a row."""


def _same_at_both(name: str, recipe: str) -> _Trainings:
    """Return the trainings and models of one network that restores at both scales."""
    return ((Leg(name, recipe),),), dict.fromkeys(SCALES, name)


def _one_a_scale(name: str, *recipes: str) -> _Trainings:
    """Return the trainings and models of a network for each scale; two recipes are two stages."""
    shares = (1.0,) if len(recipes) == 1 else (1 - GAN_SHARE, GAN_SHARE)
    tracks = tuple(
        tuple(
            Leg(
                f"{recipe}-{scale}",
                recipe,
                (f"network.factor={scale}", f"degradation.scale=[{scale}]"),
                share,
            )
            for recipe, share in zip(recipes, shares, strict=True)
        )
        for scale in SCALES
    )
    return tracks, {scale: f"{name}-{scale}" for scale in SCALES}


_TRAININGS: Mapping[str, _Trainings] = {
    "SRCNN": (
        tuple((Leg(f"srcnn-{scale}", "srcnn", (f"degradation.scale=[{scale}]",)),) for scale in (4, 2)),
        {4: "srcnn-4", 8: (("srcnn-4", 4), ("srcnn-2", 2))},
    ),
    "VDSR": (((Leg("vdsr", "vdsr"),),), {4: "vdsr", 8: (("vdsr", 4), ("vdsr", 2))}),
    "SRGAN": _one_a_scale("srgan", "srresnet", "srgan"),
    "MSRGAN": (
        ((Leg("msrresnet", "msrresnet", share=1 - GAN_SHARE), Leg("msrgan", "msrgan", share=GAN_SHARE)),),
        dict.fromkeys(SCALES, "msrgan"),
    ),
    "DCP": ((), dict.fromkeys(SCALES, "dcp")),
    "DeepDeblur": _same_at_both("deepdeblur", "deepdeblur"),
    "DeblurGAN": _same_at_both("deblurgan", "deblurgan"),
    "MDeblurGAN": _same_at_both("mdeblurgan", "mdeblurgan"),
    "DnCNN": _same_at_both("dncnn", "dncnn"),
    "MemNet": _same_at_both("memnet", "memnet"),
    "MDnCNN": _same_at_both("mdncnn", "mdncnn"),
    "ARCNN": _same_at_both("arcnn", "arcnn"),
    "MARCNN": _same_at_both("marcnn", "marcnn"),
    "CBN": _one_a_scale("cbn", "cbn"),
    "WaveletSRNet": _one_a_scale("waveletsrnet", "waveletsrnet"),
    "TDAE": (((Leg("tdae", "tdae"),),), {8: "tdae"}),
    "SCGAN": (((Leg("scgan", "scgan"),),), {4: "scgan"}),
    "MCGAN": (((Leg("mcgan", "mcgan"),),), {4: "mcgan"}),
}

_NOWHERE: PaperFigures = (None, None, None, None)

COMPARED_ROWS = (
    *(
        ComparedRow(
            method.title.lower(),
            method.title,
            method.family,
            method.paper,
            *_TRAININGS[method.title],
            method.guided,
        )
        for method in COMPARED
    ),
    ComparedRow("unet", "U-Net", U_NETS, _NOWHERE, *_same_at_both("unet", "unet")),
    ComparedRow(
        "unet_guided",
        "U-Net with guide",
        U_NETS,
        _NOWHERE,
        *_same_at_both("unet_guided", "unet_guided"),
        True,
    ),
)
"""The compared rows in the order of table 1, and the U-Nets."""
