"""The register of agencies by hand: the one of 2022 with districts, and the one after 1 July 2025."""

from __future__ import annotations

import pytest

from tests.shell import Shell

DISTRICTS = ("huyen_thach_an", "huyen_quang_hoa", "tp_cao_bang")
BEFORE, AFTER = "2025-06-27 08:00", "2025-07-02 08:00"


@pytest.fixture
def reformed(place, capsys, home):
    """A matter opened in June 2025; on 1 July the districts are gone, and the lead is another agency."""
    shell = Shell(place, capsys).at(BEFORE)
    shell("open matter --as so_gtvt --title 'Đất đai' --area land --document 31/BC:27/6")
    why = "--from 1/7/2025 --reason 'Nghị quyết 202/2025/QH15'"
    shell(f"agency add btgdv --name 'Ban Tuyên giáo và Dân vận Tỉnh uỷ' --signatory {why}")
    shell(f"agency add xa_dong_khe --name 'UBND xã Đông Khê' --parent ubnd --level xã {why}")
    shell(f"agency merge btg --into btgdv {why}")
    for district in DISTRICTS:
        shell(f"agency end {district} {why}")
    return shell


def codes(shell, typed="agency list"):
    return [row["code"] for row in shell.json(typed)]


def test_the_register_of_2022_has_districts_and_the_one_of_2025_has_none(reformed):
    before, after = set(codes(reformed)), set(codes(reformed.at(AFTER)))
    assert before - after == {*DISTRICTS, "btg"}
    assert after - before == {"btgdv", "xa_dong_khe"}
    assert set(codes(reformed, "agency list --on 30/6/2025")) == before
    assert set(codes(reformed, "agency list --all")) == before | after


def test_what_is_late_is_listed_and_offered_to_the_successor(reformed):
    shell = reformed.at(AFTER)
    assert [one["duty"] for one in shell.json("overdue --as btgdv")] == ["notify@btg"]
    assert "Nothing is overdue." not in shell("overdue --as btgdv")
    for typed in ("show 1", "show 1 --as btgdv", "show 1 --as btg"):
        shown = shell(typed)
        assert "Next, for Ban Tuyên giáo và Dân vận" in shown
        assert "phoihop advance VV-2025-0001 notify --as btgdv" in shown
        assert "--as btg " not in shown
    assert "notify --as btgdv" in shell("advance 1 --as btg")
    said = shell.fails(1, "advance 1 notify --as btg --with partner=tand")
    assert "hint: phoihop advance VV-2025-0001 --as btgdv" in said


def test_nobody_is_told_to_act_for_an_agency_that_has_no_successor(reformed):
    reformed("advance 1 notify --as btg --with partner=huyen_thach_an")
    shell = reformed.at(AFTER)
    assert "--as huyen_thach_an" not in shell("show 1")
    assert "hint" not in shell.fails(1, "advance 1 acknowledge --as huyen_thach_an")


def test_a_matter_opened_before_is_taken_to_its_end_by_the_successor(reformed):
    shell = reformed.at(AFTER)
    assert [owed["duty"] for owed in shell.json("inbox --as btgdv")] == ["notify@btg"]
    shell("advance 1 notify --as btgdv --with partner=tand")
    shell("advance 1 acknowledge --as tand")
    measure = "phase=before; agency=ubnd; by=9/7/2025; title=Họp"
    shell(f"advance 1 submit_plan --as btgdv --document 1/KH:2/7 --row measures '{measure}'")
    for agency in ("tand", "ubnd"):
        shell(f"advance 1 agree --as {agency}")
    shell("advance 1 measure_done --as ubnd --document 2/BC:2/7")
    shell("advance 1 resolve --as ubnd --document 3/KL:2/7 --conclusion 'Đã xong'")
    shell("advance 1 advise_lessons --as btgdv --document 4/BC:2/7")
    shell("advance 1 record_lessons --as ubnd --document 5/BC:2/7")
    shell.at("2026-03-02 08:00")
    for _again in range(4):
        shell("sweep")
    ended = shell.json("show VV-2025-1")
    assert (ended["state"], ended["final"]) == ("closed", True)
    assert ended["parties"]["lead"] == ["btg"]


