"""Attachments from the shell: what may be kept with an act, under which name, and how it comes out again."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shlex
import stat
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import main
from tests.places import rows
from tests.shell import OPEN, Shell
from workflow.filing import MOST_BYTES, MOST_NAME, label

BODY = b"%PDF-1.4 plan of the plots\n"
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def report(home):
    """A file in the folder one stands in."""
    path = Path("bao-cao.pdf")
    path.write_bytes(BODY)
    return path


def attach(*paths: object) -> str:
    """The command that opens a matter with files."""
    files = " ".join(f"--file {shlex.quote(str(path))}" for path in paths)
    return f"{OPEN} {files}"


def refused(shell: Shell, *paths: object) -> str:
    """What is said of files that are not taken; nothing may have changed."""
    before = shell.written()
    err = shell.fails(2, attach(*paths))
    assert shell.written() == before
    return err


def kept_hashes(shell: Shell) -> list[str]:
    """What the database has bytes of."""
    return sorted(found for (found,) in rows(shell.db, "SELECT sha256 FROM attachments"))


# ---- what is kept ---------------------------------------------------------------------------------


def test_a_file_stands_in_the_event_the_history_the_card_and_the_list(shell, report):
    shell(attach(report))
    (event,) = shell.json("history 2")
    assert event["files"] == [{"name": "bao-cao.pdf", "sha256": SHA, "size": len(BODY)}]
    assert "attached: bao-cao.pdf (27 bytes)" in shell("history 2")
    assert "\nFiles\n  bao-cao.pdf  27 bytes\n" in shell("show 2")
    assert shell.json("files 2") == [{"version": 1, "name": "bao-cao.pdf", "sha256": SHA, "size": len(BODY)}]
    assert SHA in shell("files 2")
    assert shell("files 1") == "Nothing is attached.\n"


@pytest.mark.parametrize(
    "typed",
    ["advance 1 notify --as btg --with partner=tand", "extend 1 draft_plan --for 1wd --as btg --reason x",
     "waive 2 acknowledge@tand --as btg --reason x"],
)  # fmt: skip
def test_every_act_takes_files(shell, report, typed):
    case = typed.split()[1]
    if "advance" not in typed:
        for number in ("1", "2"):
            if number == "2":
                shell(OPEN)
            shell(f"advance {number} notify --as btg --with partner=tand")
        shell("advance 1 acknowledge --as tand")
    shell(f"{typed} --file {report}")
    assert [one["sha256"] for one in shell.json(f"files {case}")] == [SHA]


def test_the_same_bytes_are_kept_once_and_a_name_twice_is_numbered(shell, report, home):
    Path("other").mkdir()
    Path("other/bao-cao.pdf").write_bytes(b"another")
    shell(attach(report, "other/bao-cao.pdf", report))
    shell(attach(report))
    assert [one["name"] for one in shell.json("files 2")] == ["bao-cao.pdf", "bao-cao (2).pdf"]
    assert kept_hashes(shell) == sorted([SHA, hashlib.sha256(b"another").hexdigest()])


def test_a_refused_act_leaves_no_bytes_behind(shell, report):
    shell.fails(1, f"advance 1 agree --as btg --file {report}")
    assert kept_hashes(shell) == []


def test_file_05_one_byte_and_20_megabytes_are_taken_nothing_and_more_are_not(shell, home):
    for size in (1, MOST_BYTES):
        Path("f.bin").write_bytes(b"x" * size)
        shell(attach("f.bin"))
    Path("f.bin").write_bytes(b"")
    assert "f.bin is empty" in refused(shell, "f.bin")
    Path("f.bin").write_bytes(b"x" * (MOST_BYTES + 1))
    assert "f.bin is larger than 20000000 bytes" in refused(shell, "f.bin")


def test_ten_files_at_most(shell, report):
    assert "10 files at most, not 11" in refused(shell, *[report] * 11)


def test_file_02_links_pipes_devices_and_folders_are_not_followed_opened_or_waited_for(shell, report, home):
    Path("link").symlink_to(report)
    Path("dead").symlink_to("nowhere")
    os.mkfifo("pipe")
    Path("folder").mkdir()
    for name in ("link", "dead"):
        assert f"{name} is a symbolic link" in refused(shell, name)
    for name in ("pipe", "folder", "/dev/zero", "/dev/null", "."):
        assert "is no plain file" in refused(shell, name)
    assert "cannot read nowhere.pdf" in refused(shell, "nowhere.pdf")
    assert "cannot read" in refused(shell, "x" * 300)


# ---- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../x", "x"),
        ("/etc/x", "x"),
        ("C:\\x", "x"),
        ("C:x.pdf", "x.pdf"),
        ("..\\..\\x.pdf", "x.pdf"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("COM1.pdf", "_COM1.pdf"),
        ("console.txt", "console.txt"),
        ("a:b.pdf", "b.pdf"),
        ("what?.pdf", "what_.pdf"),
        (" . x .", "x"),
        ("..", ""),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("=HYPERLINK(1).pdf", "=HYPERLINK(1).pdf"),
        ("Báo cáo số 12.docx", "Báo cáo số 12.docx"),
        ("Ba\u0301o ca\u0301o.docx", "Báo cáo.docx"),
    ],
)
def test_file_01_a_name_is_its_last_part_made_safe_on_every_system(name, kept):
    assert label(name) == kept


@given(st.text(max_size=400))
def test_no_name_leads_out_of_a_folder(name):
    found = label(name)
    assert not set(found) & set('/\\<>:"|?*')
    assert found not in (".", "..")
    assert len(found) <= MOST_NAME
    assert label(found) == found


def test_a_file_whose_name_is_decomposed_on_the_disk_is_found_and_kept_composed(shell, home):
    decomposed = unicodedata.normalize("NFD", "Báo cáo.pdf")
    Path(decomposed).write_bytes(BODY)
    shell(attach(decomposed))
    assert [one["name"] for one in shell.json("files 2")] == ["Báo cáo.pdf"]


def test_file_01_a_name_that_turns_around_or_hides_is_refused(shell, home):
    for name in ("\u202efdp.exe", "a\u200bb.pdf", "a\nb.pdf", "\x1b[31m.pdf"):
        Path(name).write_bytes(BODY)
        words = [*shlex.split(OPEN), "--file", name, "--db", str(shell.db), "--now", shell.now, "--lang", "en"]
        assert main(words) == 2
        assert "hidden or control character" in shell.capsys.readouterr().err


def test_a_name_with_a_persons_number_is_refused_like_any_text(shell, home):
    Path("CCCD 004085012345.pdf").write_bytes(BODY)
    err = shell.fails(5, attach("CCCD 004085012345.pdf"))
    assert "file name has what looks like a citizen identity number (004…45)" in err
    shell(f"{attach('CCCD 004085012345.pdf')} --override-identity 'văn bản của Toà'")


def test_csv_14_a_formula_in_a_name_is_guarded(shell, home):
    Path("=HYPERLINK(1).pdf").write_bytes(BODY)
    shell(attach("=HYPERLINK(1).pdf"))
    (row,) = csv.DictReader(io.StringIO(shell("files 2 --format csv")))
    assert row["name"] == "'=HYPERLINK(1).pdf"
    assert not any(line.startswith("=") or ",=" in line for line in shell("history 2 --format csv").splitlines())


# ---- out again ------------------------------------------------------------------------------------


@pytest.fixture
def kept(shell, report):
    """A case with two files, which are no longer where they were."""
    Path("second.pdf").write_bytes(b"second")
    shell(attach(report, "second.pdf"))
    report.unlink()
    Path("second.pdf").unlink()
    return shell


@pytest.mark.parametrize("given", ["bao-cao.pdf", SHA, SHA[:8].upper()])
def test_a_file_comes_out_as_it_went_in_and_for_its_owner_alone(kept, given):
    before = os.umask(0)
    try:
        assert kept(f"files 2 {given} --output out.pdf") == "Written: out.pdf (27 bytes)\n"
    finally:
        os.umask(before)
    assert Path("out.pdf").read_bytes() == BODY
    assert stat.S_IMODE(Path("out.pdf").stat().st_mode) == 0o600


def test_file_08_nothing_is_overwritten_and_a_folder_gets_the_files_own_name(kept):
    kept("files 2 bao-cao.pdf --output .")
    Path("bao-cao.pdf").write_bytes(b"mine")
    said = kept.json("files 2 bao-cao.pdf --output .")
    assert said["output"] == "bao-cao (2).pdf"
    assert Path("bao-cao.pdf").read_bytes() == b"mine"
    assert Path("bao-cao (2).pdf").read_bytes() == BODY


def test_a_link_in_the_way_is_not_followed(kept):
    Path("precious").write_bytes(b"mine")
    Path("out.pdf").symlink_to("precious")
    Path("dangling.pdf").symlink_to("elsewhere")
    kept("files 2 bao-cao.pdf --output out.pdf")
    kept("files 2 bao-cao.pdf --output dangling.pdf")
    assert Path("precious").read_bytes() == b"mine"
    assert not Path("elsewhere").exists()


@pytest.mark.parametrize(
    ("code", "typed", "said"),
    [
        (6, "files 2 nothing.pdf --output x", "VV-2022-0002 has no file nothing.pdf"),
        (2, "files 2 bao-cao.pdf", "say where to write it: --output PATH"),
        (2, "files 2 --output x", "say which file is to be written"),
        (8, "files 2 bao-cao.pdf --output no/such/folder/x", "cannot create no/such/folder/x"),
        (6, "files 9", "there is no case 9"),
    ],
)
def test_what_is_asked_wrongly_is_told(kept, code, typed, said):
    assert said in kept.fails(code, typed)


@pytest.mark.parametrize("gone", [False, True])
def test_file_07_bytes_that_are_not_what_was_attached_are_damage_and_are_not_written(kept, gone):
    for sha256, size in rows(kept.db, "SELECT sha256, size FROM attachments"):
        if gone:
            kept.sql("DELETE FROM attachments WHERE sha256 = ?", sha256)
        else:
            kept.sql("UPDATE attachments SET body = ? WHERE sha256 = ?", bytes(size), sha256)
    assert "bao-cao.pdf is not what was attached" in kept.fails(9, "files 2 bao-cao.pdf --output x.pdf")
    assert not Path("x.pdf").exists()
    assert kept("files 2")  # what was there is still told
