"""`phoihop calendar`: what is in force, and publishing a newer one: previewed, agreed to, then a case at a time."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from datetime import timedelta

import msgspec
import pytest

from states.loader import load_calendar
from tests.doomed import NOTIFIED, OPENED, load_all, nobody, with_a_day_off
from tests.killing import WHOLE, count, kill
from tests.matters import three_matters
from tests.places import contents
from tests.real import Real
from tests.support import ROOT
from tests.terminal import on_terminal, plain
from workflow import amending
from workflow.audit import verify
from workflow.engine import Engine
from workflow.register import Why

NOTIFY_BY, STORM = "2022-04-05T10:30:00Z", "2022-04-05"


@pytest.fixture
def storm(tmp_path):
    """A calendar file that gives Tuesday 5/4/2022 off besides."""
    path = tmp_path / "vn.yaml"
    path.write_bytes(with_a_day_off(STORM))
    return path


def due_of(shell, case="1"):
    return {duty["duty"]: duty["due_at"] for duty in shell.json(f"show {case}")["duties"]}


# ---- looking ----------------------------------------------------------------------------------------


def test_the_calendar_in_force_shows_its_hours_its_days_with_their_acts_and_what_is_provisional(shell):
    said = shell("calendar show --year 2024")
    for part in (
        "01/01/2022 to 31/12/2028, Asia/Ho_Chi_Minh",
        "not decreed yet, provisional: 2027, 2028",
        "office hours from 01/01/2022: 07:30-11:30, 13:30-17:30",
        "Sat 04/05/2024  worked  Worked instead of 29 April",
        "Công văn 2450/VPCP-KGVX của Văn phòng Chính phủ ngày 12/4/2024",
    ):
        assert part in said
    assert "/2025  " not in said
    assert "off *" in shell("calendar show --year 2027")
    assert "No day of 2040 is listed." in shell("calendar show --year 2040")


def test_scripts_get_every_day_of_every_year(shell):
    shown = shell.json("calendar show")
    assert (shown["name"], shown["first"], shown["last"], shown["behind"]) == ("vn", "2022-01-01", "2028-12-31", False)
    assert shown["provisional"] == [2027, 2028]
    assert shown["hours"] == [{"from": "2022-01-01", "open": ["07:30-11:30", "13:30-17:30"], "source": "local choice"}]
    assert {day["date"][:4] for day in shown["days"]} == {str(year) for year in range(2022, 2029)}
    assert {day["date"][:4] for day in shell.json("calendar show --year 2025")["days"]} == {"2025"}
    rows = shell("calendar show --year 2024 --format csv").splitlines()
    assert rows[0] == "date,is,name,act,provisional"
    assert len(rows) == 1 + len(shell.json("calendar show --year 2024")["days"])


# ---- publishing -------------------------------------------------------------------------------------


def test_a_dry_run_shows_what_would_move_and_changes_nothing(shell, storm):
    before = shell.written()
    shown = shell.json(f"calendar load {storm} --dry-run")
    assert shown["published"] is False
    assert shown["moves"] == [
        {
            "case": "VV-2022-0001",
            "duty": "notify@btg",
            "agency": "btg",
            "old": NOTIFY_BY,
            "new": "2022-04-06T10:30:00Z",
            "provisional": False,
        }
    ]
    assert [(day["date"], day["before"], day["after"]["is"]) for day in shown["days"]] == [(STORM, None, "off")]
    said = shell(f"calendar load {storm} --dry-run")
    assert "Tue 05/04/2022: off, Storm (Công văn 1/UBND)" in said
    assert "1 due date moves" in said
    assert shell.written() == before


def test_without_a_terminal_nothing_is_published_unless_yes_says_so(shell, storm):
    before = shell.written()
    assert "say --yes" in shell.fails(2, f"calendar load {storm}")
    assert shell.written() == before
    said = shell(f"calendar load {storm} --yes")
    assert "1 case amended." in said
    assert due_of(shell) == {"notify@btg": "2022-04-06T10:30:00Z"}
    event = shell.json("history 1")[-1]
    assert (event["kind"], event["by"], event["duties"][0]["change"]) == ("amended", None, "moved")
    assert "in force already" in shell(f"calendar load {storm} --yes")


@pytest.mark.sqlite_only
def test_a_terminal_asks_and_only_yes_publishes(shell, storm):
    typed = ["calendar", "load", str(storm), "--db", str(shell.db), "--now", shell.now, "--lang", "en"]
    before = shell.written()
    code, shown = on_terminal(typed, ["no"])
    assert (code, shell.written()) == (130, before)
    assert "1 due date moves" in plain(shown)
    code, shown = on_terminal(typed, ["yes"])
    assert code == 0
    assert "1 case amended." in plain(shown)
    table = plain(shown).partition("What changes")[2].partition("The same in one line")[0]
    assert max(map(len, table.splitlines())) <= 80


def test_a_case_without_anything_that_moves_gets_no_event(shell, tmp_path):
    path = tmp_path / "vn.yaml"
    path.write_bytes(with_a_day_off("2022-08-01"))
    assert shell.json(f"calendar load {path} --yes")["amended"] == []
    assert [event["kind"] for event in shell.json("history 1")] == ["opened"]


def test_new_due_dates_use_the_newest_calendar(shell, storm):
    shell(f"calendar load {storm} --yes")
    shell("open matter --as so_gtvt --title 'Cầu' --area land --document 32/BC:1/4")
    assert due_of(shell, "2") == {"notify@btg": "2022-04-06T10:30:00Z"}


def test_a_calendar_with_a_fault_is_refused_at_its_place(shell, storm):
    storm.write_text(storm.read_text("utf-8").replace('"2022-04-05"', '"2022-04-35"'), "utf-8")
    before = shell.written()
    said = shell.fails(3, f"calendar load {storm} --yes")
    line = len(storm.read_text("utf-8").splitlines())
    assert f"vn.yaml:{line}:" in said
    assert "E180" in said
    assert shell.written() == before
    assert "cannot read" in shell.fails(6, "calendar load nowhere.yaml")


def test_a_due_date_beyond_the_calendar_refuses_it_whole(shell, storm):
    """A calendar that ends with 2022 does not reach a report that is due in January."""
    short = "\n".join(line for line in storm.read_text("utf-8").splitlines() if "2022-" in line or '"20' not in line)
    storm.write_text(short + "\n", "utf-8")
    shell.at("2022-12-30 09:00")
    shell("open matter --as so_gtvt --title 'Cầu' --area land --document 32/BC:30/12")
    before = shell.written()
    code, _out, err = shell.run(f"calendar load {storm} --yes --format json")
    assert code == 1
    assert [reason["code"] for reason in json.loads(err)["error"]["reasons"]] == ["beyond_calendar"]
    assert "VV-2022-0002" in err
    assert shell.written() == before
    shell.at("2023-02-01 09:00")
    assert "today is not in it" in shell.fails(2, f"calendar load {storm} --yes")


def test_only_an_administrator_publishes_a_calendar_and_it_is_written_down_who_did(
    place, capsys, monkeypatch, home, storm
):
    real = Real(place, capsys, monkeypatch)
    real.officers(lan="btg")
    real.at("2026-03-05 08:00")
    code, _out, err = real.by("lan").run(f"calendar load {storm} --yes")
    assert code == 5
    assert "administrators: quantri" in err
    assert real.by("lan")("calendar show --year 2022")
    real.by("quantri")(f"calendar load {storm} --yes")
    engine = Engine(real.db)
    with engine.database.reading() as connection:
        ((officer, change, reason),) = connection.exec_driver_sql(
            "SELECT officer, change, reason FROM register_log WHERE subject = 'calendar/vn'"
        ).all()
    engine.close()
    assert (officer, change, reason) == ("quantri", "calendar_published", "Công văn 1/UBND")


def test_a_provisional_due_date_is_marked_everywhere_and_becomes_firm_when_its_year_is_decreed(shell, tmp_path):
    shell.at("2026-12-31 16:00")
    shell("open matter --as so_gtvt --title 'Cầu' --area land --document 32/BC:30/12/2026")
    (duty,) = shell.json("show VV-2026-1")["duties"]
    assert (duty["due_at"], duty["provisional"]) == ("2027-01-04T10:30:00Z", True)
    for typed in ("show VV-2026-1", "history VV-2026-1"):
        assert "(provisional)" in shell(typed)
    for typed in ("inbox --as btg", "--as btg"):
        said = shell(typed)
        assert "04/01/2027 17:30 *" in said
        assert "* provisional: its year is not decreed yet" in said
    shell.at("2027-01-05 08:00")
    assert "(provisional)" in shell("show VV-2026-1")
    assert "04/01/2027 17:30 *" in shell("overdue")
    listed = [one for typed in ("overdue", "stuck", "inbox --as btg") for one in shell.json(typed)]
    assert [one["provisional"] for one in listed if one["case"] == "VV-2026-0001"] == [True, True, True]
    decreed = tmp_path / "vn.yaml"
    lines = (ROOT / "calendars/vn.yaml").read_text("utf-8").splitlines()
    firm = [line.replace(", provisional: true", "") if '"2027' in line else line for line in lines]
    decreed.write_text("\n".join(firm), "utf-8")
    assert "1 due date becomes firm." in shell(f"calendar load {decreed} --yes")
    (duty,) = shell.json("show VV-2026-1")["duties"]
    assert (duty["due_at"], duty["provisional"]) == ("2027-01-04T10:30:00Z", False)
    assert shell.json("history VV-2026-1")[-1]["kind"] == "amended"


def test_due_dates_of_before_what_they_are_made_of_was_kept_stay_and_are_counted(shell, storm):
    """Such a case comes from a database that an older version made."""
    old = shell.json("show 1")["duties"][0]["due_at"]
    engine = Engine(shell.db)
    case = engine.case("VV-2022-0001")
    duties = {id_: msgspec.structs.replace(duty, counted=None) for id_, duty in case.duties.items()}
    engine.close()
    body = msgspec.json.encode(msgspec.structs.replace(case, duties=duties))
    shell.sql("UPDATE cases SET body = ? WHERE number = 'VV-2022-0001'", body)
    said = shell(f"calendar load {storm} --yes")
    assert "1 due date stays: its record does not say how it was counted." in said
    assert shell.json("show 1")["duties"][0]["due_at"] == old


# ---- half-way ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def three(shared):
    """Three matters: one waits for its notification, two for acknowledgement."""
    return three_matters(shared)


def test_killed_anywhere_the_same_command_finishes_and_no_case_is_amended_twice(place, three, kind):
    """P1. Mutant: `amended` pointed at the new calendar when it is published; seen failing."""
    first = Engine(three)
    before = amending.in_force(first).digest
    first.close()
    whole = place.copy(three, "whole")
    places = count(load_all, whole)
    assert places > 20
    expected = contents(whole)
    met: Counter[str] = Counter()
    for point in [*range(1, places, 2 if kind == "sqlite" else 7), places]:
        path = place.copy(three, f"killed{point}")
        said, _ = kill(load_all, path, point)
        engine = Engine(path)
        with engine.database.reading() as connection:
            behind = amending.behind(connection)
        published = amending.in_force(engine).digest != before
        amended = [n for n in range(1, 4) if engine.history(f"VV-2022-000{n}")[1][-1].kind == "amended"]
        assert "published" not in said or published
        assert {f"VV-2022-000{n}" for n in amended} >= {one for one in said if one != "published"}
        assert behind or not published or len(amended) == 3
        met["behind" if behind else "done" if published else "not begun"] += 1
        assert verify(engine.database) == []
        load_all(str(path), nobody)
        assert contents(path) == expected
        with engine.database.reading() as connection:
            assert not amending.behind(connection)
        engine.close()
    assert set(met) == {"behind", "done", "not begun"}
    assert kill(load_all, place.copy(three, "lives"), WHOLE)[0][0] == "published"


def test_each_case_is_amended_at_the_instant_the_clock_says_then(place, three):
    """All of them may take hours, and a server refuses a clock that is two minutes late. Mutant: it is read once."""
    path = place.copy(three, "slow")
    engine = Engine(path)
    text = with_a_day_off(STORM)
    why = Why(officer="quantri", at=NOTIFIED, reason="storm")
    amending.publish(engine, text, "vn", load_calendar(text, "vn.yaml"), NOTIFIED, why)
    minutes = itertools.count()
    for one in amending.bring(engine, "quantri", lambda: NOTIFIED + next(minutes) * timedelta(minutes=1)):
        assert not one.error
    amended = [engine.history(f"VV-2022-000{n}")[1][-1].at for n in (1, 2, 3)]
    assert [at - amended[0] for at in amended] == [timedelta(minutes=n) for n in range(3)]
    engine.close()


def test_what_is_half_done_is_told_by_every_screen_that_should_know_and_the_record_is_sound(shell, storm):
    shell("open matter --as so_gtvt --title 'Cầu' --area land --document 32/BC:1/4")
    engine = Engine(shell.db)
    text = storm.read_bytes()
    why = Why(officer="quantri", at=OPENED, reason="storm")
    amending.publish(engine, text, "vn", load_calendar(text, "vn.yaml"), OPENED, why)
    assert next(amending.bring(engine, "quantri", lambda: OPENED)).duties == ("notify@btg",)
    assert "Not every open case is counted over it yet" in shell("calendar show --year 2022")
    assert shell.json("calendar show")["behind"] is True
    _code, out, _err = shell.run("doctor --format json")
    assert "calendar_behind" in [finding["code"] for finding in json.loads(out)]
    assert due_of(shell, "2") == {"notify@btg": NOTIFY_BY}
    assert [move["case"] for move in shell.json(f"calendar load {storm} --dry-run")["moves"]] == ["VV-2022-0002"]
    shown = shell.json(f"calendar load {storm} --yes")
    assert shown["amended"] == ["VV-2022-0002"]
    assert shell.json("calendar show")["behind"] is False
    assert list(verify(engine.database, [])) == []
    engine.close()


def test_one_case_that_cannot_be_read_does_not_keep_the_others_from_their_due_dates(shell, storm):
    shell("open matter --as so_gtvt --title 'Cầu' --area land --document 32/BC:1/4")
    shell.sql("UPDATE cases SET body = ? WHERE number = 'VV-2022-0001'", b"{}")
    code, out, err = shell.run(f"calendar load {storm} --yes --format json")
    assert code == 10
    shown = json.loads(out)
    assert (shown["amended"], shown["failed"]) == (["VV-2022-0002"], ["VV-2022-0001"])
    assert "1 case could not be amended" in err
    assert shell.json("calendar show")["behind"] is True
