"""Whatever is changed behind the engine's back is found, and what is harmless raises no alarm (promise P12)."""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
import sqlite3
from pathlib import Path

import psycopg
import pytest

from cli import main
from states import record
from tests.places import Place, execute, rows
from workflow.audit import FINDINGS, seal, verify
from workflow.commands.parse import now_given
from workflow.database import create_database, open_database
from workflow.errors import Damaged
from workflow.tables import metadata

LATER = "2022-08-01T09:00:00+07:00"
CASE = "VV-2022-0003"


@pytest.fixture(scope="module")
def kept(shared, tmp_path_factory):
    """The database of the demo, with mistakes mended, a text erased and a seal; and the anchors kept outside it.

    On a server it is what was a file, moved row by row: a move is harmless.
    """
    db = tmp_path_factory.mktemp("kept") / "kept.db"
    common = ["--db", str(db), "--lang", "en", "--now", LATER]
    letter = db.with_name("letter.txt")
    letter.write_text("Công văn")
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert main(["demo", "--keep", str(db), "--lang", "en"]) == 0
        assert main(["correct", CASE, "1", "--set", "area=land", "--as", "so_gtvt", "--reason", "nhầm", *common]) == 0
        attach = ["--file", str(letter), "--document", "9/BC:1/8", "--reason", "bổ sung"]
        assert main(["extend", "VV-2022-0004", "conclude", "--for", "1wd", "--as", "btg", *attach, *common]) == 0
        assert main(["link", CASE, "follows", "VV-2022-0001", "--as", "btg", *common]) == 0
        assert main(["erase", "VV-2022-0002", "title", "--as", "btg", "--reason", "tên riêng", *common]) == 0
        said.truncate(0)
        said.seek(0)
        assert main(["audit", "seal", *common]) == 0
    place = shared.copy(db, "kept") if shared.kind == "sqlite" else moved(db, shared.new("kept"))
    return place, said.getvalue().strip()


def moved(source, target):
    """Every row of the database at `source`, in a new one at `target`."""
    create_database(target, practice=True).close()
    old, new = open_database(source), open_database(target)
    with old.reading() as reading, new.writing() as writing:
        writing.execute(metadata.tables["meta"].delete())
        for table in metadata.sorted_tables:
            if rows := [row._asdict() for row in reading.execute(table.select())]:
                writing.execute(table.insert(), rows)
    old.close()
    new.close()
    return target


@pytest.fixture
def db(place, kept):
    return place.copy(kept[0], "copy")


def codes(path, anchors=()):
    database = open_database(path)
    try:
        return {finding.code for finding in verify(database, anchors)}
    finally:
        database.close()


@contextlib.contextmanager
def behind(path):
    """Behind the engine's back, with as little as possible that would stop it: call what this gives with SQL."""
    if isinstance(path, Path):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("PRAGMA ignore_check_constraints = ON")
            yield connection.execute
            connection.commit()
        return
    with psycopg.connect(path) as server:
        server.execute("SET session_replication_role = replica")  # foreign keys are triggers there
        yield lambda statement, values=None: server.execute(for_server(statement).encode(), values)


def change(path, *statements):
    with behind(path) as execute:
        for statement in statements:
            execute(statement)


def for_server(statement):
    """The same in the words of PostgreSQL: what changes bytes is said otherwise there."""
    statement = re.sub(r"cast\(replace\(cast\(body as text\), ('.*?'), ('.*?')\) as blob\)", RAW_ON_SERVER, statement)
    statement = re.sub(r"cast\((\w+) \|\| x'0a' as blob\)", r"\1 || '\\x0a'::bytea", statement)
    return statement.replace("x'7b7d'", "'\\x7b7d'::bytea").replace("?", "%s")


RAW_ON_SERVER = r"convert_to(replace(convert_from(body, 'UTF8'), \1, \2), 'UTF8')"


def test_what_the_engine_wrote_is_whole(db, kept):
    assert codes(db, [kept[1]]) == set()


