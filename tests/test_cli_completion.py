"""What Tab offers: commands, cases, triggers, duties, agencies, processes, as they are now."""

from __future__ import annotations

import pytest

from cli import main
from tests.shell import Shell


@pytest.fixture
def offered(place, capsys, monkeypatch):
    """What is offered for the last word of a line, after a case was opened and its parties notified."""
    shell = Shell(place, capsys)
    shell("open matter --as so_gtvt --title 'Đất đai' --area land --document 31/BC:1/4")
    shell("advance 1 notify --as btg --with partner=tand")

    def offer(line: str, lang: str = "en") -> list[str]:
        monkeypatch.setenv("_PHOIHOP_COMPLETE", "bash_complete")
        monkeypatch.setenv("PHOIHOP_DB", str(shell.db))
        monkeypatch.setenv("PHOIHOP_LANG", lang)
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        assert main([]) == 0
        return [word.removeprefix("plain,") for word in capsys.readouterr().out.split()]

    return offer


def test_commands_are_offered_by_their_beginning(offered):
    assert offered("phoihop s") == ["suspend", "show", "stuck", "sweep"]
    assert offered("phoihop rules d") == ["diagram", "diff"]


def test_open_cases_are_offered(offered):
    assert offered("phoihop show VV") == ["VV-2022-0001"]
    assert offered("phoihop history GP") == []


def test_an_agency_is_offered_what_it_can_do_now(offered):
    assert offered("phoihop --as tand advance VV-2022-0001 a") == ["acknowledge"]
    assert "thong-bao" not in offered("phoihop --as btg advance VV-2022-0001 t", "vi")
    assert "tien-hanh" in offered("phoihop --as btg advance VV-2022-0001 t", "vi")


def test_without_an_agency_every_trigger_is_offered(offered):
    assert {"notify", "acknowledge", "resolve"} <= set(offered("phoihop advance VV-2022-0001 "))


def test_the_duties_of_the_case_are_offered(offered):
    assert offered("phoihop waive VV-2022-0001 ") == ["acknowledge@tand"]


def test_agencies_and_processes_are_offered(offered):
    assert offered("phoihop inbox --as hu") == ["huyen_quang_hoa", "huyen_thach_an"]
    assert offered("phoihop open m") == ["matter"]


@pytest.mark.parametrize("line", ["phoihop advance --duty ", "phoihop advance --duty ack"])
def test_without_a_case_no_duty_is_offered_and_nothing_is_said(offered, line):
    assert offered(line) == []


def test_what_is_wrong_offers_nothing_and_says_nothing(offered, tmp_path, capsys, monkeypatch):
    assert offered("phoihop advance VV-2022-0099 ") == []
    assert offered("phoihop advance nonsense a") == []
