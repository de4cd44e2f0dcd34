"""Check Python, the packages that gfrnet needs, and packages that get into each other's way."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distributions, metadata, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from gfrnet.doctor.check import Check, State
from gfrnet.errors import INSTALL_EXTRA, PIP
from gfrnet.version import __version__

NAME = "gfrnet"

INSTALL_AGAIN = f"Install gfrnet again: {PIP} install /path/to/gfrnet"


@dataclass(frozen=True)
class Family:
    """Describe packages that write the same files, so that only one of them may be installed.

    Attributes:
        name: Name of the library.
        wanted: The package that gfrnet asks for.
        others: Packages that can take its place.
    """

    name: str
    wanted: str
    others: tuple[str, ...]


FAMILIES = (
    Family(
        "OpenCV",
        "opencv-python-headless",
        (
            "opencv-python",
            "opencv-contrib-python",
            "opencv-contrib-python-headless",
            "opencv-python-rolling",
            "opencv-python-headless-rolling",
        ),
    ),
    Family(
        "ONNX Runtime",
        "onnxruntime",
        (
            "onnxruntime-gpu",
            "onnxruntime-directml",
            "onnxruntime-openvino",
            "onnxruntime-rocm",
            "onnxruntime-migraphx",
            "onnxruntime-qnn",
            "onnxruntime-coreml",
            "onnxruntime-silicon",
            "onnxruntime-azure",
            "onnxruntime-training",
            "onnxruntime-cann",
            "onnxruntime-vitisai",
            "ort-nightly",
            "ort-nightly-gpu",
            "ort-nightly-directml",
        ),
    ),
    Family("dlib", "dlib-bin", ("dlib",)),
)
"""Libraries that several packages bring."""

MODULES = {
    "OpenCV": "cv2",
    "ONNX Runtime": "onnxruntime",
    "dlib": "dlib",
    "NumPy": "numpy",
    "Pillow": "PIL.Image",
    "pydantic": "pydantic",
}
"""Modules with machine code, which may not fit the system, by the name of their library."""


def check_python() -> Iterator[Check]:
    """Compare Python with what gfrnet asks for, and with the versions that it was tested with."""
    running = platform.python_version()
    found = f"{running}, {platform.python_implementation()}, {platform.architecture()[0]}"
    found += ", in a virtual environment" if sys.prefix != sys.base_prefix else ""
    needed = SpecifierSet(",".join(_told("Requires-Python")))
    classes = [text.split(" :: ")[-1] for text in _told("Classifier")]
    tested = [text for text in classes if text.count(".") == 1 and text.replace(".", "").isdigit()]
    if not needed.contains(running, prereleases=True):
        yield Check("Python", State.FAULT, found, f"Install a Python {needed}, and gfrnet into it.")
    elif sys.maxsize <= 2**32:
        yield Check("Python", State.FAULT, found, "Install a Python of 64 bit, and gfrnet into it.")
    elif tested and ".".join(running.split(".")[:2]) not in tested:
        remedy = f"gfrnet is tested with Python {', '.join(tested)}. Try one of these if anything fails."
        yield Check("Python", State.WARNING, found, remedy)
    else:
        yield Check("Python", State.OK, found)


def check_packages() -> Iterator[Check]:
    """Compare every package that gfrnet needs with what its own metadata ask for."""
    try:
        described = version(NAME)
    except PackageNotFoundError:
        remedy = f"Install it, so that its packages can be checked: {PIP} install /path/to/gfrnet"
        yield Check("packages", State.WARNING, "gfrnet runs, but is not installed", remedy)
        return
    if described != __version__:
        found = f"gfrnet {__version__} runs, but {described} is installed"
        yield Check("packages", State.WARNING, found, INSTALL_AGAIN)
    there = _installed()
    fitting, wrong = [], []
    for requirement in _requirements():
        name, installed = _stand_in(requirement.name, there)
        if problem := _problem(requirement, name, installed):
            remedy = f'{PIP} install "{_bare(requirement)}"'
            wrong.append(Check(requirement.name, State.FAULT, problem, remedy))
        else:
            fitting.append(f"{name} {installed}")
    yield from wrong
    if not wrong:
        yield Check("packages", State.OK, ", ".join(fitting))


def check_twins() -> Iterator[Check]:
    """Find libraries that two packages bring at once, which overwrite each other's files."""
    there = _installed()
    for family in FAMILIES:
        members = [name for name in (family.wanted, *family.others) if name in there]
        found = ", ".join(f"{name} {there[name]}" for name in members)
        if len(members) > 1:
            remedy = (
                f"They overwrite each other's files. Remove all, and install one: {PIP} uninstall -y "
                f"{' '.join(members)}; {PIP} install {family.wanted}"
            )
            yield Check(family.name, State.FAULT, found, remedy)
        elif members:
            yield Check(family.name, State.OK, found)


