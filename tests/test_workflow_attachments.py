"""Bytes of attachments in the database: with the event that names them, once, and checked when they come out."""

from __future__ import annotations

import hashlib

import msgspec
import pytest

from states.case import File
from tests.doomed import FILE, NOTIFIED, NOTIFY, OPENED, PLAN, opening
from tests.support import ROOT
from workflow.attachments import altered, body_of, listed
from workflow.errors import Damaged
from workflow.setup import set_up

NAMED = msgspec.structs.replace(NOTIFY, files=(FILE,))


@pytest.fixture
def engine(tmp_path):
    engine = set_up(tmp_path / "practice.db", rules=ROOT / "escalation_rules.yaml", now=OPENED, practice=True)
    engine.open(opening("Đất đai"), OPENED)
    yield engine
    engine.close()


def test_what_an_event_names_can_be_had_again(engine):
    engine.submit("VV-2022-0001", NAMED, NOTIFIED, bodies={FILE.sha256: PLAN})
    (one,) = listed(engine.history("VV-2022-0001")[1])
    assert (one.version, one.file) == (2, FILE)
    with engine.database.reading() as connection:
        assert body_of(connection, FILE) == PLAN
        assert altered(connection) == []


@pytest.mark.parametrize("bodies", [{}, {FILE.sha256: b"other"}, {"0" * 64: PLAN}])
def test_no_event_names_bytes_that_are_not_there_or_are_others(engine, bodies):
    with pytest.raises(ValueError, match="bytes of"):
        engine.submit("VV-2022-0001", NAMED, NOTIFIED, bodies=bodies)
    assert engine.case("VV-2022-0001").version == 1


def test_what_is_kept_already_need_not_be_given_again(engine):
    engine.submit("VV-2022-0001", NAMED, NOTIFIED, bodies={FILE.sha256: PLAN})
    engine.open(msgspec.structs.replace(opening("Bò sữa"), files=(FILE,)), NOTIFIED)
    with engine.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM attachments").scalar() == 1


def test_bytes_changed_behind_our_back_are_found(engine):
    engine.submit("VV-2022-0001", NAMED, NOTIFIED, bodies={FILE.sha256: PLAN})
    with engine.database.writing() as connection:
        connection.exec_driver_sql("UPDATE attachments SET body = zeroblob(size)")
    with engine.database.reading() as connection:
        assert altered(connection) == [FILE.sha256]
        with pytest.raises(Damaged):
            body_of(connection, FILE)
        with pytest.raises(Damaged):
            body_of(connection, File(name="gone", sha256=hashlib.sha256(b"gone").hexdigest(), size=4))
