"""The strict loader: what a bad rules file is told, where, and that everything is told at once.

The corpus carries the numbers of the house's list of bad rules files (rules-01 to rules-35). Most cases
change tests/rules/small.yaml, a file without a fault; places are counted in it by hand, from 1.
"""

from __future__ import annotations

import re

import msgspec
import pytest
import yaml

from states import loader
from states.loader import BadFile, load_calendar, load_rules
from states.marks import MOST_PROBLEMS
from states.ruleset import Ruleset
from states.shape import MOST_STATES, MOST_TRANSITIONS, RulesFile
from tests.play import Play
from tests.support import ROOT, office_of

GOOD = (ROOT / "tests/rules/small.yaml").read_text("utf-8")
CALENDAR = (ROOT / "calendars/vn.yaml").read_text("utf-8")
FILES = ["escalation_rules.yaml", *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("tests/rules/*.yaml"))]
TEST = GOOD[GOOD.index("- {test") :].rstrip("\n")
TESTS = f"tests:\n  {TEST}"
LAST = GOOD.count("\n") + 1


def changed(old: str, new: str, text: str = GOOD) -> str:
    assert old in text, f"{old!r} is not in the file"
    return text.replace(old, new, 1)


def problems(text: str | bytes) -> list[str]:
    """What is said of a file that does not load, each with its hint behind ` -> `, without the file's name."""
    with pytest.raises(BadFile) as bad:
        load_rules(text, "f.yaml")
    return [str(problem).removeprefix("f.yaml:").replace("\n  hint: ", " -> ") for problem in bad.value.problems]


def places(text: str | bytes) -> list[str]:
    """`line:column CODE` of every problem."""
    return [" ".join(problem.split()[:2]) for problem in problems(text)]


def within(value: str) -> str:
    """The good file with another length of time at line 46, from column 39."""
    return changed("before: day,", f"within: {value},")


def times(value: str) -> str:
    """The good file with another number at line 44, from column 107."""
    return changed("times: 1, at_most", f"times: {value}, at_most")


