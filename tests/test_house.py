"""The rules of the house that a linter cannot keep: one clock, one engine factory, who may import whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT

TOP_LEVEL = {
    ".ci", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "benchmarks",
    "calendars", "cli.py", "docs", "escalation_rules.yaml", "locale", "pyproject.toml", "states", "tests", "workflow",
}  # fmt: skip
MODULES = sorted([*ROOT.glob("states/**/*.py"), *ROOT.glob("workflow/**/*.py"), *ROOT.glob("cli.py")])


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imported(path: Path) -> Iterator[str]:
    """The top-level names of everything a module imports, at whatever depth it does."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def called(path: Path) -> Iterator[str]:
    """The last name of everything a module calls: `create_engine`, `now`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            function = node.func
            yield function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_production_imports_neither_the_command_line_nor_the_tests(path):
    assert not {"cli", "tests", "benchmarks"} & set(imported(path))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_opens_with_what_it_is(path):
    assert len(ast.get_docstring(tree(path)) or "") > 20


def test_each_database_has_one_engine_factory_and_there_is_no_other():
    rooms = ["workflow/database/postgresql.py", "workflow/database/sqlite.py"]
    assert [name_of(p) for p in MODULES if "create_engine" in called(p)] == rooms


def test_the_clock_is_read_in_one_place_of_each_kind_of_process():
    clocks = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime"}
    readers = []
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in clocks:
                owner = node.func.value
                if getattr(owner, "id", getattr(owner, "attr", "")) in ("datetime", "date", "time"):
                    readers.append(name_of(path))
    assert set(readers) == {"cli.py", "workflow/worker.py"}


@pytest.mark.parametrize("path", [p for p in MODULES if "workflow" in p.parts], ids=name_of)
def test_no_statement_asks_the_database_for_the_time(path):
    text = path.read_text("utf-8").lower()
    assert "current_timestamp" not in text
    assert "func.now" not in text
    assert "datetime('now" not in text


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_process_field_or_agency_of_the_shipped_rules_is_named_in_python(path):
    """The engine knows nothing of this province: another procedure is another file."""
    words = {"matter", "joint_plan", "thuong_truc", "btg", "ubnd", "lessons_learned", "agree_plan", "so_xd", "arbiter"}
    constants = {n.value for n in ast.walk(tree(path)) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    if path.name != "stories.py":  # the demo tells stories of these very rules
        assert not words & constants


def kept() -> list[Path]:
    """Every file of the project, without what tools and builds leave behind (git may be missing)."""
    left = {".git", ".venv", "__pycache__", "dist", "build"}
    left |= {f".{tool}_cache" for tool in ("mypy", "ruff", "pytest", "import_linter")} | {".hypothesis"}
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [path for path in found if not left & set(path.parts)]


def test_the_top_level_is_what_it_should_be():
    assert {path.parts[0] for path in kept()} <= TOP_LEVEL


def test_the_readers_of_a_clone_find_no_address_of_a_registry_or_path_of_a_machine():
    hosts = ("py" + "pi.org", "python" + "hosted", "deb" + "ian.org", "npm" + "js", "/ro" + "ot/", "/wo" + "rk/")
    for path in kept():
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".po", ".json", ""}:
            text = (ROOT / path).read_text("utf-8")
            assert not [word for word in hosts if word in text], path
