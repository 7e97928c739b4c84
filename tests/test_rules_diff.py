"""`rules diff`: what two editions say differently, by meaning and completely, in plain words."""

from __future__ import annotations

import random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from states.differing import called_anew, differences
from states.loader import load_rules
from states.ruleset import Ruleset
from tests.support import ROOT
from tests.test_rules_publish import RENAMES, SLOWER, changed
from workflow.render.differences import difference_line
from workflow.render.language import use
from workflow.render.words import Names

SHIPPED = load_rules((ROOT / "escalation_rules.yaml").read_bytes(), "escalation_rules.yaml")
RULES = msgspec.structs.replace(SHIPPED, processes={"matter": SHIPPED.processes["matter"]}, openings=(), tests=())


def lines(old: Ruleset, new: Ruleset, lang: str = "vi") -> list[str]:
    """What `rules diff` prints."""
    use(lang)
    was, now = (Names(rules, agencies=rules.agencies, zone=ZoneInfo("UTC")) for rules in (called_anew(old, new), new))
    return [difference_line(one, was, now) for one in differences(old, new)]


def rewritten(*changes: tuple[str, str]) -> Ruleset:
    text = (ROOT / "escalation_rules.yaml").read_text("utf-8")
    text = text[: text.index("\n  # ---- Báo cáo đánh giá hằng năm")]  # of one process: its name goes without saying
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return load_rules(text, "f.yaml")


def everywhere(*changes: tuple[str, str]) -> Ruleset:
    """As `rewritten`, each change wherever it may be made."""
    text = (ROOT / "escalation_rules.yaml").read_text("utf-8")
    text = text[: text.index("\n  # ---- Báo cáo đánh giá hằng năm")]
    for old, new in changes:
        text = text.replace(old, new)
    return load_rules(text, "f.yaml")


@pytest.mark.parametrize(
    ("old", "new", "vi", "en"),
    [
        ("within: [{when: urgent, take: 24h}, {take: 2wd}]", "within: [{when: urgent, take: 1wd}, {take: 2wd}]",
         "xác nhận đã nhận, khẩn cấp: 24 giờ liên tục → 1 ngày làm việc",
         "acknowledge, urgent: 24 hours by the clock → 1 working day"),
        ("waive: {by: lead}, ladder: agency,\n         label: {vi: Chủ trì",
         "ladder: agency,\n         label: {vi: Chủ trì",
         "chủ trì rút kinh nghiệm, được miễn bởi: cơ quan chủ trì → -", "chair lessons learned, waived by: lead → -"),
        ("{tell: [debtor.leader], allow: 2wd}", "{tell: [debtor.leader], allow: 3wd}",
         "trình tự nhắc agency, cấp 2: lãnh đạo phụ trách cơ quan phải làm (+2 ngày làm việc)"
         " → lãnh đạo phụ trách cơ quan phải làm (+3 ngày làm việc)",
         "ladder agency, rung 2: leader of who owes it (+2 working days) → leader of who owes it (+3 working days)"),
        ("from: reported, to: notified", "from: [reported, notified], to: notified",
         "thao tác thông báo, từ: đã báo tin → đã báo tin, đã thông báo",
         "trigger notify, from: reported → reported, notified"),
        ("undo_within: 8wh\n", "", "thu hồi trong vòng: 8 giờ làm việc → -", "taken back within: 8 office hours → -"),
        ("owner: hdnd, chair: ubnd", "owner: ubnd, chair: ubnd",
         "danh mục areas, policy, các cột, owner: HĐND tỉnh → UBND tỉnh",
         "choice areas, policy, columns, owner: People's Council → People's Committee"),
        ("duties: [written_notice, notify]", "duties: [notify, written_notice]",
         "trạng thái đã báo tin, việc phải làm: gửi văn bản sau khi gọi điện, thông báo cho các cơ quan"
         " → thông báo cho các cơ quan, gửi văn bản sau khi gọi điện",
         "state reported, to be done there: written notice after the call, notify the parties"
         " → notify the parties, written notice after the call"),
        ("lead:     {one: btg", "lead:     {one: ubnd",
         "tư cách cơ quan chủ trì, do cơ quan giữ: Ban Tuyên giáo Tỉnh uỷ → UBND tỉnh",
         "capacity lead, held by: Propaganda Department → People's Committee"),
        ("default: area.owner", "default: area.chair",
         "tư cách cơ quan giải quyết, lấy từ: cơ quan giải quyết theo lĩnh vực"
         " → cơ quan chủ trì rút kinh nghiệm theo lĩnh vực",
         "capacity owner, filled from: owner by area → chair of lessons learned by area"),
        ("    suspend: {by: lead, at_most: 60d, source: local choice}", "",
         "vụ việc phức tạp, nhạy cảm, tạm dừng: cơ quan chủ trì, tối đa 60 ngày → -",
         "complex or sensitive matter, suspension: lead, 60 calendar days at most → -"),
        ("title: {vi: Kế hoạch", "title: {vi: Bản kế hoạch",
         "tên bộ quy tắc, vi: Kế hoạch phối hợp thực hiện Quyết định 238-QĐ/TW năm 2022"
         " → Bản kế hoạch phối hợp thực hiện Quyết định 238-QĐ/TW năm 2022",
         "title of the rules, vi: Kế hoạch phối hợp thực hiện Quyết định 238-QĐ/TW năm 2022"
         " → Bản kế hoạch phối hợp thực hiện Quyết định 238-QĐ/TW năm 2022"),
    ],
)  # fmt: skip
def test_a_change_is_told_in_words(old, new, vi, en):
    after = rewritten((old, new))
    assert lines(RULES, after, "vi") == [vi]
    assert lines(RULES, after, "en") == [en]


