"""`phoihop why`: the sentence is true in every state of a duty, in both languages, for people and scripts."""

from __future__ import annotations

import pytest

from tests.shell import PLAN, Shell
from tests.support import ROOT
from tests.terminal import on_terminal, plain

ROW = " --row measures 'phase=before; agency=tand; by=20/5; title=X'"
ACK = "advance 1 acknowledge --as tand"


def sentence(shell, duty):
    (one,) = shell.json(f"why 1 {duty}")
    return one["sentence"]


def said(shell, lang):
    shell.lang = lang
    return shell


@pytest.fixture
def notified(shell):
    """Notified on Monday 4/4/2022 at 8:00: the court has until Wednesday to acknowledge."""
    shell("advance 1 notify --as btg --with partner=tand")
    return shell


def test_late_and_done_it_says_by_how_much_when_it_was_due_done_and_recorded(notified):
    notified.at("2022-04-11 10:00")
    notified(f"{ACK} --on '8/4 09:30' --document 12/CV:8/4 --received 8/4 --reason x")
    assert sentence(notified, "acknowledge@tand") == (
        "People's Court was late by 1 day 2 hours of working time: due by the end of Wed 06/04, "
        "letter received Fri 08/04 09:30 (recorded 11/04)"
    )
    assert sentence(said(notified, "vi"), "xac-nhan@tand") == (
        "TAND tỉnh chậm 1 ngày 2 giờ làm việc: hạn hết thứ Tư 06/04, nhận văn bản 09:30 thứ Sáu 08/04 (ghi nhận 11/04)"
    )


def test_open_it_says_what_is_left_and_past_its_time_how_late_it_is(notified):
    assert sentence(notified, "acknowledge") == (
        "People's Court is in time so far: due by the end of Wed 06/04, 2 days 7 hours 30 minutes of working time left"
    )
    notified.at("2022-04-07 09:30")
    assert sentence(notified, "acknowledge") == (
        "People's Court is late by 2 hours of working time: due by the end of Wed 06/04, not done by Thu 07/04 09:30"
    )
    assert sentence(said(notified, "vi"), "acknowledge") == (
        "TAND tỉnh đang chậm 2 giờ làm việc: hạn hết thứ Tư 06/04, đến 09:30 thứ Năm 07/04 chưa thực hiện"
    )


def test_what_is_counted_by_the_clock_is_late_by_the_clock_too(shell):
    """Over a holiday of five days no working time passes, and the delay is not a small one for that."""
    shell.at("2022-04-29 16:50")("open matter --as btg --title x --area land --urgent --document 1/BC:29/4")
    shell.at("2022-05-03 22:50")
    (one,) = shell.json("why 2 notify")
    assert one["sentence"] == (
        "Propaganda Department is late by 4 days by the clock: due Fri 29/04 22:50, not done by Tue 03/05 22:50"
    )


def test_what_was_late_before_its_clock_stopped_says_so_when_it_is_done_meanwhile(notified):
    notified.at("2022-04-08 09:30")
    notified("suspend 1 --as btg --until 29/4 --reason x")
    notified.at("2022-04-12 10:00")(ACK)
    assert sentence(notified, "acknowledge@tand") == (
        "People's Court was late by 1 day 2 hours of working time: due by the end of Wed 06/04, done Tue 12/04 10:00; "
        "clock stopped since Fri 08/04 09:30"
    )


def test_stopped_again_what_was_late_is_as_late_as_it_was_and_not_by_the_stop_before(notified):
    """Late from Wednesday evening; the clock stood from Friday 9:30 to the 20th, 10:00. Mutant: the distance to the due
    instant; seen failing."""
    notified.at("2022-04-08 09:30")("suspend 1 --as btg --until 29/4 --reason x")
    notified.at("2022-04-20 10:00")("resume 1 --as btg")
    notified.at("2022-04-20 11:00")("suspend 1 --as btg --until 20/5 --reason x")
    assert sentence(notified, "acknowledge@tand") == (
        "People's Court: clock stopped since Wed 20/04 11:00, late by 1 day 3 hours of working time"
    )
    assert "Wed 20/04 11:00: clock stopped, late by 1 day 3 hours of working time\n" in notified("why 1 acknowledge")
    (one,) = notified.json("why 1 acknowledge@tand")
    assert (one["late_by"], one["turns"][-1]["left"]) == (11 * 3600, -11 * 3600)
    assert one["late_by"] == sum(day["late"] for day in one["days"])


