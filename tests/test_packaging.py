"""Wheel, sdist and editable install each give a working `phoihop`, with its rules, calendar and Vietnamese."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from cli import VERSION
from tests.support import ROOT


def run(*command: str | Path, cwd: Path, path: Path | None = None) -> str:
    """Run a command with a clean PYTHONPATH; stdout. Fails with what it said."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PHOIHOP", "PYTHONPATH"))}
    if path is not None:
        environ["PYTHONPATH"] = str(path)
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(kind: str, source: Path, target: Path) -> Path:
    """Build a wheel or an sdist of `source` with the backend pip would use, without a network."""
    run(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", target, cwd=source)
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory) -> Path:
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module", params=["wheel", "wheel from sdist"])
def wheel(request, tmp_path_factory, sdist) -> Path:
    source = ROOT
    if request.param != "wheel":
        unpacked = tmp_path_factory.mktemp("unpacked")
        with tarfile.open(sdist) as archive:
            archive.extractall(unpacked, filter="data")
        (source,) = unpacked.iterdir()
    return build("wheel", source, tmp_path_factory.mktemp("wheel"))


def works(place: Path | None, folder: Path) -> None:
    """`phoihop` of the package unpacked at `place` (None: the working copy) does the main job, in Vietnamese."""
    phoihop = (sys.executable, "-m", "cli")
    assert run(*phoihop, "--version", cwd=folder, path=place).split() == ["phoihop", VERSION]
    assert "Cách dùng:" in run(*phoihop, "--help", "--lang", "vi", cwd=folder, path=place)
    db = folder / "thu.db"
    run(*phoihop, "init", "--practice", "--db", db, cwd=folder, path=place)
    opened = (
        "open", "vu-viec", "--as", "so_gtvt", "--title", "Đường cao tốc", "--linh-vuc", "dat-dai",
        "--document", "1/BC:1/4", "--now", "2022-04-01T08:00:00+07:00", "--lang", "vi", "--db", db,
    )  # fmt: skip
    assert "Sở Giao thông vận tải: mở vụ việc → Đã báo tin" in run(*phoihop, *opened, cwd=folder, path=place)
    where = run(sys.executable, "-c", "import workflow; print(workflow.__file__)", cwd=folder, path=place)
    assert Path(where.strip()).is_relative_to(place or ROOT)


def test_the_wheel_does_the_main_job(wheel, tmp_path):
    place = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    works(place, tmp_path)


def test_the_wheel_holds_the_program_and_nothing_of_its_tests(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        scripts = archive.read(f"phoihop-{VERSION}.dist-info/entry_points.txt").decode()
    assert "phoihop = cli:main" in scripts
    tops = {name.split("/")[0] for name in names}
    assert tops == {"states", "workflow", "cli.py", f"phoihop-{VERSION}.dist-info"}
    assert {
        "workflow/escalation_rules.yaml",
        "workflow/docs/acceptance.csv",
        "workflow/calendars/vn.yaml",
        "workflow/locale/vi/LC_MESSAGES/phoihop.mo",
        f"phoihop-{VERSION}.dist-info/licenses/LICENSE",
    } <= set(names)


def test_the_sdist_holds_what_is_needed_to_build_and_test(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    assert {
        "pyproject.toml",
        "Makefile",
        "LICENSE",
        "README.md",
        "cli.py",
        "tests/conftest.py",
        "calendars/vn.yaml",
    } <= names
    assert not [name for name in names if name.startswith((".venv", ".git/"))]


def test_the_editable_install_does_the_main_job(tmp_path):
    """`make test` installs the working copy itself; this is that very install, from another folder."""
    works(None, tmp_path)
    script = Path(sys.executable).with_name("phoihop")
    assert run(script, "--version", cwd=tmp_path).split() == ["phoihop", VERSION]
