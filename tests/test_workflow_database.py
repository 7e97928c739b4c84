"""The database file: how it is opened, who may read it, and what is refused untouched."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.doomed import NOTIFIED, NOTIFY, OPENED, opening
from tests.killing import serve
from tests.support import ROOT
from workflow.database import Database, create_database, open_database, sqlite
from workflow.database.sqlite import filesystem_of
from workflow.engine import Engine
from workflow.errors import Busy, Damaged, NoSpace, NotAllowed, NotFound, UsageError
from workflow.setup import set_up
from workflow.tables import UtcDateTime, meta

RULES = ROOT / "escalation_rules.yaml"


@pytest.fixture
def database(tmp_path):
    database = sqlite.create(tmp_path / "practice.db", practice=True, fill=lambda _: None)
    yield database
    database.close()


def pragma(database: Database, name: str) -> object:
    with database.reading() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


# ---- settings -------------------------------------------------------------------------------------


def test_the_settings_are_those_that_lost_nothing_in_power_cuts(database):
    assert pragma(database, "journal_mode") == "delete"
    assert pragma(database, "synchronous") == 3  # EXTRA
    assert pragma(database, "foreign_keys") == 1


def test_a_writer_has_its_lock_before_it_reads_anything(database):
    """BEGIN IMMEDIATE: with the driver's defaults two writers read the same version and one update is lost."""
    rival = sqlite3.connect(database.path, isolation_level=None, timeout=0)
    with database.writing(), pytest.raises(sqlite3.OperationalError, match="locked"):
        rival.execute("BEGIN IMMEDIATE")
    rival.execute("BEGIN IMMEDIATE")
    rival.execute("ROLLBACK")
    rival.close()


def test_a_database_that_is_locked_by_another_is_busy(database, monkeypatch):
    rival = sqlite3.connect(database.path, isolation_level=None)
    rival.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr("workflow.database.base.BUSY_SECONDS", 0)
    with pytest.raises(Busy):
        open_database(database.path)
    rival.execute("ROLLBACK")
    rival.close()


def test_a_command_that_finds_another_writing_is_busy_and_has_done_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("workflow.database.base.BUSY_SECONDS", 0)
    engine = set_up(tmp_path / "x.db", rules=RULES, now=OPENED, practice=True)
    engine.open(opening("Đất đai"), OPENED)
    rival = sqlite3.connect((tmp_path / "x.db"), isolation_level=None)
    rival.execute("BEGIN IMMEDIATE")
    before = (tmp_path / "x.db").read_bytes()
    with pytest.raises(Busy):
        engine.submit("VV-2022-0001", NOTIFY, NOTIFIED)
    assert engine.case("VV-2022-0001").version == 1  # looking is still possible
    rival.execute("ROLLBACK")
    rival.close()
    assert (tmp_path / "x.db").read_bytes() == before
    assert engine.submit("VV-2022-0001", NOTIFY, NOTIFIED).case.version == 2
    engine.close()


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_file_belongs_to_its_owner_alone_whatever_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        create_database(tmp_path / "new" / "practice.db", practice=True).close()
    finally:
        os.umask(before)
    assert (tmp_path / "new" / "practice.db").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_a_database_says_what_it_is_and_no_two_have_the_same_id(tmp_path):
    made = [create_database(tmp_path / f"{n}.db", practice=bool(n)) for n in (0, 1)]
    opened = [open_database(tmp_path / f"{n}.db") for n in (0, 1)]
    assert [database.practice for database in opened] == [False, True]
    assert [database.id for database in opened] == [database.id for database in made]
    assert len({database.id for database in made}) == 2
    for database in (*made, *opened):
        database.close()


# ---- what is refused ------------------------------------------------------------------------------