def check_imports() -> Iterator[Check]:
    """Import the libraries with machine code, and report those that do not fit this system."""
    broken = list(_broken_imports())
    yield from broken or [Check("imports", State.OK, ", ".join(MODULES))]


def check_extras() -> Iterator[Check]:
    """Tell which optional parts are installed, which not, and which in versions that do not fit."""
    there = _installed()
    for extra in _told("Provides-Extra"):
        missing, wrong, count = [], [], 0
        for requirement in _requirements(extra):
            count += 1
            name, installed = _stand_in(requirement.name, there)
            if installed is None:
                missing.append(name)
            elif problem := _problem(requirement, name, installed):
                wrong.append(problem)
        yield _check_extra(extra, count, missing, wrong)


def _check_extra(extra: str, count: int, missing: Sequence[str], wrong: Sequence[str]) -> Check:
    name = f"extra {extra}"
    install = INSTALL_EXTRA.format(extra)
    if wrong:
        return Check(name, State.WARNING, "; ".join(wrong), install)
    if not missing:
        return Check(name, State.OK, "installed")
    if len(missing) == count:
        return Check(name, State.OK, "not installed")
    return Check(name, State.OK, f"not installed: {', '.join(missing)}")


def _broken_imports() -> Iterator[Check]:
    for library, module in MODULES.items():
        try:
            import_module(module)
        # Machine code fails in many ways: a missing file of the system, another NumPy, a wrong processor.
        except Exception as error:
            found = f"{module} cannot be imported. {type(error).__name__}: {error}"
            yield Check(library, State.FAULT, found, _repair(library, str(error)))


def _repair(library: str, message: str) -> str:
    wanted = {family.name: family.wanted for family in FAMILIES}.get(library, library.lower())
    again = f"{PIP} install --force-reinstall --no-deps {wanted}"
    if library == "OpenCV" and "libGL" in message:
        return f"Install the OpenCV that needs no screen: {PIP} uninstall -y opencv-python; {again}"
    return f"Install it again: {again}"


def _requirements(extra: str = "") -> Iterator[Requirement]:
    """Yield the packages that gfrnet needs here, or that an extra adds."""
    for text in _told("Requires-Dist"):
        requirement = Requirement(text)
        marker = requirement.marker
        always = marker is None or marker.evaluate({"extra": ""})
        wanted = not always and marker is not None and marker.evaluate({"extra": extra}) if extra else always
        # Its own name stands for other extras, which have lines of their own.
        if wanted and canonicalize_name(requirement.name) != NAME:
            yield requirement


def _told(field: str) -> Sequence[str]:
    """Return what gfrnet's own metadata say; nothing where gfrnet runs without being installed."""
    try:
        return metadata(NAME).get_all(field) or ()
    except PackageNotFoundError:
        return ()


def _installed() -> dict[str, str]:
    """Return the versions of all installed packages; the first of a name is the one that is imported."""
    found: dict[str, str] = {}
    for one in distributions():
        # An update that broke off leaves folders without metadata.
        with suppress(KeyError, TypeError):
            told = one.metadata  # read anew from its file at every call
            if name := told["Name"]:
                found.setdefault(canonicalize_name(name), told["Version"])
    return found


def _stand_in(name: str, there: dict[str, str]) -> tuple[str, str | None]:
    """Return the package of those there that does the work of another, and its version; None without one."""
    wanted = canonicalize_name(name)
    family = next((family for family in FAMILIES if family.wanted == wanted), None)
    names = (wanted, *(family.others if family else ()))
    chosen = next((one for one in names if one in there), wanted)
    return chosen, there.get(chosen)


def _problem(requirement: Requirement, name: str, installed: str | None) -> str:
    if installed is None:
        return f"{name} is missing"
    try:
        fits = requirement.specifier.contains(Version(installed), prereleases=True)
    except InvalidVersion:
        fits = False
    return "" if fits else f"{name} {installed} does not fit {requirement.specifier}"


def _bare(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"
