"""The walls between rooms where import-linter cannot look (.pyx, .pxd, and who imports them), and the house's sizes."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS: list[dict[str, Any]] = PROJECT["tool"]["importlinter"]["contracts"]
LAYERS = [[name.strip(" ()") for name in layer.split("|")] for layer in CONTRACTS[0]["layers"]]
FILES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted(ROOT.glob("proxy/**/*.p[yx]*"))}
SOURCES = {name: text for name, text in FILES.items() if name.endswith((".py", ".pyx", ".pxd"))}
COMPILED = {name: text for name, text in FILES.items() if name.endswith((".pyx", ".pxd"))}
FUNCTIONS = [
    (name, node)
    for name, text in FILES.items()
    if name.endswith(".py")
    for node in ast.walk(ast.parse(text))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
]
IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+c?import|c?import\s+([\w., ]+))", re.MULTILINE)
VISIBLE = re.compile(r"^(?:def|cpdef|class|cdef class)\s", re.MULTILINE)
CLOCKS_AND_CALLS = {"libc.time", "posix.time", "posix.unistd", "cpython.time"}
KERNEL_LINES, MODULE_LINES, FUNCTION_LINES = 300, 400, 40


def imports(text: str) -> list[str]:
    """Modules that a source imports, as written: import a, cimport a, from a cimport b."""
    found = IMPORT.findall(text)
    return [name.strip().split(" ")[0] for one, several in found for name in (one or several).split(",")]


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def module(path: str) -> str:
    return path.rsplit(".", 1)[0].replace("/", ".")


def layer(name: str) -> int:
    """How far down a module's room is; python -m proxy is above all."""
    room = name.split(".")[1]
    return next((at for at, rooms in enumerate(LAYERS) if room in rooms), -1)


def forbidden(name: str) -> list[str]:
    """What the contracts of a module's room keep out of it."""
    walls = [contract for contract in CONTRACTS[1:] if "ignore_imports" not in contract]
    mine = [contract for contract in walls if any(inside(name, room) for room in contract["source_modules"])]
    return [wall for contract in mine for wall in contract["forbidden_modules"]]


def limit(path: str) -> int:
    """In lines. The lane is no leaf kernel but a room of its own."""
    return KERNEL_LINES if path.endswith(".pyx") and "/lane/" not in path else MODULE_LINES


def test_imports_point_down_only() -> None:
    rooms = {path: ".".join(module(path).split(".")[:2]) for path in SOURCES}
    across = [(path, name) for path, text in SOURCES.items() for name in imports(text) if name.startswith("proxy.")]
    up = [(path, name) for path, name in across if not inside(name, rooms[path]) and layer(name) <= layer(rooms[path])]
    assert up == []


def test_every_room_keeps_its_contracts() -> None:
    found = [
        (path, name, wall)
        for path, text in SOURCES.items()
        for name in imports(text)
        for wall in forbidden(module(path))
    ]
    assert [(path, name) for path, name, wall in found if inside(name, wall)] == []


def test_a_compiled_module_of_a_pure_room_asks_neither_clock_nor_system() -> None:
    pure = [path for path in COMPILED if any(inside(module(path), room) for room in CONTRACTS[1]["source_modules"])]
    assert [(path, name) for path in pure for name in imports(FILES[path]) if name in CLOCKS_AND_CALLS] == []


def test_what_python_sees_of_a_compiled_module_has_its_types_written_down() -> None:
    visible = [path for path, text in COMPILED.items() if path.endswith(".pyx") and VISIBLE.search(text)]
    assert [path for path in visible if path.replace(".pyx", ".pyi") not in FILES] == []


def test_a_module_fits_a_head() -> None:
    lengths = {path: len(text.splitlines()) for path, text in SOURCES.items()}
    assert {path: lines for path, lines in lengths.items() if lines > limit(path)} == {}


def test_a_function_takes_one_step() -> None:
    lengths = {(path, node.name): (node.end_lineno or 0) - node.lineno + 1 for path, node in FUNCTIONS}
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_no_promise_rests_on_assert() -> None:
    trees = {path: ast.parse(text) for path, text in FILES.items() if path.endswith(".py")}
    assert [path for path, tree in trees.items() for node in ast.walk(tree) if isinstance(node, ast.Assert)] == []


@pytest.mark.parametrize("lock", ["runtime", "build", "dev"])
def test_a_lock_holds_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.lock").read_text()
    assert "://" not in text
    assert [block for block in re.split(r"\n(?=\w)", text.strip()) if "--hash=sha256:" not in block] == []
