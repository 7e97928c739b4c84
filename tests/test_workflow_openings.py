"""Cases that are opened by themselves: once per period, whoever opens and however late."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from states.decide import BEYOND_CALENDAR
from states.loader import load_rules
from states.openings import due
from states.worktime import BeyondCalendar
from tests.support import ROOT
from workflow import rulebook
from workflow.doctor import examine
from workflow.engine import Engine
from workflow.openings import next_opening, open_due
from workflow.reasons import kept, plain
from workflow.setup import set_up
from workflow.sweep import RETRY
from workflow.tables import cases, events, notices, openings

RULES = ROOT / "tests/rules/plan-238.yaml"
PARTNERS = {"hdnd", "ubnd", "tand", "vksnd"}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


@pytest.fixture
def engine(place):
    """The plan's rules, published on 10 October: two yearly openings to come in November, and one on each 5th."""
    engine = set_up(place.new(), rules=RULES, now=local("2022-10-10T09:00"), practice=True)
    yield engine
    engine.close()


def publish(engine: Engine, edition: str, now: datetime, *changes: tuple[str, str]) -> None:
    """Publish the rules again under another name, with some of their text changed."""
    text = RULES.read_text()
    for old, new in (("edition: cao-bang-2022.1", f"edition: {edition}"), *changes):
        assert old in text
        text = text.replace(old, new)
    with engine.database.writing() as connection:
        rulebook.publish(connection, text.encode(), load_rules(text, "changed.yaml"), now)


def test_nothing_is_opened_before_its_moment_and_each_period_once(engine):
    assert next_opening(engine, local("2022-10-10T09:00")) == local("2022-11-01T07:30")
    assert open_due(engine, local("2022-11-01T07:29:59")) == ()
    (programme,) = open_due(engine, local("2022-11-01T07:30"))
    assert (programme.process, programme.period, programme.case) == ("yearly_programme", "2022", "CT-2022-0001")
    assert open_due(engine, local("2022-11-01T07:30")) == ()
    assert engine.case("CT-2022-0001").fields == {"year": 2023}
    assert engine.case("CT-2022-0001").title == "Chương trình phối hợp năm 2022"


def test_a_day_off_moves_the_opening_to_the_next_working_day_and_never_the_period(engine):
    """5 November 2022 is a Saturday."""
    open_due(engine, local("2022-11-01T08:00"))
    assert open_due(engine, local("2022-11-06T23:59")) == ()
    (meeting,) = open_due(engine, local("2022-11-07T07:30"))
    assert (meeting.process, meeting.period) == ("meeting", "2022-11")
    assert engine.case(meeting.case).parties["host"] == ("hdnd",)
    assert engine.case(meeting.case).fields == {"kind": "standing", "held_on": "2022-11-21"}


def test_after_downtime_everything_missed_is_opened_in_order_and_no_more_at_once_than_the_limit(engine):
    back = local("2023-01-09T10:00")
    first = open_due(engine, back, limit=3)
    assert [(one.process, one.period) for one in first] == [
        ("yearly_programme", "2022"),
        ("meeting", "2022-11"),
        ("yearly_report", "2022"),
    ]
    assert [(one.process, one.period) for one in open_due(engine, back, limit=3)] == [
        ("meeting", "2022-12"),
        ("meeting", "2023-01"),
    ]
    assert open_due(engine, back, limit=3) == ()


def test_a_late_opening_gives_its_first_due_from_the_real_opening_and_bears_the_number_of_the_real_year(engine):
    """The report for 2022 was due before 15/12. Opened on 9/1, it is due two working days later: nobody is late yet."""
    opened = open_due(engine, local("2023-01-09T10:00"))
    report = next(one for one in opened if one.process == "yearly_report")
    assert report.case == "BC-2023-0001"
    case = engine.case(report.case)
    assert case.fields == {"year": 2022}
    assert case.title == "Báo cáo năm 2022"
    due = {d.agency: d.due_at for d in case.alive if d.name == "report"}
    assert due == dict.fromkeys(PARTNERS, local("2023-01-11T17:30"))


def test_the_years_last_moments_are_numbered_by_the_local_year(engine):
    """At 20:00 UTC on 31 December it is the new year in Cao Bằng."""
    opened = open_due(engine, local("2023-01-01T03:00"))
    assert {one.case.split("-")[1] for one in opened} == {"2023"}


def test_whoever_owes_something_is_told(engine):
    (report,) = [one for one in open_due(engine, local("2022-11-15T07:30")) if one.process == "yearly_report"]
    with engine.database.reading() as connection:
        told = connection.execute(select(notices.c.agency).where(notices.c.case == report.case)).scalars().all()
    assert set(told) == PARTNERS


def test_several_that_open_at_once_open_each_period_once(engine):
    """The unique key in the case's own transaction. Mutant seen failing: `_opened` not looking at its row."""
    now = local("2023-01-09T10:00")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: open_due(engine, now), range(4)))
    opened = [(one.process, one.period) for some in done for one in some if one.case]
    assert sorted(opened) == sorted(set(opened))
    assert len(opened) == 5
    with engine.database.reading() as connection:
        assert len(connection.execute(select(cases.c.number)).all()) == 5
        assert len(connection.execute(select(events).where(events.c.kind == "opened")).all()) == 5


