"""Fixtures and profiles for the whole suite."""

from __future__ import annotations

import contextlib
import io
import os
import shlex

import pytest
from hypothesis import HealthCheck, settings

from cli import main
from tests.shell import OPEN, Shell

COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
settings.register_profile("test", max_examples=40, derandomize=True, **COMMON)  # type: ignore[arg-type]
settings.register_profile("soak", max_examples=200, **COMMON)  # type: ignore[arg-type]
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


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A database with one case, made once: the tests begin with copies."""
    db = tmp_path_factory.mktemp("made") / "made.db"
    common = ["--db", str(db), "--now", "2022-04-04T08:00:00+07:00", "--lang", "en"]
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["init", "--practice", *common]) == 0
        assert main([*shlex.split(OPEN), *common]) == 0
    return db


@pytest.fixture
def shell(tmp_path, capsys, made, home):
    """The command line on a copy of that database."""
    return Shell(tmp_path, capsys, made=made)


@pytest.fixture
def planning(shell):
    """Its case, in which a joint plan is to be drawn up."""
    shell("advance 1 notify --as btg --with partner=tand")
    shell("advance 1 acknowledge --as tand")
    return shell
