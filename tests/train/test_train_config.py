from pathlib import Path

import pytest

from gfrnet.errors import ConfigError
from gfrnet.nets import PAPER, SLIM
from gfrnet.train import Album, Cosine, Plateau, load_config

CONFIGS = Path(__file__).parents[2] / "configs"
VARIANTS = sorted(path.relative_to(CONFIGS).as_posix() for path in CONFIGS.rglob("*.yaml"))


@pytest.mark.parametrize("name", VARIANTS)
def test_shipped_configs_are_read(name: str) -> None:
    load_config(CONFIGS / name)


def test_shipped_networks_are_the_named_ones() -> None:
    assert load_config(CONFIGS / "paper.yaml").network == PAPER
    assert load_config(CONFIGS / "slim.yaml").network == SLIM


def test_overrides_replace_values() -> None:
    config = load_config(CONFIGS / "slim.yaml", ["batch_size=3", "network.recnet_width=16", "losses.tv=0.5"])
    assert (config.batch_size, config.network.recnet_width, config.losses.tv) == (3, 16, 0.5)


def test_the_paper_config_has_the_values_of_the_paper() -> None:
    config = load_config(CONFIGS / "paper.yaml")
    weights = config.losses
    assert (weights.l2, weights.perceptual, weights.landmark, weights.tv) == (100, 0.001, 10, 1)
    assert (weights.adversarial_global, weights.adversarial_local) == (1, 0.5)
    assert config.schedule == Plateau(rates=(2e-4, 2e-5, 2e-6), window=20000, patience=3)
    assert (config.beta1, config.batch_size, config.epochs, config.flow_epochs) == (0.5, 1, 100, 5)
    assert (config.order, config.guides.choice) == ("epoch", "chosen")


def test_every_degradation_setting_has_a_config() -> None:
    settings = {load_config(CONFIGS / name).degradation for name in VARIANTS}
    assert {setting for setting in settings if isinstance(setting, str)} == {
        "blur",
        "blur+down",
        "blur+down+noise",
        "full",
    }


