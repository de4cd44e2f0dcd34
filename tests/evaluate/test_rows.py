from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from gfrnet.errors import DataError, WriteError
from gfrnet.evaluate import METRIC_OF, METRICS, Failure, Measured, Row, read_measured, write_measured

MEASURED = Measured(
    tuple(
        Row("a,b.onnx", "Zoë", "Zoë/1.jpg", gap, 4.0, metric, value)
        for metric, gap, value in (
            ("psnr", 12.3, 1 / 3),
            ("warp", 0.1 + 0.2, np.nextafter(25.0, 26.0).item()),
        )
    ),
    (Failure("bicubic", "Zoë", "Zoë/2.jpg", 8.0, 'cannot be read ("x",\ny)'),),
)


def test_what_is_written_is_read_equal_to_the_bit(tmp_path: Path) -> None:
    write_measured(MEASURED, tmp_path)
    assert read_measured(tmp_path) == MEASURED
    table = parquet.read_table(tmp_path / "rows.parquet")
    assert tuple(Row(**row) for row in table.to_pylist()) == MEASURED.rows


def test_without_failures_their_file_is_a_header(tmp_path: Path) -> None:
    write_measured(Measured(MEASURED.rows, ()), tmp_path)
    assert (tmp_path / "failures.csv").read_text() == "model,person,pair,scale,reason\n"
    assert read_measured(tmp_path).failures == ()


def test_metrics_are_found_by_name() -> None:
    assert len(METRIC_OF) == len(METRICS)
    assert METRIC_OF["psnr"].better == "higher"
    assert METRIC_OF["identity_to_guide"].better is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model,person,pair,scale,metric,value\n", "an older one"),
        ("model,person,pair,pose_gap,scale,metric,value\na,p,1,0,4,psnr,much\n", "broken"),
        ("model,person,pair,pose_gap,scale,metric,value\na,p\n", "broken"),
    ],
)
def test_broken_rows(text: str, message: str, tmp_path: Path) -> None:
    write_measured(MEASURED, tmp_path)
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_measured(tmp_path)


def test_places_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Evaluate first"):
        read_measured(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(WriteError):
        write_measured(MEASURED, tmp_path / "file")
