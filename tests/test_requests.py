"""A command that is sent again is done once: after a kill, a cut connection, or a person who pressed twice."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from tests.doomed import NOTIFIED, NOTIFY, OPENED, opening
from tests.killing import count, kill
from tests.places import Place, digest, rows
from tests.support import ROOT
from workflow import record
from workflow.engine import Engine
from workflow.errors import Unreachable, UsageError
from workflow.setup import set_up

RULES = ROOT / "escalation_rules.yaml"
COMMIT = re.compile(rb"COMMIT(?!TED)")
ASKED = replace(NOTIFY, request="r-1")


@pytest.fixture
def prepared(place):
    path = place.new("prepared")
    engine = set_up(path, rules=RULES, now=OPENED, practice=True)
    engine.open(opening("Đất đai"), OPENED)
    engine.close()
    return path


def test_the_same_request_is_done_once_and_answered_twice(prepared):
    engine = Engine(prepared)
    first = engine.submit("VV-2022-0001", ASKED, NOTIFIED)
    again = engine.submit("VV-2022-0001", ASKED, NOTIFIED, if_version=1)
    assert (again.again, again.case, again.events) == (True, first.case, first.events)
    engine.close()
    assert rows(prepared, "SELECT count(*) FROM events") == [(2,)]


def test_an_opening_asked_for_twice_is_one_case_and_uses_one_number(prepared):
    engine = Engine(prepared)
    first, again = (engine.open(replace(opening("Nhà ở"), request="r-2"), OPENED) for _ in range(2))
    assert first.case == again.case
    assert engine.count() == 2
    engine.close()


def test_an_id_that_was_used_for_something_else_is_a_mistake(prepared):
    engine = Engine(prepared)
    engine.submit("VV-2022-0001", ASKED, NOTIFIED)
    with pytest.raises(UsageError):
        engine.submit("VV-2022-0001", replace(ASKED, reason="khác"), NOTIFIED)
    engine.close()


def test_people_are_told_that_it_was_done_already(shell):
    typed = "advance 1 notify --as btg --with partner=tand --request-id abc"
    shell(typed)
    assert "This was done already." in shell(typed)
    assert shell.json("show 1")["version"] == 2
    assert "was used for another command" in shell.fails(2, "open matter --as btg --title x --area land "
                                                            "--document 1:1/4 --request-id abc")  # fmt: skip
    assert "is no request id" in shell.fails(2, f"{typed}/../x")


def ask(path, say):
    engine = Engine(path)
    say(str(engine.submit("VV-2022-0001", ASKED, NOTIFIED).case.version))
    engine.close()


def test_sent_again_after_a_kill_at_any_place_it_is_done_once(place, prepared):
    places = count(ask, whole := place.copy(prepared, "whole"))
    after = digest(whole)
    for at in range(1, places + 1):
        kill(ask, path := place.copy(prepared, "killed"), at)
        ask(str(path), lambda _version: None)
        assert digest(path) == after, f"not once after a kill at place {at}"


# ---- the same bytes on both databases -----------------------------------------------------------


def test_the_same_history_has_the_same_bytes_on_both_databases(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "draw_salt", lambda: "5a" * 16)
    found = []
    for kind in ("sqlite", "postgresql"):
        place = Place(kind, tmp_path)
        engine = set_up(place.new(kind), rules=RULES, now=OPENED, practice=True)
        engine.open(replace(opening("Đất đai"), request="r-0"), OPENED)
        engine.submit("VV-2022-0001", replace(ASKED, reason="Theo Quy chế"), NOTIFIED)
        with engine.database.reading() as connection:
            found.append(record.load(connection, "VV-2022-0001"))
        engine.close()
        place.clear()
    assert found[0] == found[1]
    assert len(found[0]) == 2


# ---- a connection that is lost around COMMIT ----------------------------------------------------


class Cutter:
    """A proxy in front of the server that cuts the line at the first COMMIT: before it, or after it was done."""

    def __init__(self, url: str, *, after: bool) -> None:
        self.after, self.cut, self.silent = after, False, False
        folder = parse_qs(urlsplit(url).query)["host"][0]
        self.server = next(Path(folder).glob(".s.PGSQL.*"))
        self.listening = socket.create_server(("127.0.0.1", 0))
        port = self.listening.getsockname()[1]
        self.url = f"postgresql://postgres@127.0.0.1:{port}/{urlsplit(url).path[1:]}?sslmode=disable&gssencmode=disable"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self.listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self.server))
                threading.Thread(target=self._pump, args=(client, server), daemon=True).start()
                threading.Thread(target=self._back, args=(server, client), daemon=True).start()

    def _pump(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65_536):
                if COMMIT.search(data) and not self.cut:
                    self.cut = True
                    if self.after:
                        self.silent = True
                        server.sendall(data)
                        continue
                    break
                server.sendall(data)
        for one in (client, server):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65_536):
                if self.silent:  # the server has answered: it is done, and nobody hears of it
                    self.silent = False
                    client.shutdown(socket.SHUT_RDWR)
                    break
                client.sendall(data)


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_lost_around_commit_is_told_and_the_retry_answers_rightly(tmp_path, after):
    place = Place("postgresql", tmp_path)
    url = place.new()
    made = set_up(url, rules=RULES, now=OPENED, practice=True)
    made.open(opening("Đất đai"), OPENED)
    cutter = Cutter(str(url), after=after)
    engine = Engine(cutter.url)
    with pytest.raises(Unreachable):
        engine.submit("VV-2022-0001", ASKED, NOTIFIED)
    engine.close()
    assert cutter.cut
    outcome = made.submit("VV-2022-0001", ASKED, NOTIFIED)
    assert outcome.again is after
    assert outcome.case.version == 2
    made.close()
    cutter.listening.close()
    place.clear()