CORPUS = [
    # aliases, merge keys, tags
    ("rules-01", "a: &a [x, x]\nb: [*a, *a]\n", ["1:4 E105", "2:5 E105", "2:9 E105"]),
    ("rules-02", changed("{who: {agency: true}", "{<<: {who: {agency: true}}"), ["37:22 E111"]),
    ("rules-03", changed("small-1", '!!python/object/apply:os.system ["id"]'), ["2:10 E106"]),
    ("rules-03", changed("small-1", "! small-1"), ["2:10 E106"]),
    ("rules-03", changed("{flag: true", "!!map {flag: true"), ["33:13 E106"]),
    # keys and booleans
    ("rules-04", changed("times: 1, at_most: 1wd", "times: 1, times: 5, at_most: 1wd"), ["44:109 E113"]),
    ("rules-05", changed("{flag: true", "{flag: yes"), ["33:20 E123"]),
    ("rules-05", changed("final: true", "final: on"), ["42:53 E123"]),
    ("rules-05", changed("kinds: {road:", "kinds: {no: {doer: mill}, road:"), ["12:11 E112"]),
    ("rules-05", changed("{flag: true", "{on: 1, Off: 1, flag: true"), ["33:14 E112", "33:21 E112"]),
    # times of day, dates, numbers
    ("rules-06", within("17:30"), ["46:82 E122"]),
    ("rules-06", within("1:30:00"), ["46:82 E122"]),
    ("rules-08", changed("before: day", "before: 2022-02-30"), ["46:82 E122"]),
    ("rules-08", changed("by: year-12-15", "by: year-02-30"), ["47:55 E122"]),
    ("rules-08", changed("by: year-12-15", "by: year-02-29"), ["47:55 E122"]),
    ("rules-08", changed("by: year-12-15", "by: year-13-01"), ["47:55 E122"]),
    ("rules-09", times("9" * 5000), ["44:106 E114"]),
    ("rules-09", times("3651"), ["44:106 E114"]),
    ("rules-09", times("-1"), ["44:106 E114"]),
    ("rules-09", times("0"), ["44:106 E123"]),
    ("rules-09", times("1e400"), ["44:106 E123"]),
    ("rules-09", times(".nan"), ["44:106 E123"]),
    ("rules-09", times(".inf"), ["44:106 E123"]),
    ("rules-09", times("0x10"), ["44:106 E123"]),
    ("rules-09", times("1_000"), ["44:106 E123"]),
    # depth
    ("rules-10", "a: " + "[" * 2000 + "]" * 2000, ["1:23 E107"]),
    ("rules-10", "a: " + "[" * 200_000 + "]" * 200_000, ["1:23 E107"]),
    ("rules-10", "? " * 30_000, ["1:41 E107"]),
    ("rules-11", "a: &a [*a]\n", ["1:4 E105", "1:8 E105"]),
    # documents
    ("rules-12", GOOD + "---\n" + GOOD, [f"{LAST}:1 E104"]),
    ("rules-12", "", ["1:1 E108"]),
    ("rules-12", "# only a comment\n", ["1:1 E108"]),
    ("rules-12", "- a\n- b\n", ["1:1 E108"]),
    ("rules-12", "a word", ["1:1 E108"]),
    ("rules-12", "--- \n", ["1:1 E108"]),
    # bytes
    ("rules-13", GOOD.encode("utf-16"), ["1:1 E101"]),
    ("rules-13", "\ufeff\ufeff" + GOOD, ["1:1 E103"]),
    ("rules-13", GOOD.encode() + b"\xff", ["1:1 E101"]),
    ("rules-13", GOOD + "\ud800", ["1:1 E101"]),
    ("rules-13", changed("Trial", "Tri\0al"), ["3:25 E103"]),
    ("rules-13", changed("Trial", "Tri\x1b[2Jal"), ["3:25 E103"]),
    ("rules-13", changed("  hall:", "\thall:"), ["8:1 E103"]),
    ("rules-13", changed("Trial", "Tri\u202eal"), ["3:25 E103"]),
    ("rules-13", changed("Trial", "Tri\u2028al"), ["3:25 E103"]),
    ("rules-13", changed("Trial", "Tri\ral"), ["3:25 E103"]),
    ("rules-13", changed("en: Trial", 'en: "Tri\\x1b[2Jal"'), ["3:22 E103"]),
    ("rules-13", changed("en: Trial", 'en: "Tri\\u202Eal"'), ["3:22 E103"]),
    # keys
    ("rules-18", changed("within:", "witin:"), ["44:31 E120"]),
    ("rules-18", changed("prefix: CV", "prefxi: CV"), ["21:3 E121", "22:5 E120"]),
    ("rules-18", changed("calendar: vn", "deadine: 5"), ["2:1 E121", "5:1 E120"]),
    ("rules-18", changed("{one: hall, label", "{one: hall, except_: doer, label"), ["28:27 E120"]),
    # states
    ("rules-19", changed("to: done, by: doer", "to: dome, by: doer"), ["56:44 E201"]),
    ("rules-19", changed("      done:", "      asked:"), ["42:7 E113", "47:81 E201", "56:44 E201"]),
    ("rules-19", changed("    initial: asked\n", ""), ["21:3 E121"]),
    ("rules-19", changed("initial: asked", "initial: asked\n    initial: waiting"), ["39:5 E113"]),
    ("rules-19", changed("initial: asked", "initial: [asked, waiting]"), ["38:5 E123"]),
    ("rules-20", changed("to: waiting, by", "by"), ["41:7 E270"]),
    ("rules-20", changed("from: waiting, to: back", "from: waiting"), ["41:7 E271"]),
    # bodies
    ("rules-23", changed("tell: [head]", "tell: [haed]"), ["19:17 E201"]),
    ("rules-23", changed("{one: hall,", "{one: hal,"), ["28:21 E201"]),
    # lengths of time
    *[("rules-25", within(bad), ["46:82 E122"]) for bad in (
        "0wd", "-3wd", "9999999999wd", "3651wd", "five", "5 dayz", '"5"', "5", "1.5wd", "5WD", "٥wd", "true",
    )],
    ("rules-25", within("{take: 1wd}"), ["46:74 E123"]),
    ("rules-25", within("[]"), ["46:74 E123"]),
    # templates and secrets: there is no such thing to be named
    ("rules-29", changed("answers: [agree]", 'template: "{case.__class__}", answers: [agree]'), ["46:38 E120"]),
    ("rules-29", changed("before: day", 'before: "{title.__init__}"'), ["46:82 E122"]),
    ("rules-35", changed("calendar: vn", "calendar: vn\nclassification: tuyệt mật"), ["6:1 E120"]),
    ("rules-35", changed("{vi: Đường, en: Road}", "{vi: Tuyệt mật, en: Road}"), ["12:30 E306"]),
    ("rules-35", changed("{vi: Gấp, en: Rush}", "{vi: Độ mật, en: Rush}"), ["33:38 E306"]),
    ("rules-35", changed("{vi: Đường, en: Road}", "{vi: Đường, en: Top secret}"), ["12:41 E306"]),
    ("rules-35", changed("rush:", "do_mat:"), ["33:7 E306", "44:47 E201", "49:54 E201"]),
    # size, counted before anything is built
    ("rules-31", "x" * 10_000_000, ["1:1 E102"]),
    ("rules-31", "ữ" * 400_000, ["1:1 E102"]),
    ("rules-31", "a: " + "x" * 999_000, ["1:1 E120", *["1:1 E121"] * 5]),
    ("rules-31", "\n".join(f"k{n}: 1" for n in range(200_000)), ["1:1 E102"]),
    ("rules-31", "\n".join(f"k{n}:" for n in range(90_000)), ["50000:8 E107"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [(t, e) for _, t, e in CORPUS], ids=[case[0] for case in CORPUS])
def test_a_bad_file_of_the_corpus_is_refused_at_its_place(text, expected):
    assert places(text) == expected


def test_a_due_date_beyond_the_calendar_is_refused_when_it_would_be_set():
    """rules-26: whether the calendar reaches far enough depends on the dates a case is given."""
    play = Play(office_of("tests/rules/small.yaml"), "work", "2022-03-01 09:00")
    play.open("hall", kind="road", year=2022, day="2031-01-02", helper=["mill"])
    assert play.refused("plan", "hall", parts=[{"who": "mill", "by": "2022-04-01"}]) == ["beyond_calendar"]


@pytest.mark.parametrize("zone", ["UTC+7", "Hanoi", "../Ho_Chi_Minh", "asia", '""'])
def test_a_calendar_is_in_a_zone_of_the_time_zone_database(zone):
    """rules-28"""
    with pytest.raises(BadFile) as bad:
        load_calendar(changed("zone: Asia/Ho_Chi_Minh", f"zone: {zone}", CALENDAR), "vn.yaml")
    assert str(bad.value) == f"vn.yaml:19:7 E180 unknown time zone: {zone.strip(chr(34))}"


def test_braces_in_a_label_are_letters_and_nothing_is_expanded():
    """rules-29: there are no templates, so a label may hold what looks like one, and says just that."""
    ruleset = load_rules(changed("en: Trial", 'en: "{case.__class__} {0} %s"'), "f.yaml")
    assert ruleset.title["en"] == "{case.__class__} {0} %s"
    assert problems(within("{x.__class__}".join('""'))) == [
        "46:82 E122 not a length of time: {x.__class__} (write 3wd, 4wh, 2d or 6h)"
    ]


# ---- the whole sentence, once per code -----------------------------------------------------------

MESSAGES = [
    (GOOD.encode() + b"\xff", f"1:1 E101 not UTF-8 at byte {len(GOOD.encode())}"),
    ("x" * 1_000_001, "1:1 E102 larger than 1000000 bytes"),
    (changed("Trial", "\x1b"), "3:22 E103 a control character (U+001B)"),
    (changed("  hall:", "\thall:"), "8:1 E103 a tab (U+0009): indent and separate with spaces"),
    (GOOD + "---\n", f"{LAST}:1 E104 a second document; a rules file is one document"),
    ("a: &x 1\n", "1:4 E105 anchors and aliases are not allowed: write it out"),
    ("a: !!int 1\n", "1:4 E106 tags are not allowed"),
    ("[" * 21 + "]" * 21, "1:21 E107 nested too deeply or too long for a rules file"),
    ("", "1:1 E108 the file is empty; expected a mapping that begins with `edition:`"),
    ("- a", "1:1 E108 expected a mapping that begins with `edition:`"),
    (changed("{vi: Thử", "{vi: ]Thử"), "3:13 E109 a bracket, a comma or a colon stands where something should be said"),
    (changed("en: Trial}", "en: Trial"), "4:8 E109 a bracket is never closed, or a comma is missing"),
    (changed(TESTS, "tests: [a, b"),
     "59:8 E109 a bracket is never closed, or a comma is missing"),
    (changed(TEST, '- "never ended'),
     "60:5 E109 a text in quotes is never closed"),
    (changed("{vi: Thử", "{[a]: b, vi: Thử"), "3:9 E110 a key must be a plain word"),
    (changed("{vi: Thử", '{"a\\x1bb": b, vi: Thử'), "3:9 E110 a key must be a plain word"),
    (changed("{vi: Thử", "{<<: b, vi: Thử"), "3:9 E111 merge keys are not allowed: write it out"),
    (changed("{vi: Thử", "{yes: b, vi: Thử"), "3:9 E112 `yes` is not allowed as a key"),
    (changed("backdate: 5wd", "edition: b"), "6:1 E113 `edition` is given twice; first at line 2"),
    (times("20000"), "44:106 E114 a number must be from 0 to 3650 -> write text that looks like a number in quotes"),
    (changed("{vi: Thử", "{vi: ~"), "3:13 E115 nothing is given here"),
    (changed(TEST, "- name:\n\n\n"), "60:5 E115 nothing is given here"),
    (changed(TEST, "-\n\n\n"), "60:3 E115 nothing is given here"),
    (changed("[Văn bản thử]", '["a\\nb"]'), "4:11 E116 more than one line: write it on one"),
    (changed("within", "witin"), "44:31 E120 unknown key `witin` -> did you mean `within`?"),
    (changed("within", "zzz"), "44:31 E120 unknown key `zzz`"),
    (changed("    prefix: CV\n", ""), "21:3 E121 `prefix` is missing"),
    (within("3 days"), "46:82 E122 not a length of time: 3 days (write 3wd, 4wh, 2d or 6h)"),
    (changed("before: day", "before: 15/12"),
     "46:82 E122 not a date: 15/12 (write a date field, row.column, field - 3wd or year-12-15)"),
    (changed("owed_by: nobody", "owed_by: all helper"),
     "47:25 E122 not a debtor: all helper (write a capacity, each X, each [X, Y] or nobody)"),
    (changed("when: {kind: road}", "when: {kind: [road, true]}"),
     "45:37 E122 not a condition: {kind: [road, true]} (write FLAG, not FLAG, FIELD: VALUE or FIELD: [VALUE, VALUE])"),
    (changed("{vi: Đường, en: Road}", "{vi: Đường, en: Road, fr: Rue}"),
     "12:51 E122 not a language: fr (vi or en)"),
    (changed("CV", "cv"), "22:13 E122 not a prefix: cv (1 to 5 capital letters A-Z)"),
    (changed("alias: gap", "alias: Gấp"),
     "33:61 E122 not an alias: Gấp (small letters without accents and digits, joined by -)"),
    (changed("      rush:", "      Rush:"),
     "33:7 E122 not a name: Rush (small letters a-z, digits and _, a letter first)"),
    (changed("{vi: Thử", "{fr: Essai, vi: Thử"), "3:9 E122 not a language: fr (vi or en)"),
    (changed("all part]", "every part]"), "56:157 E122 not a duty: every part (write a duty, or `all DUTY`)"),
    (changed("kind.doer", "kind"), "29:35 E122 not a column: kind (write field.column)"),
    (changed("small-1", "small 1"), "2:10 E122 not an edition: small 1 (letters, digits and . _ -)"),
    (changed("tell: [head]", 'tell: ["the head"]'),
     "19:17 E122 not a body: the head (write debtor, a capacity or an agency, with .leader for its leader)"),
    (changed("en: Trial", "en: 2022"),
     "3:22 E123 text is expected here -> write text that looks like a number in quotes"),
    (changed("en: Trial", "en: [a]"), "3:18 E123 text is expected here"),
    (changed("en: Trial", 'en: " "'), "3:22 E122 nothing is given here"),
    (times("two"), "44:106 E123 a number is expected here"),
    (changed("signatory: true", "signatory: 1"), "8:63 E123 true or false is expected here"),
    (changed("answers: [agree]", "answers: agree"), "46:47 E123 a list is expected here"),
    (changed("label: {vi: Gấp, en: Rush}", "label: Rush"), "33:33 E123 keys with values are expected here"),
    (changed("every: year", "every: week"), "58:28 E123 only this may stand here: year, month"),
    (changed("flag: true", "flag: false"), "33:20 E123 only this may stand here: true"),
    (times("0"), "44:106 E123 the least here is 1"),
    (changed("by: asker, at_most: 60d", "by: [], at_most: 60d"), "26:15 E123 nothing is given here"),
    (changed("small-1", "s" * 61), "2:10 E123 the most here is 60"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MESSAGES, ids=[m.split(" -> ")[0][:60] for _, m in MESSAGES])
def test_the_sentence_says_what_is_wrong_and_what_may_be_written(text, message):
    assert message in problems(text)


def test_every_code_of_reading_and_shape_has_its_sentence_here():
    raised = set()
    for room in ("loader", "faults", "marks", "salvage"):
        raised |= set(re.findall(r"\"(E1\d\d)\"", (ROOT / f"states/{room}.py").read_text("utf-8")))
    assert raised - {"E180", "E199"} == {message.split()[1] for _, message in MESSAGES}


# ---- all errors of a file at once ----------------------------------------------------------------

MANY = [
    ("title: {vi: Thử, en: Trial}", "title: {vi: Thử, en: Trial}\ngrouds: []"),
    ("backdate: 5wd", "backdate: ~"),
    ("parent: hall", "parent: hal"),
    ("doer: hall}}", "doer: hall, on: 1}}"),
    ("tell: [debtor, asker.leader]", "tell: [debtor, asker.boss]"),
    ("prefix: CV", "prefix: CV2"),
    ("alias: lam", "alias: Làm"),
    ("{flag: true,", "{flag: true, flag: true,"),
    ("label: {vi: Ngày, en: Day}", "label: {vi: Ngày}"),
    ("duties: [answer]}", "duties: [answer, answr]}"),
    ("take: 2wd}", "take: 2 days}"),
    (", alias: phan-viec", ""),
    ("answers: [agree]", "answers: [agree, object]"),
    ("before: day, ladder: none", "before: day"),
    ("on_overdue: alarm", "on_overdue: 5"),
    ("inputs: [parts]", "inputs: [parts, nte]"),
    ("discharges: [part]", "discharge: [part]"),
    ("to: done, by: doer", "to: dome, by: doer"),
    ("process: work", "process: wrok"),
]


def test_all_errors_of_a_file_are_told_at_once_each_in_its_place():
    """Bytes apart, no fault hides another: not one of syntax, of shape, of names or of words."""
    text = GOOD
    for old, new in MANY:
        text = changed(old, new, text)
    assert problems(text) == [
        "4:1 E120 unknown key `grouds` -> did you mean `grounds`?",
        "7:11 E115 nothing is given here",
        "10:49 E201 no agency is called `hal` -> did you mean `hall`?",
        "13:108 E112 `on` is not allowed as a key",
        "19:25 E227 `asker.boss`: the post is leader or focal_point",
        "23:13 E122 not a prefix: CV2 (1 to 5 capital letters A-Z)",
        "30:107 E122 not an alias: Làm (small letters without accents and digits, joined by -)",
        "34:26 E113 `flag` is given twice; first at line 34",
        "35:42 E301 `label` is missing in en",
        "41:66 E201 no duty is called `answr` -> did you mean `answer`?",
        "45:72 E122 not a length of time: 2 days (write 3wd, 4wh, 2d or 6h)",
        "46:7 E303 `alias` is missing: the accent-free Vietnamese word that is typed",
        "47:7 E241 a duty has one of `ladder` and `on_overdue` (`ladder: none` for no reminder)",
        "47:55 E201 no trigger is called `object`",
        "48:100 E123 text is expected here -> write text that looks like a number in quotes",
        "51:65 E201 no field or capacity is called `nte` -> did you mean `note`?",
        "53:53 E120 unknown key `discharge` -> did you mean `discharges`?",
        "57:44 E201 no state is called `dome` -> did you mean `done`?",
        "59:15 E201 no process is called `wrok` -> did you mean `work`?",
    ]


@pytest.mark.parametrize(("old", "new"), MANY, ids=[new for _, new in MANY])
def test_each_of_these_errors_alone_is_one_problem(old, new):
    """A reader is not told of faults that only follow from another."""
    assert len(problems(changed(old, new))) == 1


def test_what_could_not_be_read_is_not_missed_elsewhere():
    """A duty, a state, a field or a trigger with a fault in it is still there for those who name it."""
    assert places(changed("answer: {owed_by: doer,", "answer: {owed_by: 5,")) == ["44:25 E122"]
    assert places(changed("waiting: {label", "waiting: {suspend: true, label")) == ["41:17 E120"]
    assert places(changed("kind: {choice: kinds", "kind: {choise: kinds")) == ["32:14 E120"]
    assert places(changed("{trigger: plan,", "{triger: plan,")) == ["50:9 E121", "50:10 E120"]
    assert places(changed("asker:  {one: hall", "asker:  {one: 5, two: 6")) == ["28:21 E123", "28:24 E120"]
    assert places(changed("    duties:\n", "    dutys:\n")) == ["43:5 E120"]
    assert places(changed("choices:\n", "chioces:\n")) == ["11:1 E120"]
    assert places(changed("from: waiting,", "from: [5, 6, waiting],")) == ["55:33 E123", "55:36 E123"]
    assert places(changed("rungs:\n", "rungs:\n      - 5\n")) == ["17:9 E123"]


def test_what_could_not_be_read_keeps_nobody_from_looking_at_the_rest():
    """Each loss is as small as can be: beside it, a state that is none is still found."""
    for old, new, places_lost in [
        ("from: waiting,", "from: [5, 6, waiting],", ["55:33 E123", "55:36 E123"]),
        ("{flag: true, label: {vi: Gấp, en: Rush}", "{flag: true, label: {vi: 5, en: 6}", ["33:38 E123", "33:45 E123"]),
        ("tell: [debtor], warn: 4wh", "tell: [5, 6], warn: 4wx", ["17:17 E123", "17:20 E123", "17:30 E122"]),
        ("within: [{when: rush, take: 4wh}, {take: 2wd}]", "within: [5, {when: 6, tale: 2wd}]",
         ["44:40 E123", "44:43 E121", "44:50 E122", "44:53 E120"]),
        ("- {trigger: alarm,", "- 5\n      - {trigger: alarm,", ["53:9 E123"]),
    ]:  # fmt: skip
        text = changed("initial: asked", "initial: askd", changed(old, new))
        assert places(text) == sorted(["38:14 E201", *places_lost], key=lambda p: int(p.split(":")[0])), new


def test_problems_come_in_order_of_place_and_each_once():
    text = GOOD
    for old, new in reversed(MANY):
        text = changed(old, new, text)
    with pytest.raises(BadFile) as bad:
        load_rules(text, "f.yaml")
    found = [(p.line, p.column, p.code) for p in bad.value.problems]
    assert found == sorted(set(found))


def test_a_file_is_named_as_it_was_given():
    with pytest.raises(BadFile) as bad:
        load_rules("", "my rules/những quy tắc.yaml")
    assert str(bad.value).startswith("my rules/những quy tắc.yaml:1:1 E108 ")


# ---- what is allowed -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES)
def test_every_rules_file_of_the_house_loads_and_survives_the_store(path):
    """A published edition is kept as JSON: what comes back is what was loaded, and says so in the same bytes."""
    ruleset = msgspec.structs.replace(load_rules((ROOT / path).read_bytes(), path), tests=())  # as it is published
    stored = msgspec.json.encode(ruleset, order="deterministic")
    again = msgspec.json.decode(stored, type=Ruleset)
    assert msgspec.to_builtins(again) == msgspec.to_builtins(ruleset)
    assert msgspec.json.encode(again, order="deterministic") == stored


def test_one_byte_order_mark_and_windows_line_ends_are_allowed():
    assert same(GOOD, "\ufeff" + GOOD)
    assert same(GOOD, GOOD.encode())
    assert same(GOOD, GOOD.replace("\n", "\r\n"))


def test_only_true_and_false_are_truth_and_words_are_words():
    """rules-05: the country NO is not false, nor is a label that says yes."""
    ruleset = load_rules(changed("en: Road", "en: NO"), "f.yaml")
    assert ruleset.choices["kinds"]["road"].label["en"] == "NO"
    ruleset = load_rules(changed("en: Road", 'en: "true"'), "f.yaml")
    assert ruleset.choices["kinds"]["road"].label["en"] == "true"
    ruleset = load_rules(changed("source: local choice}\n      part:", "source: 1e400}\n      part:"), "f.yaml")
    assert ruleset.processes["work"].duties["answer"].source == "1e400"


def test_text_is_kept_in_composed_letters_however_it_was_typed():
    assert same(GOOD, changed("vi: Thử", "vi: Thư\u0309"))


def test_columns_are_counted_in_letters_not_in_bytes():
    assert places(changed("{vi: Gấp, en: Rush}, alias: gap", "{vi: Gấp ữ ữ ữ, en: Rush}, alias: gap gap")) == [
        "33:67 E122"
    ]


def same(one: str | bytes, other: str | bytes) -> bool:
    """Whether two texts mean the same rules."""
    first, second = (msgspec.to_builtins(load_rules(text, "f.yaml")) for text in (one, other))
    return bool(first == second)


def test_the_schema_for_editors_names_every_key_of_the_file():
    made = loader.schema()
    assert made["title"] == "phoihop rules file"
    assert set(made["properties"]) == set(RulesFile.keys_at(()))
    assert "from" in made["$defs"]["TransitionShape"]["properties"]


# ---- limits, by counting -------------------------------------------------------------------------


class Counter:
    """How many events were read and how many trees were built."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events = self.trees = 0
        parse, compose = yaml.parse, yaml.compose

        def counted(*args, **kwargs):
            for event in parse(*args, **kwargs):
                self.events += 1
                yield event

        def built(*args, **kwargs):
            self.trees += 1
            return compose(*args, **kwargs)

        monkeypatch.setattr(yaml, "parse", counted)
        monkeypatch.setattr(yaml, "compose", built)


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("[" * 200_000, 21 + 3),
        ("- " * 200_000, 21 + 3),
        ("[" + "1," * 200_000, loader.MOST_NODES + 3),
        ("\n".join(f"k{n}:" for n in range(90_000)), loader.MOST_NODES + 3),
        ("a: &a [x]\nb: *a\n", 20),
    ],
    ids=["deep", "deeper", "long", "keys", "alias"],
)
def test_a_bomb_is_counted_on_its_events_and_never_built(monkeypatch, text, most):
    """rules-31, rules-10, rules-01"""
    counter = Counter(monkeypatch)
    assert problems(text)
    assert counter.events <= most
    assert counter.trees == 0


def test_too_many_bytes_are_not_even_read(monkeypatch):
    counter = Counter(monkeypatch)
    assert places(b"a: b\n" * 2_000_000) == ["1:1 E102"]
    assert counter.events == 0


def test_the_limits_are_exact():
    """One thing more than allowed is one too many; as many as allowed is not."""
    filled = GOOD + "#" * (loader.MOST_BYTES - len(GOOD.encode()))
    assert same(GOOD, filled)
    assert places(filled + "#") == ["1:1 E102"]
    least = len(list(yaml.parse(GOOD)))
    nodes = sum(isinstance(e, yaml.NodeEvent) for e in yaml.parse(GOOD))
    assert least > nodes
    listed = changed("[Văn bản thử]", "[" + "a, " * (loader.MOST_NODES - nodes) + "a]")
    assert load_rules(listed, "f.yaml").grounds
    assert [p.split()[1] for p in places(changed("[a,", "[a, a,", listed))] == ["E107"]
    deep = changed(TEST, "- {name: " + "[" * 17 + "]" * 17 + "}")
    assert "E107" not in str(places(deep))
    assert [p.split()[1] for p in places(changed("[[[[", "[[[[[", deep).replace("]]]]", "]]]]]", 1))] == ["E107"]


def test_a_file_with_too_many_problems_says_how_many_more():
    rows = "".join(f"k{n}: 1\n" for n in range(2 * MOST_PROBLEMS))
    found = problems(GOOD + rows)
    assert len(found) == MOST_PROBLEMS + 1
    assert found[-1] == f"{LAST + MOST_PROBLEMS}:1 E199 and {MOST_PROBLEMS} more problems from here on"


def test_a_crowd_of_states_or_lines_is_refused_before_it_is_walked():
    """One state reaches another by every line: what is compared with each other is few, whatever the file's size."""
    states = "".join(f"      s{n}: {{label: {{vi: a, en: b}}, final: true}}\n" for n in range(MOST_STATES - 2))
    assert places(changed("    duties:\n", states + "    duties:\n")) == ["39:5 E123"]
    lines = (
        "      - {trigger: more, from: any, by: asker, label: {vi: a, en: b}, alias: them, source: s}\n"
        * MOST_TRANSITIONS
    )
    assert places(changed("openings:\n", lines + "openings:\n")) == ["48:5 E123"]