EVERYWHERE = ("climbs", "notices", "events", "texts", "duties", "parties", "involved", "failures")
TAMPERINGS: dict[str, tuple[str, ...]] = {  # codes, and what is done; OF: of the case CASE
    "an event changed": ("chain", "update events set body = RAW(housing, culture) where OF and version = 1"),
    "an event removed in the middle": ("versions chain", "delete from events where OF and version = 3"),
    "the last event removed": (
        "versions head",
        "delete from events where OF and version = (select max(version) from events where OF)",
    ),
    "two events exchanged": (
        "chain event_row",
        "update events set body = (select other.body from events other where other.OF and"
        " other.version = 7 - events.version) where OF and version in (3, 4)",
    ),
    "an event inserted": (
        "versions chain",
        'insert into events select "case", version + 90, kind, at, by, body, hash from events where OF and version = 2',
    ),
    "an event moved to another case": (
        "versions chain",
        "update events set \"case\" = 'VV-2022-0001', version = 90 where OF and version = 2",
    ),
    "a hash changed": ("chain", "update events set hash = ZEROS where OF and version = 2"),
    "the head changed": ("head", "update cases set head = ZEROS where number = 'CASE'"),
    "when it was recorded": ("event_row", "update events set at = LONG_AGO where OF and version = 2"),
    "whose act it was": ("event_row", "update events set by = 'tand' where OF and version = 2"),
    "a text changed": ("text", "update texts set body = body || '!' where OF"),
    "a text gone that nobody erased": ("text_missing", "delete from texts where OF"),
    "an event nobody can read": ("unreadable", "update events set body = x'7b7d' where OF and version = 2"),
    "an event of a state that is none": ("chain unreadable", 'update events set body = RAW("to":", "to":"x) where OF'),
    "an event of a process that is none": ("chain unreadable", "update events set body = RAW(matter, mutter) where OF"),
    "an event of a duty that is none": (
        "chain unreadable",
        'update events set body = RAW("duty":", "duty":"x) where OF',
    ),
    "an instant that is none": ("unreadable", "update duties set due_at = 'soon' where OF"),
    "an instant written otherwise": ("unreadable", "update duties set due_at = replace(due_at, 'T', ' ') where OF"),
    "the state of a case": ("case_row", "update cases set state = 'closed' where number = 'CASE'"),
    "the title of a case": ("case_row", "update cases set title = 'x' where number = 'CASE'"),
    "the body of a case": ("fold", "update cases set body = RAW(so_gtvt, so_tnmt) where number = 'CASE'"),
    "a deadline moved": ("duties", "update duties set due_at = LONG_AGO where OF"),
    "a duty removed": ("duties", "delete from duties where OF"),
    "a party removed": ("parties", "delete from parties where OF and capacity = 'partner'"),
    "somebody who took part hidden": ("involved", "delete from involved where OF and agency = 'btg'"),
    "a climb forgotten": ("climbs", "delete from climbs where OF and climb = 1"),
    "a whole case removed": (
        "numbers sealed",
        *(
            f"delete from {table} where OF"
            for table in "climbs notices events texts duties parties involved failures".split()
        ),
        "delete from cases where number = 'CASE'",
    ),
    "a case without its row": ("orphan", "delete from cases where number = 'CASE'"),
    "a number nobody gives": ("numbers versions orphan", "update cases set number = 'CASE-1' where number = 'CASE'"),
    "a counter set far ahead": ("numbers", "update counters set last = 2147483647"),
    "a version far ahead": ("versions", "update cases set version = 2147483647 where number = 'CASE'"),
    "a number given anew": ("numbers", "update counters set last = last - 1"),
    "the rules in force": ("edition", "update editions set text = cast(text || x'0a' as blob)"),
    "the calendar in force": ("calendar", "update calendars set text = cast(text || x'0a' as blob)"),
    "a file kept with an act": ("attachment", "update attachments set body = RAW(ng, gn)"),
    "a seal": ("seal", "update seals set body = RAW(CASE, VV-2022-0009)"),
    "a seal that fixes nothing": ("seal", "update seals set body = RAW(heads, hands)"),
    "a seal removed": ("anchor", "delete from seals"),
    "an index added": ("database", "create index other on events (kind)"),
    "an index removed": ("database", "drop index ix_events_at"),
}


def written_out(statement):
    """The statement that its short form stands for."""
    statement = re.sub(r"RAW\((.*?), (.*?)\)", r"cast(replace(cast(body as text), '\1', '\2') as blob)", statement)
    places = {"OF": "\"case\" = 'CASE'", "ZEROS": f"'{'0' * 64}'", "LONG_AGO": "'2022-01-01T00:00:00.000000Z'"}
    for short, long in places.items():
        statement = re.sub(rf"\b{short}\b", long, statement)
    return statement.replace("CASE", CASE)


