from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from faceres import random_weights, write


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
