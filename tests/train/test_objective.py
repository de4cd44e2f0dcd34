from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from faceres import random_weights, write
from gfrnet import losses
from gfrnet.nets import GFRNetConfig, Restoration, identity_flow
from gfrnet.train import TrainConfig
from gfrnet.train.game import make_discriminators
from gfrnet.train.objective import Objective

SIZE = 64
EVERYTHING: dict[str, float] = {
    "l2": 100,
    "laplacian": 10,
    "adversarial_global": 1,
    "adversarial_local": 0.5,
    "landmark": 10,
    "landmark_distance": 30,
    "tv": 1,
    "dense_flow": 20,
}


def config(**weights: float) -> TrainConfig:
    values: dict[str, Any] = {"name": "t", "data": ["d"], "output": "o", "samples": 8, "losses": weights}
    values["discriminators"] = {"width": 4, "norm": "instance", "local_size": 64}
    values["guides"] = {"self_guide": 0.5}
    values["start_from"] = "model"
    return TrainConfig.model_validate(values)


def batch(count: int = 4) -> dict[str, Tensor]:
    torch.manual_seed(0)
    real = torch.ones(count, 1, SIZE, SIZE)
    real[:, :, :, :10] = 0
    points = 12 + 40 * torch.rand(count, 68, 2)
    return {
        "degraded": torch.rand(count, 3, SIZE, SIZE) * 2 - 1,
        "guide": torch.rand(count, 3, SIZE, SIZE) * 2 - 1,
        "target": torch.rand(count, 3, SIZE, SIZE) * 2 - 1,
        "weight": real * 2,
        "target_points": points,
        "guide_points": points + 3,
        "has_points": torch.ones(count, 1),
        "known_flow": torch.zeros(count, 2, SIZE, SIZE),
        "flow_weight": real,
    }


def result(count: int = 4) -> Restoration:
    torch.manual_seed(1)
    restored = torch.rand(count, 3, SIZE, SIZE) * 2 - 1
    flow = identity_flow(SIZE, SIZE, restored) + 0.01 * torch.randn(count, 2, SIZE, SIZE)
    return Restoration(restored.requires_grad_(), restored, flow.requires_grad_())


def test_parts_are_the_named_losses_times_their_weights() -> None:
    settings, b, r = config(**EVERYTHING), batch(), result()
    judges = make_discriminators(settings)
    parts = Objective(settings, torch.device("cpu")).generator_parts(r, b, dict(judges.items()))
    assert set(parts) == set(EVERYTHING)
    assert parts["l2"].item() == pytest.approx(
        100 * losses.l2_loss(r.restored, b["target"], b["weight"]).item()
    )
    assert parts["tv"].item() == pytest.approx(losses.tv_loss(r.flow).item())
    fake = losses.keep_padding(r.restored, b["target"], b["weight"])
    boxes = losses.landmark_boxes(b["target_points"], SIZE)
    there = losses.landmark_boxes(b["guide_points"], SIZE)
    views = [losses.crop_boxes(p, boxes, 64) for p in (fake, b["degraded"])]
    logits = judges["local"](*views, losses.crop_boxes(b["guide"], there, 64))
    assert parts["adversarial_local"].item() == pytest.approx(0.5 * losses.generator_loss(logits).item())


def test_earlier_stages_have_the_same_flow_losses() -> None:
    settings, b, r = config(**EVERYTHING, early_flow=0.25), batch(), result()
    objective = Objective(settings, torch.device("cpu"))
    flow_losses = objective.flow_parts(r.flow, (), b)
    assert set(flow_losses) == {"landmark", "landmark_distance", "tv", "dense_flow"}
    both = objective.flow_parts(r.flow, (r.flow, r.flow), b)
    assert both.pop("early_flow").item() == pytest.approx(0.5 * sum(v.item() for v in flow_losses.values()))
    assert {name: v.item() for name, v in both.items()} == {n: v.item() for n, v in flow_losses.items()}
    # A coarse flow is measured in the coordinates of the whole picture.
    identity = identity_flow(SIZE, SIZE, r.flow).repeat(4, 1, 1, 1)
    unmoved = b | {"guide_points": b["target_points"], "known_flow": identity}
    coarse = identity_flow(16, 16, r.flow).repeat(4, 1, 1, 1)
    still = Objective(config(landmark_distance=30, dense_flow=20, early_flow=1, tv=0), torch.device("cpu"))
    assert still.flow_parts(identity, (coarse,), unmoved)["early_flow"].item() == pytest.approx(0, abs=0.01)


def test_the_flow_of_the_truth_counts_around_the_face_and_where_there_is_a_guide() -> None:
    settings = config(landmark=0, tv=0, truth_flow=3)
    b, flow = batch(2), torch.zeros(2, 2, SIZE, SIZE)
    b["target_points"] = torch.full((2, 68, 2), 20.0)
    b["target_points"][:, 0] = 40  # landmarks from (20, 20) to (40, 40), pixel centres
    b["truth_flow"] = torch.full((2, 2, SIZE, SIZE), 9.0)
    b["truth_flow"][..., 20:41, 20:41] = torch.tensor([0.3, 0.4])[:, None, None]
    objective = Objective(settings, torch.device("cpu"))
    assert objective.flow_parts(flow, (), b)["truth_flow"].item() == pytest.approx(3 * 0.5, rel=1e-3)
    b["has_points"][0] = 0
    assert objective.flow_parts(flow, (), b)["truth_flow"].item() == pytest.approx(3 * 0.25, rel=1e-3)


