"""`rules publish`, `rules editions`: new cases open under the new rules, open cases keep theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.places import rows
from tests.real import Real
from tests.shell import OPEN
from tests.support import ROOT

SHIPPED = (ROOT / "escalation_rules.yaml").read_text("utf-8")
DUE = "duties: {notify: 5/4/2022 17:30}}"


def changed(folder: Path, *changes: tuple[str, str], name: str = "cao-bang-2022.2") -> Path:
    """The shipped rules under another edition name, with changes."""
    text = SHIPPED.replace("edition: cao-bang-2022.1", f"edition: {name}")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "changed.yaml"
    path.write_text(text, "utf-8")
    return path


SLOWER = (
    ("{when: urgent, take: 6h}, {take: 1wd}", "{when: urgent, take: 6h}, {take: 2wd}"),
    (DUE, DUE.replace("5/4", "6/4")),
)
RENAMES = (
    ("      notified:    ", "      told:    "), ("to: notified", "to: told"), ("from: notified", "from: told"),
    ("[notified, joint_plan]", "[told, joint_plan]"), ("[reported, notified]", "[reported, told]"),
    ("[reported, notified, joint_plan]", "[reported, told, joint_plan]"),
    ("duties: [acknowledge]", "duties: [confirm]"), ("      acknowledge:\n", "      confirm:\n"),
    ("discharges: [acknowledge]", "discharges: [confirm]"), ("after: [acknowledge,", "after: [confirm,"),
    ("      area:       {choice", "      subject:       {choice"), ("default: area.", "default: subject."),
    ("{area:", "{subject:"),
    ("    prefix: VV\n",
     "    prefix: VV\n    renamed: {states: {notified: told}, duties: {acknowledge: confirm},"
     " fields: {area: subject}}\n"),
)  # fmt: skip
"""Another name for a state, a duty and a field."""


def test_new_cases_open_under_what_is_published_and_open_cases_keep_theirs(shell, tmp_path):
    before = shell.json(OPEN)["case"]
    said = shell(f"rules publish {changed(tmp_path, *SLOWER)}")
    assert said.startswith("Edition cao-bang-2022.2 is published: new cases open under it, open cases keep theirs.\n")
    after = shell.json(OPEN)["case"]
    assert [shell.json(f"show {case}")["duties"][0]["due_at"] for case in (before, after)] == [
        "2022-04-05T10:30:00Z",
        "2022-04-06T10:30:00Z",
    ]
    listed = shell.json("rules editions")
    assert [(one["edition"], one["open"], one["newest"]) for one in listed] == [
        ("cao-bang-2022.2", 1, True),
        ("cao-bang-2022.1", 2, False),
    ]


def test_it_is_kept_who_published_when_and_which_text(shell, tmp_path):
    path = changed(tmp_path)
    made = shell.at("2022-04-06 09:00").json(f"rules publish {path}")
    (newest, first) = shell.json("rules editions")
    assert newest == {key: made[key] for key in newest}
    assert (newest["published_at"], newest["published_by"]) == ("2022-04-06T02:00:00Z", first["published_by"])
    (text,) = rows(shell.db, "SELECT text FROM editions WHERE digest = ?", newest["digest"])
    assert bytes(text[0]) == path.read_bytes()


def test_the_same_text_again_changes_nothing_and_the_same_name_with_another_text_is_refused(shell, tmp_path):
    shell(f"rules publish {changed(tmp_path)}")
    assert "was published already" in shell(f"rules publish {changed(tmp_path)}")
    said = shell.fails(4, f"rules publish {changed(tmp_path, *SLOWER)}")
    assert "edition cao-bang-2022.2 is published already, with another text" in said
    assert shell.json("rules editions")[0]["edition"] == "cao-bang-2022.2"
    assert len(rows(shell.db, "SELECT name FROM editions")) == 2


def test_a_file_with_an_error_or_a_red_test_is_not_published(shell, tmp_path):
    for change, said in (
        (SLOWER[0], "E454 notify: expected 5/4/2022 17:30, but it is: 6/4/2022 17:30"),
        (("initial: reported", "initial: nowhere"), "E201 no state is called `nowhere`"),
    ):
        assert said in shell.fails(3, f"rules publish {changed(tmp_path, change)}")
    assert len(shell.json("rules editions")) == 1


def test_rules_that_name_an_agency_the_register_does_not_have_are_not_published(shell, tmp_path):
    new = "  so_moi: {name: {vi: Sở Mới, en: New Department}, focal_points: [Văn phòng]}\n"
    path = changed(
        tmp_path,
        ("  huyen_thach_an: ", new + "  huyen_thach_an: "),
        ("owner: hdnd, chair: ubnd", "owner: so_moi, chair: ubnd"),
    )
    said = shell.fails(3, f"rules publish {path}")
    assert "changed.yaml:31:3 E460 so_moi is not in the register, or has ended without a successor" in said
    shell("agency add so_moi --name 'Sở Mới' --reason R")
    assert "is published" in shell(f"rules publish {path}")


def test_only_an_administrator_publishes(place, tmp_path, capsys, monkeypatch, home):
    real = Real(place, capsys, monkeypatch).officers(lan="btg")
    path = changed(tmp_path)
    said = real.by("lan").fails(5, f"rules publish {path}")
    assert "only an administrator publishes rules or moves cases to them" in said
    assert real.by("quantri")(f"rules publish {path}")
    assert real.by("lan").json("rules editions")[0]["published_by"] == "quantri"


@pytest.mark.parametrize(
    "command", ["rules check {file}", "rules publish {file}", "init --practice --rules {file} --db x.db"]
)
def test_a_file_whose_calendar_is_not_there_is_refused_at_its_place(shell, tmp_path, command):
    path = changed(tmp_path, ("calendar: vn", "calendar: moon"))
    line = SHIPPED[: SHIPPED.index("calendar: vn")].count("\n") + 1
    said = shell.fails(3, command.format(file=path))
    assert f"changed.yaml:{line}:11 E461 there is no calendar moon" in said
    assert "calendars/moon.yaml" in said


def test_publishing_warns_as_checking_with_a_database_does(shell, tmp_path):
    path = changed(tmp_path)
    shell.at("2028-12-20 09:00")
    checked = [line for line in shell(f"rules check {path} --db {shell.db}").splitlines() if " W5" in line]
    assert [line.split()[1] for line in checked] == ["W541"]
    assert checked[0] in shell(f"rules publish {path}")
    assert [one["code"] for one in shell.json(f"rules publish {path}")["warnings"]] == ["W541"]
