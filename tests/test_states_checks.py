"""Every code of the checks of names, lines and words (E2xx, E3xx): the smallest fault that has it and no other.

Each case changes tests/rules/small.yaml, a file without a fault, and expects one problem, whole: the line
and column at which the eye should land, the code, the sentence and, where a name is near, the hint.
"""

from __future__ import annotations

import re

import pytest

from states.checks.private import says_person
from states.loader import BadFile, load_rules
from states.secrecy import names_level
from tests.support import ROOT

GOOD = (ROOT / "tests/rules/small.yaml").read_text("utf-8")
SECOND = """  other:
    prefix: CV
    label: LABEL
    alias: khac
    source: local choice
    capacities: {one: {one: hall, label: LABEL, alias: mot}}
    initial: begun
    states: {begun: {label: LABEL}, ended: {label: LABEL, final: true}}
    transitions:
      - {trigger: open, by: one, label: LABEL, alias: mo, source: local choice}
      - {trigger: end, from: begun, to: ended, by: one, label: LABEL, alias: het, source: local choice}
openings:"""

JANUARY = """  - {process: work, every: year, open_at: "01-15", set: {year: year-1, kind: road, day: opened}, source: s}
"""


def line(text: str) -> tuple[str, str]:
    """One more line of the table, before `agree`."""
    agree = "      - {trigger: agree,"
    return agree, f"      - {text}\n{agree}"


# What is written, what is written instead, what is told, which name is meant.
NAMES = [
    ("parent: hall", "parent: hal", "9:49 E201 no agency is called `hal`", "hall"),
    ("{one: hall,", "{one: hal,", "28:21 E201 no agency is called `hal`", "hall"),
    ("recorded_by: [asker]", "recorded_by: [doer, askr]", "29:66 E201 no capacity is called `askr`", "asker"),
    (
        "{many: any, label: {vi: Bên giúp",
        "{many: any, except: askr, label: {vi: Bên giúp",
        "30:35 E201 no capacity is called `askr`",
        "asker",
    ),
    ("default: kind.doer", "default: kin.doer", "29:35 E201 no field with a choice is called `kin`", "kind"),
    ("doer: mill}, pipe", "doer: mil}, pipe", "12:54 E201 no agency is called `mil`", "mill"),
    ("initial: asked", "initial: askd", "38:14 E201 no state is called `askd`", "asked"),
    ("duties: [answer]}", "duties: [answer, answr]}", "40:66 E201 no duty is called `answr`", "answer"),
    ("suspend: {by: asker", "suspend: {by: askr", "26:19 E201 no capacity is called `askr`", "asker"),
    ("{owed_by: doer", "{owed_by: dooer", "44:25 E201 no capacity is called `dooer`", "doer"),
    ("owed_by: each helper", 'owed_by: "each [helper, helpr]"', "46:25 E201 no capacity is called `helpr`", "helper"),
    ("{when: rush, take", "{when: rsh, take", "44:47 E201 no field is called `rsh`", "rush"),
    ("when: {kind: road}", "when: {kind: raod}", "45:37 E201 no value of the choice is called `raod`", "road"),
    (
        "answers: [agree], opens_on: [plan]",
        "answers: [agree], opens_on: [plam]",
        "46:67 E201 no trigger is called `plam`",
        "plan",
    ),
    ("lasts_until: [done]", "lasts_until: [don]", "47:81 E201 no state is called `don`", "done"),
    ("answers: [agree]", "answers: [agree, agre]", "46:55 E201 no trigger is called `agre`", "agree"),
    ("by: row.by", "by: row.bye", "45:79 E201 the rows have no column of type date called `bye`", "by"),
    ("before: day", "before: dya", "46:82 E201 no field of type date is called `dya`", "day"),
    ("by: year-12-15", "by: yaer-12-15", "47:55 E201 no field of type year is called `yaer`", "year"),
    (
        "{by: asker, times: 1, at_most: 1wd}, ladder: steps",
        "{by: asker, times: 1, at_most: 1wd}, ladder: stps",
        "44:132 E201 no ladder is called `stps`",
        "steps",
    ),
    ("extend: {by: asker", "extend: {by: askr", "44:92 E201 no capacity is called `askr`", "asker"),
    ("waive: {by: asker", "waive: {by: askr", "45:114 E201 no capacity is called `askr`", "asker"),
    (
        "asker.leader]",
        "askr.leader]",
        "18:25 E201 process `work` uses this ladder and has no capacity or agency `askr`",
        "asker",
    ),
    ("fires: alarm", "fires: alrm", "19:53 E201 process `work` uses this ladder and has no trigger `alrm`", "alarm"),
    ("on_overdue: alarm", "on_overdue: alrm", "47:100 E201 no trigger is called `alrm`", "alarm"),
    (
        "{trigger: plan, from: asked",
        "{trigger: plan, from: [asked, wating]",
        "50:39 E201 no state is called `wating`",
        "waiting",
    ),
    ("to: done, by: doer", "to: dne, by: doer", "56:44 E201 no state is called `dne`", "done"),
    (
        "{trigger: stop, from: asked, to: waiting, by: asker",
        "{trigger: stop, from: asked, to: waiting, by: [doer, askr]",
        "54:62 E201 no capacity is called `askr`",
        "asker",
    ),
    ("inputs: [parts]", "inputs: [parts, nte]", "50:65 E201 no field or capacity is called `nte`", "note"),
    ("takes: [rush, helper]", "takes: [rush, helpr]", "49:60 E201 no field or capacity is called `helpr`", "helper"),
    ("includes: {helper: doer}", "includes: {helper: dor}", "56:112 E201 no capacity is called `dor`", "doer"),
    ("settled: [view]", "settled: [viw]", "56:129 E201 no duty is called `viw`", "view"),
    ("lapses: [view]", "lapses: [veiw]", "54:89 E201 no duty is called `veiw`", "view"),
    ("all part]", "all prt]", "56:157 E201 no duty is called `prt`", "part"),
    (
        "{trigger: go_on, from: waiting, to: back, by: asker",
        "{trigger: go_on, from: waiting, to: back, by: asker, when: not rsh",
        "55:68 E201 no field is called `rsh`",
        "rush",
    ),
    ("{process: work", "{process: wrk", "58:15 E201 no process is called `wrk`", "work"),
    ("set: {year: year,", "set: {yr: year,", "58:58 E201 no field is called `yr`", "year"),
    ("with: {helper: mill}", "with: {helper: mil}", "58:118 E201 no agency is called `mil`", "mill"),
    (
        "kind: road, day: opened",
        "kind: raod, day: opened",
        "58:76 E201 no value of the choice is called `raod`",
        "road",
    ),
]

