"""Any command line: a documented exit code, never a traceback, and the same bytes unless it was 0."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from cli import main
from tests.shell import OPEN
from tests.support import ROOT
from workflow.commands.options import FORMATS
from workflow.commands.table import TABLE

DOCUMENTED = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130}  # and 10, which is a bug or a failed sweep
HEAD = "phase,agency,by,title"


RIGHT = [
    "--as btg", "open matter --as btg --title x --area land --document 1/BC:1/4", "advance 1 --as btg",
    "advance 2 notify --as btg --with partner=tand", "advance 2 refuse --as btg --document 1:1/4 --reason x",
    "advance 1 submit_plan --as btg --document 1:2/4 --row measures 'phase=before; agency=ubnd; by=29/4; title=x'",
    "advance 1 submit_plan --as btg --rows measures=rows.csv --document 1 --dated 1/4",
    "advance 1 object --as tand --question x --position y", "extend 1 draft_plan --for 2wd --as btg --reason x",
    "waive 3 acknowledge@tand --as btg --reason x --document 1 --dated 1/4", "advance 3 acknowledge --as tand",
    "show 1 --as btg", "history 1", "inbox --as btg --since 1/4", "stuck --all", "overdue --as btg", "board",
    "find dat", "sweep --dry-run --limit 5", "rules check", "rules show --process matter", "rules diagram",
    "rules schema", "init --practice",
]  # fmt: skip
VALUES = sorted(
    {"", "-", "--", "0", "-1", "7", "9" * 30, "VV-1", "VV-2022-1", "bad.yaml", "rows.csv", ".", "..", "{}", "{x}", "%"}
    | {"tand", "thuong_truc", "UBND tỉnh", "thong-bao", "@", "notify@", "@btg", "watch@-", "agree_plan@tand.9", "có"}
    | {"area=land", "measures=1", "urgent=x", "partner=tand,btg", "partner=", "=", ";", ":", "a=b;c", "phase=before"}
    | {"by=31/12/9999", "0001-01-01T00:00:00+14:00", "16:50 31/12/9999", "24:00", "hôm qua", "1/1/1900", "2029-01-01"}
    | {"9999wd", "3650wd", "1wd", "31/12/2028", "1/BC:1/4", "1:x", "\x1b[31m", "\udcff", "\u202e", "e\u0301", "'", '"'}
    | {"2027-12-31T23:00:00+07:00", "2021-01-01T00:00:00Z", "1900-01-01T00:00:00Z", "2022-05-04T09:00:00+07:00"}
)
NAMES = sorted(
    {word for line in RIGHT for word in shlex.split(line)}
    | (set(TABLE) - {"demo", "worker"})  # the one takes its time, the other runs until it is stopped
    | {"--format", *FORMATS, "--lang", "vi", "en", "--quiet", "-q", "--no-color", "--verbose", "--now", "--help", "-h"}
    | {"--version", "--urgent", "--set", "--if-version", "--duty", "--rules", "--called-at", "--linh-vuc", "--small"}
)
letters = st.text(st.characters(exclude_characters="/\\"), max_size=12)  # no path out of the test's own folder
word = st.one_of(st.sampled_from(NAMES), st.sampled_from(VALUES), letters)
likely = st.sampled_from(
    [
        "--format json", "--format csv", "--as tand", "--as ubnd", "--as so_gtvt", "--urgent", "--if-version 1",
        "--duty acknowledge@tand", "--now 2022-05-04T09:00:00+07:00", "--now 2028-12-31T16:00:00+07:00", "--lang vi",
        "--reason x", "--document 2:2/4", "--quiet", "--set area=housing", "--with chair=vksnd", "--for 9wd", "--help",
        "--now 1900-01-02T00:00:00Z", "--now 2031-01-01T00:00:00Z", "--title y", "--dated 31/12/2028",
        "--called-at '29/4 16:50'", "--row measures 'phase=after; agency=so_xd; by=31/12/2028; title=y'",
    ]
).map(shlex.split)  # fmt: skip
options = [name for name in NAMES if name.startswith("--")]
unlikely = st.tuples(st.sampled_from(options), st.one_of(st.sampled_from(VALUES), word))


@st.composite
def command_lines(draw):
    """A command line that is right, or nearly: something set, exchanged, added, doubled, left out."""
    words = shlex.split(draw(st.sampled_from(RIGHT)))
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(words) - 1)) if words else 0
        match draw(
            st.sampled_from(("likely", "likely", "likely", "unlikely", "exchange", "add", "double", "leave out"))
        ):
            case "likely":
                words += draw(likely)
            case "unlikely":
                words += draw(unlikely)
            case "exchange":
                words[place : place + 1] = [draw(word)]
            case "add":
                words.insert(place, draw(word))
            case "double":
                words[place:place] = words[place : place + 1]
            case "leave out":
                words[place : place + 1] = []
    return words


pytestmark = pytest.mark.sqlite_only("what is typed is judged before any database is asked: a file is put back faster")


@pytest.fixture
def office(planning, tmp_path):
    """A case in planning, one just opened, one notified, and the bytes that are put back before each run."""
    planning(OPEN)
    planning(OPEN)
    planning("advance 3 notify --as btg --with partner=tand,vksnd")
    (tmp_path / "bad.yaml").write_text("edition: x\n")
    (tmp_path / "rows.csv").write_text(f"{HEAD}\nbefore,ubnd,29/4,a\n")
    planning.before = planning.written()
    return planning


@settings(max_examples=600)
@given(words=command_lines())
def test_any_command_line_ends_with_a_documented_code_and_changes_nothing_unless_it_is_0(office, words):
    office.db.write_bytes(office.before)
    office.capsys.readouterr()
    code = main(["--db", str(office.db), "--now", office.now, *words])
    _out, err = office.capsys.readouterr()
    event(f"exit {code}")
    failed = code == 10 and "sweep" in words and "failed" in err  # a calendar that has ended: see the next test
    assert code in DOCUMENTED or failed, err
    assert "Traceback" not in err
    assert bool(err) == (code != 0), err
    assert "internal" not in err
    if code != 0 and not failed:
        assert office.written() == office.before


def test_a_sweep_that_fails_is_one_sentence_too(office):
    """In a process of its own: what a library logs would reach the screen there."""
    words = ["sweep", "--db", str(office.db), "--now", "2028-12-31T16:00:00+07:00", "--lang", "en"]
    done = subprocess.run([sys.executable, str(ROOT / "cli.py"), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 10
    assert "4 duties due, 4 fired." in done.stdout  # whoever is late is told, whatever lies beyond
    first, hint = done.stderr.splitlines()
    years = [f"yearly_report {year}" for year in range(2022, 2029)]  # each with days the calendar has no more
    assert first == f"phoihop: failed: {', '.join(years)}"
    assert hint == f"hint: phoihop doctor --db {office.db} --now 2028-12-31T16:00:00+07:00"
    assert "the next reminder lies beyond the calendar" in office.at("2028-12-31 16:00")("stuck --all")


def test_the_lines_that_random_ones_are_made_of_are_right(office):
    """Else the random ones would never come further than the first mistake."""
    for line in RIGHT:
        office.db.write_bytes(office.before)
        code, _out, err = office.run(line)
        assert code == (2 if line in ("rules check", "init --practice") else 0), (line, err)