def test_stopped_after_hours_what_is_late_has_nothing_left(notified):
    notified.at("2022-04-06 18:00")("suspend 1 --as btg --until 29/4 --reason x")
    assert "late by less than a minute of working time" in sentence(notified, "acknowledge@tand")
    assert "left" not in notified("why 1 acknowledge")


def test_let_off_while_its_clock_stood_it_was_due_on_no_day(notified):
    notified.at("2022-04-05 09:30")("suspend 1 --as btg --until 29/4 --reason x")
    notified.at("2022-04-20 10:00")("waive 1 acknowledge --as btg --reason x")
    assert sentence(notified, "acknowledge@tand") == (
        "People's Court was let off Wed 20/04 10:00: clock stopped since Tue 05/04 09:30"
    )


@pytest.mark.parametrize(
    ("on", "words"),
    [
        ("5/4 12:00", "was in time: due by the end of Wed 06/04, done Tue 05/04 12:00 (recorded 11/04)"),
        ("7/4 12:00", "was late by 4 hours of working time: due by the end of Wed 06/04, done Thu 07/04 12:00"),
    ],
)
def test_done_before_its_clock_stopped_the_stop_has_nothing_to_do_with_it(notified, on, words):
    notified.at("2022-04-08 09:30")("suspend 1 --as btg --until 29/4 --reason x")
    notified.at("2022-04-11 09:30")(f"{ACK} --on '{on}' --reason x")
    assert words in sentence(notified, "acknowledge@tand")
    assert "clock stopped" not in sentence(notified, "acknowledge@tand")


def test_an_act_and_its_letter_have_each_their_day(notified):
    notified.at("2022-04-07 10:00")(f"{ACK} --on '6/4 15:00' --document 18/CV:6/4 --received 7/4 --reason x")
    assert sentence(notified, "acknowledge@tand") == (
        "People's Court was in time: due by the end of Wed 06/04, done Wed 06/04 15:00, letter received Thu 07/04 "
        "(recorded 07/04)"
    )


def test_a_stop_within_a_day_is_no_break(notified):
    notified.at("2022-04-05 09:00")("suspend 1 --as btg --until 29/4 --reason x")
    notified.at("2022-04-05 10:00")("resume 1 --as btg")
    page = notified("why 1 acknowledge")
    assert "Tue 05/04: counted 7 hours (07:30-09:00, 10:00-11:30, 13:30-17:30; clock stopped 09:00-10:00; break" in page
    assert "break 11:30-13:30)" in page


def test_the_days_on_which_the_clock_stood_after_all_are_told_as_such(notified):
    notified.at("2022-04-05 09:00")("suspend 1 --as btg --until 29/4 --reason x")
    notified.at("2022-04-06 09:00")("resume 1 --as btg")
    notified("undo 1 --as btg --reason x")
    assert "Wed 06/04: clock stopped\n  - Thu 07/04 - Fri 08/04: clock stopped\n" in notified.at("2022-04-08 08:00")(
        "why 1 acknowledge"
    )


def test_a_stop_that_was_taken_back_is_told_of_no_day(planning):
    planning.at("2022-04-08 15:00")("suspend 1 --as btg --until 29/4 --reason x")
    planning.at("2022-04-11 09:00")("undo 1 --as btg --reason x")
    assert "Sat 09/04: weekend\n" in planning("why 1 draft_plan")


def test_what_is_asked_while_the_clock_stands_is_told_without_a_date(notified):
    notified.at("2022-04-05 09:00")("suspend 1 --as btg --until 29/4 --reason x")
    told = notified("advance 1 add_partner --as btg --with partner=vksnd")
    assert "to do: Acknowledge (People's Procuracy), clock stopped" in told
    assert "phải làm: Xác nhận đã nhận (VKSND tỉnh), tạm dừng tính hạn" in said(notified, "vi")("history 1")