READ = "that takes a flag, a choice, a text, a date or an agency, and not one for each agency"

# What is told, and the changes that bring it about. LABEL stands for a label in both languages.
FAULTS = [
    ("28:21 E201 no agency is called `zzz`", [("{one: hall,", "{one: zzz,")]),
    (
        "14:37 E201 no capacity or agency is called `hal`\n  hint: did you mean `hall`?",
        [("ladders:", "ladders:\n  late: {source: s, rungs: [{tell: [hal]}]}")],
    ),
    (
        "32:22 E201 no choice is called `kind`\n  hint: did you mean `kinds`?",
        [("{choice: kinds, req", "{choice: kind, req")],
    ),
    ("58:13 E210 prefix CV is taken by work", [("openings:", SECOND)]),
    ("12:66 E211 a column holds one word", [("en: Road}, doer: mill", "en: Road}, doer: mill, rank: 5")]),
    (
        "33:7 E212 `helper` is a capacity too",
        [("      rush: {flag", "      helper: {flag: true, label: LABEL, alias: ten}\n      rush: {flag")],
    ),
    (
        "30:7 E213 `debtor` has a meaning of its own in the rules: choose another name",
        [
            (
                "      helper: {many: any, label",
                "      debtor: {many: signatories, label: LABEL, alias: no}\n      helper: {many: any, label",
            )
        ],
    ),
    (
        "33:7 E213 `reason` has a meaning of its own in the rules: choose another name",
        [("      rush: {flag", "      reason: {flag: true, label: LABEL, alias: ten}\n      rush: {flag")],
    ),
    (
        "9:3 E213 `any` has a meaning of its own in the rules: choose another name",
        [("  mill: {name", "  any: {name: LABEL}\n  mill: {name")],
    ),
    (
        "58:43 E214 not a day of every year: 11-31 (write 11-15 for a year, 05 for a month, up to the 28th)",
        [('"11-15"', '"11-31"')],
    ),
    (
        "58:87 E215 an opening cannot set this to year (write year, year+1, opened or opened + 10wd; a choice; a text)",
        [("day: opened + 10wd", "day: year")],
    ),
    (
        "58:15 E216 no `open` of this process is done by the system",
        [("by: [asker, system], takes", "by: asker, takes")],
    ),
    (
        "58:5 E217 a case needs more than this opening gives (`set`, `with`): kind",
        [("kind: road, day: opened", "day: opened")],
    ),
    (
        "58:5 E217 this opening gives what the `open` line of the system does not take: doer",
        [("with: {helper: mill}", "with: {doer: mill}")],
    ),
    (
        "59:5 E218 process work is opened every year already",
        [("openings:\n", f"openings:\n{JANUARY}")],
    ),
    (
        "27:31 E219 `asked` is still there: only what is gone was renamed",
        [("    capacities:\n", "    renamed: {states: {asked: waiting}}\n    capacities:\n")],
    ),
    ("18:9 E220 this rung tells nobody", [("{tell: [debtor, asker.leader], allow: 1wd}", "{tell: [], allow: 1wd}")]),
    (
        "19:32 E221 a warning stands before the rungs that follow the deadline",
        [("      - {tell: [head], every", "      - {tell: [debtor], warn: 1wd}\n      - {tell: [head], every")],
    ),
    (
        "17:9 E222 a warning (`warn`) only tells: it has no `allow`, `every`, `times` or `fires`",
        [("{tell: [debtor], warn: 4wh}", "{tell: [debtor], warn: 4wh, allow: 1wd}")],
    ),
    (
        "18:9 E223 only the last rung repeats or fires",
        [("{tell: [debtor, asker.leader], allow: 1wd}", "{tell: [debtor, asker.leader], allow: 1wd, fires: alarm}")],
    ),
    (
        "18:9 E224 a rung before the last says how long is allowed until the next",
        [("{tell: [debtor, asker.leader], allow: 1wd}", "{tell: [debtor, asker.leader]}")],
    ),
    ("19:9 E225 `every` and `times` go together: repetition is bounded", [("every: 2wd, times: 2, ", "every: 2wd, ")]),
    (
        "14:21 E226 this ladder has only warnings: a rung must stand at the deadline",
        [("ladders:", "ladders:\n  late: {source: s, rungs: [{tell: [head], warn: 1wd}]}")],
    ),
    ("18:25 E227 `asker.boss`: the post is leader or focal_point", [("asker.leader]", "asker.boss]")]),
    (
        "42:7 E230 a final state has no duties, suspends nothing and does not wait: the case is over",
        [("en: Done}, final: true", "en: Done}, final: true, may_wait: true")],
    ),
    ("28:7 E231 a capacity holds `one` or `many`", [("{one: hall,", "{one: hall, many: any,")]),
    ("30:22 E232 many are `any` or `signatories`", [("{many: any,", "{many: hall,")]),
    (  # that nobody is ever named follows from it
        "30:21 E232 many are `any` or `signatories`",
        [
            (
                "      helper: {many",
                "      spare: {many: hall, label: {vi: Thêm, en: Spare}, alias: them}\n      helper: {many",
            )
        ],
    ),
    ("12:61 E233 column `doer` is missing", [(", doer: hall}", ", dor: hall}")]),
    (
        "33:7 E234 a field has exactly one type: flag, choice, text, date, instant, year, agency, agencies, rows",
        [("{flag: true,", "{flag: true, text: 5,")],
    ),
    (
        "33:7 E234 a field has exactly one type: flag, choice, text, date, instant, year, agency, agencies, rows",
        [("      rush: {flag", "      more: {label: LABEL, alias: ten}\n      rush: {flag")],
    ),
    ("37:22 E235 a column has a type and no more", [("who: {agency: true}", "who: {agency: true, required: true}")]),
    (
        "29:7 E236 nobody could ever be `doer`: let an opening or a line name it, or give it a default",
        [("kind: {choice: kinds, required: true", "kind: {choice: kinds"), ("kind: road, day: opened", "day: opened")],
    ),
    (
        "29:7 E236 nobody could ever be `doer`: let an opening or a line name it, or give it a default",
        [("default: kind.doer, ", "")],
    ),
    ("46:82 E201 no field of type date is called `rush`", [("before: day", "before: rush")]),
    ("47:55 E201 no field of type year is called `day`", [("by: year-12-15", "by: day-12-15")]),
    ("45:79 E201 the rows have no column of type date called `who`", [("by: row.by", "by: row.who")]),
    ("46:7 E240 a duty has one of `within`, `by` and `before`", [("before: day", "before: day, within: 2wd")]),
    ("46:7 E240 a duty has one of `within`, `by` and `before`", [(" before: day,", "")]),
    (
        "46:7 E241 a duty has one of `ladder` and `on_overdue` (`ladder: none` for no reminder)",
        [("before: day, ladder: none", "before: day")],
    ),
    (
        "46:7 E241 a duty has one of `ladder` and `on_overdue` (`ladder: none` for no reminder)",
        [("before: day, ladder: none", "before: day, ladder: none, on_overdue: alarm")],
    ),
    ("46:82 E242 only `by` may be shifted", [("before: day", "before: day - 3wd")]),
    ("44:31 E243 the last line of `within` has no condition", [(", {take: 2wd}]", ", {when: rush, take: 2wd}]")]),
    ("46:55 E244 `plan` does not discharge this duty", [("answers: [agree]", "answers: [agree, plan]")]),
    (
        "46:7 E245 nothing ever opens this duty: no state lists it and it has no `opens_on`",
        [("answers: [agree], opens_on: [plan]", "answers: [agree]")],
    ),
    (
        "46:56 E245 nothing ever opens this duty: what it is opened on ends the case",
        [("answers: [agree], opens_on: [plan]", "answers: [agree], opens_on: [answer]")],
    ),
    (
        "45:25 E246 the rows of `parts` need exactly one column of type agency: who owes",
        [("who: {agency: true}", "who: {agency: true}, also: {agency: true}")],
    ),
    ("46:25 E247 `helper` may be many: write `each helper`", [("owed_by: each helper", "owed_by: helper")]),
    ("47:7 E248 a duty owed by nobody is a timer: it needs `on_overdue`", [("on_overdue: alarm", "ladder: none")]),
    ("47:100 E250 `agree` is not done by the system", [("on_overdue: alarm", "on_overdue: agree")]),
    ("19:53 E250 `agree` is not done by the system", [("fires: alarm", "fires: agree")]),
    (
        "47:100 E251 `late` needs inputs, which the system does not have",
        [
            ("on_overdue: alarm", "on_overdue: late"),
            line(
                "{trigger: late, from: asked, by: [system, asker], inputs: [note], label: LABEL, alias: tre, source: s}"
            ),
        ],
    ),
    (
        "51:50 E251 `late` needs inputs, which the system does not have",
        [line("{trigger: late, from: asked, by: system, inputs: [note], label: LABEL, alias: tre, source: s}")],
    ),
    (
        "46:82 E252 `day` is not required, so it may be missing when this duty opens",
        [("day:  {date: true, required: true", "day:  {date: true"), (", day: opened + 10wd", "")],
    ),
    ("45:43 E253 `kind` is no flag: say what it is compared with", [("when: {kind: road}", "when: kind")]),
    (
        "44:41 E253 `rush` is a flag and stands alone: `rush` or `not rush`",
        [("{when: rush, take", "{when: {rush: road}, take")],
    ),
    *(
        (f"{where} E254 no condition can read `{field}`: {READ}", changes)
        for where, field, changes in (
            ("55:62", "note", [("to: back, by: asker", "to: back, by: asker, when: {note: x}")]),
            ("45:37", "parts", [("when: {kind: road}", "when: {parts: x}")]),
            ("44:41", "year", [("{when: rush, take", '{when: {year: "2022"}, take')]),
            ("44:47", "rush", [("{flag: true,", "{flag: true, per: agency,")]),
            ("45:37", "all", [("{kind: road}", "{all: hall}"), ("{who:", "{all: {agencies: true}, who:")]),
        )
    ),
    ("45:37 E255 `day` can never be `someday`", [("when: {kind: road}", "when: {day: someday}")]),
    (
        "45:37 E255 `say` can never be `too long`",
        [
            ("when: {kind: road}", "when: {say: too long}"),
            ("who: {agency: true}", "who: {agency: true}, say: {text: 3}"),
        ],
    ),
    (
        "45:37 E201 no agency is called `mil`\n  hint: did you mean `mill`?",
        [("when: {kind: road}", "when: {who: mil}")],
    ),
    ("50:9 E260 `open`, and only `open`, has no `from`", [("trigger: plan, from: asked", "trigger: plan")]),
    (
        "50:39 E261 `done` is final: nothing leaves it",
        [("{trigger: plan, from: asked", "{trigger: plan, from: [asked, done]")],
    ),
    (
        "55:55 E262 `debtor` needs `discharges`: whoever owes one of them",
        [("to: back, by: asker", "to: back, by: debtor")],
    ),
    (
        "51:42 E262 `debtor` needs `discharges`: whoever owes one of them",
        [
            line(
                "{trigger: done, from: asked, by: debtor, discharges: [all view], label: LABEL, alias: cung, source: s}"
            )
        ],
    ),
    ("50:65 E263 `asker` is fixed and cannot be named", [("inputs: [parts]", "inputs: [parts, asker]")]),
    (
        "55:9 E264 a completion (`after`) is done by the system alone",
        [("to: back, by: asker", "to: back, by: asker, after: [answer]")],
    ),
    (
        "49:29 E265 an opening has no `to`: it leads to `initial`",
        [("{trigger: open, by", "{trigger: open, to: asked, by")],
    ),
    (
        "50:42 E266 `back` leads out of states that suspend",
        [("{trigger: plan, from: asked", "{trigger: plan, from: asked, to: back")],
    ),
    (
        "51:46 E267 a suspending state does not lead into another",
        [line("{trigger: linger, from: waiting, to: waiting, by: asker, label: LABEL, alias: cho, source: s}")],
    ),
    (
        "51:9 E268 this line can never win: an earlier one of `plan` always does",
        [line("{trigger: plan, from: asked, by: asker, source: s}")],
    ),
    (
        "51:9 E269 automatic steps lead in a circle through `asked`",
        [
            line(
                "{trigger: on, from: asked, to: asked, by: system, after: [answer], label: LABEL, alias: no, source: s}"
            )
        ],
    ),
    (
        "41:7 E270 nothing leads to this state",
        [
            ("      waiting: {label", "      lost: {label: LABEL, suspends: true}\n      waiting: {label"),
            ("{trigger: go_on, from: waiting", "{trigger: go_on, from: [waiting, lost]"),
        ],
    ),
    ("41:7 E271 no way out of this state, and it is not final", [("from: waiting, to: back", "from: waiting")]),
    (
        "41:7 E271 no way out of this state, and it is not final",
        [
            ("      waiting: {label", "      stuck: {label: LABEL}\n      waiting: {label"),
            line("{trigger: stick, from: [asked, stuck], to: stuck, by: asker, label: LABEL, alias: ket, source: s}"),
        ],
    ),
    (
        "52:9 E268 this line can never win: an earlier one of `plan` always does",
        [
            line("{trigger: plan, from: waiting, by: [asker, doer], source: s}"),
            line("{trigger: plan, from: [asked, waiting], by: asker, source: s}"),
            ("{trigger: plan, from: asked, by: asker, inputs: [parts]", "{trigger: plan, from: asked, by: asker"),
        ],
    ),
    (
        "48:5 E272 nothing opens a case: an `open` without `from` is missing",
        [("{trigger: open, by: [asker", "{trigger: begin, from: asked, by: [asker")],
    ),
    (
        "56:95 E274 `helper` is not among `inputs` or `takes`, so nobody could be named",
        [("takes: [helper], includes", "includes")],
    ),
    (
        "49:88 E275 before a case is opened nobody is `doer` whom `includes` could mean",
        [("takes: [rush, helper]", "takes: [rush, helper], includes: {helper: doer}")],
    ),
    (
        "56:112 E276 `asker` is no signatory, so that it can never be among `helper`",
        [
            ("{one: hall,", "{one: mill,"),
            ("{many: any,", "{many: signatories,"),
            ("includes: {helper: doer}", "includes: {helper: asker}"),
        ],
    ),
    ("33:26 E301 `label` is missing in en", [("label: {vi: Gấp, en: Rush}", "label: {vi: Gấp}")]),
    ("9:10 E301 `name` is missing in en", [("name: {vi: Nhà máy, en: Mill}", "name: {vi: Nhà máy}")]),
    ("12:25 E302 a label is a text for each language", [("label: {vi: Đường, en: Road}", "label: Road")]),
    (
        "44:7 E303 `alias` is missing: the accent-free Vietnamese word that is typed",
        [(", alias: tra-loi, source: local choice}\n      part", ", source: local choice}\n      part")],
    ),
    ("34:77 E304 alias `ngay` is taken", [("alias: gap", "alias: ngay")]),
    ("33:61 E304 alias `year` is taken", [("alias: gap", "alias: year")]),
    (
        "26:5 E305 `source` is missing: a paragraph of the plan, or `local choice`",
        [("at_most: 60d, source: local choice", "at_most: 60d")],
    ),
    (
        "47:7 E213 `resume` has a meaning of its own in the rules: choose another name",
        [("      timer:  {", "      resume:  {")],
    ),
    (
        "53:9 E305 `source` is missing: a paragraph of the plan, or `local choice`",
        [(", alias: bao-dong, source: local choice", ", alias: bao-dong")],
    ),
    (
        "12:80 E306 `Tối mật`: state secrets are kept in the paper register, never here",
        [("label: {vi: Ống, en: Pipe}", "label: {vi: Tối mật, en: Pipe}")],
    ),
    (
        "36:7 E307 `Họ và tên công dân` would hold a private person: the record is about agencies and posts",
        [("label: {vi: Ghi chú, en: Note}", "label: {vi: Họ và tên công dân, en: Note}")],
    ),
]


