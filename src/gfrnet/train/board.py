"""Import TensorBoard alone. By itself it imports the client of S3 too, which opens a socket to try IPv6."""

from __future__ import annotations

import sys

_CLIENT = "botocore"

_absent = _CLIENT not in sys.modules
if _absent:
    # None is how Python marks a module that is not to be found.
    sys.modules[_CLIENT] = None  # type: ignore[assignment]
try:
    from torch.utils.tensorboard import SummaryWriter
finally:
    if _absent:
        del sys.modules[_CLIENT]

__all__ = ["SummaryWriter"]