def test_done_in_time_but_recorded_after_a_reminder_it_says_both(notified):
    notified.at("2022-04-06 17:30")("sweep")
    notified.at("2022-04-08 08:00")(f"{ACK} --on '6/4 16:00' --reason x")
    assert sentence(notified, "acknowledge") == (
        "People's Court was in time: due by the end of Wed 06/04, done Wed 06/04 16:00 (recorded 08/04); "
        "reminders went out before it was recorded"
    )


def test_let_off_it_says_since_when(notified):
    notified("waive 1 acknowledge --as btg --reason 'x'")
    assert sentence(notified, "acknowledge") == (
        "People's Court was let off Mon 04/04 08:00: due by the end of Wed 06/04"
    )


def test_wrongly_named_it_owed_nothing(notified):
    notified.at("2022-04-20 08:00")("assign 1 partner=vksnd --instead-of tand --as btg --reason 'x'")
    (one,) = notified.json("why 1 acknowledge@tand")
    assert one["sentence"] == "People's Court was named by mistake: it owed nothing"
    assert one["late_by"] == sum(day["late"] for day in one["days"]) == 0


def test_a_body_is_waited_for_and_never_called_late(planning):
    planning(PLAN + ROW)
    planning("advance 1 object --as tand --question x --position x")
    planning("advance 1 escalate --as btg --question x --position x")
    (duty,) = [one["duty"] for one in planning.json("why 1") if one["agency"] == "thuong_truc"]
    planning.at("2022-06-01 09:00")
    for lang, words in (("en", "awaiting direction"), ("vi", "đang chờ ý kiến chỉ đạo")):
        said(planning, lang)
        shown = planning(f"why 1 {duty}") + planning("why 1")
        assert words in shown
        assert "late" not in shown
        assert "chậm" not in shown
    planning("advance 1 direct --as thuong_truc --direction 'x' --document 1/CV:1/6")
    assert "chậm" not in sentence(planning, duty)


def test_a_stopped_clock_says_since_when_and_what_is_left(planning):
    """The plan is not drawn up yet when the court asks for a direction: its five days stand still."""
    planning("advance 1 escalate --as tand --question x --position x")
    planning.at("2022-05-20 09:00")
    assert sentence(planning, "draft_plan") == (
        "Propaganda Department: clock stopped since Mon 04/04 08:00, 5 days 7 hours 30 minutes of working time left"
    )
    assert sentence(said(planning, "vi"), "draft_plan") == (
        "Ban Tuyên giáo Tỉnh uỷ: tạm dừng tính hạn từ 08:00 thứ Hai 04/04, còn 5 ngày 7 giờ 30 phút làm việc"
    )


def test_hours_by_the_clock_are_said_to_be_such(place, capsys, home):
    shell = Shell(place, capsys)
    shell.at("2022-04-29 16:50")
    shell("open matter --as so_gtvt --title X --area land --by-phone --urgent --called Y --called-at '29/4 16:40'")
    urgent = next(one for one in shell.json("why 1") if one["turns"][0]["take"].endswith("h"))
    assert "hours by the clock" in urgent["sentence"]
    assert {day["day"] for day in urgent["days"]} & {"off", "weekend"} or urgent["days"][0]["counted"] > 0
    length = int(urgent["turns"][0]["take"].removesuffix("h").removesuffix("w"))
    assert sum(day["counted"] for day in urgent["days"]) == length * 3600


def test_the_days_on_which_the_clock_stood_are_nobodys_lateness(place, capsys, home):
    """Urgent, due on the evening before four days off; stopped from Wednesday 10:00 to Friday 10:00."""
    shell = Shell(place, capsys)
    shell.at("2022-04-29 16:50")
    shell("open matter --as so_gtvt --title X --area land --by-phone --urgent --called Y --called-at '29/4 16:40'")
    shell.at("2022-05-04 10:00")("suspend 1 --as btg --until 10/5 --reason R")
    assert "late since Fri 29/04/2022 22:50: Notify the parties" in shell.at("2022-05-06 10:00")("resume 1 --as btg")
    shell.at("2022-05-06 10:10")
    page = shell("why 1 notify")
    assert "late by 2 hours 40 minutes of working time (4 days 11 hours 20 minutes by the clock): due Fri 29/04" in page
    assert "Fri 06/05 10:00: the clock runs again, late since Fri 29/04/2022 22:50" in page
    assert "Thu 05/05: clock stopped\n" in page
    assert "2 hours 40 minutes; 4 days 11 hours by the clock" in shell("stuck")
    assert shell.json("overdue")[0]["late_by"] == 2 * 3600 + 40 * 60