def test_history_keeps_the_name_of_the_day(reformed):
    shell = reformed.at(AFTER)
    shell.lang = "vi"
    shell("advance 1 notify --as btgdv --with partner=tand")
    opened, notified = shell("history 1").split("\n\n")[1:]
    assert "Cơ quan chủ trì: Ban Tuyên giáo Tỉnh uỷ\n" in opened
    assert "Ban Tuyên giáo và Dân vận Tỉnh uỷ: " in notified
    (lead,) = (line for line in shell("show 1").splitlines() if line.startswith("  Cơ quan chủ trì  "))
    assert lead.endswith("Ban Tuyên giáo và Dân vận Tỉnh uỷ")


def test_a_renamed_agency_is_called_by_each_name_in_its_time(reformed):
    shell = reformed
    shell("agency rename so_gtvt --name 'Sở Giao thông' --name-en Roads --from 1/7/2025 --reason 'QĐ 2'")
    assert "Department of Transport" in shell("show 1")
    assert "Roads" in shell.at(AFTER)("show 1")
    assert "Department of Transport: opens the case" in shell("history 1")
    assert "there is no agency" not in shell("inbox --as 'Sở Giao thông'")
    said = shell.fails(2, "agency rename so_gtvt --name X --from 1/6/2025 --reason R")
    assert "has its name from 01/07/2025 on" in said


def test_an_ended_agency_is_told_who_takes_its_place(reformed):
    shell = reformed.at(AFTER)
    said = shell.fails(1, "open matter --as btg --title X --area land --document 1/A:1/7")
    assert "Propaganda Department has ended; Ban Tuyên giáo và Dân vận Tỉnh uỷ acts in its place" in said
    said = shell.fails(1, "advance 1 notify --as btgdv --with partner=huyen_thach_an")
    assert "Thạch An District has ended, and no agency has taken its place" in said


def test_every_change_is_kept_with_who_when_and_why(reformed):
    changes = reformed.json("agency show btg")["changes"]
    assert [(c["change"], c["reason"], c["at"]) for c in changes] == [
        ("agency_ended", "Nghị quyết 202/2025/QH15", "2025-06-27T01:00:00Z")
    ]
    assert changes[0]["what"] == {"until": "2025-07-01", "successor": "btgdv"}
    assert changes[0]["officer"]


def test_a_code_is_never_given_twice(reformed):
    shell = reformed.at(AFTER)
    said = shell.fails(4, "agency add btg --name 'Khác' --reason R")
    assert "btg is the code of Ban Tuyên giáo Tỉnh uỷ already; a code is never given twice" in said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("agency add 'Sở' --name X --reason R", "is no code of an agency"),
        ("agency add any --name X --reason R", "is no code of an agency"),
        ("agency add a --reason R", "--name"),
        ("agency add a --name X", "--reason"),
        ("agency end btg --reason R", "btg has ended on 01/07/2025 already"),
        ("agency merge tand --into btg --from 1/8/2025 --reason R", "btg does not exist on 01/08/2025"),
        ("agency merge tand --into tand --reason R", "tand does not exist on"),
        ("agency end btgdv --from 1/6/2025 --reason R", "btgdv begins on 01/07/2025: it ends later"),
        ("agency end nowhere --reason R", "there is no agency nowhere"),
        ("agency add a --name X --reason ' '", "--reason is empty"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(reformed, typed, said):
    before = codes(reformed, "agency list --all")
    assert said in reformed.fails(2, typed)
    assert codes(reformed, "agency list --all") == before


def test_an_agency_that_ended_may_be_given_a_successor_later(reformed):
    shell = reformed.at(AFTER)
    shell("agency merge huyen_thach_an --into xa_dong_khe --reason 'QĐ 7'")
    found = next(one for one in shell.json("agency list --all") if one["code"] == "huyen_thach_an")
    assert (found["until"], found["successor"]) == ("2025-07-01", "xa_dong_khe")
    assert "has ended on 01/07/2025 already" in shell.fails(2, "agency merge huyen_thach_an --into ubnd --reason R")