def changed(*changes: tuple[str, str]) -> str:
    """The good file with each of `changes` made once."""
    text = GOOD
    for old, new in changes:
        assert old in text, f"{old!r} is not in tests/rules/small.yaml"
        text = text.replace(old, new.replace("LABEL", "{vi: a, en: b}"), 1)
    return text


def told(text: str) -> str:
    """What is said of a file that does not load."""
    with pytest.raises(BadFile) as bad:
        load_rules(text, "small.yaml")
    return str(bad.value)


def test_the_file_without_a_fault_loads():
    assert load_rules(GOOD, "small.yaml").processes["work"].initial == "asked"


@pytest.mark.parametrize(("old", "new", "message", "meant"), NAMES, ids=[case[1] for case in NAMES])
def test_a_name_that_is_none_is_told_where_it_stands_with_the_one_probably_meant(old, new, message, meant):
    text = changed((old, new))
    assert told(text) == f"small.yaml:{message}\n  hint: did you mean `{meant}`?"
    line, column, name = int(message.split(":")[0]), int(message.split(":")[1].split()[0]), message.split("`")[-2]
    standing = text.split("\n")[line - 1][column - 1 :]
    # The name itself, or the short grammar or condition in which it stands.
    assert re.match(rf"(all |row\.|not |\"each \[helper, )?{name}\b|when: {{kind: {name}\b|{{kind: {name}\b", standing)


