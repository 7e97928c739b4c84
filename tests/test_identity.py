"""Who acts, who records, who sees, in a real database: the account at the keyboard, never an option."""

from __future__ import annotations

import os
import shlex

import pytest
from sqlalchemy import select

from tests.real import WHY, Real
from workflow import identity
from workflow.commands.run import run
from workflow.database import open_database
from workflow.engine import Engine
from workflow.tables import involved

OPEN = "open matter --area land --document 1/BC:27/2 --title"
SECRET = "Zirkelkasten"


@pytest.fixture
def real(place, capsys, monkeypatch, home):
    """A database with officers of the lead, a reporter, a partner, an outsider, and a body."""
    made = Real(place, capsys, monkeypatch)
    return made.officers(lan="btg", duc="so_gtvt", toa="tand", xa="vksnd", truc="thuong_truc")


# ---- who one is ---------------------------------------------------------------------------------


def test_the_account_is_that_of_the_operating_system_and_under_sudo_of_who_called_it(monkeypatch):
    pwd = pytest.importorskip("pwd")
    monkeypatch.delenv("SUDO_UID", raising=False)
    assert identity.account() == pwd.getpwuid(os.getuid()).pw_name
    other = next(one for one in pwd.getpwall() if one.pw_uid != os.getuid())
    monkeypatch.setenv("SUDO_UID", str(other.pw_uid))
    called = pwd.getpwuid(other.pw_uid).pw_name if os.geteuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    assert identity.account() == called
    monkeypatch.setattr(os, "geteuid", lambda: 1000)  # who is not root is not believed
    assert identity.account() == pwd.getpwuid(os.getuid()).pw_name


def test_an_account_the_register_does_not_know_may_do_nothing_and_is_told_whom_to_ask(real):
    for typed in ("", "board", "stuck", "show 1", f"{OPEN} X --as btg", "agency list", "sweep", "officer list"):
        said = real.by("stranger").fails(5, typed)
        assert said == ("phoihop: stranger is no officer of this database\nhint: administrators: quantri (quantri)\n")


def test_who_left_office_is_not_known_any_more_but_what_they_did_keeps_their_name(real):
    real.by("duc")(f"{OPEN} X")
    real.by("quantri")(f"officer end duc --from 3/3 {WHY}")
    real.at("2026-03-03 08:00")
    assert "duc is no officer" in real.by("duc").fails(5, "board")
    real.officers(minh="so_gtvt")
    assert "officer: Duc (duc)" in real.by("minh")("history 1")


def test_who_makes_a_database_administers_it_and_acts_for_no_agency(real):
    assert "quantri administers the register and acts for no agency" in real.by("quantri").fails(
        5, f"{OPEN} X --as btg"
    )
    assert "only an administrator may change the register" in real.by("lan").fails(5, f"agency end tand {WHY}")
    assert "only an administrator" in real.fails(5, f"officer add x --name X --agency tand {WHY}")
    real.by("quantri")(f"officer add quantri --name 'Quản Trị' --agency tand --focal-point {WHY}")
    real(f"{OPEN} X")
    real(f"agency add a --name A {WHY}")


def test_the_last_administrator_stays(real):
    assert "quantri is the last administrator" in real.by("quantri").fails(2, f"officer end quantri --from 3/3 {WHY}")


def test_officers_enter_their_own_leave_and_nobody_elses(real):
    real.officers(hoa="btg")
    real.by("lan")("away 3/3..4/3 --deputy hoa")
    assert real.json("officer list --agency btg --on 3/3")[0]["answered_for_by"] == "hoa"
    assert "only an administrator" in real.fails(5, f"officer away hoa 3/3 --deputy lan {WHY}")


def test_the_clock_of_a_real_database_is_not_set(real):
    assert "--now sets the clock of practice databases only" in real.by("lan").fails(
        5, "board --now 2026-03-02T08:00:00Z"
    )


# ---- whose act it is ----------------------------------------------------------------------------


def test_an_officer_acts_for_the_own_agency_without_saying_so(real):
    opened = real.by("duc").json(f"{OPEN} X")["events"][0]
    assert (opened["by"], opened["officer"], opened["recorded_by"]) == ("so_gtvt", "duc", None)
    assert "Owed by us" in real.by("lan")("")