def test_what_comes_and_what_goes_is_told_by_its_name():
    added = "      watched:         {label: {vi: Đang theo dõi, en: Watched}, final: true}\n"
    after = rewritten(
        ("      closed:          ", added + "      closed:          "),
        ("from: reported, to: withdrawn, by: lead", "from: reported, to: watched, by: lead"),
    )
    assert lines(RULES, after, "en") == ["state watched: added", "trigger refuse, leads to: withdrawn → watched"]
    assert lines(after, RULES, "en")[0] == "state watched: no longer there"


def test_comments_spaces_and_the_order_of_names_are_no_difference():
    moved = rewritten(("backdate: 5wd\nundo_within: 8wh\n", "# words\nundo_within: 8wh\nbackdate:   5wd\n"))
    assert lines(RULES, moved) == []


def test_the_order_of_lines_with_the_same_conditions_of_choice_is_a_difference():
    lines_of = list(RULES.processes["matter"].transitions)
    lines_of[0], lines_of[1] = lines_of[1], lines_of[0]
    process = msgspec.structs.replace(RULES.processes["matter"], transitions=tuple(lines_of))
    after = msgspec.structs.replace(RULES, processes={"matter": process})
    assert [one.where[-1] for one in differences(RULES, after)] == ["order"]


def test_of_an_order_only_the_line_is_told_that_moved():
    process = RULES.processes["matter"]
    first, *rest = process.transitions
    moved = msgspec.structs.replace(process, transitions=(*rest[:3], first, *rest[3:]))
    after = msgspec.structs.replace(RULES, processes={"matter": moved})
    assert lines(RULES, after, "en") == ["trigger send the written notice, stands behind: - → trigger withdraw"]


def test_a_state_more_is_one_line_though_from_any_means_it_too():
    added = "      watched:         {label: {vi: Đang theo dõi, en: Watched}, may_wait: true}\n"
    after = rewritten(
        ("      closed:          ", added + "      closed:          "),
        ("from: reported, to: withdrawn, by: lead", "from: reported, to: watched, by: lead"),
        ("from: [reported, notified, joint_plan], to: withdrawn", "from: any, to: withdrawn"),
    )
    told = lines(RULES, after, "en")
    assert told == [
        "state watched: added",
        "trigger refuse, leads to: withdrawn → watched",
        "trigger withdraw, from: reported, notified, joint plan → any",
    ]


