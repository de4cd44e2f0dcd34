"""Check the rows of table 1: what they leave out, how they are trained, measured and compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from gfrnet.errors import ConfigError, DataError
from gfrnet.evaluate import Measured, Row
from gfrnet.reproduce import FULL, ROWS, choose_rows, compare, contenders, train_rows, with_budget
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
    assert choose_rows(()) == ROWS
    assert [row.name for row in choose_rows(["minus_w", "full"])] == ["full", "minus_w"]
    with pytest.raises(ConfigError, match=r"no row minus_x\. Choose from full, minus_f"):
        choose_rows(["minus_x"])


def test_a_base_of_another_kind_is_refused() -> None:
    base = load_config(CONFIGS / "compared" / "srcnn.yaml")
    with pytest.raises(ConfigError, match="GFRNet with a guide"):
        FULL.config(base, Path("runs"))


def test_a_table_of_few_rows_has_no_others() -> None:
    rows = choose_rows(["minus_w", "minus_f"])
    names = [contender.name for contender in contenders(Path("runs"), rows)]
    assert names == ["Ours (-F)", "Ours (-W)", "bicubic"]
    samples = {row.title: 6000 for row in rows}
    text = compare({"blind": made_up(dict.fromkeys(names, 0.0))}, samples, rows)
    assert "| Ours (-W) | 6000 | 25.01 / 0.700 |" in text
    assert "Full |" not in text
    assert "agrees" not in text


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


def test_without_any_result_there_is_no_table() -> None:
    with pytest.raises(DataError, match="failed"):
        compare({"blind": Measured((), ())}, {})


def test_the_order_agrees_only_where_a_difference_is_clear() -> None:
    names = [contender.name for contender in contenders(Path("runs"))]
    levels = dict.fromkeys(names, -1.0) | {"Ours (Full)": 0.0, "Ours (-W)": 0.5, "Ours (-F)": 0.0}
    samples = {row.title: 6000 for row in ABLATIONS} | {FULL.title: 7500}
    text = compare({"blind": made_up(levels)}, samples)
    lines = {line.split("|")[1].strip(): line for line in text.splitlines()[5:] if line.startswith("| Ours")}
    assert "25.01 / 0.700" in text
    assert "| Ours (R) | 7500 | 24.01 / 0.690 |" in text
    assert "| Ours (-F) | 6000 |" in text
    assert "-1.00 [-1.00, -1.00] p<0.001, *agrees*" in lines["Ours (-WG)"]
    assert "*reversed*" in lines["Ours (-W)"]
    assert "agrees" not in lines["Ours (-F)"]
    assert "reversed" not in lines["Ours (-F)"]
    assert lines["Ours (R)"].rstrip(" |").endswith("-0.65 | -0.05 | -0.85 | -0.33")


def test_a_base_that_starts_from_a_model_is_refused(tmp_path: Path) -> None:
    base = load_config(CONFIGS / "table1.yaml", ["start_from=gfrnet-slim"])
    with pytest.raises(ConfigError, match="start_from"):
        train_rows(base, tmp_path)


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