def test_a_new_database_owes_nothing_for_the_time_before_its_rules(engine):
    """October's meeting was on the 5th, the rules were published on the 10th."""
    opened = open_due(engine, local("2022-11-30T10:00"))
    assert ("meeting", "2022-10") not in {(one.process, one.period) for one in opened}


def test_an_opening_on_the_very_day_of_publication_counts(place):
    engine = set_up(place.new(), rules=RULES, now=local("2022-11-15T09:00"), practice=True)
    assert [one.process for one in open_due(engine, local("2022-11-15T09:01"))] == ["yearly_report"]
    engine.close()


def test_a_new_edition_neither_loses_a_period_nor_opens_one_again(engine):
    """The sweep is down on 15 November, and the rules change on the 18th: the report of 2022 is still owed."""
    open_due(engine, local("2022-11-08T08:00"))
    publish(engine, "next-1", local("2022-11-18T09:00"))
    opened = open_due(engine, local("2022-11-18T10:00"))
    assert [(one.process, one.period) for one in opened] == [("yearly_report", "2022")]
    publish(engine, "next-2", local("2022-11-19T09:00"), ('open_at: "11-15"', 'open_at: "11-20"'))
    assert [one.process for one in open_due(engine, local("2022-11-30T08:00"))] == []


def test_an_opening_that_comes_back_after_a_break_counts_from_its_return(engine):
    publish(
        engine, "yearly", local("2022-11-02T09:00"), ('every: month, open_at: "05"', 'every: year, open_at: "10-20"')
    )
    publish(engine, "monthly-again", local("2023-02-20T09:00"))
    meetings = {one.period for one in open_due(engine, local("2023-03-30T08:00")) if one.process == "meeting"}
    assert meetings == {"2023-03"}


def test_one_that_fails_is_kept_and_tried_again_and_the_others_go_on(engine):
    """A meeting ten years ahead lies beyond the calendar; then the rules are put right."""
    publish(engine, "far", local("2022-11-04T09:00"), ("opened + 10wd", "opened + 2500wd"))
    now = local("2022-11-15T08:00")
    opened = {one.process: one for one in open_due(engine, now)}
    beyond = kept(BeyondCalendar())
    assert (opened["meeting"].error, plain(beyond)) == (beyond, BEYOND_CALENDAR.text)
    assert opened["yearly_report"].case == "BC-2022-0001"
    assert open_due(engine, now + RETRY - timedelta(seconds=1)) == ()
    assert next_opening(engine, now) == now + RETRY
    assert [one.error for one in open_due(engine, now + RETRY)] == [beyond]
    assert {one.code for one in examine(engine, now)} >= {"not_opened"}
    publish(engine, "near", now + RETRY)
    (meeting,) = open_due(engine, now + 3 * RETRY)
    assert (meeting.case, meeting.period) == ("HM-2022-0001", "2022-11")  # the number drawn in vain was given back
    assert "not_opened" not in {one.code for one in examine(engine, now)}


def test_what_is_only_rehearsed_writes_nothing(engine):
    now = local("2022-11-15T08:00")
    rehearsed = open_due(engine, now, dry_run=True)
    assert [(one.process, one.case) for one in rehearsed] == [
        ("yearly_programme", ""),
        ("meeting", ""),
        ("yearly_report", ""),
    ]
    with engine.database.reading() as connection:
        assert not connection.execute(select(openings)).all()
    assert len(open_due(engine, now)) == 3


@pytest.mark.parametrize("seed", range(4))
def test_whenever_it_is_swept_each_period_has_one_case_in_order(engine, seed):
    """A few sweeps at random instants of two years, some of two at once, and the rules published again in between.

    Mutants seen failing: the count from the newest edition alone; the newest period first.
    """
    dice = random.Random(seed)
    days = sorted(dice.sample(range(1, 730), 5))
    published, found = dice.choice(days), []
    for day in days:
        now = local("2022-10-10T09:00") + timedelta(days=day, seconds=dice.randint(0, 86_399))
        if day == published:
            publish(engine, f"again-{seed}", now - timedelta(hours=1))
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda _, now=now: open_due(engine, now), range(2)))
        found.append(sorted((one.due_at, one.process, one.period) for some in both for one in some))
    came = [one for some in found for one in some]
    office = engine.office()
    expected = [
        (period.at, rule.process, period.name)
        for rule in office.ruleset.openings
        for period in due(rule, office.clock, local("2022-10-10T09:00"), now)
    ]
    assert came == sorted(expected)
    with engine.database.reading() as connection:
        numbers = connection.execute(select(openings.c.process, openings.c.case).order_by(openings.c.due_at)).all()
    meetings = [number for process, number in numbers if process == "meeting"]
    assert meetings == sorted(meetings)
    assert len({number for _, number in numbers}) == len(came)
