"""What is written wrongly is named, the right word is offered, and a refused command changes nothing."""

from __future__ import annotations

import shlex

import pytest

from cli import main
from tests.shell import OPEN

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize(
    ("code", "typed", "said"),
    [
        (2, "advance 1 notfy --as btg", ["there is no trigger notfy", "did you mean notify?"]),
        (2, "advance 1 thong-baoo --as btg", ["there is no trigger thong-baoo", "did you mean thong-bao"]),
        (2, "advance 1 qqqqqq --as btg", ["there is no trigger qqqqqq", "there is: ", "notify"]),
        (2, "advance 1 notify --as bgt", ["there is no agency bgt", "did you mean btg"]),
        (2, "advance 1 notify --as 'Sở Xai Dựng'", ["there is no agency", "did you mean so-xay-dung"]),
        (2, "advance 1 notify --as btg --with partnr=tand", ["there is no capacity partnr", "did you mean partner"]),
        (2, "advance 1 notify --as btg --with partner=tandd", ["there is no agency tandd", "did you mean tand"]),
        (2, "advance 1 notify --as btg --with partner", ["--with is written CAPACITY=AGENCY"]),
        (2, "advance 1 notify --as btg --smal", ["there is no option --smal", "did you mean small?"]),
        (2, "advance 1 notify --as btg --set areas=land", ["there is no field areas", "did you mean area?"]),
        (2, "advance 1 notify --as btg --set area", ["--set is written FIELD=VALUE, not area"]),
        (2, "advance 1 notify --as btg tand", ["tand is one word too many"]),
        (2, "advance 1 notify --as btg --question", ["--question wants a value"]),
        (2, "advance 1 notify --as btg --urgent --urgent", ["urgent is given twice"]),
        (2, "advance 1 notify --as btg --urgent=perhaps", ["--urgent is true or false, not perhaps"]),
        (2, "advance 1 notify --as btg --called-at 25:00", ["25:00 is no moment", "16:50"]),
        (2, "advance 1 notify --as btg --called-at '30/2 8:00'", ["30/2 is no date"]),
        (2, "advance 1 notify --as btg --dated 1/4", ["--dated needs --document"]),
        (2, "advance 1 notify --as btg --document 12", ["a document has a number and a date", "NUMBER:DATE"]),
        (2, "advance 1 notify --as btg --document :1/4", ["a document has a number and a date"]),
        (2, "advance 1 notify --as btg --document 12:31/2", ["31/2 is no date", "23/2"]),
        (2, "advance 1 notify --as btg --document 12 --dated 2022-13-01", ["2022-13-01 is no date"]),
        (2, "advance 1 notify --as btg --document 12:4/4/22", ["4/4/22 is no date"]),
        (2, "advance 1 notify --as btg --duty notifi", ["there is no duty notifi", "did you mean notify?"]),
        (2, "advance 1 notify --as btg --duty notify@bgt", ["there is no agency bgt"]),
        (2, "extend 1 notify --as btg --for 3 --reason x", ["3 is no length of time", "3wd"]),
        (2, "extend 1 notify --as btg --for 0wd --reason x", ["0wd is no length of time"]),
        (2, "inbox --as btg --since soon", ["soon is no date"]),
        (2, "open mater --as btg --title x", ["there is no process mater", "did you mean matter?"]),
        (2, "open matter --as btg --title x --area lands", ["there is no such choice: lands", "did you mean land?"]),
        (2, "open matter --as btg --title x --measures y", ["measures is a table"]),
        (2, "open matter --as btg --title x --row area a=b", ["area is no table"]),
        (2, "open matter --as btg --title x --row measures nonsense", ["a row is written", "columns: phase, agency"]),
        (2, "open matter --as btg --title x --row measures fase=before", ["there is no column fase", "mean phase?"]),
        (2, "stuc", ["No such command 'stuc'", "stuck"]),
        (2, "stuck --al", ["No such option '--al'", "--all"]),
        (2, "stuck now", ["unexpected extra argument (now)"]),
        (2, "sweep --limit 0", ["0 is not in the range"]),
        (2, "advance 1 notify --as btg --if-version x", ["'x' is not a valid int"]),
        (2, "rules", ["Missing command", "phoihop rules --help"]),
        (2, "rules chek", ["No such command 'chek'", "check"]),
        (2, "rules check", ["Missing argument FILE"]),
        (6, "rules check nowhere.yaml", ["cannot read nowhere.yaml"]),
        (6, "show nonsense", ["there is no case nonsense", "phoihop find"]),
    ],
)  # fmt: skip
def test_what_is_written_wrongly_is_named_and_the_right_word_offered(shell, code, typed, said):
    err = shell.fails(code, typed)
    assert all(words in err for words in said), err


def test_a_bare_option_of_a_table_is_offered_the_form_it_has(shell):
    err = shell.fails(2, "open matter --as btg --title x --measures y")
    assert 'hint: write --row measures "column=value; column=value", or --rows measures=FILE.csv' in err