def test_the_lead_records_what_a_partner_wrote_with_its_document_and_history_says_so(real):
    real.by("duc")(f"{OPEN} X")
    real.by("lan")("advance 1 notify --with partner=tand")
    said = real.fails(1, "advance 1 acknowledge --as tand")
    assert "what is recorded for another agency needs its document" in said
    done = real.json("advance 1 acknowledge --as tand --document 8/CV:2/3")["events"][0]
    assert (done["by"], done["officer"], done["recorded_by"]) == ("tand", "lan", "btg")
    assert "recorded by Propaganda Department, Lan (lan)" in real("history 1")
    last = next(line for line in real("show 1").splitlines() if line.startswith("last act: "))
    assert last == "last act: People's Court: Acknowledge; recorded by Propaganda Department, Lan (lan)"
    assert real.json("history 1")[-2]["recorded_by"] == "btg"


def test_nobody_else_records_it_and_the_refusal_says_who_may(real):
    real.by("duc")(f"{OPEN} X")
    real.by("lan")("advance 1 notify --with partner=tand")
    said = real.by("duc").fails(1, "advance 1 acknowledge --as tand --document 8/CV:2/3")
    assert "Department of Transport may not record this for People's Court; those who may: Lead" in said
    said = real.by("toa").fails(1, "advance 1 add_partner --as btg --with partner=vksnd --document 8/CV:2/3")
    assert "may not record this for Propaganda Department: only that agency itself does it" in said


def test_a_reporter_without_an_officer_has_its_report_recorded_by_the_lead_alone(real):
    assert real.by("lan").json(f"{OPEN} X --as so_xd")["events"][0]["recorded_by"] == "btg"
    assert "those who may: Lead" in real.by("duc").fails(1, f"{OPEN} X --as so_xd")


def test_the_officer_of_a_successor_acts_for_what_the_old_agency_began(real):
    real.by("duc")(f"{OPEN} X")
    real.by("quantri")(f"agency add btgdv --name 'Ban mới' --from 9/3 {WHY}")
    real(f"agency merge btg --into btgdv --from 9/3 {WHY}")
    real.at("2026-03-09 08:00").officers(nam="btgdv")
    done = real.by("nam").json("advance 1 notify --with partner=tand")["events"][0]
    assert (done["by"], done["officer"], done["recorded_by"]) == ("btgdv", "nam", None)


def test_an_officer_whose_agency_has_ended_does_nothing_more_until_entered_anew(real):
    real.by("duc")(f"{OPEN} X")
    real.by("quantri")(f"agency add btgdv --name 'Ban mới' --from 9/3 {WHY}")
    real(f"agency merge btg --into btgdv --from 9/3 {WHY}")
    real.at("2026-03-09 08:00")
    for typed in ("board", "advance 1 acknowledge --as tand --document 1/A:2/3"):
        said = real.by("lan").fails(5, typed)
        assert "btg has ended; btgdv acts in its place" in said
    real.by("quantri")(f"officer end lan {WHY}")
    real(f"officer add lan --name Lan --agency btgdv --focal-point {WHY}")
    assert real.by("lan").json("inbox")[0]["duty"] == "notify@btg"


def test_who_is_late_is_grouped_under_who_answers_with_the_officer_to_call(real):
    real.by("duc")(f"{OPEN} X")
    real.by("quantri")(f"agency add btgdv --name 'Ban mới' --from 9/3 {WHY}")
    real(f"agency merge btg --into btgdv --from 9/3 {WHY}")
    real.at("2026-03-09 08:00").officers(nam="btgdv")
    assert real.by("truc")("overdue").startswith("Ban mới; call: Nam\n")
    assert [(row["agency"], row["overdue"]) for row in real.json("board")] == [("btgdv", 1)]


def test_in_a_practice_database_anybody_plays_any_agency_under_their_own_login(shell):
    answer = shell.json("advance 1 notify --as btg --with partner=tand")
    database = open_database(shell.db)
    assert answer["events"][0]["officer"] == identity.identity(database)
    assert shell.place.kind == "sqlite" or answer["events"][0]["officer"] == "postgres"
    database.close()


# ---- who sees -----------------------------------------------------------------------------------


@pytest.fixture
def hidden(real):
    """A matter of the lead and a reporter, overdue for as long as a clock is believed without a sweep."""
    real.by("duc")(f"{OPEN} '{SECRET}' --as so_gtvt")
    return real.at("2026-03-16 08:00")


def counted(real, login):
    real.by(login)
    return [len(real.json(typed)) for typed in ("overdue", "stuck", f"find {SECRET}", "board")]