def test_a_part_of_weight_0_is_not_computed() -> None:
    settings = config(l2=1, landmark=0, tv=0)
    assert set(Objective(settings, torch.device("cpu")).generator_parts(result(), batch(), {})) == {"l2"}
    assert not make_discriminators(settings)


def test_padding_has_no_gradient_and_no_discriminator_sees_it() -> None:
    settings, b, r = config(**EVERYTHING), batch(), result()
    judges = dict(make_discriminators(settings).items())
    objective = Objective(settings, torch.device("cpu"))
    torch.stack(list(objective.generator_parts(r, b, judges).values())).sum().backward()
    assert r.restored.grad is not None
    assert not r.restored.grad[..., :10].any()
    assert r.restored.grad[..., 10:].any()
    other = r.restored.detach().clone()
    other[..., :10] = 0.3
    one, two = (
        objective.game.discriminator_parts(x, b, judges, judges) for x in (r.restored.detach(), other)
    )
    assert all(torch.equal(one[name], two[name]) for name in ("discriminator_global", "discriminator_local"))


def test_halves_of_a_batch_give_the_whole_ones_values() -> None:
    settings, b, r = config(**EVERYTHING), batch(), result()
    b["has_points"][0] = 0
    b["flow_weight"][1:3] = 0
    judges = dict(make_discriminators(settings).items())
    objective = Objective(settings, torch.device("cpu"))
    whole = objective.generator_parts(r, b, judges) | objective.game.discriminator_parts(
        r.restored.detach(), b, judges, judges
    )
    halves = []
    for part in (slice(0, 2), slice(2, 4)):
        piece = {name: value[part] for name, value in b.items()}
        given = Restoration(r.restored[part], r.warped[part], r.flow[part])
        halves.append(
            objective.generator_parts(given, piece, judges)
            | objective.game.discriminator_parts(given.restored.detach(), piece, judges, judges)
        )
    for name, value in whole.items():
        torch.testing.assert_close((halves[0][name] + halves[1][name]) / 2, value)


def test_without_a_guide_the_discriminators_see_none() -> None:
    values = config(**EVERYTHING).model_dump()
    values["network"] = GFRNetConfig(warpnet="none", guided=False).model_dump()
    settings = TrainConfig.model_validate(values)
    judges = make_discriminators(settings)
    first = next(module for module in judges["global"].modules() if isinstance(module, nn.Conv2d))
    assert first.in_channels == 6
    parts = Objective(settings, torch.device("cpu")).generator_parts(result(), batch(), dict(judges.items()))
    assert "landmark" not in parts
    assert "adversarial_global" in parts


def test_the_perceptual_part_reads_its_file(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "vgg.safetensors"
    torch.manual_seed(0)
    save_file({"conv1_1.weight": torch.randn(4, 3, 3, 3), "conv1_1.bias": torch.randn(4)}, path)
    values = config(l2=1, landmark=0, tv=0).model_dump()
    values["losses"]["perceptual"] = 2.0
    values["perceptual"] = {"weights": path, "layer": "conv1", "preprocessing": "caffe"}
    settings, b, r = TrainConfig.model_validate(values), batch(), result()
    parts = Objective(settings, torch.device("cpu")).generator_parts(r, b, {})
    vgg = losses.load_vgg(path, "conv1", "caffe")
    wanted = 2 * losses.perceptual_loss(vgg, r.restored, b["target"], (b["weight"] > 0).float())
    assert parts["perceptual"].item() == pytest.approx(wanted.item())


def test_the_identity_part_compares_faces_and_not_padding(tmp_path: Path) -> None:
    path = write(tmp_path, random_weights())
    values = config(l2=1, landmark=0, tv=0).model_dump()
    values["losses"]["identity"] = 3.0
    values["identity"] = {"weights": path, "size": 64}
    settings, b, r = TrainConfig.model_validate(values), batch(), result()
    parts = Objective(settings, torch.device("cpu")).generator_parts(r, b, {})
    boxes = losses.landmark_boxes(b["target_points"], SIZE)
    kept = losses.keep_padding(r.restored, b["target"], b["weight"])
    faces = (losses.crop_boxes(pictures, boxes, 64) for pictures in (kept, b["target"]))
    wanted = 3 * losses.identity_loss(losses.load_recogniser(path), *faces)
    assert parts["identity"].item() == pytest.approx(wanted.item(), rel=1e-4)
    parts["identity"].backward()
    assert r.restored.grad is not None
    assert r.restored.grad[..., 10:].abs().amax() > 0
    assert r.restored.grad[..., :10].abs().amax() == 0
