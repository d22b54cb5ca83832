"""Every theorem is proved at its scope, certificates are checked by the kernel alone, false statements are refuted."""

import copy
import json
import subprocess
import sys
from functools import cache

import pytest

import polyunroll as pu
from polyunroll.claims.certificate import certificate, check, write
from polyunroll.claims.kernel.setting import axioms
from polyunroll.claims.mutate import is_proof
from polyunroll.claims.render import sentence
from polyunroll.claims.search import PROVED, REFUTED, decide
from polyunroll.claims.verify import claims
from polyunroll.report.claims import claims_page

ALL = claims()


@cache
def verified(name):
    """A claim's verdict."""
    [(_, verdict)] = pu.verify(name)
    return verdict


@pytest.mark.parametrize("name", ALL)
def test_every_claim_is_proved(name):
    assert verified(name).verdict == PROVED, verified(name).reason
    assert ALL[name].title.endswith(".")
    assert ALL[name].reference


def test_there_are_enough_for_all_t():
    assert len(ALL) >= 30
    assert sum(claim.until is None for claim in ALL.values()) >= 22


def _restated(name, old, new):
    """A claim's data with one text in its statement replaced."""
    data = copy.deepcopy(ALL[name].as_data())
    sides = [(r, side) for r in data["statement"] for side in ("left", "right") if old in r[side]]
    assert sides, (name, old)
    for r, side in sides:
        r[side] = r[side].replace(old, new)
    return data


FALSE = [
    ("gd_residual", "-h*t*Z", "-h*(t+1)*Z"),
    ("gd_residual", "-h*t*Z", "h*t*Z"),
    ("gd_residual", "(t-1)", "t"),
    ("gd_no_burn_in", "(t-1)", "(t-2)"),
    ("chebyshev_closed_form", "Z+1/Z", "Z-1/Z"),
    ("chebyshev_closed_form", "4*t*(Z-1/Z)", "2*t*(Z-1/Z)"),
    ("chebyshev_closed_form", "4*t*(Z-1/Z)", "4*t*(Z+1/Z)"),
]


@pytest.mark.parametrize("change", FALSE, ids=lambda change: f"{change[0]}: {change[1]} to {change[2]}")
def test_false_statements_are_refuted(change):
    decision = decide(_restated(*change))
    assert decision.verdict == REFUTED
    assert "is false" in decision.reason


@pytest.mark.parametrize("relation", ["<", ">", "!="])
def test_an_equation_is_no_strict_inequality(relation):
    data = copy.deepcopy(ALL["gd_residual"].as_data())
    data["statement"][0]["relation"] = relation
    assert decide(data).verdict != PROVED


def test_a_wrong_closed_form_proves_nothing():
    for name, claim in ALL.items():
        data = claim.as_data()
        for program in data["proof"]["programs"].values():
            for jet in program["states"].values():
                if any(ch.isdigit() for ch in jet[0]) and jet[0] not in ("0", "1"):
                    jet[0] = f"({jet[0]})+1"
                    assert not is_proof(data), name
                    break
            else:
                continue
            break


# Checks the certificates in a folder where nothing heavy can be imported.
BARE = """
import builtins, sys, time
from pathlib import Path
real = builtins.__import__
def refuse(name, *rest, **more):
    if name.split(".")[0] in ("sympy", "numpy", "scipy", "mpmath"):
        raise ImportError(name)
    return real(name, *rest, **more)
builtins.__import__ = refuse
from polyunroll.claims.certificate import check_file
begin = time.perf_counter()
results = [check_file(path) for path in sorted(Path(sys.argv[1]).iterdir())]
print([words for good, words in results if not good], len(results), time.perf_counter() - begin < 30)
try:
    import sympy
except ImportError:
    print("no sympy")
print(sorted(m for m in sys.modules if m.split(".")[0] in ("sympy", "numpy", "scipy", "mpmath")))
"""


def test_every_certificate_is_checked_by_the_kernel_alone(tmp_path):
    for name, claim in ALL.items():
        write(claim, verified(name), tmp_path)
    done = subprocess.run([sys.executable, "-c", BARE, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == f"[] {len(ALL)} True\nno sympy\n[]\n"


def test_verify_and_its_patterns():
    found = pu.verify("gd_res*")
    assert [(claim.id, bool(verdict), verdict.scope) for claim, verdict in found] == [("gd_residual", True, "all t")]
    with pytest.raises(pu.InvalidInput, match=r"no claim matches 'nothing'; give a pattern such as 'gd_\*'"):
        pu.verify("nothing")
    with pytest.raises(pu.InvalidInput, match=r"near it there are .*gd_residual"):
        pu.verify("gd_residuals")


@pytest.mark.parametrize(("bound", "verdict"), [("(x**2 + y**2)/2", "PROVED"), ("(x**2 + y**2)/3", "REFUTED")])
def test_verify_takes_a_claim_that_is_in_no_file(bound, verdict):
    mine = pu.Claim(
        id="mean_inequality",
        title="xy is at most the mean of x² and y².",
        statement=(f"x*y <= {bound}",),
        variables={"x": "(-oo, oo)", "y": "(-oo, oo)"},
        reference="polyunroll",
        rules=({"rule": "sign"},),
    )
    [(claim, found)] = pu.verify(mine)
    assert claim is mine
    assert str(claim) == "mean_inequality: xy is at most the mean of x² and y²."
    assert found.verdict == verdict


def test_a_certificate_carries_what_it_cites():
    [(claim, verdict)] = pu.verify("error_pair_truncated")
    assert verdict.cites == ("master_identity",)
    data = certificate(claim, verdict)
    assert check(data)[0]
    data["claim"]["cited"][0]["claim"]["statement"][0]["right"] += "+1"
    good, words = check(data)
    assert not good
    assert "master_identity, which is not PROVED" in words


def test_axioms_are_few_named_and_about_no_method():
    used = {name for claim in ALL for name in verified(claim).axioms}
    assert {*axioms()} == used  # none that no proof needs
    assert len(used) <= 15
    for axiom in axioms().values():
        assert axiom["reference"]
        assert not axiom["programs"]
    [(claim, verdict)] = pu.verify("divided_difference_bound")
    assert verdict.axioms == ("mean_value",)
    assert "for some number nu (mean_value)" in sentence(claim.as_data())


def test_what_is_cited_must_be_there_and_not_in_a_circle(monkeypatch):
    def citing(name, other):
        return pu.Claim(
            id=name, title="t.", statement=("0 = 0",), variables={}, reference="r", cites={"other": (other, {})}
        )

    circle = {"a": citing("a", "b"), "b": citing("b", "a"), "c": citing("c", "nothing")}
    monkeypatch.setattr("polyunroll.claims.verify.claims", lambda: circle)
    for claim in circle.values():
        with pytest.raises(pu.InvalidInput, match="not there or cites it in turn"):
            claim.as_data()


def test_a_claim_until_some_t_is_not_about_all_t():
    for name, claim in ALL.items():
        assert verified(name).scope.startswith("all t") == (claim.until is None)


def test_json_says_what_a_proof_rests_on():
    good, page = claims_page(["divided_difference_bound", "gd_peak"], "json")
    first, second = json.loads(page.parts[0])
    assert good
    assert (first["axioms"], first["cites"]) == (["mean_value"], [])
    assert (second["axioms"], second["cites"]) == ([], ["exponential_curve"])
    assert {"id", "verdict", "scope", "reference", "axioms", "seconds"} <= {*first}
