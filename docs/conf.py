"""Configure the documentation site: Sphinx with MyST and Furo, built by ``python3 scripts/run.py docs``."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_extensions"), str(HERE.parent / "src")]

from gfrnet import __version__  # noqa: E402 - the path to it is set above

project = "gfrnet"
author = "The gfrnet developers"
release = version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "commands",
    "names",
    "schema",
    "tables",
]
exclude_patterns = ["_extensions"]
myst_heading_anchors = 4
smartquotes = False  # options begin with two hyphens, not with a dash

html_theme = "furo"
html_title = "gfrnet"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_type_aliases = dict.fromkeys(
    ("UInt8Image", "FloatImage", "FloatArray", "BoolArray", "AnyArray", "PixelArray"), "numpy.ndarray"
) | {"DTypeLike": "numpy.typing.DTypeLike"}  # docstrings say what an array holds
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True  # fields of dataclasses are listed once, with what they mean
napoleon_attr_annotations = False  # the signature has their types
default_role = "code"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88

nitpicky = True
# Names of other packages lead nowhere: the site is built and read without a network. Names of gfrnet are
# led to their page by names.py.
nitpick_ignore_regex = [("py:.*", r"(?!gfrnet\b).*")]
