"""The stories of the demo: they happen as told, in both languages, and can be played by hand."""

from __future__ import annotations

import contextlib
import gettext
import io
import json
import shlex
from datetime import UTC, datetime

import msgspec
import pytest

from cli import main
from states.evolve import evolve
from tests.shell import Shell
from tests.support import ROOT
from workflow.database import open_database
from workflow.engine import Engine
from workflow.identity import identity
from workflow.stories import DAIRY, EXPRESSWAY, LAST, MUSEUM, SILENCE, STORIES
from workflow.sweep import next_due

VIETNAMESE = gettext.translation("phoihop", ROOT / "locale", ["vi"]).gettext


@pytest.fixture(scope="module", params=["en", "vi"])
def told(request, tmp_path_factory):
    """What the demo says and the database it leaves, in one language."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main(["demo", "--keep", str(path), "--lang", request.param]) == 0
    return request.param, said.getvalue(), path


@pytest.fixture
def engine(told):
    engine = Engine(told[2])
    yield engine
    engine.close()


def facts(engine: Engine) -> list[dict[str, object]]:
    """Every event, without the texts people wrote: those are in one language or the other."""
    texts = {"title", "reason", "request", "officer"}  # what people wrote, what was drawn, who it was
    events = []
    for place in range(1, engine.count() + 1):
        for event in engine.history(f"VV-2022-{place:04d}")[1]:
            plain = msgspec.to_builtins(event)
            rows = plain.get("inputs", {}).get("measures", [])
            plain["inputs"] = {k: v for k, v in plain.get("inputs", {}).items() if not isinstance(v, str | dict)}
            plain["inputs"]["measures"] = [{k: v for k, v in row.items() if k != "title"} for row in rows]
            for duty in plain.get("opened", []):
                duty.pop("row", None)
            events.append({k: v for k, v in plain.items() if k not in texts})
    return events


def test_the_demo_says_that_its_stories_are_invented(told):
    lang, said, _path = told
    first = "These stories are invented." if lang == "en" else "Các tình huống sau đây là giả định."
    assert said.splitlines()[0].startswith(first)


def test_the_demo_tells_every_story_and_ends_with_the_board(told):
    lang, said, _path = told
    titles = [story.title if lang == "en" else VIETNAMESE(story.title) for story in STORIES]
    places = [said.index(title) for title in titles]
    board = said.index("The board" if lang == "en" else "Bảng theo dõi")
    assert places == sorted(places)
    assert max(places) < board


def test_each_story_stands_for_what_it_is_told_for(engine):
    expressway, dairy, silent, museum = (engine.history(f"VV-2022-{n:04d}")[1] for n in (1, 2, 3, 4))
    assert engine.case("VV-2022-0001").state == "closed"
    # by phone at 16:50 on the Friday before four days off: six hours by the clock, the letter after the holiday
    opened = {duty.name: duty.due_at.isoformat() for duty in dairy[0].opened}
    assert opened == {"written_notice": "2022-05-04T10:30:00+00:00", "notify": "2022-04-29T15:50:00+00:00"}
    climbs = [event.told for event in silent if event.kind == "climbed" and event.duty == "acknowledge@huyen_quang_hoa"]
    assert climbs == [("huyen_quang_hoa",), ("huyen_quang_hoa.leader",), ("btg",), ("btg.leader",)]
    escalated = next(event for event in museum if event.trigger == "escalate")
    assert escalated.by is None
    assert [duty.agency for duty in escalated.opened] == ["thuong_truc"]
    directed = next(event for event in museum if event.trigger == "direct")
    assert (directed.by, directed.to) == ("thuong_truc", "joint_plan")
    assert not [event for event in expressway if event.kind == "climbed" and event.duty != "watch@-"]


def test_after_the_demo_every_case_is_the_fold_of_its_history(engine):
    for number in range(1, engine.count() + 1):
        case = None
        for event in engine.history(f"VV-2022-{number:04d}")[1]:
            case = evolve(case, event)
        assert case == engine.case(f"VV-2022-{number:04d}")


def test_both_languages_tell_the_same_facts(tmp_path, capsys):
    found = []
    for lang in ("en", "vi"):
        assert main(["demo", "--keep", str(tmp_path / f"{lang}.db"), "--lang", lang]) == 0
        engine = Engine(tmp_path / f"{lang}.db")
        found.append(facts(engine))
        engine.close()
    assert found[0] == found[1]
    assert len(found[0]) > 60


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_every_story_can_be_played_by_hand_and_gives_the_documented_shape(place, tmp_path, capsys, lang):
    shell = Shell(place, capsys, lang)
    database = open_database(shell.db)
    login = identity(database)
    database.close()
    for story in (EXPRESSWAY, DAIRY, SILENCE, MUSEUM):
        for step in story.steps:
            sweep_until(shell, step.at)
            typed = step.typed if lang == "en" else VIETNAMESE(step.typed)
            if shlex.split(typed)[0] not in ("open", "advance", "extend") or typed.endswith("--as thuong_truc"):
                shell(typed)
            elif step.exit:
                error = json.loads(shell.fails(step.exit, f"{typed} --format json"))["error"]
                assert list(error) == ["code", "message", "reasons", "hint"]
            else:
                answer = shell.json(typed)
                assert answer["events"][0]["officer"] == login
                assert answer["events"][0]["recorded_by"] is None
                assert answer["version"] == answer["events"][-1]["version"]
    sweep_until(shell, LAST)
    by_hand, by_demo = Engine(shell.db), tmp_path / "demo.db"
    assert main(["demo", "--keep", str(by_demo), "--lang", lang]) == 0
    demo = Engine(by_demo)
    assert facts(by_hand) == facts(demo)
    by_hand.close()
    demo.close()


def sweep_until(shell: Shell, local: str) -> None:
    """What a scheduler does: a sweep at every instant at which something is due."""
    end = shell.at(local).now
    engine = Engine(shell.db)
    while (due := next_due(engine)) is not None and due <= datetime.fromisoformat(end):
        shell.now = due.astimezone(UTC).isoformat()
        shell("sweep")
    engine.close()
    shell.now = end


def test_the_demo_without_keep_leaves_nothing_behind(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert main(["demo", "--lang", "en", "--format", "json"]) == 0
    assert not list(tmp_path.iterdir())
    rows = json.loads(capsys.readouterr().out)
    assert list(rows[0]) == ["process", "state", "cases", "suspended", "agency", "owed", "overdue"]


def test_a_kept_demo_can_be_played_on_with_the_command_it_prints(told, capsys):
    _lang, said, _path = told
    command = said.splitlines()[-1].split()
    assert command[:3] == ["phoihop", "--as", "btg"]
    assert main([*command[1:], "--format", "json"]) == 0
    desk = json.loads(capsys.readouterr().out)
    assert {duty["case"] for duty in desk["owed"]} == {"VV-2022-0003"}


def test_the_virtual_clock_never_runs_back():
    instants = [datetime.fromisoformat(step.at) for story in STORIES for step in story.steps]
    assert instants == sorted(instants)
