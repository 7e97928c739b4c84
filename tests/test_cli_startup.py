"""What starting costs: `--help` imports no database, no validation, no state machine and no tables."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support import ROOT
from workflow.commands.group import LazyGroup, Translated
from workflow.commands.rules import command_rules
from workflow.commands.table import PAGE, TABLE, group
from workflow.render.language import use

HEAVY = ("sqlalchemy", "pydantic", "transitions", "rich.table", "yaml", "babel")


def imported_by(*args: str) -> set[str]:
    """The modules a fresh `phoihop ARGS` has imported when it ends."""
    told = "print('MODULES', *sys.modules, file=sys.stderr)"
    code = f"import sys, cli\ncode = cli.main({list(args)!r})\n{told}\nsys.exit(code)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stderr.split("MODULES", 1)[1].split())


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_first_help_page_imports_nothing_heavy(lang):
    assert not imported_by("--help", "--lang", lang) & set(HEAVY)


def test_the_version_imports_nothing_heavy():
    assert not imported_by("--version") & set(HEAVY)


def test_reading_and_writing_a_case_needs_neither_yaml_nor_pydantic(tmp_path):
    db = str(tmp_path / "x.db")
    at = ("--db", db, "--now", "2022-04-04T08:00:00+07:00")
    assert {"yaml", "pydantic"} <= imported_by("init", "--practice", *at)
    opened = imported_by("open", "matter", "--as", "btg", "--title", "t", "--area", "land", "--document", "1:1/4", *at)
    listed = imported_by("inbox", "--as", "btg", *at)
    assert not (opened | listed) & {"yaml", "pydantic", "babel"}


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_first_help_page_has_at_most_16_lines(lang, capsys):
    from cli import main

    assert main(["--help", "--lang", lang]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.strip()]) <= 16


def test_every_command_is_on_the_help_page_and_there_are_no_others():
    assert sorted(name for names, _help in PAGE for name in names.split(", ")) == sorted(TABLE)


def commands():
    with group.make_context("phoihop", [], resilient_parsing=True) as ctx:
        for name in TABLE:
            yield name, group.get_command(ctx, name)
        for name in command_rules.list_commands(ctx):
            yield f"rules {name}", command_rules.get_command(ctx, name)


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=[name for name, _ in commands()])
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_command_has_help_with_an_example_that_calls_it(name, command, lang, capsys):
    from cli import main

    assert isinstance(command, Translated)
    assert command.example.startswith(f"phoihop {name}") or isinstance(command, LazyGroup)
    assert main([*name.split(), "--help", "--lang", lang]) == 0
    said = capsys.readouterr().out
    use(lang)
    assert command.example.splitlines()[0] in said
    assert ("Ví dụ" if lang == "vi" else "Example") in said
    without_example = said.replace(command.example.replace("\n", "\n  "), "")
    assert all(len(line) <= 80 for line in without_example.splitlines())
