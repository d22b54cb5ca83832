"""Bounds as they are shown: the value, what it bounds and when, and the verdict on a written answer."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

import polyunroll as pu
from polyunroll.bounds.certificate import SCHEMA
from polyunroll.bounds.check import check
from polyunroll.errors import InvalidInput
from polyunroll.report.bound import bound, verdict

S = pu.Spectrum("1/100", 1)
METHOD = pu.Nesterov(S)
COMMUTES = "The split total bounds the Jacobian error only where ∂H commutes with H.\n"
ALWAYS = "The split partial bounds the Jacobian error for every ∂H.\n"
POINTWISE = "W_t does not bound the Jacobian error in general; V_t does.\n"


def number(text):
    """The number that LaTeX or text shows."""
    mantissa, _, power = text.partition(" \\cdot 10^")
    return Fraction(f"{mantissa}e{power.strip('{}') or 0}")


# -- text ----------------------------------------------------------------------------------------------------
def test_the_whole_text():
    assert str(bound(pu.Chebyshev(S), 10)) == (
        "method            Chebyshev\n"
        "spectrum          [1/100, 1]\n"
        "condition number  L/ℓ = 100\n"
        "t                 10\n"
        "R, G              1, 0\n"
        "criterion         exact: V_t, the largest error that R and G allow\n"
        "split             total: E_t and D_t\n"
        "\n"
        "proved    V_10 = 53.0871759611420    at λ = 1\n"
        "\n"
        "relative width 5.6e-17, by: closed form, at the end L\n" + COMMUTES
    )


@pytest.mark.parametrize(
    ("criterion", "split", "symbol", "meaning", "hypothesis"),
    [
        ("exact", "total", "V_7", "V_t, the largest error that R and G allow", COMMUTES),
        ("pointwise", "total", "W_7", "W_t, the largest |E_t|R + |D_t|G at one λ", POINTWISE),
        ("separate", "total", "max|E_7|R + max|D_7|G", "max|E_t|R + max|D_t|G", COMMUTES),
        ("exact", "partial", "V_7", "V_t, which no error exceeds", ALWAYS),
        ("pointwise", "partial", "W_7", "W_t, the largest |P_t|R + |P_t'|G at one λ", POINTWISE),
        ("separate", "partial", "max|P_7|R + max|P_7'|G", "max|P_t|R + max|P_t'|G", ALWAYS),
    ],
)
def test_the_text_names_what_was_proved(criterion, split, symbol, meaning, hypothesis):
    text = str(bound(METHOD, 7, R="1/2", G=2, criterion=criterion, split=split))
    value = pu.worst_case(METHOD, 7, R="1/2", G=2, criterion=criterion, split=split).decimal(15)
    assert f"proved    {symbol} = {value}" in text
    assert f"criterion         {criterion}: {meaning}\n" in text
    pair = "E_t and D_t" if split == "total" else "P_t and P_t'"
    assert f"split             {split}: {pair}\n" in text
    assert "R, G              1/2, 2\n" in text
    assert "measured" not in text
    assert text.endswith(hypothesis)


@pytest.mark.parametrize(
    ("estimator", "split", "criterion", "symbol", "pair"),
    [
        ("truncated", "total", "exact", "V_6", "P_t and P_t' P_N"),
        ("truncated", "total", "separate", "max|P_6|R + max|P_6' P_4|G", "P_t and P_t' P_N"),
        ("truncated", "partial", "exact", "max|P_6|R + max|P_6'| max|P_4| G", "P_t and P_t' P_N"),
        ("truncated", "partial", "pointwise", "max|P_6|R + max|P_6'| max|P_4| G", "P_t and P_t' P_N"),
        ("implicit", "total", "pointwise", "W_6", "R_t and Q_t P_N, R_t of the linear solver and Q_t = (1 - R_t)/λ"),
        (
            "implicit",
            "partial",
            "separate",
            "max|R_6|R + max|Q_6| max|P_4| G",
            "R_t and Q_t P_N, R_t of the linear solver and Q_t = (1 - R_t)/λ",
        ),
    ],
)
def test_the_other_estimators_name_their_own_polynomials(estimator, split, criterion, symbol, pair):
    how = {"estimator": estimator, "split": split, "criterion": criterion, "plain_steps": 4}
    text = str(bound(METHOD, 6, G="1/2", **how))
    value = pu.worst_case(METHOD, 6, G="1/2", **how).decimal(15)
    assert f"proved    {symbol} = {value}" in text
    assert f"split             {split}: {pair}\n" in text
    assert f"estimator         {estimator}, after N = 4 plain steps\n" in text
    assert ("V_6" in text) == (criterion == "exact" and split == "total"), "a sum of maxima is no V"
    assert text.endswith(ALWAYS if split == "partial" else POINTWISE if criterion == "pointwise" else COMMUTES)


@pytest.mark.parametrize(("R", "G"), [(1, "0"), (0, "1/3")])
@pytest.mark.parametrize("split", ["total", "partial"])
def test_a_pointwise_value_bounds_where_one_part_is_zero(R, G, split):
    text = str(bound(METHOD, 7, R=R, G=G, criterion="pointwise", split=split))
    assert text.endswith(COMMUTES if split == "total" else ALWAYS)


@pytest.mark.parametrize("digits", [2, 5, 40])
def test_as_many_digits_as_asked(digits):
    text = str(bound(METHOD, 7, G=1, digits=digits))
    shown = text.partition("V_7 = ")[2].split()[0]
    assert len(shown.replace(".", "").lstrip("0")) in (digits, digits - 1)
    exact = pu.worst_case(METHOD, 7, G=1, digits=60)
    assert abs(Fraction(shown) - exact.lower) <= exact.upper * Fraction(1, 10 ** (digits - 2))


def test_two_places_and_none():
    # the two vectors sit on different eigenvalues (theory: error 5.36584 > W = 5.20192)
    text = str(bound(pu.GradientDescent(S, "9/5"), 5, G="1/2"))
    assert "    at λ = 1/100 and 1\n" in text or "    at λ = 1 and 1/100\n" in text
    assert " at " not in str(bound(METHOD, 7, G=1, criterion="separate")).partition("proved")[2].splitlines()[0]


def test_a_place_inside_is_a_decimal():
    text = str(bound(pu.Sobolev(S), 9, G=1))
    place = text.partition("at λ = ")[2].split()[0]
    assert "/" not in place
    assert Fraction(1, 100) < Fraction(place) < 1


def test_zero_is_exact():
    text = str(bound(METHOD, 0, R=0, G=1))
    assert "proved    V_0 = 0\n" in text
    assert "\nexactly, by: " in text


def test_ends_that_share_no_digit_are_shown_rounded_outwards():
    how = {"R": "351114368/239986119", "digits": 1}  # V_3 = 1.5, all but exactly
    found = pu.worst_case(pu.Sobolev(S), 3, **how)
    assert found.decimal(1).startswith("[")
    value = json.loads(str(bound(pu.Sobolev(S), 3, **how, format="json")))["value"]
    low, high = (Fraction(end) for end in value.strip("[]").split(", "))
    assert low <= found.lower <= found.upper <= high
    assert high - low < found.upper / 10
    assert f"V_3 in {value} " in str(bound(pu.Sobolev(S), 3, **how))
    assert str(bound(pu.Sobolev(S), 3, **how, format="latex")).startswith(f"\\[ V_{{3}} \\in {value} \\quad")


def test_no_size_is_lost():
    text = str(bound(pu.Chebyshev(S), 100_000))
    assert "V_100000 = 3.88018923718382e-8705 " in text
    assert "\\cdot 10^{-8705} " in str(bound(pu.Chebyshev(S), 100_000, format="latex"))
    large = str(bound(pu.GradientDescent(S, 90), 200, split="partial"))
    digits = str(89**200)
    assert f"V_200 = {digits[0]}.{digits[1:11]}" in large
    assert f"e+{len(digits) - 1} " in large


# -- LaTeX ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("how", "symbol"),
    [
        ({}, "V_{9}"),
        ({"criterion": "pointwise"}, "W_{9}"),
        ({"criterion": "separate"}, "\\max\\lvert E_{9} \\rvert R + \\max\\lvert D_{9} \\rvert G"),
        (
            {"criterion": "separate", "split": "partial"},
            "\\max\\lvert P_{9} \\rvert R + \\max\\lvert P_{9}' \\rvert G",
        ),
        (
            {"estimator": "truncated", "plain_steps": 12, "split": "partial"},
            "\\max\\lvert P_{9} \\rvert R + \\max\\lvert P_{9}' \\rvert \\max\\lvert P_{12} \\rvert G",
        ),
        (
            {"estimator": "implicit", "criterion": "separate"},
            "\\max\\lvert R_{9} \\rvert R + \\max\\lvert Q_{9} P_{0} \\rvert G",
        ),
    ],
)
def test_latex(how, symbol):
    printed = str(bound(METHOD, 9, G=1, **how, format="latex"))
    assert printed.startswith(f"\\[ {symbol} = ")
    assert printed.endswith(" \\quad \\text{(proved)} \\]\n")
    shown = number(printed.partition(" = ")[2].partition(" \\quad")[0])
    assert abs(shown / pu.worst_case(METHOD, 9, G=1, **how).upper - 1) < Fraction(1, 10**13)


# -- JSON ----------------------------------------------------------------------------------------------------
def test_the_keys_of_json_are_the_names_of_the_attributes():
    how = {"criterion": "separate", "split": "partial", "estimator": "truncated", "plain_steps": 3}
    data = json.loads(str(bound(METHOD, 9, R=0.5, G="1/3", digits=20, **how, format="json")))
    found = pu.worst_case(METHOD, 9, R=0.5, G="1/3", digits=20, **how)
    assert set(data) == {
        *("method", "spectrum", "t", "R", "G", "criterion", "split", "estimator", "plain_steps"),
        *("value", "lower", "upper", "width", "at", "proved", "note", "certificate"),
    }
    assert {key: data[key] for key in how} == how
    assert (data["R"], data["G"], data["t"]) == ("1/2", "1/3", 9)
    assert (Fraction(data["lower"]), Fraction(data["upper"])) == (found.lower, found.upper)
    assert Fraction(data["width"]) == found.width
    assert data["value"] == found.decimal(20)
    assert (data["proved"], data["note"], data["at"]) == (found.proved, found.note, [])
    assert data["method"]["name"] == "nesterov"
    assert data["spectrum"]["kappa"] == "1/100"
    assert data["certificate"]["schema"] == SCHEMA
    assert check(data["certificate"])[0]


def test_places_are_texts():
    data = json.loads(str(bound(pu.GradientDescent(S, "9/5"), 5, G="1/2", format="json")))
    assert sorted(data["at"]) == ["1", "1/100"]
    assert json.loads(str(bound(METHOD, 9, format="json")))["at"] == ["1/100"]


# -- verdicts ------------------------------------------------------------------------------------------------
@pytest.fixture
def written(tmp_path):
    """Writes an answer or a certificate into a file, and gives the file's name."""

    def write(data):
        path = tmp_path / "bound.json"
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return str(path)

    return write


