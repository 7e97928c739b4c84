"""Fixtures and profiles for the whole suite."""

from __future__ import annotations

import contextlib
import io
import os
import shlex

import pytest
from hypothesis import HealthCheck, settings

from cli import main
from tests.places import KINDS, Place
from tests.shell import OPEN, Shell

COMMON = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("test", COMMON, max_examples=40, derandomize=True)
settings.register_profile("soak", COMMON, max_examples=200)
settings.load_profile("test")


@pytest.fixture(autouse=True)
def _language():
    """A run of the command line chooses its language by the environment: give it back afterwards."""
    before = os.environ.pop("LANGUAGE", None)
    yield
    os.environ.pop("LANGUAGE", None)
    if before is not None:
        os.environ["LANGUAGE"] = before


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder of its own: no test may find, or make, the practice database of who runs it."""
    for name in ("XDG_DATA_HOME", "PHOIHOP_DB", "PHOIHOP_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def pytest_generate_tests(metafunc):
    """Whatever touches a database runs on both, unless it says why it does not."""
    if "kind" in metafunc.fixturenames:
        one = metafunc.definition.get_closest_marker("sqlite_only")
        metafunc.parametrize("kind", KINDS[:1] if one else KINDS, indirect=True, scope="session")


def pytest_collection_modifyitems(config, items):
    """Of tests marked `share(n)`, every n-th runs on PostgreSQL."""
    left_out: list[pytest.Item] = []
    seen: dict[object, int] = {}
    for item in items:
        share = item.get_closest_marker("share")
        if share and "postgresql" in item.keywords:
            number = seen[item.fspath] = seen.get(item.fspath, -1) + 1
            if number % share.args[0]:
                left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(map(id, left_out))
        items[:] = [item for item in items if id(item) not in gone]


@pytest.fixture(scope="session")
def kind(request):
    """Which database: `sqlite` or `postgresql`."""
    return request.param


@pytest.fixture
def place(kind, tmp_path):
    """Where this test keeps its databases."""
    place = Place(kind, tmp_path)
    yield place
    place.clear()


@pytest.fixture(scope="module")
def shared(kind, tmp_path_factory):
    """Where a module keeps databases that its tests copy."""
    place = Place(kind, tmp_path_factory.mktemp("shared"))
    yield place
    place.clear()


@pytest.fixture(scope="session")
def made(kind, tmp_path_factory):
    """A database with one case, made once: the tests begin with copies."""
    db = Place(kind, tmp_path_factory.mktemp("made")).new("made")
    common = ["--db", str(db), "--now", "2022-04-04T08:00:00+07:00", "--lang", "en"]
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["init", "--practice", *common]) == 0
        assert main([*shlex.split(OPEN), *common]) == 0
    return db


@pytest.fixture
def shell(place, capsys, made, home):
    """The command line on a copy of that database."""
    return Shell(place, capsys, made=made)


@pytest.fixture
def planning(shell):
    """Its case, in which a joint plan is to be drawn up."""
    shell("advance 1 notify --as btg --with partner=tand")
    shell("advance 1 acknowledge --as tand")
    return shell
