from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from gfrnet.errors import ModelError
from gfrnet.evaluate import Contender, open_model
from gfrnet.evaluate.models import check_gives, model_file, model_hash, pin
from gfrnet.nets import GFRNet, GFRNetConfig, save_safetensors
from gfrnet.runtime.dcp import DCPRuntime

NARROW = GFRNetConfig(warpnet="none", recnet="detail", recnet_width=4)


def checkpoint(path: Path, config: GFRNetConfig = NARROW, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"config": {"network": config.model_dump()}, "averaged": GFRNet(NARROW).state_dict()}, path)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "a.onnx",
        "a.onnx:no-guide",
        "a.onnx:five-guides",
        "runs/a:mirror",
        "bicubic",
        "x:warped-guide",
        "a:0.5",
        "a:mirror:0",
    ],
)
def test_a_row_is_called_as_the_user_wrote_it(name: str) -> None:
    assert Contender.parse(name).name == name


def test_model_and_variant() -> None:
    assert Contender.parse("a.onnx:stranger") == Contender("a.onnx", "stranger")
    assert Contender.parse("a.onnx:right") == Contender("a.onnx")
    assert Contender.parse(r"C:\models\a.onnx") == Contender(r"C:\models\a.onnx")
    assert Contender.parse("C:/models/a.onnx:mirror") == Contender("C:/models/a.onnx", "mirror")
    assert Contender.parse("a.onnx:stranger:0.5") == Contender("a.onnx", "stranger", fidelity=0.5)
    assert Contender.parse(r"C:\models\a.onnx:0") == Contender(r"C:\models\a.onnx", fidelity=0)
    assert Contender.parse("a.onnx:1") == Contender("a.onnx")


def test_controls() -> None:
    names = ("bicubic", "pasted-guide", "warped-guide", "a.onnx:stranger", "a.onnx:warped-guide")
    assert all(Contender.parse(name).is_control for name in names)
    assert not any(Contender.parse(name).is_control for name in ("a.onnx", "a.onnx:0.5"))


def test_unknown_variants() -> None:
    with pytest.raises(ModelError, match="right, five-guides, album, stranger, no-guide, mirror, warped"):
        Contender.parse("a.onnx:other")
    for text in ("a.onnx:0.5:stranger", "a.onnx:1.5", "a.onnx:nan", "a.onnx:"):
        with pytest.raises(ModelError, match="or a fidelity from 0 to 1"):
            Contender.parse(text)
    for text in ("bicubic:stranger", "bicubic:0.5"):
        with pytest.raises(ModelError, match="Write bicubic alone"):
            Contender.parse(text)
    with pytest.raises(ModelError, match="Write a:warped-guide alone"):
        Contender.parse("a:warped-guide:0.5")


def test_the_newest_checkpoint_of_a_run_is_pinned(tmp_path: Path) -> None:
    first = checkpoint(tmp_path / "run" / "checkpoint-000000002.pt", seed=2)
    second = checkpoint(tmp_path / "run" / "checkpoint-000000004.pt", seed=4)
    contender = Contender(str(tmp_path / "run"), "stranger")
    assert pin(contender) == Contender(str(second), "stranger", contender.model)
    assert pin(contender).name == contender.name
    second.write_bytes(b"torn")
    assert pin(contender).model == str(first)


def test_saved_networks_and_controls_are_pinned(tmp_path: Path) -> None:
    GFRNet(NARROW).save_pretrained(tmp_path / "saved")
    assert pin(Contender(str(tmp_path / "saved"))).model == str(tmp_path / "saved" / "model.safetensors")
    assert pin(Contender("bicubic")) == Contender("bicubic")
    assert pin(Contender("warped-guide")) == Contender("warped-guide")


def test_a_fingerprint_is_of_the_content(
    tiny_model: Path, model_builder: Callable[..., Path], tmp_path: Path
) -> None:
    copy = shutil.copy(tiny_model, tmp_path / "copy.onnx")
    os.utime(copy, (0, 0))
    other = model_builder(tmp_path / "other.onnx", gain=0.9)
    assert model_hash(str(copy)) == model_hash(str(tiny_model)) != model_hash(str(other))
    assert model_hash("bicubic") != model_hash("pasted-guide")


def test_models_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no model")
    other = checkpoint(tmp_path / "other.pt", NARROW.model_copy(update={"recnet_width": 8}))
    for path, message in (
        (tmp_path / "missing.onnx", "no model"),
        (tmp_path / "text.onnx", "not an ONNX model"),
        (other, "size mismatch"),
        (tmp_path, "model.safetensors"),
    ):
        with pytest.raises(ModelError, match=message) as caught:
            open_model(str(path))
        assert str(path) in str(caught.value)
        assert len(str(caught.value)) < 600
        assert "\n" not in str(caught.value)


def test_dcp_is_a_model_without_a_file() -> None:
    contender = Contender.parse("Pan et al.=dcp")
    assert contender == Contender("dcp", title="Pan et al.")
    assert pin(contender) == contender
    assert not contender.is_control
    assert model_file("dcp") is None
    assert model_hash("dcp") == "dcp"
    assert isinstance(open_model("dcp"), DCPRuntime)
    with pytest.raises(ModelError, match="dcp:warped-guide: this model warps no guide"):
        check_gives(open_model("dcp"), Contender("dcp", "warped-guide"))


def test_a_title_stands_for_the_model() -> None:
    contender = Contender.parse("Ours (Full)=runs/full:stranger")
    assert contender == Contender("runs/full", "stranger", "Ours (Full)")
    assert contender.name == "Ours (Full):stranger"
    assert Contender.parse("runs/a=b/model.onnx") == Contender("runs/a=b/model.onnx")


@pytest.mark.parametrize("text", ["Slim: v2=gfrnet-slim", "bicubic=gfrnet-slim:stranger"])
def test_titles_that_would_mislead(text: str) -> None:
    with pytest.raises(ModelError, match="title"):
        Contender.parse(text)


def test_a_file_whose_name_looks_like_a_title_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "step=100.onnx").touch()
    assert Contender.parse("step=100.onnx") == Contender("step=100.onnx")


def test_a_model_is_asked_for_what_is_measured(tiny_model: Path, tmp_path: Path) -> None:
    check_gives(open_model("gfrnet-slim-int8"), Contender("a", fidelity=0.5))
    check_gives(open_model(str(tiny_model)), Contender("a", "warped-guide"))
    check_gives(open_model("warped-guide"), Contender("warped-guide"))
    with pytest.raises(ModelError, match=r"a:0\.5: this model has no texture"):
        check_gives(open_model(str(tiny_model)), Contender("a", fidelity=0.5))
    save_safetensors(GFRNet(NARROW), tmp_path / "narrow.safetensors")
    unwarped = open_model(str(tmp_path / "narrow.safetensors"))
    with pytest.raises(ModelError, match="a:warped-guide: this model warps no guide"):
        check_gives(unwarped, Contender("a", "warped-guide"))
    check_gives(unwarped, Contender("a", "stranger"))


def test_controls_invent_no_flow() -> None:
    faces = np.zeros((2, 256, 256, 3), np.float32)
    for control in ("bicubic", "pasted-guide"):
        result = open_model(control).run(faces, faces)
        assert result.warped is result.flow is result.textured is None
