"""The corpus of bad inputs on the command line (cli-*) and in what people type (text-*), and `init` beside them."""

from __future__ import annotations

import io
import json
import os
import pwd
import shlex
import stat
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from cli import main
from tests.shell import OPEN
from tests.support import ROOT

HIDDEN = {
    "cli-02 NUL": "\0",
    "cli-02 bell": "\a",
    "cli-02 line feed": "\n",
    "cli-02 delete": "\x7f",
    "cli-05 ESC": "\x1b[31m",
    "cli-05 OSC 52": "\x1b]52;c;cm0=\a",
    "cli-05 OSC 8": "\x1b]8;;http://x\x1b\\",
    "cli-05 C1": "\x9b31m",
    "cli-05 CR": "\r",
    "cli-05 right to left": "\u202e",
    "cli-05 isolate": "\u2067",
    "cli-05 zero width": "\u200b",
    "cli-05 line separator": "\u2028",
    "cli-05 a lone surrogate": "\udcff",
}
TEXTS = [
    "open matter --as btg --area land --document 1:1/4 --title {}",
    "advance 1 refuse --as btg --document 1:1/4 --reason {}",
    "advance 1 refuse --as btg --reason x --document {}:1/4",
    "advance 1 notify --as btg --set called={}",
    "advance 1 notify --as {}",
    "advance 1 {} --as btg",
    "open matter --as btg --title x --row measures 'title={}'",
    "find {}",
    "show {}",
    "extend 1 notify --for 1wd --as btg --reason {}",
    "extend 1 {} --for 1wd --as btg --reason x",
    "waive 1 notify --as btg --reason {}",
    "advance 1 notify --as btg --duty {}",
    "advance 1 notify --as btg --duty notify@btg.{}",
    "advance 1 notify --as btg --with {}=tand",
    "advance 1 notify --as btg --with partner={}",
    "advance 1 notify --as btg --marking {}",
    "advance 1 notify --as btg --override-identity {}",
    "open {} --as btg --title x",
    "open matter --as btg --title x --area {}",
]

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_hidden_characters_are_refused_with_their_place(shell, hidden):
    before = shell.written()
    for line in TEXTS:
        words = [word.replace("{}", f"Đất {hidden}đai") for word in shlex.split(line)]
        code = main([*words, "--db", str(shell.db), "--now", shell.now, "--lang", "en"])
        err = shell.capsys.readouterr().err
        place = 11 if "title={}" in line else 16 if "@btg.{}" in line else 5
        assert code == 2, line
        assert f"hidden or control character at position {place} (U+{ord(hidden[0]):04X})" in err
        assert hidden[0] not in err.replace("\n", "") or hidden == "\n"
    assert shell.written() == before


@pytest.mark.parametrize(
    ("title", "said"),
    [
        pytest.param("x" * 301, "--title is longer than 300 characters: 301", id="cli-03 long"),
        pytest.param("   ", "--title is empty", id="cli-03 spaces"),
        pytest.param("", "--title is empty", id="cli-03 nothing"),
        pytest.param("\u3000\u00a0", "--title is empty", id="cli-03 wide spaces"),
        pytest.param("\u200b\u200d", "hidden or control character at position 1 (U+200B)", id="cli-03 zero width"),
        pytest.param("\u2800\u3164", "hidden or control character at position 1 (U+2800)", id="cli-03 blank letters"),
        pytest.param("--force", "--title wants a value, and --force looks like an option", id="cli-16"),
    ],
)
def test_a_title_is_words_and_no_more_than_300_characters(shell, title, said):
    words = ["open", "matter", "--as", "btg", "--area", "land", "--document", "1:1/4", "--title", title]
    assert main([*words, "--db", str(shell.db), "--now", shell.now, "--lang", "en"]) == 2
    assert said in shell.capsys.readouterr().err
    assert [row["case"] for row in shell.json("find vv")] == ["VV-2022-0001"]