def test_a_provisional_due_date_says_that_it_is(shell):
    shell.at("2026-12-31 16:00")
    shell("open matter --as so_gtvt --title X --area land --document 32/BC:30/12/2026")
    (one,) = shell.json("why VV-2026-1")
    assert one["provisional"] is True
    assert "due by the end of Mon 04/01/2027 (provisional)" in one["sentence"]


def test_without_a_duty_there_is_a_sentence_for_each_that_is_open_or_was_late(notified):
    notified.at("2022-04-08 09:30")(ACK)
    shown = notified("why 1").splitlines()
    heads = [line.split(":")[0] for line in shown]
    assert heads == ["VV-2022-0001  Đất đai", "  - Acknowledge", "  - Draft the joint plan"]
    assert [one["duty"] for one in notified.json("why 1")] == ["acknowledge@tand", "draft_plan@btg"]


def test_day_by_day_tells_hours_lunch_weekend_holiday_with_its_act_and_where_it_ended(shell):
    shell.at("2022-04-07 08:00")("advance 1 notify --as btg --with partner=tand")
    shell.at("2022-04-12 15:30")(ACK)
    shown = shell("why 1 acknowledge")
    for line in (
        "  - Thu 07/04 08:00: 2 working days from then on → Tue 12/04/2022 17:30",
        "  - Thu 07/04: not counted",
        "  - Fri 08/04: counted 1 day (07:30-11:30, 13:30-17:30; break 11:30-13:30)",
        "  - Sat 09/04: weekend",
        "  - Sun 10/04: day off: Hung Kings' Commemoration Day (Bộ luật Lao động 2019, Điều 112)",
        "  - Mon 11/04: day off: In lieu of Hung Kings' Commemoration Day (Bộ luật Lao động 2019, khoản 3 Điều 111)",
        "  - Tue 12/04: counted 6 hours (07:30-11:30, 13:30-15:30; break 11:30-13:30); due 17:30; done 15:30",
    ):
        assert line in shown.splitlines()


def test_an_extension_a_correction_and_an_amendment_are_told_where_they_came(planning, tmp_path):
    planning("extend 1 draft_plan --for 2wd --as btg --reason x")
    storm = tmp_path / "vn.yaml"
    day = '  - {date: "2022-04-06", is: off, name: {vi: "Nghỉ bão", en: "Storm"}, act: "Công văn 1/UBND"}'
    storm.write_text((ROOT / "calendars/vn.yaml").read_text("utf-8") + day + "\n", "utf-8")
    planning(f"calendar load {storm} --yes")
    shown = planning("why 1 draft_plan")
    assert "extended by 2 working days" in shown
    assert "the working calendar has changed, counted anew" in shown
    assert "  - Wed 06/04: day off: Storm (Công văn 1/UBND)" in shown
    turns = planning.json("why 1 draft_plan")[0]["turns"]
    assert [turn["turn"] for turn in turns] == ["opened", "extended", "amended"]
    assert turns[-1]["due_at"] == planning.json("show 1")["duties"][-1]["due_at"]
    assert len({turn["calendar"] for turn in turns}) == 2


def test_what_a_case_never_owed_is_not_found(shell):
    assert "never had the duty" in shell.fails(6, "why 1 acknowledge")
    assert shell.fails(2, "why 1 nonsense")
    assert shell.fails(6, "why 99")


@pytest.mark.sqlite_only
@pytest.mark.parametrize("lang", ["en", "vi"])
def test_on_a_terminal_it_fits_80_columns(notified, lang):
    notified.at("2022-04-08 09:30")
    code, shown = on_terminal(
        ["why", "1", "acknowledge", "--db", str(notified.db), "--now", notified.now, "--lang", lang]
    )
    assert code == 0
    assert max(map(len, plain(shown).splitlines())) <= 80
