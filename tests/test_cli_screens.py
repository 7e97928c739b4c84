"""What a person sees: at most 80 columns on a terminal, everything when piped, questions that teach the command."""

from __future__ import annotations

import contextlib
import io
import shlex

import pytest
from rich.cells import cell_len

from cli import main
from tests.terminal import on_terminal, plain

FRIDAY = ["--now", "2022-07-29T08:00:00+07:00"]
SCREENS = [
    "show VV-2022-1", "show VV-2022-4", "history VV-2022-2", "history VV-2022-3", "inbox --as btg", "inbox --as hdnd",
    "stuck", "stuck --all", "overdue", "board", "find dat", "find 'khong co'", "--as btg", "--as tand", "rules show",
    "sweep --dry-run", "--help", "advance",
]  # fmt: skip
TITLE = "Resettlement along the expressway, Quảng Hoà section"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The database that `demo` leaves behind."""
    db = tmp_path_factory.mktemp("told") / "demo.db"
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["demo", "--keep", str(db), "--lang", "en"]) == 0
    return db


def command(typed, db, lang):
    return [*shlex.split(typed), "--db", str(db), *FRIDAY, "--lang", lang]


def to_copy(line):
    """A command to copy is never broken: it is longer than a screen where it must be."""
    return "phoihop " in line


@pytest.mark.parametrize("lang", ["en", "vi"])
@pytest.mark.parametrize("typed", SCREENS)
def test_on_a_terminal_of_80_columns_no_line_is_longer(told, typed, lang):
    _code, shown = on_terminal(command(typed, told, lang))
    assert shown.strip()
    lines = plain(shown).splitlines()
    assert [line for line in lines if cell_len(line) > 80 and not to_copy(line)] == []
    assert "\x1b" not in plain(shown)
    assert "…" not in shown  # nothing is cut


@pytest.mark.parametrize("lang", ["en", "vi"])
@pytest.mark.parametrize("typed", ["stuck", "overdue", "inbox --as btg", "--as btg", "find quảng", "show VV-2022-3"])
def test_when_piped_every_row_is_one_line_without_colour(told, capsys, typed, lang):
    assert main(command(typed, told, lang)) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert any(TITLE in line for line in out.splitlines())


def test_a_terminal_shows_what_is_late_in_colour_and_not_by_colour_alone(told):
    code, shown = on_terminal(command("show VV-2022-4", told, "en"))
    assert code == 0
    (late,) = [line for line in shown.splitlines() if "\x1b[1;31m" in line and "measure" in line.lower()]
    assert "overdue by" in plain(shown)
    assert plain(late) != late


@pytest.mark.parametrize("quiet", [["--no-color"], []])
def test_no_color_is_heeded_as_an_option_and_as_the_environment_has_it(told, monkeypatch, quiet):
    if not quiet:
        monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" not in on_terminal([*command("stuck", told, "en"), *quiet])[1]


@pytest.fixture
def ask(shell):
    """A conversation on a terminal: the exit code and the screen."""
    return lambda words, typed, lang="en": on_terminal(
        [*words, "--db", str(shell.db), "--now", shell.now, "--lang", lang], typed
    )


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_what_was_left_out_is_asked_for_and_the_full_command_printed(shell, ask, lang):
    code, shown = ask(["open", "--as", "btg"], ["matter", "Thu hồi đất", "31/BC:1/4", "dat-dai"], lang)
    assert code == 0, shown
    typed = next(line for line in plain(shown).splitlines() if "phoihop open" in line)
    for part in ("'Thu hồi đất'", "31/BC:1/4", "--as btg"):
        assert part in typed
    assert shell.json("show 2")["title"] == "Thu hồi đất"


def test_the_command_that_a_conversation_prints_does_the_same_again(shell, ask):
    _code, shown = ask(["open", "--as", "btg"], ["matter", "Đất 'A'", "31/BC:1/4", "land"])
    typed = next(line for line in plain(shown).splitlines() if "phoihop open" in line)
    assert main(shlex.split(typed)[1:]) == 0
    first, second = shell.json("show 2"), shell.json("show 3")
    for name in ("title", "state", "fields", "parties"):
        assert first[name] == second[name]


def test_a_wrong_answer_is_told_and_asked_again(ask):
    code, shown = ask(["open", "--as", "btg"], ["matter", "Đất", "31/BC", "31/BC:1/4", "lnad", "land"])
    assert code == 0, shown
    assert "a document has a number and a date" in shown
    assert "did you mean land?" in shown


@pytest.mark.parametrize("answers", [[], ["matter"], ["matter", "Đất đai"]])
def test_an_answer_that_never_comes_ends_with_130_and_changes_nothing(shell, ask, answers):
    before = shell.written()
    code, shown = ask(["open", "--as", "btg"], answers)
    assert code == 130
    assert "Traceback" not in shown
    assert shell.written() == before