PASTES = {"TCVN3": "§Êt ®ai cho d©n", "VNI": "Ñaát ñai cho daân"}


@pytest.mark.parametrize(("font", "pasted"), PASTES.items(), ids=PASTES)
@pytest.mark.parametrize("typed", [line for line in TEXTS if "btg.{}" not in line])
def test_a_paste_in_an_old_font_is_told_so_wherever_it_is_put(shell, typed, font, pasted):
    before = shell.written()
    err = shell.fails(2, " ".join(shlex.quote(word.replace("{}", pasted)) for word in shlex.split(typed)))
    assert f"is pasted from a document in an old font ({font})" in err
    assert "hint: convert the document to Unicode" in err
    assert shell.written() == before


def test_a_paste_in_an_old_font_is_found_in_a_table_from_a_file_with_its_line(shell, tmp_path):
    Path(tmp_path, "m.csv").write_text('phase,agency,by,title\nbefore,ubnd,29/4/2022,"§Êt ®ai"\n', "utf-8")
    err = shell.fails(2, "open matter --as btg --area land --document 1/BC:1/4 --title x --rows measures=m.csv")
    assert "m.csv, line 2: title is pasted from a document in an old font (TCVN3)" in err


@pytest.mark.parametrize(
    "typed",
    [
        "open matter --as btg --area land --document 1:1/4 --title {}",
        "open matter --as btg --area land --title x --document {}:1/4",
        "advance 1 refuse --as btg --document 1:1/4 --reason {}",
    ],
)
def test_text_01_what_comes_decomposed_is_kept_composed_by_every_command(shell, typed):
    said = shell.json(typed.replace("{}", unicodedata.normalize("NFD", "Đường-ấy")))
    text = json.dumps(said, ensure_ascii=False)
    assert "Đường-ấy" in text
    assert unicodedata.is_normalized("NFC", text)


@pytest.mark.parametrize("typed", ["extend 1 draft_plan --for 1wd", "waive 1 acknowledge@tand"])
def test_text_01_reasons_too(planning, typed):
    planning.at("2022-04-04 09:00")
    if "waive" in typed:
        planning("open matter --as so_gtvt --title x --area land --document 1/BC:1/4")
        planning("advance 2 notify --as btg --with partner=tand")
        typed = typed.replace(" 1 ", " 2 ")
    said = planning.json(f"{typed} --as btg --reason {unicodedata.normalize('NFD', 'Chờ ý kiến').replace(' ', '_')}")
    assert said["events"][0]["reason"] == "Chờ_ý_kiến"


def test_a_title_of_300_letters_is_taken_however_they_are_composed(shell):
    words = [*shlex.split(OPEN), "--title", unicodedata.normalize("NFD", "ế" * 300)]
    assert main([*words, "--db", str(shell.db), "--now", shell.now]) == 0
    assert shell.json("show 2")["title"] == "ế" * 300


@pytest.mark.parametrize("typed", ["stuck --officer other", "show 1 --officer other", "--officer other stuck"])
def test_cli_06_there_is_no_option_for_the_officer(shell, typed):
    assert "'--officer'" in shell.fails(2, typed)


def test_cli_06_not_even_as_a_field(shell):
    assert "there is no option --officer" in shell.fails(2, "advance 1 notify --as btg --officer other")


@pytest.mark.parametrize(
    "typed",
    ["advance 1 refuse --as btg --document 1:1/4 --reason x", "extend 1 notify --for 1wd --as btg --reason x",
     "waive 1 acknowledge --as btg --reason x"],
)  # fmt: skip
def test_cli_07_a_stale_version_is_a_conflict_that_names_the_winner(shell, typed):
    shell.at("2022-04-04 09:30")("advance 1 notify --as btg --with partner=tand")
    before = shell.written()
    assert shell.fails(4, f"{typed} --if-version 1") == (
        "phoihop: VV-2022-0001 has moved on: version 2, by Propaganda Department, Mon 04/04/2022 09:30\n"
        "hint: look again: phoihop show VV-2022-0001\n"
    )
    assert shell.written() == before


