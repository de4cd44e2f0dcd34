from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from faceres import random_weights, write
from gfrnet.data.samples.stream import channels_first
from gfrnet.errors import ConfigError, ModelError
from gfrnet.nets import GFRNet, GFRNetConfig, save_safetensors
from gfrnet.train import Parts, TrainConfig, Trainer, load_checkpoint, load_config, load_network, processes
from gfrnet.train.config import RESTORING

CONFIGS = Path(__file__).parents[2] / "configs"
NARROW = ["network.warpnet_width=4", "network.recnet_width=4", "discriminators.width=4"]


def tiny(dataset: Path, output: Path, *overrides: str, **values: Any) -> TrainConfig:
    """The slim recipe with narrow networks, a few samples long."""
    config = load_config(CONFIGS / "slim.yaml", [*NARROW, *overrides])
    changes: dict[str, Any] = {
        "data": (str(dataset),),
        "output": output,
        "samples": 8,
        "flow_samples": 0,
        "batch_size": 2,
        "workers": 0,
        "log_every": 4,
        "pictures_every": 0,
        "accelerator": "cpu",
    }
    return config.model_copy(update=changes | values)


def everything(dataset: Path, output: Path, vgg: Path, **values: Any) -> TrainConfig:
    """Every loss, both discriminators, the plateau schedule, averaging and targets by epoch."""
    overrides = [
        *("losses.perceptual=0.001", f"perceptual.weights={vgg}", "perceptual.layer=conv1"),
        *("perceptual.preprocessing=caffe", "losses.adversarial_global=1", "losses.adversarial_local=0.5"),
        *("discriminators.norm=instance", "discriminators.local_size=64", "order=epoch"),
        "schedule={kind: plateau, rates: [1.0e-3, 1.0e-4], window: 4, patience: 1}",
    ]
    return tiny(
        dataset, output, *overrides, **{"precision": "fp32", "flow_samples": 2, "samples": 12} | values
    )


@pytest.fixture(scope="module")
def vgg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vgg") / "vgg.safetensors"
    torch.manual_seed(0)
    tensors = {f"conv{b}_1.weight": torch.randn(4, 3 if b == 1 else 4, 3, 3) for b in (1, 2, 3, 4)}
    save_file(tensors | {f"conv{b}_1.bias": torch.zeros(4) for b in (1, 2, 3, 4)}, path)
    return path


@pytest.fixture(scope="module")
def faceres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("faceres"), random_weights())


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_config_runs_two_steps(
    path: Path, dataset: Path, vgg: Path, faceres: Path, tmp_path: Path
) -> None:
    overrides = [
        *NARROW,
        f"identity.weights={faceres}",
        f"perceptual.weights={vgg}",
        "perceptual.preprocessing=caffe",
        "perceptual.layer=conv4",
        "guides.single=0",
    ]
    config = load_config(path, overrides)
    size = config.batch_size
    changes = {"data": (str(dataset),), "output": tmp_path, "samples": 2 * size, "epochs": None, "workers": 0}
    changes |= {"start_from": None, "flow_epochs": 0, "flow_samples": size if config.flow_epochs else 0}
    needed = config.frozen | ({"warpnet"} if config.losses.truth_flow else set())
    if needed:
        begun = tmp_path / "begun.safetensors"
        save_safetensors(GFRNet(config.network), begun)
        changes["start_from"] = Parts(**dict.fromkeys(needed, str(begun)))
    trainer = Trainer(config.model_copy(update=changes))
    sides = {"network": trainer.network, "discriminators": trainer.discriminators}
    parts = {
        f"{side}.{name}": part
        for side, module in sides.items()
        for name, part in module.named_children()
        if name not in config.frozen
    }
    before = {name: [p.clone() for p in part.parameters()] for name, part in parts.items()}
    trainer.run()
    for name, part in parts.items():
        assert any((a != b).any() for a, b in zip(before[name], part.parameters(), strict=True)), name
    assert load_checkpoint(trainer.path).samples == 2 * size