@pytest.mark.parametrize(
    "typed",
    ["inbox", "", "open matter --title x", "advance 1", "advance 1 notify", "extend 1 notify --for 1wd --reason x"],
)
def test_without_as_the_agencies_are_named(shell, typed):
    assert shell.fails(2, typed).startswith(
        "phoihop: say whose act it is: --as AGENCY\nhint: agencies: ban_thuong_vu, b"
    )


@pytest.mark.parametrize("name", ["--as", "--db", "--duty", "--title", "--set", "--with", "--document", "--reason"])
def test_an_option_given_nothing_is_not_an_option_left_out(shell, name):
    code, _out, err = shell.run("advance 1 notify --as btg --with partner=tand")
    assert code == 0
    before = shell.written()
    command = [*shlex.split(OPEN if name == "--title" else "advance 1 acknowledge --as tand"), name, ""]
    common = [*(["--db", str(shell.db)] if name != "--db" else []), "--now", shell.now, "--lang", "en"]
    assert main(common + command) == 2
    err = shell.capsys.readouterr().err
    assert "is empty" in err or "is written" in err
    assert shell.written() == before


def test_show_and_overdue_take_an_empty_agency_for_a_mistake(shell):
    assert shell.fails(2, "show 1 --as ''").startswith("phoihop: AGENCY is empty")
    assert shell.fails(2, "overdue --as ''").startswith("phoihop: AGENCY is empty")


@pytest.mark.parametrize(
    "now",
    ["yesterday", "2022-04-04", "2022-04-04T08:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
     "0001-01-01T00:00:00+14:00", ""],
)  # fmt: skip
@pytest.mark.parametrize("typed", ["--as btg", "stuck", OPEN])
def test_the_virtual_clock_takes_an_instant_that_an_office_can_have(shell, typed, now):
    shell.now = now
    assert "--now takes an instant like 2022-04-29T16:50:00+07:00" in shell.fails(2, typed)


@pytest.mark.parametrize("day", ["1/1/0001", "0001-01-01", "31/12/9999", "9999-12-31"])
@pytest.mark.parametrize("typed", ["inbox --as btg --since {day}", "advance 1 notify --as btg --document 1:{day}"])
def test_a_day_is_one_that_an_office_can_have(shell, typed, day):
    assert f"{day} is no date" in shell.fails(2, typed.format(day=day))


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "0001-01-01", "9999-12-31T23:59:59-12:00"])
def test_a_moment_is_one_that_an_office_can_have(shell, at):
    assert f"{at} is no " in shell.fails(2, f"advance 1 notify --as btg --called-at '{at}'")


def test_the_clock_of_a_real_database_is_never_set_by_hand(shell):
    shell.sql("update meta set value = '0' where key = 'practice'")
    before = shell.written()
    for typed in ("stuck", "show 1", "--as btg", OPEN, "advance 1 notify --as btg --with partner=tand", "sweep"):
        assert shell.fails(5, typed) == "phoihop: --now sets the clock of practice databases only\n"
    assert shell.written() == before


# ---- init ---------------------------------------------------------------------------------------


def test_a_real_database_has_no_silent_default(home, capsys):
    assert main(["init", "--lang", "en"]) == 2
    err = capsys.readouterr().err
    assert err.splitlines()[1] == "hint: to practise: phoihop init --practice"


def test_init_never_touches_what_is_there_already(shell, tmp_path):
    before = shell.written()
    assert " already\n" in shell.fails(2, "init --practice")
    assert shell.written() == before
    text = tmp_path / "notes.txt"
    text.write_text("my notes")
    assert main(["init", "--practice", "--db", str(text), "--lang", "en"]) == 2
    assert main(["demo", "--keep", str(text), "--lang", "en"]) == 2
    assert text.read_text() == "my notes"


def test_init_with_rules_that_are_wrong_leaves_no_file_behind(tmp_path, capsys):
    bad = tmp_path / "bad.yaml"
    bad.write_text("edition: x\n")
    new = tmp_path / "new.db"
    assert main(["init", "--practice", "--rules", str(bad), "--db", str(new)]) == 3
    assert main(["init", "--practice", "--rules", str(tmp_path / "none.yaml"), "--db", str(new)]) == 6
    assert not new.exists()


@pytest.mark.parametrize("path", ["a" * 300, "x/" * 3000, "\0", "a\x1b[31m", "--force", " "])
@pytest.mark.parametrize("command", ["stuck", "init --practice", "demo --keep"])
def test_an_impossible_path_is_a_clear_error(capsys, command, path):
    words = [*shlex.split(command), *([] if "--keep" in command else ["--db"]), path]
    code = main([*words, "--lang", "en"])
    err = capsys.readouterr().err
    assert code in (2, 6, 8), err
    assert "internal" not in err
    assert "\x1b" not in err
