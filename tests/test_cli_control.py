"""`suspend`, `resume`, `nudge` on the command line: what every screen says of a clock that stands."""

from __future__ import annotations

import pytest

from tests.shell import Shell


def vi(shell: Shell, typed: str) -> str:
    """What a command prints in Vietnamese."""
    shell.lang = "vi"
    try:
        return shell(typed)
    finally:
        shell.lang = "en"


@pytest.fixture
def stopped(shell):
    """The case with two partners; its clock stopped on Monday 4 April 2022, to be reviewed on the 29th."""
    shell("advance 1 notify --as btg --with partner=tand,so_tnmt")
    shell('suspend 1 --until 29/4 --as btg --reason "Chờ kết luận thanh tra"')
    return shell


def test_a_stopped_clock_is_on_every_screen(stopped):
    shown = stopped("show 1")
    assert "clock stopped since" in shown
    assert "Acknowledge (People's Court): clock stopped" in shown
    assert "phoihop resume VV-2022-0001 --as btg" in shown
    assert "clock stopped" in stopped("inbox --as tand")
    assert "Review the suspension" in stopped("inbox --as btg")
    assert "1 (1 with the clock stopped)" in stopped("board")
    assert "stops the clock of the case" in stopped("history 1")
    assert "tạm dừng tính hạn từ" in vi(stopped, "show 1")
    assert "1 (1 tạm dừng tính hạn)" in vi(stopped, "board")
    assert "tạm dừng tính hạn vụ việc" in vi(stopped, "history 1")
    assert "Xem xét tiếp tục tính hạn" in vi(stopped, "inbox --as btg")


def test_json_says_since_when_and_until_when(stopped):
    case = stopped.json("show 1")
    assert case["suspended_since"] == "2022-04-04T01:00:00Z"
    (review,) = [duty for duty in case["duties"] if duty["name"] == "resume"]
    assert (review["agency"], review["due_at"]) == ("btg", "2022-04-29T10:30:00Z")
    assert stopped.json("board")[0]["suspended"] == 1
    case = stopped.json("resume 1 --as btg")
    assert (case["suspended_since"], case["events"][0]["kind"]) == (None, "resumed")


def test_past_its_day_of_review_it_is_stuck_and_told_once(stopped):
    stopped.at("2022-04-28 09:00")
    assert stopped.json("stuck") == []
    stopped.at("2022-05-04 09:30")
    assert "told: Propaganda Department" in stopped("sweep")
    assert stopped.json("sweep")["due"] == 0
    (row,) = stopped.json("stuck")
    assert (row["reason"], row["duty"], row["since"]) == ("suspended", "resume@btg", "2022-04-29T10:30:00Z")
    assert "suspended: Review the suspension" in stopped("stuck")
    assert "tạm dừng" in vi(stopped, "stuck")
    stopped("resume 1 --as btg")
    assert [row["reason"] for row in stopped.json("stuck")] == []


def test_a_reminder_is_on_the_card_and_in_the_history(shell):
    shell("advance 1 notify --as btg --with partner=tand")
    shell("nudge 1 xac-nhan --as btg --by phone")
    shell("nudge 1 acknowledge --as so_gtvt --by letter --document 7/CV:4/4")
    assert "reminded 2 times" in shell("show 1")
    assert "đã đôn đốc 2 lần" in vi(shell, "show 1")
    assert "reminds by letter of Acknowledge (People's Court)" in shell("history 1")
    events = shell.json("history 1")
    assert [event["channel"] for event in events[-2:]] == ["phone", "letter"]
    (duty,) = [duty for duty in shell.json("show 1")["duties"] if duty["name"] == "acknowledge"]
    assert (duty["nudged"], duty["extended"]) == (2, 0)


def test_what_is_typed_wrongly_is_told_in_one_line(shell):
    shell("advance 1 notify --as btg --with partner=tand")
    assert "there is no way smoke to remind" in shell.fails(2, "nudge 1 acknowledge --as btg --by smoke")
    assert "is your own duty" in shell.fails(1, "nudge 1 acknowledge --as tand")
    assert "--until" in shell.fails(2, "suspend 1 --until 31/2 --as btg --reason x")
    assert "at most" in shell.fails(1, "suspend 1 --until 31/12 --as btg --reason x")
    assert "not suspended" in shell.fails(1, "resume 1 --as btg")
    assert "--until" in shell.fails(2, "suspend 1 --as btg --reason x")


def test_the_yearly_report_opens_by_itself_and_names_who_is_missing(shell):
    """Due until 14 December; two of the four do not report, and the case goes on without them."""
    shell.at("2022-11-15 07:29")
    assert "BC-2022-0001" not in shell("sweep")
    shell.at("2022-11-15 07:30")
    shell("sweep")
    assert shell.json("show BC-2022-0001")["state"] == "collecting"
    for agency in ("hdnd", "ubnd"):
        shell(f"advance BC-2022-0001 send_report --as {agency} --document 40/BC:15/11")
    shell.at("2022-12-16 09:00")
    shell("sweep")
    assert shell.json("show BC-2022-0001")["state"] == "consolidating"
    late = [row for row in shell.json("overdue") if row["case"] == "BC-2022-0001"]
    assert {(row["agency"], row["name"]) for row in late} == {("tand", "report"), ("vksnd", "report")}
    owed, ended = shell("show BC-2022-0001").split("Ended")
    assert "Send the report (People's Court)" in owed
    assert "Send the report (People's Council)" not in owed
    assert "Send the report (People's Council): done" in ended


def test_an_extension_is_counted_on_every_list(planning):
    planning("extend 1 draft_plan --for 1wd --as btg --reason 'Chờ số liệu'")
    assert "Draft the joint plan; extended once" in planning("inbox --as btg")
    assert [duty["extended"] for duty in planning.json("inbox --as btg") if duty["duty"] == "draft_plan@btg"] == [1]
    planning.at("2022-05-20 09:00")
    for page in ("overdue", "stuck"):
        assert "extended once" in " ".join(planning(page).split())
        assert "đã gia hạn 1 lần" in " ".join(vi(planning, page).split())