ANSWERS = {
    "engine": (METHOD, 9, {"G": "1/2"}),
    "closed form": (pu.Chebyshev(S), 9, {"G": "1/2"}),
    "large t": (pu.Chebyshev(S), 100_000, {}),
    "zero": (METHOD, 0, {"R": 0, "G": 1}),
    "no shared digit": (pu.Sobolev(S), 0, {"R": "3/2", "digits": 1}),
    "list of steps": (pu.GradientDescent(S, ["1", "sqrt(2)/2", "1/3"]), 3, {"criterion": "pointwise", "G": 3}),
    "factors": (METHOD, 5, {"G": 1, "estimator": "implicit", "plain_steps": 3, "split": "partial", "digits": 30}),
    "one point": (pu.GradientDescent(pu.Spectrum("1/3", "1/3"), "1/2"), 5, {"G": "1/7"}),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_verified_from_its_file(name, written):
    method, t, how = ANSWERS[name]
    text = str(bound(method, t, **how, format="json"))
    good, page = verdict(written(text))
    assert good, str(page)
    assert str(page).startswith("both ends are verified (")
    assert str(page).count("\n") == 1
    assert f"at t = {t}," in str(page)
    assert verdict(written(json.loads(text)["certificate"]))[0], "the certificate alone"


def test_the_verdict_says_what_was_verified(written):
    good, page = verdict(written(str(bound(METHOD, 9, G="1/2", format="json"))))
    assert good
    for words in ("(suprema)", "[13.0102844215091 +/- ", "nesterov, ell = 1/100, L = 1, R = 1, G = 1/2; ", "commutes"):
        assert words in str(page)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("method", {"name": "nesterov", "parameters": {"ell": "1/99", "L": "1"}}),
        ("t", 8),
        ("t", None),
        ("R", "2"),
        ("G", "0"),
        ("criterion", "pointwise"),
        ("split", "partial"),
        ("estimator", "truncated"),
        ("plain_steps", 1),
        ("lower", "0"),
        ("upper", "1"),
        ("value", "13.0102844215092"),
        ("value", "13.1"),
        ("value", "[13.0, 13.1]"),
        ("value", "13.01028442150910"),
        ("value", ""),
        ("value", "0"),
        ("value", "thirteen"),
        ("value", 13.0102844215091),
        ("value", "[" * 50),
        ("value", "9" * 10_000),
    ],
)
def test_an_answer_that_says_other_than_its_certificate_is_not_verified(key, value, written):
    data = json.loads(str(bound(METHOD, 9, G="1/2", format="json")))
    assert data["value"] == "13.0102844215091"
    good, page = verdict(written({**data, key: value}))
    assert not good
    assert str(page).startswith(f"not verified: the answer's {key} is not ")
    del data[key]
    assert not verdict(written(data))[0]


