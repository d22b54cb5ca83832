"""False statements, each a true one with one thing altered: none is PROVED, and almost all are REFUTED.

`false_statements.json` has for each the place, the point at which it is false, and the verdict. That it is false there
is confirmed by `second`, which shares no code with the kernel.
"""

from __future__ import annotations

import copy
import json
import sys
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent))  # for `from second import …`

from second import At

from polyunroll.claims.mutate import altered_statements
from polyunroll.claims.search import PROVED, REFUTED, decide
from polyunroll.claims.verify import claims

FALSE = json.loads(Path(__file__).with_name("false_statements.json").read_text(encoding="utf-8"))
CLAIMS = claims()


def made(entry: dict[str, Any]) -> dict[str, Any]:
    """The altered claim."""
    data = CLAIMS[entry["claim"]].as_data()
    if "without hypothesis" in entry:
        words = f"without the hypothesis {entry['without hypothesis']}"
        return next(mutant.data for mutant in altered_statements(data) if mutant.what == words)
    found = data = copy.deepcopy(data)
    *place, last = entry["place"]
    for key in place:
        found = found[key]
    assert found[last] == entry["from"], "the claim has changed; alter it anew"
    found[last] = entry["to"]
    return data


def label(entry: dict[str, Any]) -> str:
    what = entry.get("without hypothesis") or f"{'.'.join(map(str, entry['place']))} → {entry['to']}"
    return f"{entry['claim']}: {what}"[:100]


@pytest.mark.parametrize("entry", FALSE, ids=label)
def test_a_false_statement_is_not_proved(entry):
    data = made(entry)
    point = {name: Fraction(text) for name, text in entry["point"].items()}
    assert At(CLAIMS[entry["claim"]], data, point).is_false(entry["t"])
    decision = decide(data)
    assert decision.verdict == entry["verdict"] != PROVED, decision.reason


def test_there_are_enough_of_every_kind():
    assert len(FALSE) >= 60
    assert len({entry["claim"] for entry in FALSE}) >= 30
    assert sum(entry["verdict"] == REFUTED for entry in FALSE) >= 0.8 * len(FALSE)
    kinds = [entry.get("place", ["hypothesis"]) for entry in FALSE]
    for kind, least in (("hypothesis", 3), ("statement", 40), ("variables", 5)):
        assert sum(place[0] == kind for place in kinds) >= least, kind
    assert sum(place[-1] == "relation" for place in kinds) >= 5


def test_the_true_statement_is_not_false_there():
    for entry in FALSE[::5]:
        claim = CLAIMS[entry["claim"]]
        point = {name: Fraction(text) for name, text in entry["point"].items()}
        with suppress(ZeroDivisionError):  # at a point that only the altered claim's wider box has
            assert not At(claim, claim.as_data(), point).is_false(entry["t"]), label(entry)
