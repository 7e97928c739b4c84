"""Fixtures and profiles for the whole suite."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
settings.register_profile("test", max_examples=40, derandomize=True, **COMMON)  # type: ignore[arg-type]
settings.register_profile("soak", max_examples=2000, **COMMON)  # type: ignore[arg-type]
settings.load_profile("test")


@pytest.fixture(autouse=True)
def _language():
    """A run of the command line chooses its language by the environment: give it back afterwards."""
    before = os.environ.pop("LANGUAGE", None)
    yield
    os.environ.pop("LANGUAGE", None)
    if before is not None:
        os.environ["LANGUAGE"] = before
