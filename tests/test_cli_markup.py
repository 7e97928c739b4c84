"""What looks like rich's markup is text: on every screen it stands as it was typed, and it breaks none."""

from __future__ import annotations

import shlex

import pytest

from cli import main
from tests.support import ROOT
from tests.terminal import on_terminal, plain

MARKS = ["[bold]x", "[/]", "[link=file:a]x[/link]", "[red]x[/bold]", ":smile:", "[@click=a]", "\\[x]", "[[x"]
SCREENS = [
    "show 1", "show 1 --as btg", "history 1", "show 2", "history 2", "inbox --as btg", "inbox --as tand", "stuck --all",
    "overdue", "board", "find vv", "--as btg", "--as tand", "advance 1 --as btg", "rules show",
]  # fmt: skip


@pytest.fixture(scope="module", params=MARKS)
def marked(request, tmp_path_factory):
    """A database in which every text that a screen may show holds the mark: of cases, of rules, of agencies."""
    mark, folder = request.param, tmp_path_factory.mktemp("marked")
    quoted = mark.replace("\\", "\\\\")
    rules = (ROOT / "escalation_rules.yaml").read_text("utf-8")
    for name in (
        "Ban Tuyên giáo Tỉnh uỷ",
        "Propaganda Department",
        "Đất đai",
        "Land",
        "Lead",
        "Measure",
        "Lập kế hoạch chung",
    ):
        for end in (",", "}"):
            rules = rules.replace(f": {name}{end}", f': "{name} {quoted}"{end}')
    (folder / "rules.yaml").write_text(rules, "utf-8")

    def run(typed: list[str], now: str) -> None:
        common = ["--db", str(folder / "practice.db"), "--now", now, "--lang", "en", "--quiet"]
        assert main([*typed, *common]) == 0, typed

    day, text = "2022-04-04T08:00:00+07:00", f"a {mark} b"
    run(["init", "--practice", "--rules", str(folder / "rules.yaml")], day)
    row = f"phase=before; agency=ubnd; by=29/4/2022; title={text}"
    for __ in range(2):
        run(["open", "matter", "--as", "so_gtvt", "--area", "land", "--title", text, "--document", f"{mark}:1/4"], day)
    run([*shlex.split("advance 1 notify --as btg --with partner=tand")], day)
    run([*shlex.split("advance 1 acknowledge --as tand")], day)
    run([*shlex.split("advance 1 submit_plan --as btg --document 12/KH:4/4 --row measures"), row], day)
    run([*shlex.split("advance 1 agree --as tand")], day)
    run(["advance", "2", "refuse", "--as", "btg", "--document", f"{mark}:1/4", "--reason", text], day)
    return mark, folder / "practice.db"


@pytest.mark.parametrize("typed", SCREENS)
def test_markup_in_any_text_is_shown_as_typed(marked, typed):
    mark, db = marked
    words = [*shlex.split(typed), "--db", str(db), "--now", "2022-05-20T08:00:00+07:00", "--lang", "en"]
    code, shown = on_terminal(words, columns=200)
    assert code == 0, shown
    assert "Traceback" not in shown
    assert "\x1b]8" not in shown
    if typed not in ("board", "rules show", "stuck --all", "overdue", "inbox --as tand", "--as tand"):
        assert mark in plain(shown)


def test_an_error_shows_it_too(marked, capsys):
    mark, db = marked
    assert main(["show", mark, "--db", str(db), "--lang", "en"]) in (2, 6)
    assert mark in capsys.readouterr().err
