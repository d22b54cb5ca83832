"""What all tests share: the second opinions under tests/reference, and how Hypothesis searches."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.append(str(Path(__file__).parent))  # for `from reference.… import …`

# No deadline: other people's work shares the processor. The same examples each time, so that a failure is the
# code's and not the day's; `--hypothesis-profile=search` looks at new and many more ones.
settings.register_profile("same", deadline=None, derandomize=True, max_examples=25)
settings.register_profile("search", deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")

REQUIRE = "POLYUNROLL_REQUIRE_TARGETS"
"""Set by `make test-all`: then no test is skipped for want of a library."""
_MISSING = ("is not installed", "could not import")
_OTHER_PROGRAMS = ("Sollya",)


def _none_missing(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and os.environ.get(REQUIRE):
        said = str(report.longrepr)
        if any(words in said for words in _MISSING) and not any(name in said for name in _OTHER_PROGRAMS):
            report.outcome, report.longrepr = "failed", f"none may be skipped where {REQUIRE} is set: {said}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _none_missing(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _none_missing(report)
    return report