@pytest.mark.parametrize(("message", "changes"), FAULTS, ids=[f"{m.split()[1]}-{n}" for n, (m, _) in enumerate(FAULTS)])
def test_what_cannot_be_meant_is_told_once_and_alone(message, changes):
    assert told(changed(*changes)) == f"small.yaml:{message}"


@pytest.mark.parametrize("condition", ["when: rush", "settled: [view]", "times: 2", "discharges: [view]"])
def test_a_line_with_a_condition_leaves_room_for_the_next_of_its_trigger(condition):
    text = changed(line(f"{{trigger: stop, from: asked, to: waiting, by: asker, {condition}, source: s}}"))
    first = "      - {trigger: stop,"
    words = "label: {vi: Dừng, en: Stop}, alias: dung, "
    text = text.replace(words, "").replace("by: asker, " + condition, f"by: asker, {words}{condition}")
    assert text.count(first) == 2
    assert len(load_rules(text, "small.yaml").processes["work"].transitions) == 8


def test_every_code_of_the_checks_has_a_case_here():
    raised = set()
    for room in (ROOT / "states/checks").glob("*.py"):
        raised |= set(re.findall(r"\"(E[23]\d\d)\"", room.read_text("utf-8")))
    shown = {message.split()[1] for _, _, message, _ in NAMES} | {message.split()[1] for message, _ in FAULTS}
    assert raised == shown


