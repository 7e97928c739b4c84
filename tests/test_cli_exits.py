"""What goes wrong: each exit code by a run that ends with it, one sentence and a hint, never a traceback."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.places import name_of, writer
from tests.support import ROOT
from workflow.database import base

pytestmark = pytest.mark.usefixtures("home")


@contextlib.contextmanager
def against_the_rules(shell) -> Iterator[str]:
    yield "advance 1 resolve --as ubnd"


@contextlib.contextmanager
def a_misspelt_option(shell) -> Iterator[str]:
    yield "sweep --dryrun"


@contextlib.contextmanager
def a_bad_rules_file(shell) -> Iterator[str]:
    path = shell.folder / "bad.yaml"
    path.write_text("edition: x\ntitel: {en: X}\n")
    yield f"rules check {path}"


@contextlib.contextmanager
def somebody_was_faster(shell) -> Iterator[str]:
    yield "advance 1 notify --as btg --with partner=tand --if-version 7"


@contextlib.contextmanager
def a_real_database(shell) -> Iterator[str]:
    shell.sql("update meta set value = '0' where key = 'practice'")
    yield "stuck"


@contextlib.contextmanager
def no_such_case(shell) -> Iterator[str]:
    yield "show VV-2022-0099"


@contextlib.contextmanager
def somebody_writes(shell) -> Iterator[str]:
    with writer(shell.db):
        yield "advance 1 notify --as btg --with partner=tand"


@contextlib.contextmanager
def a_full_disk(shell) -> Iterator[str]:
    if isinstance(shell.db, str):  # a standby, or what an administrator does when the disk is nearly full
        shell.sql(f"ALTER DATABASE {name_of(shell.db)} SET default_transaction_read_only = on")
        yield "advance 1 notify --as btg --with partner=tand"
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, before[1]))
    try:
        yield "advance 1 notify --as btg --with partner=tand"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def garbage(shell) -> Iterator[str]:
    if isinstance(shell.db, str):
        shell.sql("ALTER TABLE meta RENAME TO other")
    else:
        shell.db.write_bytes(b"not a database at all" * 100)
    yield "stuck"


@contextlib.contextmanager
def a_case_that_cannot_be_swept(shell) -> Iterator[str]:
    shell.sql("update cases set body = ?", b"{}")
    shell.at("2022-05-04 09:00")
    yield "sweep"


WRONG = {
    1: (against_the_rules, "refused"),
    2: (a_misspelt_option, "usage"),
    3: (a_bad_rules_file, "bad_file"),
    4: (somebody_was_faster, "conflict"),
    5: (a_real_database, "not_allowed"),
    6: (no_such_case, "not_found"),
    7: (somebody_writes, "busy"),
    8: (a_full_disk, "read_only"),
    9: (garbage, "damaged"),
    10: (a_case_that_cannot_be_swept, "failed"),
}


@pytest.mark.parametrize("lang", ["en", "vi"])
@pytest.mark.parametrize("code", WRONG)
def test_every_exit_code_comes_with_one_sentence_and_a_way_out(shell, monkeypatch, code, lang):
    monkeypatch.setattr(base, "BUSY_SECONDS", 0)
    shell.lang = lang
    with WRONG[code][0](shell) as typed:
        found, _out, err = shell.run(typed)
    assert found == code, err
    first, *more = err.splitlines()
    assert first.startswith("phoihop: ")
    assert len(first) > len("phoihop: ") + 10
    if code == 3:  # a file: every problem on its own line
        assert all(line.startswith(("bad.yaml:", "  ")) for line in more)
    else:
        assert all(line.startswith("hint: " if lang == "en" else "gợi ý: ") for line in more)
        assert len(more) <= 1
    assert "Traceback" not in err


@pytest.mark.parametrize("code", WRONG)
def test_for_scripts_every_error_is_one_documented_object(shell, monkeypatch, code):
    monkeypatch.setattr(base, "BUSY_SECONDS", 0)
    way, name = WRONG[code]
    with way(shell) as typed:
        found, _out, err = shell.run(f"{typed} --format json")
    assert found == code, err
    (error,) = json.loads(err).values()
    assert list(json.loads(err)) == ["error"]
    assert list(error) == ["code", "message", "reasons", "hint"]
    assert error["code"] == name
    assert error["message"]
    assert all(list(reason) == ["code", "text"] for reason in error["reasons"])
    assert bool(error["reasons"]) == (code in (1, 3))
    assert error["hint"] is None or error["hint"]


def test_what_is_done_and_what_is_empty_end_with_0(shell):
    assert shell.run("find 'khong co'")[0] == 0
    assert shell.run("sweep")[0] == 0


def test_an_interrupt_ends_with_130(tmp_path):
    """The run waits for a file that never comes; the interrupt finds it waiting.

    Where the tests run in the background of a shell, interrupts are ignored, and what they start ignores them too.
    """
    listening = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    fifo = tmp_path / "rules.yaml"
    os.mkfifo(fifo)
    run = subprocess.Popen(
        [sys.executable, "-c", f"{listening}; import cli; sys.exit(cli.main())", "rules", "check", str(fifo)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with fifo.open("w"):  # opens once the run has opened it too
        run.send_signal(signal.SIGINT)
        assert run.stderr is not None
        said = run.stderr.read()
        assert run.wait(timeout=20) == 130
    run.stderr.close()
    assert said == "\n"


def test_a_bug_is_told_in_one_line_and_shown_with_v_only(shell, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the bug\nof two lines")

    monkeypatch.setattr("workflow.commands.lists.stuck", broken)
    assert shell.fails(10, "stuck") == (
        "phoihop: internal error: RuntimeError: the bug\nhint: run it again with -v to see where\n"
    )
    assert "Traceback" in shell.fails(10, "stuck -v")


@pytest.mark.parametrize("body", [b"{}", b"\xff", b""])
def test_a_row_that_cannot_be_read_is_damage_and_no_bug(shell, body):
    shell.at("2022-05-04 09:00")
    for table in ("cases", "events", "duties"):
        shell.sql(f"update {table} set body = ?", body)
    for typed in ("show 1", "history 1", "advance 1 notify --as btg", "inbox --as btg", "stuck", "overdue", "--as btg"):
        first, hint = shell.fails(9, typed).splitlines()
        assert first.startswith(
            ("phoihop: the database is damaged: ", "phoihop: what is stored of VV-2022-0001 cannot")
        )
        assert hint == "hint: restore the last good copy of the file"