@pytest.mark.parametrize("what", TAMPERINGS)
def test_what_is_changed_behind_the_engines_back_is_found(db, kept, what):
    found, *statements = TAMPERINGS[what]
    change(db, *map(written_out, statements))
    assert set(found.split()) <= codes(db, [kept[1]])


def test_every_code_is_shown_by_a_tampering():
    assert {code for found, *_ in TAMPERINGS.values() for code in found.split()} == set(FINDINGS)


def written_anew(path):
    """A history with one act told otherwise, its chain and head in order again: what only an anchor tells."""
    head = record.GENESIS
    for version, body in rows(path, 'select version, body from events where "case" = ? order by version', CASE):
        told = body.replace(b'"trigger":"notify"', b'"request":"x","trigger":"notify"')
        head = record.link(head, told)
        execute(
            path, 'update events set body = ?, hash = ? where "case" = ? and version = ?', told, head, CASE, version
        )
    execute(path, "update cases set head = ? where number = ?", head, CASE)
    execute(path, "delete from seals")


def test_a_history_written_anew_is_found_by_an_anchor_and_by_nothing_else(db, kept, capsys):
    assert main(["show", CASE, "--db", str(db), "--now", LATER, "--quiet"]) == 0
    of_case = capsys.readouterr().out.splitlines()[-1].strip()
    written_anew(db)
    assert codes(db) == set()
    assert codes(db, [kept[1]]) == {"anchor"}
    assert codes(db, [of_case]) == {"anchor"}


def test_what_is_harmless_raises_no_alarm(db, kept, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    assert codes(db, [kept[1]]) == set()


@pytest.mark.sqlite_only("about the file itself")
def test_a_file_that_is_vacuumed_or_restored_from_its_dump_raises_no_alarm(db, kept, tmp_path):
    change(db, "vacuum")
    assert codes(db, [kept[1]]) == set()
    restored = tmp_path / "restored.db"
    old, new = sqlite3.connect(db), sqlite3.connect(restored)
    new.executescript("\n".join(old.iterdump()))
    new.execute(f"pragma application_id = {old.execute('pragma application_id').fetchone()[0]}")
    new.commit()
    old.close()
    new.close()
    assert codes(restored, [kept[1]]) == set()


def test_a_move_to_a_server_and_back_raises_no_alarm(place, kept, tmp_path):
    """P12: the harmless move, both ways."""
    there = moved(kept[0], Place("postgresql", tmp_path).new("there"))
    assert codes(there, [kept[1]]) == set()
    back = moved(there, tmp_path / "back.db")
    assert codes(back, [kept[1]]) == set()


def test_acts_after_a_seal_are_no_alarm_and_the_next_seal_follows_from_it(db, kept, capsys):
    common = ["--db", str(db), "--lang", "en", "--now", LATER]
    assert main(["sweep", *common]) == 0
    assert codes(db, [kept[1]]) == set()
    database = open_database(db)
    second = seal(database, now_given(LATER))
    assert second.number == 2
    assert 0 < second.heads < 4  # only those that changed
    database.close()
    assert codes(db, [kept[1], second.anchor]) == set()
    change(db, "update seals set hash = (select hash from seals where number = 1) where number = 2")
    assert {"seal", "anchor"} <= codes(db, [second.anchor])


COLUMNS = [
    (table.name, column.name)
    for table in metadata.sorted_tables
    if table.name in ("events", "texts", "cases", "parties", "involved", "duties", "climbs", "seals", "counters")
    for column in table.columns
    if column.name not in ("idle_since", "search", "sealed", "unreachable_since", "at") or table.name == "events"
]


FLIPS = 5


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[f"{t}.{c}" for t, c in COLUMNS])
def test_any_value_changed_anywhere_is_found(db, kept, table, column):
    """Every column in turn, in rows and places at random, each change alone.

    Mutants: case numbers taken apart by `split`; a seal that lacks its heads; an instant of any form.
    """
    dice = random.Random(f"{table}.{column}")
    for _ in range(FLIPS):
        found = sorted(rows(db, f'select {address(db)}, "{column}" from {table} where "{column}" is not null'))
        if found:
            row, value = dice.choice(found)
            changed_alone(db, kept, table, column, row, value, flipped(dice, value))
    if not found:
        row = rows(db, f"select min({address(db)}) from {table}")[0][0]
        changed_alone(db, kept, table, column, row, None, "2022-01-01T00:00:00.000000Z")