@pytest.mark.parametrize(
    ("name", "override", "message"),
    [
        ("slim.yaml", "crop=64", "gfrnet takes whole pictures"),
        ("compared/srcnn.yaml", "heavy=0.5", "degradation has its own"),
        ("compared/srcnn.yaml", "losses.wavelet=1", "for network.kind waveletsrnet"),
        ("compared/srcnn.yaml", "losses.points=1", "for network.kind cbn"),
        ("compared/srcnn.yaml", "losses.feature_matching=1", "discriminators.kind scgan"),
        ("compared/srgan.yaml", "losses.adversarial_local=1", "only discriminators.kind patch"),
        ("compared/srgan.yaml", "discriminators.game=classes", "only the discriminator scgan names classes"),
        ("compared/vdsr.yaml", "optimizer=muon", "no weight decay"),
        ("compared/dncnn.yaml", "degradation={noise: {first: 9, last: 3}}", "last must not be below first"),
    ],
)
def test_what_a_compared_run_cannot_do_is_refused(name: str, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(CONFIGS / name, [override])


def test_an_album_can_stand_instead_of_data_sets() -> None:
    path = CONFIGS / "finetune.yaml"
    assert load_config(path).data == Album(person=None)
    config = load_config(path, ["data.person=photos/Ada"])
    assert config.data == Album(person=Path("photos/Ada"))
    with pytest.raises(
        ConfigError, match=r"data\.person=2019: data\.person: YAML reads this as 2019 .*Write \./ before"
    ):
        load_config(path, ["data.person=2019"])
    assert load_config(path, ["data.person=./2019"]).data == Album(person=Path("2019"))
    assert config.network == load_config(CONFIGS / "texture.yaml").network
    for one in ("data=[data/train]", "data=data/train"):
        assert load_config(path, [one]).data == ("data/train",)
    for override, message in {
        "data.persn=x": r"did you mean data\.person\?",
        "data=[]": "at least 1 item",
    }.items():
        with pytest.raises(ConfigError, match=message):
            load_config(path, [override])


def test_extends_merges_and_another_kind_replaces(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text((CONFIGS / "slim.yaml").read_text())
    child = tmp_path / "child.yaml"
    child.write_text(
        "extends: base.yaml\nlosses: {l2: 7}\nschedule: {kind: plateau}\nsamples: null\nepochs: 2"
    )
    config = load_config(child)
    assert (config.losses.l2, config.losses.laplacian) == (7, 10)
    assert config.schedule == Plateau()
    assert (config.samples, config.epochs) == (None, 2)
    child.write_text("extends: base.yaml\nschedule: {kind: cosine, last: 1.0e-9}")
    assert load_config(child).schedule == Cosine(first=5e-4, last=1e-9)
    child.write_text("extends: child.yaml")
    with pytest.raises(ConfigError, match="extends itself"):
        load_config(child)
    child.write_text("extends: missing.yaml")
    with pytest.raises(ConfigError, match=r"missing\.yaml"):
        load_config(child)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("widht=3", "widht"),
        ("network.warpnet=big", r"network\.warpnet"),
        ("samples", "key=value"),
        ("samples.x=1", r"samples holds a value, not keys\. Set samples itself\.$"),
        ("samples=[", r"not YAML\. Close its brackets and quotes\.$"),
        ("samples=-1", "samples"),
        ("batch_size=many", "batch_size"),
        ("guides.none=0.9", "at most 1"),
        ("guides.most=3", r"network\.guide_fusion"),
        ("epochs=3", "samples or epochs"),
        ("samples=null", "samples or epochs"),
        ("accumulate=3", "multiple of accumulate"),
        ("degradation=blur", "heavy"),
        ("losses.perceptual=1", r"perceptual\.weights"),
        ("losses.identity=1", r"identity\.weights"),
        ("schedule.kind=step", "schedule"),
        ("schedule.rates=[1]", "rates"),
    ],
)
def test_contradictions_name_their_key(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(CONFIGS / "slim.yaml", [override])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sampels=3", r"^override sampels=3: unknown key sampels, did you mean samples\?$"),
        (
            "losses.lapacian=1",
            r"^override .*: unknown key losses\.lapacian, did you mean losses\.laplacian\?$",
        ),
        (
            "losses={lapacian: 1}",
            r"^override .*}: unknown key losses\.lapacian, did you mean losses\.laplacian\?",
        ),
        ("recnet_width=8", r"unknown key recnet_width, did you mean network\.recnet_width\?$"),
        ("qqqq=1", r"unknown key qqqq, correct it or take it out$"),
        ("schedule.rates=[1]", r"schedule\.rates does not go with this kind of schedule, take it out$"),
        ("schedule.kind=step", r"^override schedule\.kind=step: schedule: .*'plateau', 'cosine'"),
        ("data=[2019]", r"^override data=\[2019\]: data\.0: "),
        ("start_from={recnt: x}", r"unknown key start_from\.recnt, did you mean start_from\.recnet\?"),
    ],
)
def test_an_unknown_key_names_the_near_one_and_where_it_came_from(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(CONFIGS / "slim.yaml", ["batch_size=4", override])


def test_errors_say_whether_the_file_or_an_override_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text("name: mine\ndata: data/train\nsamples: 8\nsede: 1\n")
    with pytest.raises(ConfigError) as caught:
        load_config(path, ["batch_size=0"], given_as="--set")
    assert f"{path}: output is missing, add it; unknown key sede, did you mean seed?" in str(caught.value)
    assert "--set batch_size=0: batch_size: " in str(caught.value)


@pytest.mark.parametrize(
    "overrides", [["samples=64"], ["samples=null", "flow_samples=0", "epochs=2", "flow_epochs=2"]]
)
def test_pre_training_must_leave_something(overrides: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"slim\.yaml: WarpNet's pre-training takes the whole run"):
        load_config(CONFIGS / "slim.yaml", overrides)


def test_pre_training_needs_a_warpnet_and_its_losses() -> None:
    without = ["flow_samples=8", "network.warpnet=none"]
    with pytest.raises(ConfigError, match="warpnet is none"):
        load_config(CONFIGS / "slim.yaml", without)
    with pytest.raises(ConfigError, match="landmark"):
        load_config(CONFIGS / "slim.yaml", ["losses.landmark_distance=0", "losses.dense_flow=0"])
    with pytest.raises(ConfigError, match="flow_samples or flow_epochs"):
        load_config(CONFIGS / "slim.yaml", ["flow_samples=8", "flow_epochs=1"])


NO_PICTURES = ["flow_samples=0", "losses.l2=0", "losses.laplacian=0"]


def test_the_flow_of_the_truth_needs_a_warpnet_to_begin_with() -> None:
    learning = ["losses.truth_flow=1"]
    for start in ("gfrnet-slim", "{warpnet: gfrnet-slim}"):
        load_config(CONFIGS / "slim.yaml", [*learning, f"start_from={start}"])
    for changes in ([], ["start_from={recnet: gfrnet-slim}"]):
        with pytest.raises(ConfigError, match=r"name the model in start_from\.warpnet"):
            load_config(CONFIGS / "slim.yaml", [*learning, *changes])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["network.warpnet=none"], "no WarpNet learns from these"),
        (["start_from=gfrnet-slim", "frozen=[warpnet]"], "no WarpNet learns from these"),
        (["losses.tv=0", "losses.landmark_distance=0", "losses.dense_flow=0"], "set losses.early_flow to 0"),
        (["losses={l2: 0, landmark: 0, tv: 0, landmark_distance: 0, dense_flow: 0, early_flow: 0}"], "are 0"),
    ],
)
def test_a_loss_must_reach_what_learns(changes: list[str], message: str) -> None:
    load_config(CONFIGS / "slim.yaml", NO_PICTURES)
    with pytest.raises(ConfigError, match=message):
        load_config(CONFIGS / "slim.yaml", [*NO_PICTURES, *changes])


def test_a_file_that_is_no_config_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text("- 1")
    with pytest.raises(ConfigError, match="keys and values"):
        load_config(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "missing.yaml")
    path.write_text("{")
    with pytest.raises(ConfigError, match=r"not YAML in line 1: expected .*\. Mend it there\.$"):
        load_config(path)
    path.write_bytes(b"name: \xff")
    with pytest.raises(ConfigError, match=r"(?s)not YAML: .*\. Mend it there\.$"):
        load_config(path)


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


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf", "1e999"])
@pytest.mark.parametrize(
    "key", ["schedule.first", "losses.l2", "beta1", "clip", "flow_rate", "guides.mirror"]
)
def test_a_number_that_is_not_finite_is_refused(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=key):
        load_config(CONFIGS / "slim.yaml", [f"{key}={value}"])


@pytest.mark.parametrize("text", ["batch_size: 2026-13-45", "[" * 1000, "a: !!python/object:os.system x"])
def test_yaml_that_does_harm_is_refused_by_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"c\.yaml is not YAML"):
        load_config(tmp_path / "c.yaml")
