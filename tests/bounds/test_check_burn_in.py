"""Certificates of burn-ins: what is true is verified, what was changed is not."""

import json

import pytest

import polyunroll as pu
from polyunroll.bounds import burn_in as search
from polyunroll.bounds.check_burn_in import check_burn_in
from polyunroll.report.bound import verdict
from polyunroll.report.burn_in import burn_in as report

S = pu.Spectrum("1/100", 1)
CASES = {
    "gd, closed form": (pu.GradientDescent(pu.Spectrum("1/200", 1), "2/(L+ell)"), 1, 0, "total"),
    "gd, none": (pu.GradientDescent(S), 1, 0, "total"),
    "gd, a tie": (pu.GradientDescent(S, "sqrt(2)/L"), 1, 0, "total"),
    "chebyshev": (pu.Chebyshev(S), 1, 3, "partial"),
    "sobolev": (pu.Sobolev(S), 1, 0, "total"),
    "sobolev with G": (pu.Sobolev(S), 1, 1, "total"),
    "nesterov": (pu.Nesterov(pu.Spectrum("1/30", 1)), 1, 0, "total"),
    "heavy ball": (pu.HeavyBall(pu.Spectrum("1/7", 1)), 2, 1, "partial"),
    "one point": (pu.Chebyshev(pu.Spectrum(2, 2)), 1, 1, "total"),
}


def _certificate(case):
    method, R, G, split = case
    found = pu.burn_in(method, R, G, split)
    return found, json.loads(json.dumps(found.certificate))


def _accepted(data):
    try:
        return check_burn_in(data)[0]
    except pu.InvalidInput:
        return False


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_true_is_verified(case):
    found, data = _certificate(case)
    good, sentence = check_burn_in(data)
    assert good, sentence
    assert f"t >= {found.length}" in sentence


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_was_changed_is_not(case):
    found, data = _certificate(case)
    mutants = [{**data, "R": "2/3"}, {**data, "split": "partial" if case[3] == "total" else "total"}]
    mutants.append({**data, "peak_at": found.peak_at + 1})
    if data["tail_from"] > 2:
        mutants.append({**data, "tail_from": data["tail_from"] // 2})
    mutants += [
        {**data, "length": [b for j, b in enumerate(data["length"]) if j != i]} for i in range(len(data["length"]))
    ]
    mutants += [{**data, "peak": [b for j, b in enumerate(data["peak"]) if j != i]} for i in range(len(data["peak"]))]
    if found.length > 3:
        mutants.append({**data, "last": [found.length - 3, "value"]})  # steps above R are then said to be below
        mutants.append({**data, "last": None, "peak_at": 0})
    for mutant in mutants:
        assert not _accepted(mutant)


def test_the_checker_does_not_search(monkeypatch):
    _, data = _certificate(CASES["sobolev with G"])

    def refuse(*arguments, **how):
        raise AssertionError("the checker searched")

    for name in ("worst_case", "answers", "closed_form", "_Search"):
        monkeypatch.setattr(search, name, refuse)
    assert check_burn_in(data)[0]


def test_the_answer_must_say_what_its_certificate_does(tmp_path):
    path = tmp_path / "burn_in.json"
    text = str(report(pu.Chebyshev(S), format="json"))
    path.write_text(text)
    assert verdict(str(path))[0]
    for old, new in (
        ('"length": 45', '"length": 44'),
        ('"peak_at": 10', '"peak_at": 11'),
        ('"value": "53.', '"value": "52.'),
    ):
        assert old in text
        path.write_text(text.replace(old, new, 1))
        assert not verdict(str(path))[0]


@pytest.mark.parametrize("junk", [{}, {"schema": search.SCHEMA}, {"schema": search.SCHEMA, "method": 3}])
def test_junk_is_refused(junk):
    with pytest.raises(pu.InvalidInput):
        check_burn_in(junk)