@pytest.mark.parametrize(
    "typed",
    ["show {}", "history {}", "advance {} --as btg", "advance {} notify --as btg",
     "waive {} notify --as btg --reason x", "extend {} notify --for 1wd --as btg --reason x"],
)  # fmt: skip
def test_cli_10_an_unknown_case_is_told_in_the_same_words_everywhere(shell, typed):
    for number in ("99", "VV-99", "VV-2022-0099", "ZZ-1", "VV-2021-0001", "nonsense", "VV-2022-0001x"):
        assert shell.fails(6, typed.format(number)) == (
            f"phoihop: there is no case {number}\nhint: look for it: phoihop find TEXT\n"
        )


@pytest.mark.parametrize("typed", ["rules show", "show 1", "stuck --bad"])
def test_cli_12_a_reader_that_has_gone_is_no_error(shell, typed):
    words = [sys.executable, str(ROOT / "cli.py"), *shlex.split(typed), "--db", str(shell.db), "--now", shell.now]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert done.returncode == (2 if "--bad" in typed else 0)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.parametrize("stream", ["stdout", "stderr", "both"])
@pytest.mark.parametrize("typed", ["stuck", "show 99", "--help"])
def test_cli_12_streams_that_are_closed_are_no_bug(shell, typed, stream):
    closed = {"stdout": ">&-", "stderr": "2>&-", "both": ">&- 2>&-"}[stream]
    words = shlex.join([sys.executable, str(ROOT / "cli.py"), *shlex.split(typed), "--db", str(shell.db)])
    done = subprocess.run(["sh", "-c", f"{words} {closed}"], capture_output=True, text=True, check=False)
    assert done.returncode == (6 if "99" in typed else 0)
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_output_that_cannot_be_written_is_told(shell):
    words = [sys.executable, str(ROOT / "cli.py"), "show", "1", "--db", str(shell.db), "--now", shell.now]
    with open("/dev/full", "w") as full:
        done = subprocess.run([*words, "--lang", "en"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 8
    assert done.stderr.startswith("phoihop: ")
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1258", "latin-1"])
@pytest.mark.parametrize("typed", ["rules show", "show 1", "stuck", "--as btg", "history 1", "show ế", "find dat"])
def test_cli_13_a_terminal_without_the_letters_gets_escapes(shell, monkeypatch, encoding, typed):
    shell.at("2022-05-04 09:00")
    raw = {name: io.BytesIO() for name in ("stdout", "stderr")}
    for name, buffer in raw.items():
        monkeypatch.setattr(sys, name, io.TextIOWrapper(buffer, encoding=encoding))
    code = main([*shlex.split(typed), "--db", str(shell.db), "--now", shell.now, "--lang", "vi"])
    sys.stdout.flush()
    sys.stderr.flush()
    said = b"".join(buffer.getvalue() for buffer in raw.values()).decode(encoding)
    assert code == (6 if "ế" in typed else 0)
    assert "\\u1" in said


def test_cli_14_without_a_terminal_nothing_asks_and_nothing_is_coloured(shell, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("tand\n" * 20))
    for typed in ("open", "open matter --as btg", "show", "extend 1", "waive 1 notify", "inbox", "advance"):
        code, out, err = shell.run(typed)
        assert (code, out) == (2, "")
        assert "\x1b" not in err
    code, out, err = shell.run("advance 1 notify --as btg")
    assert (code, out) == (1, "")
    assert err.splitlines()[1] == "hint: --with partner=AGENCY"
    assert sys.stdin.tell() == 0


class TestCli15:
    """No home, no right to write, a careless umask."""

    def test_a_home_that_is_nowhere_is_a_clear_error(self, monkeypatch, capsys):
        monkeypatch.delenv("HOME")
        monkeypatch.setattr(pwd, "getpwuid", lambda _: (_ for _ in ()).throw(KeyError("nobody")))
        assert main(["stuck", "--lang", "en"]) == 2
        assert capsys.readouterr().err == (
            "phoihop: there is no home folder to keep a practice database in\nhint: say which: --db PATH\n"
        )

    def test_init_says_where_without_a_home(self, monkeypatch, capsys, tmp_path):
        monkeypatch.delenv("HOME")
        monkeypatch.setattr(pwd, "getpwuid", lambda _: (_ for _ in ()).throw(KeyError("nobody")))
        assert main(["init", "--practice", "--db", str(tmp_path / "x.db"), "--lang", "en"]) == 0

    def test_a_folder_that_cannot_be_made_is_a_clear_error(self, monkeypatch, capsys, tmp_path):
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
        assert main(["init", "--practice", "--lang", "en"]) == 8
        assert capsys.readouterr().err.startswith("phoihop: cannot create ")
        assert main(["stuck", "--lang", "en"]) == 6
        assert "phoihop init --practice" in capsys.readouterr().err

    def test_the_file_is_its_owners_alone_whatever_the_umask(self, tmp_path, capsys):
        before = os.umask(0)
        try:
            assert main(["init", "--practice"]) == 0
            assert main(["demo", "--keep", str(tmp_path / "demo.db")]) == 0
        finally:
            os.umask(before)
        made = tmp_path / "home/.local/share/phoihop/practice.db"
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
        assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "demo.db").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "typed",
    [
        "open matter --as btg --title --force", "open matter --as --force --title x", "open matter --db --force",
        "open --force", "advance 1 refuse --as btg --reason --force", "advance 1 refuse --as btg --document --force",
        "advance 1 notify --as btg --with --force", "advance 1 notify --as btg --set --force",
        "advance 1 notify --as btg --set called=--force", "advance 1 notify --as btg --question --force",
        "advance 1 notify --as btg --duty --force", "advance 1 notify --as btg --rows --force",
        "advance 1 notify --as btg --row measures --force",
        "advance 1 notify --as btg --document 1 --dated --force", "extend 1 notify --as btg --for --force --reason x",
        "inbox --as btg --since --force", "rules check --force", "rules show --process --force",
        "init --practice --rules --force", "demo --keep --force", "stuck --lang --force", "stuck --format --force",
        "find -- --force", "show -- --force", "--as btg advance 1 -- --force",
    ],
)  # fmt: skip
def test_cli_16_what_looks_like_an_option_is_no_value(shell, typed):
    before = shell.written()
    words = ["--db", str(shell.db), "--now", shell.now, "--lang", "en", *shlex.split(typed)]
    assert main(words) == 2
    assert "--force" in shell.capsys.readouterr().err
    assert shell.written() == before


def test_text_01_decomposed_letters_are_kept_composed(shell):
    title = "Đất ở xã Quảng Hoà, đường Nguyễn Huệ"
    apart = unicodedata.normalize("NFD", title)
    assert apart != title
    words = ["open", "matter", "--area", unicodedata.normalize("NFD", "Đất đai"), "--document", "1:1/4"]
    common = ["--db", str(shell.db), "--now", shell.now, "--format", "json"]
    assert main([*words, "--as", unicodedata.normalize("NFD", "Sở Xây dựng"), "--title", apart, *common]) == 0
    case = json.loads(shell.capsys.readouterr().out)
    assert case["title"] == title
    assert case["parties"]["reporter"] == ["so_xd"]
    assert case["events"][0]["inputs"]["area"] == "land"
    for wanted in (apart, title, "DUONG NGUYEN HUE", unicodedata.normalize("NFD", "Quảng Hòa")):
        assert main(["find", wanted, *common]) == 0
        assert [row["title"] for row in json.loads(shell.capsys.readouterr().out)] == [title]
