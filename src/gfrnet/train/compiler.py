"""Import the compiler of torch without the empty folder that torch makes for its cache.

Lightning and the export to ONNX import the compiler, whether or not it compiles anything. Torch makes the
folder at once. Here this is the folder for temporary files, which exists. A run that does compile its
networks gets the compiler's own folder.
"""

from __future__ import annotations

import os
import tempfile

FOLDER = "TORCHINDUCTOR_CACHE_DIR"
"""Variable that names the folder of torch's compiler."""


def _import() -> None:
    given = os.environ.get(FOLDER)
    os.environ[FOLDER] = given or tempfile.gettempdir()
    try:
        import torch._dynamo  # noqa: F401
    finally:
        if given is None:
            os.environ.pop(FOLDER, None)


_import()