@pytest.mark.parametrize("digits", [15, 6, 1])
def test_fewer_digits_of_the_value_are_no_lie(digits, written):
    data = json.loads(str(bound(METHOD, 9, G="1/2", format="json")))
    value = pu.worst_case(METHOD, 9, G="1/2").decimal(digits)
    assert verdict(written({**data, "value": value}))[0]


def test_a_changed_certificate_is_not_verified(written):
    data = json.loads(str(bound(METHOD, 9, G="1/2", format="json")))
    for part in (data, data["certificate"]):
        part["upper"] = part["lower"]
    good, page = verdict(written(data))
    assert not good
    assert str(page).startswith(f"not verified: the upper end {data['lower'][:40]} is not established: it is off by ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is not JSON"),
        ("not JSON", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("1" * 5_000, "is not JSON"),
        ("null", "holds no certificate"),
        ("[]", "holds no certificate"),
        ("3", "holds no certificate"),
        ('"text"', "holds no certificate"),
        ("{}", "its schema must be"),
        ('{"certificate": null}', "holds no certificate"),
        ('{"certificate": [1]}', "holds no certificate"),
        ('{"certificate": {"schema": "other"}}', "its schema must be"),
        (f'{{"schema": "{SCHEMA}"}}', "malformed"),
        (f'{{"schema": "{SCHEMA}", "method": NaN}}', "malformed"),
    ],
)
def test_what_holds_no_certificate(content, words, written):
    with pytest.raises(InvalidInput, match=words):
        verdict(written(content))


def test_what_cannot_be_read(tmp_path):
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(InvalidInput, match="cannot be read"):
            verdict(str(path))
    (tmp_path / "latin").write_bytes(b"\xff\xfe{}")
    with pytest.raises(InvalidInput, match="cannot be read"):
        verdict(str(tmp_path / "latin"))
    with pytest.raises(InvalidInput):
        verdict("a\0b")


def test_what_is_not_allowed():
    with pytest.raises(InvalidInput, match="format = 'html'"):
        bound(METHOD, 3, format="html")
    with pytest.raises(InvalidInput, match="R = -1"):
        bound(METHOD, 3, R=-1)
    with pytest.raises(InvalidInput, match="digits = 1001"):
        bound(METHOD, 3, digits=1001)
