"""Check the rows of table 1: what they leave out, how they are trained, measured and compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from gfrnet.errors import ConfigError, DataError
from gfrnet.evaluate import Measured, Row
from gfrnet.nets.compared import COMPARED
from gfrnet.reproduce import (
    ALL_ROWS,
    FULL,
    ROWS,
    Cost,
    TableOne,
    TableRow,
    build_table,
    choose_rows,
    contenders,
    list_tracks,
    to_csv,
    to_latex,
    to_markdown,
    with_budget,
)
from gfrnet.train import TrainConfig, load_config

CONFIGS = Path(__file__).parents[2] / "configs"


ABLATIONS = ROWS[1:]


@pytest.mark.parametrize(
    ("name", "network", "losses"),
    [
        ("full", {}, {}),
        ("minus_f", {}, {"landmark": 0, "tv": 0}),
        ("minus_w", {"warpnet": "none"}, {}),
        ("minus_w2", {"warpnet": "none", "recnet_width": 128}, {}),
        ("minus_wg", {"warpnet": "none", "guided": False}, {}),
        ("minus_wg2", {"warpnet": "none", "guided": False, "recnet_width": 128}, {}),
    ],
)
def test_rows_differ_from_the_paper_by_what_they_name(
    name: str, network: dict[str, object], losses: dict[str, float]
) -> None:
    paper = load_config(CONFIGS / "paper.yaml")
    (row,) = choose_rows([name])
    made = row.config(paper, Path("runs"))
    assert made.network == paper.network.model_copy(update=network)
    assert made.losses == paper.losses.model_copy(update=losses)
    assert made.epochs == (100 if name == "full" else 95)  # less the 5 in which WarpNet learns alone
    assert made.flow_epochs == (5 if name == "full" else 0)
    same = {"name", "output", "network", "losses", "epochs", "flow_epochs"}
    assert made.model_dump(exclude=same) == paper.model_dump(exclude=same)


def test_rows_are_chosen_by_name() -> None:
    assert choose_rows(()) == ALL_ROWS
    assert choose_rows(["ours"]) == ROWS
    assert [row.name for row in choose_rows(["minus_w", "full", "srcnn"])] == ["srcnn", "full", "minus_w"]
    assert [row.name for row in choose_rows(["compared"])][-3:] == ["mcgan", "unet", "unet_guided"]
    with pytest.raises(ConfigError, match=r"no row minus_x\. Choose from ours, compared, srcnn"):
        choose_rows(["minus_x"])


def test_every_method_of_the_paper_has_a_row_with_its_scales() -> None:
    rows = {row.title: row for row in ALL_ROWS}
    for method in COMPARED:
        assert rows[method.title].scales == method.scales
        assert rows[method.title].paper == method.paper
    families = list(dict.fromkeys(row.family for row in ALL_ROWS))
    paper = ["SR", "Deblurring", "Denoising", "AR", "Non-blind FH", "Blind FH"]
    assert families == [*paper, "U-Net (figure 1)", "Ours"]


def test_a_base_of_another_kind_is_refused() -> None:
    base = load_config(CONFIGS / "compared" / "srcnn.yaml")
    with pytest.raises(ConfigError, match="GFRNet with a guide"):
        FULL.config(base, Path("runs"))


def test_the_budget_keeps_the_share_of_pre_training() -> None:
    base = load_config(CONFIGS / "table1.yaml")
    assert (base.samples, base.flow_samples) == (7500, 1500)
    smaller = with_budget(base, 800)
    assert (smaller.samples, smaller.flow_samples) == (800, 160)
    with pytest.raises(ConfigError, match="counts in epochs"):
        with_budget(load_config(CONFIGS / "paper.yaml"), 800)


def made_up(levels: dict[str, float]) -> Measured:
    """Invent results of twenty people with one pair each; a contender's level shifts its results."""
    rows = []
    for person in range(20):
        for name, level in levels.items():
            place = (name, f"p{person}", f"p{person}/1.jpg", 5.0, 4.0)
            rows.append(Row(*place, "psnr", 25 + level + 0.01 * (person % 3)))
            rows.append(Row(*place, "ssim", 0.7 + level / 100))
    return Measured(tuple(rows), ())


def cost(row: TableRow, scale: int) -> Cost:
    return Cost(1_000_000 + scale, 2_000_000_000, 0.5, (6000,), 6000 * 64**2)


def table_of(rows: tuple[TableRow, ...], levels: dict[str, float]) -> TableOne:
    return build_table({("blind", 4): made_up(levels)}, rows, cost)


def test_without_any_result_there_is_no_table() -> None:
    with pytest.raises(DataError, match="failed"):
        build_table({("blind", 4): Measured((), ())}, ROWS, cost)