def test_what_only_has_another_name_is_one_line():
    renames = [(old, new) for old, new in RENAMES if "renamed" not in new]
    renamed = "    renamed: {states: {notified: told}, duties: {acknowledge: confirm}, fields: {area: subject}}\n"
    after = everywhere(*renames, ("    prefix: VV\n", "    prefix: VV\n" + renamed))
    assert lines(RULES, after, "en") == [
        "state notified: is told now", "duty acknowledge: is confirm now", "field area: is subject now",
    ]  # fmt: skip
    assert lines(RULES, after, "vi")[0] == "trạng thái notified: nay là told"


def test_what_opens_by_itself_is_told_in_words():
    text = (ROOT / "escalation_rules.yaml").read_text("utf-8")
    text = text[: text.index("\ntests:\n")] + "\n"
    before = load_rules(text, "f.yaml")
    later = load_rules(text.replace('open_at: "11-15"', 'open_at: "11-20"'), "f.yaml")
    without = load_rules(text[: text.index("\nopenings:\n")] + "\n", "f.yaml")
    assert lines(before, later, "en") == ["opened by itself: yearly report, opens on: 11-15 → 11-20"]
    assert lines(before, without, "en") == ["opened by itself: yearly report: no longer there"]
    assert lines(without, before, "vi") == ["tự mở: báo cáo đánh giá năm: thêm mới"]


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path in the plain values of a ruleset, inner ones too."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(deeper for key, value in items for deeper in leaves(value, (*path, key)))]


PLAIN = msgspec.json.decode(msgspec.json.encode(RULES))
PATHS = [path for path in leaves(PLAIN) if path and path[0] != "edition"]


def mutant(path: tuple[Any, ...], dice: random.Random) -> Any:
    """The plain ruleset with what stands at `path` changed, taken out, doubled or put in another order."""
    tree = msgspec.json.decode(msgspec.json.encode(RULES))
    holder = tree
    for part in path[:-1]:
        holder = holder[part]
    value = holder[path[-1]]
    match value:
        case bool():
            holder[path[-1]] = not value
        case int():
            holder[path[-1]] = value + 1
        case str():
            holder[path[-1]] = dice.choice([value + "x", "any", "btg", "resolved", "lead"])
        case list() if len(value) > 1 and dice.random() < 0.5:
            value[0], value[-1] = value[-1], value[0]
        case list():
            value.append(dice.choice(value)) if value and dice.random() < 0.5 else value.clear()
        case _:
            del holder[path[-1]]
    return tree


@given(st.sampled_from(PATHS), st.integers())
def test_any_change_of_meaning_gives_at_least_one_line_and_none_where_nothing_changed(path, seed):
    """Mutants seen failing: no line for an order; `_parts` leaving the first field out; a text never compared."""
    try:
        after = msgspec.convert(mutant(path, random.Random(seed)), Ruleset)
    except msgspec.ValidationError:
        assume(False)
    same = msgspec.to_builtins(after) == msgspec.to_builtins(RULES)
    for lang in ("vi", "en"):
        said = lines(RULES, after, lang)
        assert bool(said) == (not same)
        assert all(line.strip(" :→") for line in said)
        assert bool(lines(after, RULES, lang)) == (not same)


def test_files_and_published_editions_are_compared_alike(shell, tmp_path):
    path = changed(tmp_path, *SLOWER)
    shell(f"rules publish {path}")
    expected = "complex or sensitive matter, notify the parties: 1 working day → 2 working days"
    for typed in (f"cao-bang-2022.1 {path}", "cao-bang-2022.1 cao-bang-2022.2"):
        said = shell(f"rules diff {typed}").splitlines()
        assert said[:2] == ["cao-bang-2022.1 → cao-bang-2022.2", f"  {expected}"]
        assert said[3:] == [
            "The open cases under cao-bang-2022.1, taken over:",
            "  1 case can go, 0 cannot: 1 falls due later, 0 fall due sooner, 0 become overdue.",
        ]
        found = shell.json(f"rules diff {typed}")
        assert found["effect"] == {"can_go": 1, "stay": 0, "later": 1, "sooner": 0, "overdue": 0}
        (record,) = found["differences"]
        assert record["where"][:4] == ["processes", "matter", "duties", "notify"]
        assert record["text"] == expected
    assert "They mean the same." in shell("rules diff cao-bang-2022.1 cao-bang-2022.1")
    assert "no edition called none is published" in shell.fails(6, "rules diff none cao-bang-2022.1")