@pytest.mark.sqlite_only("what an event says is read alike")
def test_any_name_changed_in_an_event_is_found(db, kept):
    """Every word of the events in turn, of states, duties, processes, agencies, keys: one letter is another.

    Mutant: a history that can be decoded is taken for one that the rules can read.
    """
    dice = random.Random("names")
    words: dict[bytes, tuple[str, int, int]] = {}
    for case, version, body in sorted(rows(db, 'select "case", version, body from events')):
        for word in re.finditer(rb"[a-z_]{2,}", body):
            words.setdefault(word[0], (case, version, dice.randrange(*word.span())))
    assert len(words) > 100
    for case, version, place in words.values():
        where = f"\"case\" = '{case}' and version = {version}"
        ((row, body),) = rows(db, f"select {address(db)}, body from events where {where}")
        letter = b"q" if body[place : place + 1] != b"q" else b"z"
        changed_alone(db, kept, "events", "body", row, body, body[:place] + letter + body[place + 1 :])


def address(path):
    return "rowid" if isinstance(path, Path) else "ctid::text"


def flipped(dice, value):
    """`value` with one bit, one letter or its whole number changed."""
    if isinstance(value, int):
        return dice.choice([1 - value if value in (0, 1) else value + 1, value + 1000, 2**31 - 1])
    place = dice.randrange(len(value))
    if isinstance(value, bytes):
        return value[:place] + bytes([value[place] ^ 1 << dice.randrange(7)]) + value[place + 1 :]
    return value[:place] + dice.choice([one for one in "7-x" if one != value[place]]) + value[place + 1 :]


def changed_alone(db, kept, table, column, row, value, other):
    """Change the value at an address to another, see that it is found, and put it back."""

    def put(row, value):
        change = f'update {table} set "{column}" = ? where {address(db)} = ? returning {address(db)}'
        with behind(db) as execute:
            return execute(change, (value, row)).fetchone()[0]

    try:
        row = put(row, other)
    except (sqlite3.IntegrityError, psycopg.IntegrityError):
        return  # the database itself lets nobody write that
    with contextlib.suppress(Damaged):  # what cannot even be read is told as damage
        assert codes(db, [kept[1]]), f"{column} of {table}: {value!r} became {other!r}"
    put(row, value)


def test_findings_are_for_people_and_for_scripts(db, kept, capsys):
    common = ["--db", str(db), "--now", LATER]
    assert main(["audit", "verify", *common, "--lang", "vi"]) == 0
    assert "không có phát hiện" in capsys.readouterr().out
    change(db, f"update cases set head = '{'0' * 64}' where number = '{CASE}'")
    assert main(["audit", "verify", *common, "--lang", "vi"]) == 9
    assert re.search(rf"^head +{CASE} ", capsys.readouterr().out, re.MULTILINE)
    assert main(["audit", "verify", *common, "--format", "json"]) == 9
    (finding,) = json.loads(capsys.readouterr().out)
    assert list(finding) == ["code", "case", "message"]
    assert main(["audit", "verify", "--anchor", "seal x", *common]) == 2
    assert main(["audit", "verify", "--anchors", "nowhere.txt", *common]) == 2


@pytest.mark.sqlite_only("about the file itself")
def test_an_erased_text_is_nowhere_in_the_file(db, capsys):
    common = ["--db", str(db), "--now", LATER, "--lang", "en"]
    title = b"Resettlement along the expressway"
    assert title in db.read_bytes()
    assert main(["erase", CASE, "title", "--as", "btg", "--reason", "x", *common]) == 0
    assert title not in db.read_bytes()
    assert codes(db) == set()
    capsys.readouterr()
    assert main(["show", CASE, "--format", "json", *common]) == 0
    assert json.loads(capsys.readouterr().out)["title"] is None
    assert main(["find", "resettlement", *common]) == 0
    assert CASE not in capsys.readouterr().out
    assert main(["erase", CASE, "title", "--as", "btg", "--reason", "x", *common]) == 1
    assert main(["stuck", *common]) == 0
    assert "(erased)" in capsys.readouterr().out
