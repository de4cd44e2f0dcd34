"""Describe a training run as a frozen config; unknown keys and contradictions are errors."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gfrnet.data import Guides, ReadingOrder
from gfrnet.degradation import OwnDegradation, Setting
from gfrnet.nets import GFRNetConfig, NetworkConfig
from gfrnet.train.config.sections import (
    FLOW_LOSSES,
    RESTORING,
    TITLES,
    Cosine,
    Data,
    Discriminators,
    Identity,
    Linear,
    LossWeights,
    Part,
    Parts,
    Perceptual,
    Plateau,
    Steps,
)
from gfrnet.types import CROP_SIZE

NO_SAMPLES_LEFT = (
    "WarpNet's pre-training takes the whole run, so RecNet never learns. Lower flow_samples or flow_epochs, "
    "or raise samples or epochs."
)
"""Error text for a pre-training that is as long as the run."""


class TrainConfig(BaseModel):
    """Hold everything that decides a run. One of ``samples`` and ``epochs`` gives its length.

    Attributes:
        name: Name of the model.
        network: The networks.
        data: Data sets: folders of ``gfrnet data build``, or shards of ``gfrnet data pack`` (path or URL).
            A single one needs no brackets. Or one person's album: ``data.person``, a folder of photos.
        output: Folder of checkpoints, log and pictures.
        start_from: Model to begin with: an installed name, an ONNX or safetensors file, a run's folder.
            Or one for each part: ``start_from.warpnet`` and so on.
        frozen: Parts that stay as they began, with the weights that ``start_from`` gives them. A TextureNet
            learns from finished results: freeze either it or the two others.
        samples: Length of the run in samples, pre-training included.
        epochs: Length of the run in epochs, pre-training included. An epoch is every target once.
        batch_size: Samples in an optimizer step, over all processes together.
        accumulate: Number of parts into which each process splits its share of a batch, to save memory.
        flow_samples: Samples at the start in which WarpNet learns alone on the flow losses (section 4.2).
        flow_epochs: Epochs at the start in which WarpNet learns alone.
        flow_rate: Learning rate while WarpNet learns alone; None is the schedule's first.
        schedule: How the learning rate falls.
        optimizer: ``adam`` (section 4.2), ``muon`` or ``rmsprop``. Muon steps the networks' kernels; Adam
            steps all else and the discriminators.
        beta1: Decay of Adam's first moment (section 4.2: 0.5).
        weight_decay: Pull of all weights towards 0, added to the gradient; not with ``muon``.
        ema: Decay of the averaged weights that are exported; 0 switches averaging off.
        clip: Norm to which larger gradients are shortened; 0 switches clipping off. Every part of the
            network and each discriminator is clipped by itself.
        losses: Weights of the objective.
        perceptual: Network of the perceptual loss.
        identity: Network of the identity loss.
        discriminators: Networks of the adversarial losses.
        guides: Choice of the guide that a sample gets.
        order: Order of the targets. ``balanced`` draws them by chance, balanced over people. ``epoch`` takes
            each once an epoch, as in the paper. ``shards`` does the same with long reads, for shards behind
            a URL.
        streams: Streams that are read side by side with ``order: shards``. The number must be a multiple of
            processes times workers. The order of the samples depends on it.
        degradation: Setting of section 4.5. Or the sets of a compared method's own degradation, such as
            ``{scale: [4]}``.
        heavy: Share of samples whose scale factor is drawn from 4..8; the others draw from 1..8. It must be
            0 where ``degradation`` is ``blur``, which has no scale factor, or a compared method's own.
        crop: Side in pixels of the random square that a sample shows; None shows whole pictures. Networks
            that were published so learn from squares.
        text: Share of samples that show printed text instead of a face, as MCGAN learns from them.
        feature_weight: Extra loss weight on eyes, nose and mouth.
        precision: Autocast to ``bf16`` or ``fp16`` (GPU only), or ``fp32`` without autocast.
        compile: Whether torch.compile compiles the networks.
        accelerator: Device to train on; ``auto`` takes a GPU where there is one.
        workers: Loader processes per training process.
        threads: Torch threads per training process; 0 leaves the choice to torch.
        seed: Seed of everything random.
        checkpoint_every: Samples between checkpoints.
        keep: Number of newest checkpoints that are kept.
        log_every: Samples between log lines.
        pictures_every: Samples between picture grids; 0 draws none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1)
    network: NetworkConfig = GFRNetConfig()
    data: Data
    output: Path
    start_from: str | Parts | None = None
    frozen: frozenset[Part] = frozenset()
    samples: int | None = Field(None, gt=0)
    epochs: float | None = Field(None, gt=0)
    batch_size: int = Field(1, gt=0)
    accumulate: int = Field(1, gt=0)
    flow_samples: int = Field(0, ge=0)
    flow_epochs: float = Field(0, ge=0)
    flow_rate: float | None = Field(None, gt=0)
    schedule: Plateau | Cosine | Steps | Linear = Field(Plateau(), discriminator="kind")
    optimizer: Literal["adam", "muon", "rmsprop"] = "adam"
    beta1: float = Field(0.5, ge=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)
    ema: float = Field(0.0, ge=0, lt=1)
    clip: float = Field(10.0, ge=0)
    losses: LossWeights = LossWeights()
    perceptual: Perceptual = Perceptual()
    identity: Identity = Identity()
    discriminators: Discriminators = Discriminators()
    guides: Guides = Guides()
    order: ReadingOrder = "balanced"
    streams: int = Field(8, gt=0)
    degradation: Setting | OwnDegradation = "full"
    heavy: float = Field(0.0, ge=0, le=1)
    crop: int | None = Field(None, ge=32, le=CROP_SIZE, multiple_of=8)
    text: float = Field(0.0, ge=0, le=1)
    feature_weight: float = Field(0.0, ge=0)
    precision: Literal["fp32", "bf16", "fp16"] = "bf16"
    compile: bool = False
    accelerator: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    workers: int = Field(1, ge=0)
    threads: int = Field(0, ge=0)
    seed: int = Field(0, ge=0)
    checkpoint_every: int = Field(4000, gt=0)
    keep: int = Field(2, gt=0)
    log_every: int = Field(400, gt=0)
    pictures_every: int = Field(4000, ge=0)

    @property
    def parts(self) -> frozenset[Part]:
        """Return the parts of the network; a network without parts has none."""
        return frozenset(part for part in TITLES if part in self.network.parts)

    @property
    def adversarial(self) -> bool:
        """Tell whether discriminators take part."""
        return self.losses.adversarial_global > 0 or self.losses.adversarial_local > 0

    @property
    def pre_trains(self) -> bool:
        """Tell whether WarpNet learns alone at the start (section 4.2)."""
        return self.flow_samples > 0 or self.flow_epochs > 0

    @property
    def _begins_with_a_warpnet(self) -> bool:
        start = self.start_from
        return (start.warpnet if isinstance(start, Parts) else start) is not None

    @field_validator("data", mode="before")
    @classmethod
    def _one_data_set(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _length_is_given_once(self) -> TrainConfig:
        if (self.samples is None) == (self.epochs is None):
            raise ValueError("give the length of the run once: samples or epochs.")
        if self.flow_samples and self.flow_epochs:
            raise ValueError("give the length of WarpNet's pre-training once: flow_samples or flow_epochs.")
        if self.flow_samples >= (self.samples or math.inf) or self.flow_epochs >= (self.epochs or math.inf):
            raise ValueError(NO_SAMPLES_LEFT)
        return self

    @model_validator(mode="after")
    def _pre_training_is_possible(self) -> TrainConfig:
        if not self.pre_trains:
            return self
        if not self.network.warps:
            raise ValueError(
                "flow_samples and flow_epochs train WarpNet, but network.warpnet is none or of another kind."
            )
        if not self.losses.flow_known:
            raise ValueError(
                "WarpNet's pre-training needs losses.landmark, losses.landmark_distance or losses.dense_flow."
            )
        if "warpnet" in self.frozen:
            raise ValueError("WarpNet's pre-training trains a frozen WarpNet: set flow_samples to 0.")
        return self

    @model_validator(mode="after")
    def _losses_have_what_they_need(self) -> TrainConfig:
        if self.losses.dense_flow and not (self.guides.self_guide or self.guides.single):
            raise ValueError(
                "losses.dense_flow learns from self-guided samples, and there are none: set "
                "guides.self_guide, or losses.dense_flow to 0."
            )
        if self.losses.truth_flow and not self._begins_with_a_warpnet:
            raise ValueError(
                "losses.truth_flow learns from a WarpNet that is shown the truth: name the model in "
                "start_from.warpnet, or set losses.truth_flow to 0."
            )
        if self.losses.perceptual and self.perceptual.weights is None:
            raise ValueError(
                "losses.perceptual needs a VGG file: set perceptual.weights to its path, or "
                "losses.perceptual to 0."
            )
        if self.losses.identity and self.identity.weights is None:
            raise ValueError(
                "losses.identity needs a recogniser: set identity.weights to the path of faceres.json, or "
                "losses.identity to 0."
            )
        return self

    @model_validator(mode="after")
    def _samples_can_be_made(self) -> TrainConfig:
        if self.batch_size % self.accumulate:
            raise ValueError("batch_size must be a multiple of accumulate.")
        if self.guides.most > 1 and not self.network.fuses:
            raise ValueError("guides.most above 1 needs network.guide_fusion: set it to true, or most to 1.")
        if self.heavy and self.degradation == "blur":
            raise ValueError(
                "heavy draws scale factors, and with degradation blur there are none: set it to 0."
            )
        if self.heavy and isinstance(self.degradation, OwnDegradation):
            raise ValueError("heavy draws scale factors, and degradation has its own: set heavy to 0.")
        return self

    @model_validator(mode="after")
    def _compared_networks_get_what_they_need(self) -> TrainConfig:
        losses, network = self.losses, self.network
        if self.crop and not network.takes_crops:
            raise ValueError(f"a network of the kind {network.kind} takes whole pictures: leave crop out.")
        if losses.wavelet and network.kind != "waveletsrnet":
            raise ValueError("losses.wavelet is for network.kind waveletsrnet: set it to 0.")
        if losses.points and network.kind != "cbn":
            raise ValueError("losses.points is for network.kind cbn: set it to 0.")
        if losses.feature_matching and (self.discriminators.kind != "scgan" or not self.adversarial):
            raise ValueError(
                "losses.feature_matching needs losses.adversarial_global and discriminators.kind scgan."
            )
        if losses.adversarial_local and self.discriminators.kind != "patch":
            raise ValueError(
                "only discriminators.kind patch judges the box: set losses.adversarial_local to 0."
            )
        if self.weight_decay and self.optimizer == "muon":
            raise ValueError("muon has no weight decay here: set weight_decay to 0.")
        return self

    @model_validator(mode="after")
    def _frozen_parts_are_finished(self) -> TrainConfig:
        if self.frozen and self.start_from is None:
            raise ValueError("frozen parts learn nothing: name the model that they come from in start_from.")
        for part in sorted(self.frozen):
            if part not in self.parts:
                raise ValueError(f"there is no {TITLES[part]} to freeze: take {part} from frozen.")
            if isinstance(self.start_from, Parts) and getattr(self.start_from, part) is None:
                raise ValueError(
                    f"a frozen {TITLES[part]} learns nothing: name the model that it comes from in "
                    f"start_from.{part}."
                )
        restoring = self.parts & RESTORING
        if "texturenet" in self.parts and (self.frozen >= restoring) == ("texturenet" in self.frozen):
            raise ValueError(
                "TextureNet goes on from what is finished: set frozen to "
                f"[{', '.join(sorted(restoring))}] to train it, or to [texturenet] to train the rest."
            )
        return self

    @model_validator(mode="after")
    def _flows_are_there(self) -> TrainConfig:
        # A GFRNet may lose its WarpNet with all else equal (section 4.5, -W): its loss weights stay.
        if self.network.warps or isinstance(self.network, GFRNetConfig):
            return self
        given = [f"losses.{name}" for name in FLOW_LOSSES if getattr(self.losses, name)]
        if given:
            raise ValueError(
                f"a network of the kind {self.network.kind} has no flow to learn: set {', '.join(given)} "
                "to 0."
            )
        if isinstance(self.start_from, Parts):
            raise ValueError(
                f"a network of the kind {self.network.kind} has no parts: name one model in start_from."
            )
        return self

    @model_validator(mode="after")
    def _something_learns(self) -> TrainConfig:
        learning = self.parts - self.frozen
        if self.parts and not learning:
            raise ValueError("every part is frozen, so none learns: take one from frozen.")
        if not any(self.losses.model_dump().values()):
            raise ValueError("all losses are 0, so there is nothing to learn.")
        if self.losses.early_flow and not self.losses.of_flows:
            raise ValueError(
                "losses.early_flow weighs the other flow losses, and all of them are 0: give one a weight, "
                "or set losses.early_flow to 0."
            )
        if not self.losses.of_pictures and "warpnet" not in learning:
            raise ValueError(
                "all losses but those of the flow are 0, and no WarpNet learns from these: give another one, "
                "such as losses.l2, a weight."
            )
        return self


MACHINE = frozenset(
    [
        "name",
        "output",
        "workers",
        "threads",
        "accelerator",
        "compile",
        "keep",
        "checkpoint_every",
        "log_every",
        "pictures_every",
    ]
)
"""Keys that do not decide a run's weights."""


def changed_keys(old: TrainConfig, new: TrainConfig, free: Iterable[str] = ()) -> list[str]:
    """Return the keys whose values differ, without those of `MACHINE` and ``free``."""
    left_out = MACHINE.union(free)
    before, after = old.model_dump(), new.model_dump()
    return [key for key in before if key not in left_out and before[key] != after[key]]