# ---- words that say a person would stand here -------------------------------------------------------

PERSONS = [
    "họ tên công dân", "Họ và tên", "ho_ten", "ho-va-ten", "CCCD", "so_cccd", "Số CMND", "Căn cước công dân",
    "can-cuoc", "Ngày sinh", "ngay_sinh", "Năm sinh của chủ hộ", "Số điện thoại", "so-dien-thoai", "Địa chỉ nhà",
    "dia_chi_nha", "Nơi cư trú", "Hộ chiếu", "Full name", "full_name", "Date of birth", "Phone number of the owner",
    "home_address", "Passport", "id_number",
]  # fmt: skip
HONEST = [
    "Ngày", "Nội dung sinh hoạt", "Ngày sinh hoạt chi bộ", "Trao đổi qua điện thoại", "by_phone", "called",
    "Who called whom (agency, post)", "Địa chỉ trụ sở", "Tên dự án", "Tên cơ quan", "Số văn bản", "Năm", "Tên",
    "Thường trực", "Hộ dân bị ảnh hưởng", "Căn cứ", "Name of the project", "residential area", "Bà con nhân dân",
]  # fmt: skip


@pytest.mark.parametrize("word", PERSONS)
def test_a_field_for_a_private_person_is_told_by_its_words(word):
    assert says_person(word)


