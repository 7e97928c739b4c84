"""What does not belong in the record, as one meets it on the command line: persons by number, secret documents."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from cli import main
from tests.shell import OPEN
from tests.terminal import on_terminal
from tests.test_rules_publish import changed

CCCD = "004085012345"
WAYS = {
    "a title": f"open matter --as btg --area land --document 1/BC:1/4 --title 'Đơn của {CCCD}'",
    "a reason": f"advance 1 refuse --as btg --document 1/BC:1/4 --reason 'Đơn của {CCCD}'",
    "a text field": f"advance 1 notify --as btg --set called='Gọi {CCCD}'",
    "a field as an option": f"advance 1 notify --as btg --called 'Gọi {CCCD}'",
    "a row": f"open matter --as btg --area land --document 1/BC:1/4 --title x --row measures 'title=Gặp {CCCD}'",
    "a document's number": f"advance 1 refuse --as btg --document {CCCD}:1/4 --reason x",
    "an arrival number": f"advance 1 refuse --as btg --document 1/BC:1/4 --arrival '7, CCCD {CCCD}' --reason x",
    "an extension": f"extend 1 notify --for 1wd --as btg --reason 'Chờ {CCCD}'",
    "a waiver": f"waive 1 notify --as btg --reason 'Là {CCCD}'",
}


@pytest.mark.parametrize("typed", WAYS.values(), ids=WAYS)
def test_text_05_a_persons_number_is_refused_wherever_it_is_written_and_never_repeated(shell, typed):
    before = shell.written()
    err = shell.fails(5, typed)
    assert "what looks like a citizen identity number (004…45)" in err
    assert "--override-identity REASON" in err
    assert CCCD not in err
    assert shell.written() == before


def test_the_place_of_the_number_is_named_in_the_words_of_the_process(shell):
    said = shell.fails(5, WAYS["a row"])
    assert said.startswith("phoihop: Measures of the joint plan: Measure has what looks like")
    assert shell.fails(5, WAYS["a title"]).startswith("phoihop: title has what looks like")


def test_a_table_from_a_file_is_looked_through(shell, tmp_path):
    Path(tmp_path, "m.csv").write_text(f"phase,agency,by,title\nbefore,ubnd,29/4/2022,Gọi 0912345678 và {CCCD}\n")
    err = shell.fails(5, "open matter --as btg --area land --document 1/BC:1/4 --title x --rows measures=m.csv")
    assert "what looks like a telephone number (091…78)" in err


def test_with_a_reason_it_stands_and_the_record_says_why(shell):
    shell(f"{WAYS['a title']} --override-identity 'Tên vụ án theo văn bản của Toà'")
    assert shell.json("show 2")["title"] == f"Đơn của {CCCD}"
    (event,) = shell.json("history 2")
    assert event["override"] == "Tên vụ án theo văn bản của Toà"
    assert "what looks like a person is let stand: Tên vụ án theo văn bản của Toà" in shell("history 2")


def test_a_reason_that_nothing_needed_says_nothing_of_the_event(shell):
    shell("advance 1 notify --as btg --with partner=tand --override-identity 'để phòng'")
    assert shell.json("history 1")[-1]["override"] is None


def test_the_reason_itself_holds_no_number(shell):
    err = shell.fails(5, f"{WAYS['a title']} --override-identity 'vì là {CCCD}'")
    assert err == (
        "phoihop: --override-identity has what looks like a citizen identity number (004…45)\n"
        "hint: say why it must stand, without the number\n"
    )


REGISTER = {
    "an agency": "agency add so_moi --name 'Sở mới'",
    "a name": "agency rename btg --name 'Ban mới'",
    "an end": "agency end tand",
    "an officer": "officer add binh --agency btg --name Bình --focal-point",
    "an edition": "rules migrate 1 --to cao-bang-2022.2 --yes",
}


@pytest.mark.parametrize("typed", REGISTER.values(), ids=REGISTER)
def test_the_reason_of_a_change_of_the_register_holds_no_number_whatever_is_said(shell, tmp_path, typed):
    shell(f"rules publish {changed(tmp_path)}")
    before = shell.written()
    err = shell.fails(5, f"{typed} --reason 'Đơn của {CCCD}'")
    assert err == (
        "phoihop: reason has what looks like a citizen identity number (004…45)\nhint: write of agencies and posts\n"
    )
    assert shell.written() == before


def test_money_documents_and_land_are_no_persons(shell):
    title = "Bồi thường 84.912.345.678 đồng, thửa 123, tờ bản đồ số 0912345678"
    shell(f"open matter --as btg --area land --document 402/TB-TU:1/4 --title '{title}'")
    assert shell.json("show 2")["title"] == title


def test_what_is_typed_as_an_answer_is_guarded_like_an_option(shell):
    before = shell.written()
    words = ["open", "--as", "btg", "--db", str(shell.db), "--now", shell.now, "--lang", "en"]
    code, shown = on_terminal(words, ["matter", f"Đơn của {CCCD}", "31/BC:1/4", "land"])
    assert code == 5, shown
    assert "(004…45)" in shown
    code, shown = on_terminal([*words, "--title", "x"], ["matter", "§Êt ®ai:1/4", "31/BC:1/4", "land"])
    assert code == 0, shown
    assert "--document is pasted from a document in an old font (TCVN3)" in shown  # and it is asked again
    assert shell.written() != before


def test_scripts_read_the_code(shell):
    words = [*shlex.split(WAYS["a title"]), "--db", str(shell.db), "--now", shell.now, "--format", "json"]
    assert main(words) == 5
    said = json.loads(shell.capsys.readouterr().err)["error"]
    assert said["code"] == "not_allowed"


# ---- secret documents -----------------------------------------------------------------------------

SECRET = [
    "mật", "MẬT", "Mat", "tối mật", "TOI MAT", "Tuyệt mật", "tuyệt-mật", "tuyet_mat", "  Tuyệt   Mật ",
    "Độ mật: tối mật", "T U Y Ệ T M Ậ T", "bí mật nhà nước", "Mật - A1", "ma\u0302\u0323t", "secret", "Top Secret",
    "TOP-SECRET", "topsecret", "Confidential", "classified", "restricted",
]  # fmt: skip


@pytest.mark.parametrize("marking", SECRET)
def test_a_document_with_a_secret_marking_is_refused(shell, marking):
    for typed in (f"{OPEN}", "advance 1 notify --as btg", "extend 1 notify --for 1wd --as btg --reason x",
                  "waive 1 notify --as btg --reason x"):  # fmt: skip
        before = shell.written()
        err = shell.fails(5, f"{typed} --marking {shlex.quote(marking)}")
        assert "state secrets are kept out of this system" in err
        assert "Law on the Protection of State Secrets, 2018" in err
        assert shell.written() == before


@pytest.mark.parametrize("marking", ["thường", "THƯỜNG", "Không mật", "không", "none", "Normal", "unclassified"])
def test_an_ordinary_marking_is_accepted_and_leaves_no_trace(shell, marking):
    shell(f"{OPEN} --marking '{marking}'")
    assert marking not in json.dumps(shell.json("history 2"), ensure_ascii=False)


@pytest.mark.parametrize("marking", ["hoả tốc", "khẩn", "7", "?"])
def test_a_marking_that_says_something_else_is_asked_about(shell, marking):
    assert "is no level of secrecy" in shell.fails(2, f"{OPEN} --marking '{marking}'")


@pytest.mark.parametrize(
    "title", ["Giữ bí mật kinh doanh", "Dự án mật ong", "Mật", "Mật độ xây dựng", "Top secret of honey"]
)
def test_the_word_in_a_text_is_never_a_marking(shell, title):
    shell(f"open matter --as btg --area land --document 1/BC:1/4 --title '{title}'")
    assert shell.json("show 2")["title"] == title
