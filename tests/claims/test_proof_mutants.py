"""Altered proofs of true statements: none is accepted, but for those that `proof_mutants.json` lists as valid, and why.

Which alterations are tried follows from the seed in that file. A valid one asserts nothing that sampling, which shares
no code with the kernel, shows to be false.
"""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path

import pytest

from polyunroll.claims.mutate import Mutant, altered_proofs, is_proof
from polyunroll.claims.sampling import looks_sound
from polyunroll.claims.verify import claims

DATA = json.loads(Path(__file__).with_name("proof_mutants.json").read_text(encoding="utf-8"))
VALID = {(entry["claim"], entry["what"]): entry["why"] for entry in DATA["valid"]}
CLAIMS = claims()


@cache
def chosen(name: str) -> list[Mutant]:
    """The altered proofs that are tried for a claim."""
    others = [CLAIMS[other].as_data() for other in DATA["others"]]
    mutants = [*altered_proofs(CLAIMS[name].as_data(), others)]
    random.Random(f"{DATA['seed']} {name}").shuffle(mutants)
    return mutants[: DATA["each"]]


def check(name: str) -> None:
    for mutant in chosen(name):
        assert is_proof(mutant.data) == ((name, mutant.what) in VALID), mutant.what
        if (name, mutant.what) in VALID:
            assert looks_sound(mutant.data) == "", mutant.what


@pytest.mark.parametrize("name", DATA["quick"])
def test_an_altered_proof_is_not_accepted(name):
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", DATA["slow"])
def test_an_altered_proof_of_a_long_one_is_not_accepted(name):
    check(name)


def test_there_are_enough():
    assert sum(len(chosen(name)) for name in DATA["quick"]) >= 300
    assert len(VALID) == len(DATA["valid"])
    assert all(VALID.values())
    assert {name for name, _ in VALID} <= {*DATA["quick"], *DATA["slow"]}


def test_a_proof_of_another_claim_is_among_them():
    assert any(mutant.what.startswith("the proof of") for name in DATA["quick"] for mutant in chosen(name))