def test_the_parties_a_body_and_who_sees_all_see_a_case_and_others_do_not(hidden):
    hidden.by("quantri")(f"agency add tt --name 'Thanh tra' --sees-all {WHY}")
    hidden.officers(tra="tt")
    assert {login: counted(hidden, login) for login in ("lan", "duc", "truc", "tra", "toa", "xa", "quantri")} == {
        "lan": [1, 1, 1, 1],
        "duc": [1, 1, 1, 1],
        "truc": [1, 1, 1, 1],
        "tra": [1, 1, 1, 1],
        "toa": [0, 0, 0, 0],
        "xa": [0, 0, 0, 0],
        "quantri": [0, 0, 0, 0],
    }


def test_who_was_a_party_once_goes_on_seeing(hidden):
    hidden.by("lan")("advance 1 reroute --with owner=tand --reason 'Thẩm quyền'")
    assert counted(hidden, "toa") == [1, 1, 1, 1]
    hidden.by("lan")("advance 1 reroute --with owner=ubnd --reason 'Thẩm quyền'")
    assert "tand" not in str(hidden.json("show 1")["parties"])
    assert counted(hidden, "toa") == [1, 1, 1, 1]


def test_a_successor_sees_what_the_old_agency_saw(hidden):
    hidden.by("quantri")(f"agency add btgdv --name 'Ban mới' --from 17/3 {WHY}")
    hidden(f"agency merge btg --into btgdv --from 17/3 {WHY}")
    hidden.at("2026-03-17 08:00").officers(nam="btgdv")
    assert counted(hidden, "nam") == [1, 1, 1, 1]


EVERY = [
    "", "board", "stuck", "stuck --all", "overdue", "inbox", "inbox --as btg", "overdue --as btg", "find zirkel",
    "find btg", "sweep --dry-run", "sweep", "show {c}", "history {c}", "advance {c}", "advance {c} notify",
    "advance {c} notify --as btg --document 1/A:2/3", "extend {c} notify --for 1wd --reason x",
    "waive {c} notify --reason x", "advance {c} notify --if-version 9",
]  # fmt: skip


@pytest.mark.share(7)
@pytest.mark.parametrize("typed", EVERY)
@pytest.mark.parametrize("login", ["toa", "quantri"])
@pytest.mark.parametrize("form", ["", " --format json", " --format csv"])
def test_not_a_byte_of_a_hidden_case_is_shown_and_it_answers_as_an_unknown_one_does(hidden, typed, login, form):
    for case in ("1", "VV-1", "VV-2026-0001") if "{c}" in typed else ("1",):
        code, out, err = hidden.by(login).run(typed.format(c=case) + form)
        assert SECRET not in out + err
        if "{c}" not in typed:
            assert "2026-0001" not in out + err
            continue
        unknown = hidden.run(typed.format(c=case.replace("1", "7")) + form)
        assert (code, out, err.replace("1", "7")) == (6, unknown[1], unknown[2].replace("1", "7"))


def test_the_database_is_known_by_its_file_alone_whoever_asks(real):
    database = open_database(real.seen_by(real.login))
    assert identity.known(database, real.now).login == real.login
    assert identity.known(database, real.now).practice is False
    database.close()


def test_tab_offers_nothing_of_a_hidden_case(hidden, monkeypatch):
    def offered(login):
        monkeypatch.setenv("_PHOIHOP_COMPLETE", "bash_complete")
        db = hidden.by(login).seen_by(login)
        monkeypatch.setenv("COMP_WORDS", f"phoihop --db {shlex.quote(db)} show VV")
        monkeypatch.setenv("COMP_CWORD", "4")
        hidden.capsys.readouterr()
        run(["--db", db], lambda: hidden.now, "0")
        return hidden.capsys.readouterr().out.strip()

    assert "VV-2026-0001" in offered("lan")
    assert [offered(login) for login in ("toa", "quantri", "stranger")] == ["", "", ""]


def test_what_is_remembered_of_who_took_part_is_what_history_says(hidden):
    hidden.by("lan")("advance 1 notify --with partner=tand --with partner=vksnd")
    hidden("advance 1 reroute --with owner=hdnd --reason 'Thẩm quyền'")
    engine = Engine(hidden.db)
    parts = set()
    for event in engine.history("VV-2026-0001")[1]:
        parts |= {agency for held in event.parties.values() for agency in held}
        parts |= {duty.agency for duty in event.opened if duty.agency}
    with engine.database.reading() as connection:
        kept = list(connection.execute(select(involved.c.agency)).scalars())
    engine.close()
    assert sorted(kept) == sorted(parts)