def test_there_is_nothing_where_nothing_was_made(tmp_path):
    with pytest.raises(NotFound):
        open_database(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def foreign(path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (x)")
    connection.commit()
    connection.close()
    return path


def newer(path: Path) -> Path:
    create_database(path, practice=True).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    connection.commit()
    connection.close()
    return path


def half(path: Path) -> Path:
    create_database(path, practice=True).close()
    return written(path, path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    "make",
    [
        lambda path: written(path, b""),
        lambda path: written(path, b"not a database at all\n" * 100),
        lambda path: written(path, b"SQLite format 3\0"),
        foreign,
        newer,
        half,
    ],
    ids=["empty", "garbage", "header only", "of another program", "of a newer version", "half a file"],
)
def test_what_is_no_database_of_ours_is_refused_and_left_as_it_is(tmp_path, make):
    path = make(tmp_path / "x.db")
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(Damaged):
        open_database(path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


@pytest.mark.parametrize(
    "make", [lambda path: written(path, b"letters"), foreign, newer], ids=["text", "foreign", "ours"]
)
def test_nothing_is_made_where_there_is_something(tmp_path, make):
    path = make(tmp_path / "x.db")
    before = path.read_bytes()
    with pytest.raises(UsageError):
        create_database(path, practice=True)
    assert path.read_bytes() == before


def test_bad_rules_make_no_database(tmp_path):
    rules = written(tmp_path / "rules.yaml", b"edition: x\n")
    with pytest.raises(Exception, match="E1"):
        set_up(tmp_path / "x.db", rules=rules, now=OPENED, practice=True)
    assert not (tmp_path / "x.db").exists()


def test_a_url_of_another_kind_of_database_is_refused():
    for location in ("mysql://host/db", "oracle://host/db"):
        with pytest.raises(UsageError):
            open_database(location)


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
//server/share /mnt/share\\040one cifs rw 0 0
/dev/sdb1 /home/local ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
/dev/sdc1 /data ext4 rw 0 0
server:/data /data nfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "system"),
    [("/x.db", "ext4"), ("/home/a/x.db", "nfs4"), ("/mnt/share one/x.db", "cifs"), ("/home/local/x.db", "ext4"),
     ("/homes/x.db", "ext4"), ("/tmp/x.db", "tmpfs"), ("/data/x.db", "nfs")],
)  # fmt: skip
def test_the_kind_of_a_file_system_is_that_of_the_nearest_mount(path, system):
    assert filesystem_of(Path(path), MOUNTS) == system


def test_a_network_drive_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("workflow.database.sqlite.filesystem_of", lambda *_: "nfs4")
    with pytest.raises(NotAllowed):
        create_database(tmp_path / "x.db", practice=True)
    assert not (tmp_path / "x.db").exists()


def test_a_database_that_was_moved_to_a_network_drive_is_refused_too(database, monkeypatch):
    monkeypatch.setattr("workflow.database.sqlite.filesystem_of", lambda *_: "fuse.sshfs")
    with pytest.raises(NotAllowed):
        open_database(database.path)


# ---- what goes wrong later ------------------------------------------------------------------------


def fill(engine: Engine) -> None:
    for _ in range(200):
        engine.open(opening("x" * 290), OPENED)


def test_a_full_disk_is_said_to_be_one_and_changes_nothing(tmp_path):
    engine = set_up(tmp_path / "x.db", rules=RULES, now=OPENED, practice=True)
    with engine.database.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(NoSpace):
        fill(engine)
    count = engine.count()
    engine.close()
    again = Engine(tmp_path / "x.db")
    assert again.count() == count
    assert again.open(opening("Đất đai"), OPENED).case.case == f"VV-2022-{count + 1:04d}"
    again.close()


def open_as_nobody(path, answers):
    """Open a case where nothing may be written; `root` may write everywhere and steps down first."""
    if os.getuid() == 0:
        os.setuid(65534)
    engine = Engine(path)
    known = engine.case("VV-2022-0001").version
    try:
        engine.open(opening("Nhà ở"), OPENED)
    except Exception as error:
        answers.put((known, type(error).__name__))
    else:
        answers.put((known, "no error"))
    engine.close()


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
@pytest.mark.parametrize(("file", "folder"), [(0o444, 0o755), (0o666, 0o555)], ids=["the file", "its folder"])
def test_where_nothing_may_be_written_cases_can_be_read_and_a_command_says_why_it_cannot(file, folder):
    place = Path(mkdtemp())
    try:
        engine = set_up(place / "x.db", rules=RULES, now=OPENED, practice=True)
        engine.open(opening("Đất đai"), OPENED)
        engine.close()
        (place / "x.db").chmod(file)
        place.chmod(folder)
        before = (place / "x.db").read_bytes()
        serve()
        server = multiprocessing.get_context("forkserver")
        answers = server.Queue()
        process = server.Process(target=open_as_nobody, args=(str(place / "x.db"), answers))
        process.start()
        assert answers.get(timeout=60) == (1, "NoSpace")
        process.join()
        assert (place / "x.db").read_bytes() == before
        assert [one.name for one in place.iterdir()] == ["x.db"]
    finally:
        place.chmod(0o755)
        shutil.rmtree(place)


# ---- instants -------------------------------------------------------------------------------------


def test_a_naive_instant_cannot_be_stored(database):
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(datetime.fromisoformat("2022-04-04T08:00:00"), None)


def test_stored_instants_sort_as_time_does():
    zoned = ["2022-04-04T08:00:00+07:00", "2022-04-04T01:00:01+00:00", "2021-12-31T23:59:59-05:00"]
    instants = [datetime.fromisoformat(text) for text in zoned]
    kept = [UtcDateTime().process_bind_param(at, None) for at in instants]
    assert sorted(kept, key=str) == [kept[i] for i in sorted(range(3), key=lambda i: instants[i])]
    assert [UtcDateTime().process_result_value(text, None) for text in kept] == [at.astimezone(UTC) for at in instants]


def test_the_database_knows_no_clock_of_its_own(database):
    with database.reading() as connection:
        schema = connection.exec_driver_sql("SELECT group_concat(sql) FROM sqlite_master").scalar_one()
    assert meta.name in schema
    assert not [word for word in ("CURRENT_TIMESTAMP", "now(", "strftime") if word.lower() in schema.lower()]