def test_only_rows_of_the_scale_are_measured() -> None:
    rows = choose_rows(["scgan", "tdae", "dcp", "srcnn", "full"])
    names = {scale: [one.name for one in contenders(Path("runs"), rows, scale)] for scale in (4, 8)}
    full = ["Ours (Full)", "Ours (Full):stranger", "bicubic"]
    assert names == {4: ["SRCNN", "DCP", "SCGAN", *full], 8: ["SRCNN", "DCP", "TDAE", *full]}
    models = {scale: contenders(Path("runs"), rows, scale)[0].model for scale in (4, 8)}
    assert models == {4: str(Path("runs/srcnn-4")), 8: str(Path("runs/srcnn-8.safetensors"))}
    assert contenders(Path("runs"), rows, 4)[1].model == "dcp"


def test_a_table_of_few_rows_has_no_others() -> None:
    rows = choose_rows(["minus_w", "minus_f"])
    text = to_markdown(table_of(rows, dict.fromkeys(["Ours (-F)", "Ours (-W)", "bicubic"], 0.0)))
    assert "| Ours | Ours (-W) | *25.01* / *0.700* |" in text
    assert "Full |" not in text
    assert "agrees" not in text


def test_the_best_two_are_marked_and_the_control_never() -> None:
    rows = choose_rows(["dncnn", "memnet", "scgan"])
    table = table_of(rows, {"bicubic": 9.0, "DnCNN": 0.0, "MemNet": 2.0, "SCGAN": 1.0})
    text = to_markdown(table)
    assert "|  | bicubic | 34.01 / 0.790 |" in text
    assert "| Denoising | DnCNN | 25.01 / 0.700 | 26.73 / 0.920 |" in text
    assert "| Denoising | MemNet | **27.01** / **0.720** |" in text
    assert "| Blind FH | SCGAN | *26.01* / *0.710* | 25.16 / 0.905 | - |" in text
    latex = to_latex(table)
    assert r"MemNet & \textbf{27.01} / \textbf{0.720} & 26.85 / 0.923" in latex
    assert r"SCGAN & \textit{26.01} / \textit{0.710}" in latex
    assert latex.index("{l}{Denoising}") < latex.index("DnCNN") < latex.index("{l}{Blind FH}")
    lines = to_csv(table).splitlines()
    assert "Denoising,DnCNN,paper VggFace2 4x,psnr,26.73,,,," not in lines
    assert "Denoising,DnCNN,paper VggFace2 4x,psnr,26.73,,," in lines
    assert "Denoising,DnCNN,4x,parameters,1000004,,," in lines


def test_costs_that_differ_from_scale_to_scale_are_both_told() -> None:
    levels = dict.fromkeys(["DnCNN", "bicubic"], 0.0)
    measured = {("blind", 4): made_up(levels), ("blind", 8): made_up(levels)}

    def costs(row: TableRow, scale: int) -> Cost:
        return Cost(scale * 1_000_000, None, 0.1, (6000,) * (scale // 4), 25_000_000)

    text = to_markdown(build_table(measured, choose_rows(["dncnn"]), costs))
    assert "| DnCNN | 6000 / 6000+6000 | 25 | 4.00 / 8.00 | - | 100 |" in text


def test_the_order_agrees_only_where_a_difference_is_clear() -> None:
    names = [contender.name for contender in contenders(Path("runs"), ROWS, 4)]
    levels = dict.fromkeys(names, -1.0) | {"Ours (Full)": 0.0, "Ours (-W)": 0.5, "Ours (-F)": 0.0}
    text = to_markdown(table_of(ROWS, levels))
    order = text[text.index("row minus Full") :]
    lines = {line.split("|")[1].strip(): line for line in order.splitlines() if line.startswith("| Ours")}
    assert "-1.00 [-1.00, -1.00] p<0.001, *agrees*" in lines["Ours (-WG)"]
    assert "*reversed*" in lines["Ours (-W)"]
    assert "agrees" not in lines["Ours (-F)"]
    assert "reversed" not in lines["Ours (-F)"]
    assert lines["Ours (R)"].rstrip(" |").endswith("-0.65 | -0.05 | -0.85 | -0.33")


def test_a_base_that_starts_from_a_model_is_refused(tmp_path: Path) -> None:
    base = load_config(CONFIGS / "table1.yaml", ["start_from=gfrnet-slim"])
    with pytest.raises(ConfigError, match="start_from"):
        list_tracks(base, CONFIGS / "compared", tmp_path, ROWS)


def test_a_row_states_what_it_leaves_out() -> None:
    base: TrainConfig = load_config(CONFIGS / "table1.yaml")
    minus_f, minus_w2, *_ = (row.config(base, Path("runs")) for row in ABLATIONS)
    assert (minus_f.losses.landmark, minus_f.losses.tv, minus_f.flow_samples) == (0, 0, 0)
    assert (minus_w2.network.warpnet, minus_w2.network.recnet_width, minus_w2.network.guided) == (
        "none",
        32,
        True,
    )
    configs = [row.config(base, Path("runs")) for row in (FULL, *ABLATIONS)]
    assert {(config.samples or 0) - config.flow_samples for config in configs} == {6000}
