from __future__ import annotations

from pathlib import Path

import pytest

from gfrnet.errors import Advice, WriteError
from gfrnet.images import check_free


def test_an_existing_file_is_only_replaced_on_request(tmp_path: Path) -> None:
    check_free(tmp_path / "new", overwrite=False)
    with pytest.raises(WriteError, match="exists already") as caught:
        check_free(tmp_path, overwrite=False)
    assert Advice.OVERWRITE in caught.value.advice
    check_free(tmp_path, overwrite=True)