def test_a_network_that_fuses_learns_from_several_guides(dataset: Path, tmp_path: Path) -> None:
    config = tiny(
        dataset, tmp_path, "network.guide_fusion=true", "guides.most=4", samples=12, precision="fp32"
    )
    trainer = Trainer(config)
    before = [parameter.clone() for parameter in trainer.network.recnet.fusion.parameters()]
    trainer.run()
    assert any(
        (a != b).any() for a, b in zip(before, trainer.network.recnet.fusion.parameters(), strict=True)
    )
    counts = {len(trainer.pairs[index].more_guides) for index in range(12)}
    assert len(counts) > 1


def test_all_parts_of_a_batch_have_equally_many_guides(dataset: Path, tmp_path: Path) -> None:
    config = tiny(dataset, tmp_path, "network.guide_fusion=true", "guides.most=4", batch_size=4, accumulate=2)
    batches = iter(Trainer(config).loader())
    steps = [[next(batches)["more_guides"].shape[1] for _ in range(2)] for _ in range(6)]
    assert all(one == other for one, other in steps)
    assert len({one for one, _ in steps}) > 1


@pytest.mark.parametrize("optimizer", ["adam", "muon"])
def test_learns_one_sample(optimizer: str, dataset: Path, tmp_path: Path) -> None:
    config = tiny(
        dataset,
        tmp_path,
        "schedule.first=2e-3",
        samples=10_000,
        precision="fp32",
        optimizer=optimizer,
    )
    trainer = Trainer(config)
    batch = channels_first(next(iter(trainer.loader())))
    first, _ = trainer.step([batch])
    for _ in range(25):
        last, _ = trainer.step([batch])
    assert last["l2"] < 0.97 * first["l2"]
    assert last["landmark_distance"] < 0.85 * first["landmark_distance"]


def state(trainer: Trainer) -> dict[str, torch.Tensor]:
    """Every tensor of the newest checkpoint, by its place."""
    found: dict[str, torch.Tensor] = {}

    def walk(place: str, value: object) -> None:
        if isinstance(value, torch.Tensor):
            found[place] = value
        elif isinstance(value, dict):
            for name, below in value.items():
                walk(f"{place}.{name}", below)
        elif isinstance(value, list):
            for number, below in enumerate(value):
                walk(f"{place}.{number}", below)

    walk("", {k: v for k, v in vars(load_checkpoint(trainer.path)).items() if k != "config"})
    return found


def assert_equal_runs(one: Trainer, other: Trainer) -> None:
    first, second = state(one), state(other)
    assert first.keys() == second.keys()
    assert [name for name, value in first.items() if not torch.equal(value, second[name])] == []
    assert load_checkpoint(one.path).schedule == load_checkpoint(other.path).schedule


@pytest.mark.parametrize(
    ("stop", "workers", "optimizer"), [(2, 0, "adam"), (6, 2, "adam"), (8, 0, "adam"), (8, 0, "muon")]
)
def test_resuming_gives_equal_weights(
    stop: int, workers: int, optimizer: str, dataset: Path, vgg: Path, tmp_path: Path
) -> None:
    """All stops lie within an epoch of nine targets; until the first one WarpNet learns alone."""
    config = everything(dataset, tmp_path / "whole", vgg, workers=workers, optimizer=optimizer)
    whole = Trainer(config)
    whole.run()
    parts = config.model_copy(update={"output": tmp_path / "parts"})
    stopped = Trainer(parts)
    stopped.run(should_stop=lambda: stopped.samples >= stop)
    assert stopped.samples == stop
    torch.rand(3)
    resumed = Trainer(parts, resume=True)
    assert resumed.samples == stop
    resumed.run()
    assert_equal_runs(whole, resumed)


def test_accumulated_parts_give_the_whole_batch(dataset: Path, vgg: Path, tmp_path: Path) -> None:
    runs = []
    for parts in (1, 2):
        config = everything(dataset, tmp_path / str(parts), vgg, accumulate=parts, batch_size=4, samples=4)
        runs.append(Trainer(config.model_copy(update={"flow_samples": 0})))
        runs[-1].run()
    one, other = state(runs[0]), state(runs[1])
    gradients = [name for name in one if name.endswith("exp_avg")]  # times 1 - beta1
    assert any(name.startswith(".optimizers.1") for name in gradients)
    for name in gradients:
        torch.testing.assert_close(
            one[name], other[name], rtol=1e-3, atol=1e-4 * float(one[name].abs().max())
        )