@pytest.mark.parametrize("word", HONEST)
def test_honest_words_are_no_persons(word):
    assert not says_person(word)


def test_a_flag_holds_nobody_and_a_column_may():
    load_rules(changed(("label: {vi: Gấp, en: Rush}", "label: {vi: Căn cước, en: Rush}")), "small.yaml")
    column = "{who: {agency: true}, by: {date: true}, dob: {date: true}}"
    found = told(changed(("{who: {agency: true}, by: {date: true}}", column)))
    assert found.startswith("small.yaml:37:61 E307 `dob` would hold a private person")


# ---- words that are a level of secrecy --------------------------------------------------------------

LEVELS = [
    "mật", "Mật", "mat", "do_mat", "Độ mật", "Độ mật của văn bản", "Mức độ mật", "TỐI MẬT", "toi_mat", "tuyet-mat",
    "Tuyệt mật", "Bí mật nhà nước", "secret", "Top secret", "top_secret", "Confidential", "classified", "Mật".upper(),
]  # fmt: skip
OPEN_WORDS = [
    "Mật độ", "mật ong", "Mật ong rừng", "Bí mật kinh doanh", "Bí thư", "Mất", "Mặt bằng", "Mắt", "Thân mật", "mat_do",
    "Nhiệt độ mật ong", "giải phóng mặt bằng", "giai_phong_mat_bang", "Secretary", "secretariat", "Bảo mật",
    "Restricted",
]  # fmt: skip


@pytest.mark.parametrize("word", LEVELS)
def test_a_level_of_secrecy_is_known_in_any_spelling(word):
    assert names_level(word)


@pytest.mark.parametrize("word", OPEN_WORDS)
def test_words_that_only_sound_like_one_are_not(word):
    assert not names_level(word)


def test_neither_a_choice_nor_a_column_may_be_called_so():
    column = "{who: {agency: true}, by: {date: true}, do_mat: {agency: true}}"
    assert "37:61 E306 `do_mat`" in told(changed(("{who: {agency: true}, by: {date: true}}", column)))
    secret = changed(("choices:\n", "choices:\n  secrecy: {low: {label: {vi: Thấp, en: Low}}}\n"))
    assert "12:3 E306 `secrecy`" in told(secret)
