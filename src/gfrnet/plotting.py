"""Import matplotlib, which draws curves and plots."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from tempfile import TemporaryDirectory


def load_matplotlib() -> None:
    """Import matplotlib without the list of fonts that it would keep in the home folder.

    The list is made anew in every process, which takes about a second. A folder that the user has set
    (``MPLCONFIGDIR``), and a matplotlib that is imported already, stay as they are.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    if "MPLCONFIGDIR" in os.environ or "matplotlib.font_manager" in sys.modules:
        _import()
        return
    with TemporaryDirectory() as folder:
        os.environ["MPLCONFIGDIR"] = folder
        try:
            _import()
        finally:
            del os.environ["MPLCONFIGDIR"]


def _import() -> None:
    # The package comes first, so that an error names it and not its part.
    import_module("matplotlib")
    import_module("matplotlib.font_manager")