def test_averages_lag_behind_the_weights(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(tiny(dataset, tmp_path, ema=0.9))
    batch = channels_first(next(iter(trainer.loader())))
    name = "recnet.leave.weight"
    for step in range(3):
        before = trainer.averaged[name].clone()
        trainer.step([batch])
        decay = min(0.9, (2 + step) / (11 + step))  # short at first, so that the start is forgotten
        wanted = decay * before + (1 - decay) * trainer.network.state_dict()[name]
        torch.testing.assert_close(trainer.averaged[name], wanted)


def test_large_gradients_are_shortened_in_each_part(dataset: Path, tmp_path: Path) -> None:
    left = {}
    for clip in (0.0, 1e-3):
        trainer = Trainer(tiny(dataset, tmp_path / str(clip), clip=clip, precision="fp32"))
        _, norm = trainer.step([channels_first(next(iter(trainer.loader())))])
        assert norm > 0.01
        left[clip] = {name: norm_of(part) for name, part in trainer.network.named_children()}
    assert left[0.0]["warpnet"] != pytest.approx(left[0.0]["recnet"], rel=0.1)
    assert left[1e-3] == pytest.approx({"warpnet": 1e-3, "recnet": 1e-3}, rel=1e-3)


def norm_of(part: torch.nn.Module) -> float:
    """Of the gradient."""
    return torch.stack([p.grad.norm() for p in part.parameters() if p.grad is not None]).norm().item()


def test_pre_training_does_not_count_for_the_plateau(dataset: Path, tmp_path: Path) -> None:
    schedule = "schedule={kind: plateau, rates: [1.0e-3, 1.0e-4], window: 2, patience: 1}"
    trainer = Trainer(tiny(dataset, tmp_path, schedule, flow_samples=20, samples=22))
    trainer.run(should_stop=lambda: trainer.samples >= 20)
    assert trainer.schedule.state_dict()["stage"] == 0
    assert trainer.schedule.state_dict()["best"] == float("inf")


def test_pre_training_must_leave_something(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="RecNet never learns"):
        Trainer(tiny(dataset, tmp_path, flow_samples=8, samples=8))


def test_fp16_looks_for_its_loss_scale(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a CPU, where it is only slow: the refusal is taken away, all else runs as on a GPU."""
    monkeypatch.setattr(processes, "_accelerator", lambda config: "cpu")
    local = ["losses.adversarial_local=1", "discriminators.local_size=64"]
    trainer = Trainer(tiny(dataset, tmp_path, *local, precision="fp16", batch_size=1))
    scaler = trainer.fabric.strategy.precision.scaler
    scaler.load_state_dict(scaler.state_dict() | {"scale": 16.0})
    weights = [next(trainer.network.recnet.parameters()), next(trainer.discriminators.parameters())]
    before = [weight.clone() for weight in weights]
    batch = channels_first(next(iter(trainer.loader())))
    remove = weights[0].register_hook(lambda gradient: gradient * float("inf"))
    trainer.step([batch])
    assert scaler.get_scale() == 8
    assert all(torch.equal(one, other) for one, other in zip(weights, before, strict=True))
    remove.remove()
    trainer.step([batch])
    assert scaler.get_scale() == 8
    assert not any(torch.equal(one, other) for one, other in zip(weights, before, strict=True))


def test_log_has_a_line_per_report(dataset: Path, vgg: Path, tmp_path: Path) -> None:
    told: list[int] = []
    Trainer(everything(dataset, tmp_path, vgg, samples=10)).run(
        lambda progress: told.append(progress.samples)
    )
    header, *lines = (tmp_path / "log.csv").read_text().splitlines()
    assert {"samples", "epoch", "l2", "perceptual", "adversarial_local", "discriminator_global"} <= set(
        header.split(",")
    )
    assert [line.split(",")[0] for line in lines] == ["4", "8", "10"]
    assert told == [4, 8, 10]
    assert load_config(tmp_path / "config.yaml").losses.perceptual == 0.001


def test_the_logged_learning_rate_is_that_of_the_last_step(dataset: Path, tmp_path: Path) -> None:
    told: list[float] = []
    schedule = "schedule={kind: cosine, first: 4.0e-4, last: 2.0e-4}"
    trainer = Trainer(tiny(dataset, tmp_path, schedule, flow_samples=4, flow_rate=1e-3))
    trainer.run(lambda progress: told.append(progress.learning_rate))
    assert told == pytest.approx([1e-3, 3e-4])


def test_picture_grids_are_drawn(dataset: Path, tmp_path: Path) -> None:
    Trainer(tiny(dataset, tmp_path, pictures_every=4)).run()
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 2


def test_warpnet_learns_what_it_would_find_if_it_saw_the_truth(dataset: Path, tmp_path: Path) -> None:
    """No loss looks at a picture, so the rate falls over the whole run and RecNet stays as it is."""
    torch.manual_seed(2)
    begun, weights = GFRNet(tiny(dataset, tmp_path).network), tmp_path / "begun.safetensors"
    for parameter in begun.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    save_safetensors(begun, weights)
    alone = [f"losses.{name}=0" for name in ("l2", "laplacian", "landmark_distance", "dense_flow", "tv")]
    schedule = "schedule={kind: cosine, first: 4.0e-4, last: 2.0e-4}"
    overrides = [*alone, "losses.early_flow=0", "losses.truth_flow=1", f"start_from={weights}", schedule]
    config = tiny(dataset, tmp_path / "run", *overrides, samples=16, precision="fp32")
    trainer = Trainer(config)
    told: list[float] = []
    trainer.run(lambda progress: told.append(progress.learning_rate), lambda: trainer.samples >= 8)
    again = Trainer(config, resume=True)  # its teacher is the WarpNet that the run began with
    again.run(lambda progress: told.append(progress.learning_rate))
    assert told == sorted(told, reverse=True)
    assert told[-1] < 2.1e-4
    teacher = again.teacher
    assert teacher is not None
    after, wanted = again.network.state_dict(), begun.state_dict()
    same = {name: torch.equal(value, wanted[name]) for name, value in after.items()}
    assert all(equal == (not name.startswith("warpnet.")) for name, equal in same.items() if "weight" in name)
    assert all(torch.equal(value, wanted[name]) for name, value in teacher.state_dict().items())


@pytest.mark.parametrize("warpnet", ["matching", "paper"])
def test_warpnet_learns_alone_first(warpnet: str, dataset: Path, tmp_path: Path) -> None:
    network = GFRNetConfig(warpnet=warpnet, warpnet_width=4, recnet_width=4)  # type: ignore[arg-type]
    trainer = Trainer(tiny(dataset, tmp_path, flow_samples=4, samples=6, network=network))
    before = {name: value.clone() for name, value in trainer.network.recnet.state_dict().items()}
    trainer.run(should_stop=lambda: trainer.samples >= 4)
    after = trainer.network.recnet.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_lengths_in_epochs(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(tiny(dataset, tmp_path, samples=None, epochs=2, flow_epochs=1 / 3))
    assert trainer.pairs.epoch == 9
    assert (trainer.length, trainer.flow_samples) == (18, 3)


def test_ends_when_the_last_rate_has_reached_its_plateau(dataset: Path, tmp_path: Path) -> None:
    config = tiny(
        dataset, tmp_path, "schedule={kind: plateau, rates: [1.0e-12], window: 2, patience: 1}", samples=1000
    )
    trainer = Trainer(config)
    trainer.run()
    assert trainer.samples < 100


def test_begins_with_another_models_weights(dataset: Path, tmp_path: Path) -> None:
    first = Trainer(tiny(dataset, tmp_path / "first", ema=0.0))
    first.run()
    config = tiny(dataset, tmp_path / "second", start_from=str(first.path))
    second = Trainer(config)
    weights = load_network(first.path).state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in second.network.state_dict().items())
    other = GFRNetConfig(warpnet="none", recnet="detail", recnet_width=4)
    with pytest.raises(ConfigError, match="another network"):
        Trainer(config.model_copy(update={"network": other}))
    with pytest.raises(ModelError, match="nothing"):
        Trainer(config.model_copy(update={"start_from": "nothing"}))


def test_begins_with_one_part_of_another_model(dataset: Path, tmp_path: Path) -> None:
    first = Trainer(tiny(dataset, tmp_path / "first", ema=0.0))
    first.run()
    learnt = load_network(first.path)
    config = tiny(dataset, tmp_path / "second", start_from=Parts(recnet=str(first.path)))
    second = Trainer(config).network
    recnet = learnt.recnet.state_dict()
    assert all(torch.equal(value, recnet[name]) for name, value in second.recnet.state_dict().items())
    assert learnt.warpnet is not None
    assert second.warpnet is not None
    pairs = zip(learnt.warpnet.parameters(), second.warpnet.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)
    other = config.network.model_copy(update={"recnet_width": 8})
    with pytest.raises(ConfigError, match=r"start_from\.recnet"):
        Trainer(config.model_copy(update={"network": other}))


def test_a_deeper_recnet_begins_with_a_shallower_one(dataset: Path, tmp_path: Path) -> None:
    shallow = GFRNetConfig(warpnet="none", recnet="residual", recnet_width=4)
    deep = shallow.model_copy(update={"recnet_depth": 2})
    first = Trainer(tiny(dataset, tmp_path / "first", ema=0.0, network=shallow, flow_samples=0))
    first.run()
    parts = Parts(recnet=str(first.path))
    changes = {"network": deep, "flow_samples": 0, "start_from": parts}
    second = Trainer(tiny(dataset, tmp_path / "second", **changes)).network
    learnt = load_network(first.path).recnet.state_dict()
    begun = second.recnet.state_dict()
    assert all(torch.equal(value, begun[name]) for name, value in learnt.items())
    assert len(begun) > len(learnt)


def test_a_frozen_part_stays_as_it_began(dataset: Path, tmp_path: Path) -> None:
    first = Trainer(tiny(dataset, tmp_path / "first", ema=0.0))
    first.run()
    learnt = load_network(first.path)
    parts = Parts(warpnet=str(first.path), recnet=str(first.path))
    changes = {"start_from": parts, "frozen": frozenset({"warpnet"}), "flow_samples": 0}
    config = tiny(dataset, tmp_path / "second", **changes)
    Trainer(config).run()
    second = load_network(Trainer(config, resume=True).path)
    assert learnt.warpnet is not None
    assert second.warpnet is not None
    warpnet = second.warpnet.state_dict()
    assert all(torch.equal(value, warpnet[name]) for name, value in learnt.warpnet.state_dict().items())
    pairs = zip(learnt.recnet.parameters(), second.recnet.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)


def test_only_texturenet_learns_texture(dataset: Path, tmp_path: Path, vgg: Path) -> None:
    first = Trainer(tiny(dataset, tmp_path / "first", ema=0.0))
    first.run()
    learnt = load_network(first.path)
    changes = {"start_from": Parts(warpnet=str(first.path), recnet=str(first.path)), "frozen": RESTORING}
    network = first.config.network.model_copy(update={"texture_width": 4})
    config = everything(dataset, tmp_path / "second", vgg, network=network, flow_samples=0, **changes)
    local = config.perceptual.model_copy(update={"local": True})
    trainer = Trainer(config.model_copy(update={"perceptual": local}))
    assert trainer.network.texturenet is not None
    before = [parameter.clone() for parameter in trainer.network.texturenet.parameters()]
    trainer.run()
    textured = load_network(trainer.path)
    assert textured.texturenet is not None
    for name, value in learnt.state_dict().items():
        assert torch.equal(value, textured.state_dict()[name])
    after = textured.texturenet.parameters()
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (["start_from=null", "frozen=[recnet]"], "start_from"),
        (["frozen=[warpnet]"], "flow_samples"),
        (["network.texture_width=4", "frozen=[recnet]"], "set frozen to"),
        (["network.texture_width=4", "frozen=[warpnet,recnet,texturenet]"], "set frozen to"),
        (["network.texture_width=4", "network.warpnet=none", "frozen=[]"], r"set frozen to \[recnet\]"),
        (["frozen=[texturenet]"], "no TextureNet"),
        (["network.warpnet=none", "frozen=[warpnet]"], "no WarpNet to freeze"),
        (["start_from={recnet: gfrnet-slim}", "frozen=[warpnet]"], r"in start_from\.warpnet"),
        (["frozen=[warpnet,recnet]"], "every part is frozen"),
    ],
)
def test_a_frozen_part_that_makes_no_sense_is_refused(changes: list[str], wanted: str) -> None:
    alone = [] if wanted == "flow_samples" else ["flow_samples=0"]
    with pytest.raises(ConfigError, match=wanted):
        load_config(CONFIGS / "slim.yaml", ["start_from=gfrnet-slim", *alone, *changes])


def test_texturenet_learns_without_a_warpnet(dataset: Path, tmp_path: Path) -> None:
    network = ["network.warpnet=none", "network.texture_width=4"]
    begun = tmp_path / "begun.safetensors"
    start = [f"start_from.recnet={begun}", "frozen=[recnet]", "flow_samples=0"]
    config = tiny(dataset, tmp_path / "run", *network, *start)
    save_safetensors(GFRNet(config.network), begun)
    trainer = Trainer(config)
    before = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    trainer.step([channels_first(next(iter(trainer.loader())))])
    for name, value in trainer.network.state_dict().items():
        assert torch.equal(value, before[name]) is name.startswith("recnet"), name


def test_warpnet_alone_has_a_rate_of_its_own(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(tiny(dataset, tmp_path, flow_samples=2, flow_rate=0.5))
    assert trainer.rate == 0.5
    trainer.samples = 2
    assert trainer.rate == trainer.schedule.rate != 0.5


def spoil_network(trainer: Trainer) -> None:
    with torch.no_grad():
        next(trainer.network.recnet.parameters()).fill_(float("nan"))


def spoil_gradient(trainer: Trainer) -> None:
    next(trainer.network.recnet.parameters()).register_hook(lambda gradient: gradient * float("inf"))


def spoil_discriminator(trainer: Trainer) -> None:
    with torch.no_grad():
        next(trainer.discriminators.parameters()).fill_(float("nan"))


def spoil_discriminators_gradient(trainer: Trainer) -> None:
    next(trainer.discriminators.parameters()).register_hook(lambda gradient: gradient * float("nan"))


@pytest.mark.parametrize(
    "spoil", [spoil_network, spoil_gradient, spoil_discriminator, spoil_discriminators_gradient]
)
def test_not_a_number_stops_and_keeps_the_last_checkpoint(
    spoil: Callable[[Trainer], None], dataset: Path, vgg: Path, tmp_path: Path
) -> None:
    trainer = Trainer(everything(dataset, tmp_path, vgg, flow_samples=0))
    trainer.save()
    good = state(trainer)
    spoil(trainer)
    with pytest.raises(ModelError, match="lower learning rate"):
        trainer.run()
    assert all(torch.equal(value, good[name]) for name, value in state(trainer).items())


def test_another_run_is_not_overwritten(dataset: Path, tmp_path: Path) -> None:
    config = tiny(dataset, tmp_path)
    Trainer(config).save()
    with pytest.raises(ConfigError, match="--resume"):
        Trainer(config)
    with pytest.raises(
        ConfigError, match=r"another beta1\. Its own values are in .*config\.yaml: --resume needs"
    ):
        Trainer(config.model_copy(update={"beta1": 0.1}), resume=True)


def test_a_finished_run_is_left_as_it_is(dataset: Path, tmp_path: Path) -> None:
    config = tiny(dataset, tmp_path)
    Trainer(config).run()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert Trainer(config, resume=True).run()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_truncated_checkpoint_gives_way_to_the_one_before(dataset: Path, tmp_path: Path) -> None:
    config = tiny(dataset, tmp_path, checkpoint_every=4)
    trainer = Trainer(config)
    with pytest.raises(ModelError, match="without --resume"):
        Trainer(config, resume=True)
    trainer.run()
    trainer.path.write_bytes(trainer.path.read_bytes()[:5000])
    remarks: list[str] = []
    assert Trainer(config, resume=True, on_remark=remarks.append).samples == 4
    assert "checkpoint-000000008.pt" in remarks[0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"precision": "fp16"}, "needs a GPU"),
        ({"accelerator": "cuda"}, "is not there"),
    ],
)
def test_what_the_machine_cannot_do(
    values: dict[str, Any], message: str, dataset: Path, tmp_path: Path
) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine can")
    with pytest.raises(ConfigError, match=message):
        Trainer(tiny(dataset, tmp_path, **values))
