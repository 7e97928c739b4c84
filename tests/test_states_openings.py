"""Which periods have come: each once, in order, at its moment, whenever somebody looks.

The clerk of these tests goes through the days one by one and knows no arithmetic of periods.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import event, given
from hypothesis import strategies as st

from states.openings import due, following
from states.ruleset import Opening
from tests.support import calendar_vn

CLOCK = calendar_vn()
FIRST, LAST = date(2022, 1, 1), date(2028, 12, 31)
START = datetime(2022, 1, 1, tzinfo=UTC)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]

yearly = st.sampled_from([day for day in DAYS[:365] if day.day in (1, 15, 28, 30, 31)]).map(
    lambda day: Opening(process="report", every="year", open_at=f"{day:%m-%d}", source="")
)
monthly = st.integers(1, 28).map(lambda day: Opening(process="meeting", every="month", open_at=f"{day:02d}", source=""))
rules = st.one_of(yearly, monthly)
# Anywhere, and close to where a period ends: the ends of months and years, the leap day, by either clock.
ENDS = [datetime.combine(day, time(), UTC) for day in DAYS if day.day == 1 or (day.month, day.day) == (2, 29)]
ANY = st.one_of(
    st.integers(0, (LAST - FIRST).days * 86_400 - 1).map(lambda seconds: START + timedelta(seconds=seconds)),
    st.builds(lambda end, s: end + timedelta(seconds=s), st.sampled_from(ENDS[1:-1]), st.integers(-90_000, 90_000)),
)


def near(rule: Opening) -> st.SearchStrategy[datetime]:
    """Instants anywhere, and close to the moments of `rule`: the same, a second off, a day off."""
    seconds = st.one_of(st.integers(-1, 1), st.integers(-100_000, 100_000))
    moments = [moment.astimezone(UTC) for _, moment in by_hand(rule, START)][1:-1]
    return st.one_of(ANY, st.builds(lambda at, s: at + timedelta(seconds=s), st.sampled_from(moments), seconds))


def by_hand(rule: Opening, since: datetime) -> list[tuple[str, datetime]]:
    """Every period from the day of `since` on: its name, and the opening of the office on its day or next."""
    found = []
    for day in DAYS:
        if day < since.astimezone(CLOCK.zone).date() or f"{day:%m-%d}"[-len(rule.open_at) :] != rule.open_at:
            continue
        opens = day
        while opens <= LAST and not CLOCK.is_working(opens):
            opens += timedelta(days=1)
        beyond = opens > LAST  # then the opening itself has to say that it cannot
        moment = datetime.combine(day if beyond else opens, time() if beyond else time(7, 30), CLOCK.zone)
        found.append((f"{day:%Y}" if rule.every == "year" else f"{day:%Y-%m}", moment))
    return found


@given(rule=rules, data=st.data())
def test_each_period_is_opened_once_and_in_order_by_the_first_who_looks_after_its_moment(rule, data):
    """Whatever the times between two looks. Mutants seen failing: a moment that has come only after it; the year
    of the last look left out; the very day of publication left out; days of UTC and not of the office.
    """
    since, looked = data.draw(near(rule)), data.draw(st.lists(near(rule), min_size=1, max_size=12))
    opened: list[tuple[str, datetime]] = []
    for now in sorted(looked):
        if now < since:
            continue
        known = {name for name, _ in opened}
        opened += [(period.name, now) for period in due(rule, CLOCK, since, now) if period.name not in known]
    expected = []
    for name, moment in by_hand(rule, since):
        first = next((now for now in sorted(looked) if now >= max(since, moment)), None)
        if first is not None:
            expected.append((name, first))
    event(f"opened: {min(len(opened), 3)} or more")
    assert opened == expected


@given(rule=rules, data=st.data())
def test_what_comes_next_has_not_come_and_nothing_comes_before_it(rule, data):
    """What a worker waits for. Mutants seen failing: the period of this year only; one that comes now is the next."""
    now = data.draw(near(rule))
    ahead = following(rule, CLOCK, now)
    later = [moment for _, moment in by_hand(rule, START) if moment > now]
    if ahead is None:
        assert not later
        return
    event(f"in {(ahead.at - now).days // 100} hundred days")
    assert ahead.at == later[0]
    assert due(rule, CLOCK, now, ahead.at - timedelta(seconds=1)) == due(rule, CLOCK, now, now)


def test_a_period_on_a_leap_day_weekend_or_holiday_keeps_its_name():
    """1/1/2023 was a Sunday and the 2nd a day off in lieu; 29/2 is no day of an opening, 28/2 is one every year."""
    first = Opening(process="meeting", every="month", open_at="01", source="")
    (period,) = due(first, CLOCK, datetime(2022, 12, 31, 17, 0, tzinfo=UTC), datetime(2023, 1, 3, 0, 30, tzinfo=UTC))
    assert (period.name, period.day) == ("2023-01", date(2023, 1, 1))
    last = Opening(process="report", every="year", open_at="02-28", source="")
    periods = due(last, CLOCK, datetime(2022, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC))
    assert [one.name for one in periods] == ["2022", "2023", "2024", "2025"]
