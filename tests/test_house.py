"""Hold the limits of the house: short files and functions, few parameters, a light repository."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ("src", "tests", "benchmarks", "scripts")
MOST_LINES = 400
MOST_BODY_LINES = 40
MOST_PARAMETERS = 8
MOST_BYTES = 1_000_000
BINARY = {".jpg", ".jpeg", ".png", ".tif", ".webp", ".onnx", ".npz", ".npy", ".safetensors", ".pt", ".dat"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def code_files() -> list[Path]:
    return sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py"))


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git repository")
    paths = (ROOT / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name)
    return [path for path in paths if path.is_file()]


def functions() -> Iterator[tuple[str, Function]]:
    """Yield every function of the code with its place."""
    for path in code_files():
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, Function):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def body_lines(function: Function) -> int:
    """Return the number of lines of a function after its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameters(function: Function) -> int:
    """Return the number of a function's parameters, without ``self``, ``cls`` and ``*rest``."""
    given = function.args
    names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def typer_commands() -> set[str]:
    """Return the names of functions that are commands: by decorator or by ``app.command(...)(room.name)``."""
    names = set()
    for path in (ROOT / "src" / "gfrnet" / "cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef) and any(map(registers, node.decorator_list)):
                names.add(node.name)
            if isinstance(node, ast.Call) and registers(node.func):
                names.add(ast.unparse(node.args[0]).rpartition(".")[2])
    return names


def registers(node: ast.expr) -> bool:
    """Return whether code is ``app.command(...)`` or ``app.callback(...)``."""
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr in ("command", "callback")


def content_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def named(place: str) -> str:
    return place.split()[1].rstrip(":")


def told(places: list[str], advice: str) -> str:
    return "\n".join([advice, *places])


def test_files_are_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in code_files()}
    long = [f"{path.relative_to(ROOT)}: {n} lines" for path, n in lengths.items() if n > MOST_LINES]
    assert not long, told(long, f"Split files of more than {MOST_LINES} lines by subject:")


def test_function_bodies_are_short() -> None:
    sizes = ((place, body_lines(function)) for place, function in functions())
    long = [f"{place}: {lines} lines" for place, lines in sizes if lines > MOST_BODY_LINES]
    assert not long, told(long, f"Split functions with bodies of more than {MOST_BODY_LINES} lines:")


def test_functions_have_few_parameters() -> None:
    commands = typer_commands()
    counts = ((place, parameters(each)) for place, each in functions())
    many = [f"{place}: {count} parameters" for place, count in counts if count > MOST_PARAMETERS]
    many = [place for place in many if not (place.startswith("src/gfrnet/cli/") and named(place) in commands)]
    assert not many, told(many, f"Join parameters into an object where there are over {MOST_PARAMETERS}:")


def test_only_weights_are_large() -> None:
    weights = ROOT / "src" / "gfrnet" / "weights"
    sizes = {path: path.stat().st_size for path in tracked_files() if weights not in path.parents}
    large = [f"{path.relative_to(ROOT)}: {size} bytes" for path, size in sizes.items() if size > MOST_BYTES]
    advice = "Make these files smaller or keep them outside the repository; only weights may be over 1 MB:"
    assert not large, told(large, advice)


def test_restoring_installs_no_torch() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[^\w.-]", each, maxsplit=1)[0].lower() for each in project["dependencies"]]
    heavy = [name for name in names if "torch" in name or name == "lightning-fabric"]
    assert not heavy, told(heavy, "Move these dependencies to the extra 'train'; restoring needs no torch:")


def test_nothing_is_copied_from_the_shared_folder() -> None:
    shared = Path(os.environ.get("GFRNET_SHARED", ROOT.parent / "shared"))
    if not shared.is_dir():
        pytest.skip(f"{shared} is missing")
    ours = [path for path in tracked_files() if path.suffix.lower() in BINARY]
    sizes = {path.stat().st_size for path in ours}
    theirs = (path for path in shared.rglob("*") if path.is_file() and path.stat().st_size in sizes)
    foreign = {content_hash(path) for path in theirs}
    copies = [str(path.relative_to(ROOT)) for path in ours if content_hash(path) in foreign]
    assert not copies, told(copies, f"Remove these copies; photographs and weights of {shared} stay there:")


def test_the_version_is_the_same_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    advice = "Set the version of pyproject.toml in CITATION.cff, and describe it in CHANGELOG.md."
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8"), advice
    assert f"\n## [{version}] - " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), advice


def messages(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a module with their lines, without docstrings."""
    tree = ast.parse(path.read_bytes())
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield node.lineno, node.value


def test_only_the_command_line_names_its_options_and_commands() -> None:
    rooms = ROOT / "src" / "gfrnet"
    commands = "|".join(sorted(typer_commands()))
    named = [
        f"{path.relative_to(ROOT)}:{line} {text}"
        for path in sorted(rooms.rglob("*.py"))
        if path.relative_to(rooms).parts[0] not in ("cli", "__main__.py")
        for line, text in messages(path)
        if re.search(rf"(?<!\S)--[a-z]|gfrnet (data|{commands})\b", text) and " install " not in text
    ]
    assert not named


def test_test_files_have_names_of_their_own() -> None:
    # pytest takes two test files of one name for the same module and refuses the second.
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]

    assert sorted({name for name in names if names.count(name) > 1}) == []
