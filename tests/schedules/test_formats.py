"""What is written reads back as the same schedule of the same method; whatever was changed or cut is said."""

from __future__ import annotations

import ast
import io
import json
import pickle
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference.strategies import Custom, methods

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.output.checksums import sha256_of_data
from polyunroll.program import Program, State
from polyunroll.schedules.base import SCHEMA
from polyunroll.schedules.make import FORMS

S = pu.Spectrum("1/100", 1)
SUFFIXES = [".json", ".csv", ".npz", ".py"]
suffixes = pytest.mark.parametrize("suffix", SUFFIXES)
MADE = {
    "program": pu.schedule(pu.Sobolev(S), 6),
    "no registers": pu.schedule(pu.GradientDescent(S), 6),
    "table": pu.schedule(pu.FixedPolynomial(S, [1, "-1/3", "1/7"])),
    "surd": pu.schedule(pu.HeavyBall(pu.Spectrum("1/3", 2)), 6, "momentum"),
    "momentum": pu.schedule(pu.Chebyshev(S), 6, "momentum"),
    "richardson": pu.schedule(pu.Sobolev(S), 6, "richardson"),
    "no steps": pu.schedule(pu.FixedPolynomial(S, [1, 0]), form="richardson"),
    "series": pu.schedule(pu.Sobolev(S), 6, "chebyshev-series"),
}
schedules = pytest.mark.parametrize("made", MADE.values(), ids=MADE)


@schedules
@suffixes
def test_it_reads_back(made, suffix, tmp_path):
    path = tmp_path / f"schedule{suffix}"
    assert made.write(path) == path
    found = pu.read_schedule(str(path))
    assert found == made
    assert type(found) is type(made)
    assert found.as_method() == made.as_method()
    assert found.as_data() == made.as_data()
    first = path.read_bytes()
    found.write(path, force=True)
    assert path.read_bytes() == first


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(methods(), st.integers(1, 6), st.sampled_from(FORMS), st.sampled_from(SUFFIXES))
def test_any_method_reads_back(tmp_path, method, steps, form, suffix):
    try:
        made = pu.schedule(method, steps, form)
    except InvalidInput:  # no such form
        return
    made.write(tmp_path / f"schedule{suffix}", force=True)
    found = pu.read_schedule(tmp_path / f"schedule{suffix}")
    assert found == made
    assert found.as_method() == method
    assert found.as_method().values == method.values


@suffixes
def test_a_program_of_ones_own_reads_back(suffix, tmp_path):
    program = Program.of(
        parameters=("ell", "L"),
        constants={"h": "1/L"},
        states=(State.of("x"), State.of("v", "0")),
        query={"x": "1"},
        assignments={"v": {"v": "1/3", "gradient": "-h"}, "x": {"x": "1", "v": "1"}},
    )
    made = pu.schedule(Custom(S, program), 5, "momentum")
    found = pu.read_schedule(made.write(tmp_path / f"schedule{suffix}"))
    assert found == made
    assert pu.residual(found.as_method(), 5) == pu.residual(Custom(S, program), 5)


def test_the_formats_say_the_same(tmp_path):
    made = MADE["momentum"]
    data = made.as_data()
    assert json.loads(made.write(tmp_path / "a.json").read_text()) == data
    text = made.write(tmp_path / "a.csv").read_text()
    table = np.genfromtxt(io.StringIO(text), delimiter=",", names=True, comments="#", skip_header=text.count("\n#") + 1)
    assert table["step_sizes"].tolist() == data["step_sizes"]
    assert table["t"].tolist() == [1, 2, 3, 4, 5, 6]
    with np.load(made.write(tmp_path / "a.npz"), allow_pickle=False) as arrays:
        assert arrays["momenta"].tolist() == data["momenta"]
        assert json.loads(str(arrays["metadata"]))["method"] == data["method"]
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import a; print(a.step_sizes, 'polyunroll' in sys.modules)"
    )
    made.write(tmp_path / "a.py")
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{data['step_sizes']} False\n"


def test_numbers_travel_exactly():
    data = MADE["surd"].as_data()
    assert data["method"]["parameters"] == {"ell": "1/3", "L": "2"}
    assert MADE["table"].as_data()["method"]["tables"]["tail"] == MADE["table"].program["registers"][2]["table"]
    assert pickle.loads(pickle.dumps(MADE["series"])) == MADE["series"]


@pytest.mark.parametrize("name", ["a.txt", "a.JSONL", "a.npy"])
def test_other_endings_are_refused(name, tmp_path):
    for use in (MADE["momentum"].write, pu.read_schedule):
        with pytest.raises(InvalidInput, match=r"ends in .*; a schedule's file ends in \.csv, \.json, \.npz, \.py"):
            use(tmp_path / name)


@pytest.mark.parametrize("name", [None, 3, "", "a\0.json", b"a.json", "\ud800.json"])
def test_what_is_no_name_is_refused(name):
    for use in (MADE["momentum"].write, pu.read_schedule):
        with pytest.raises(InvalidInput, match="is not the name of a file"):
            use(name)


def test_a_name_without_an_ending_is_json(tmp_path):
    assert pu.read_schedule(MADE["momentum"].write(tmp_path / "steps")) == MADE["momentum"]
    assert (tmp_path / "steps").read_text().startswith("{")


@suffixes
def test_an_existing_file_is_kept(suffix, tmp_path):
    path = tmp_path / f"schedule{suffix}"
    path.write_text("mine")
    with pytest.raises(InvalidInput, match=r"exists; give force=True \(--force\)"):
        MADE["momentum"].write(path)
    assert path.read_text() == "mine"
    MADE["momentum"].write(path, force=True)
    assert pu.read_schedule(path) == MADE["momentum"]


# -- cut, edited, hostile ------------------------------------------------------------------------------------
@schedules
@suffixes
def test_a_cut_file_is_refused(made, suffix, tmp_path):
    path = tmp_path / f"schedule{suffix}"
    whole = made.write(path).read_bytes()
    for part in (0, 1, 7, len(whole) // 3, len(whole) // 2, len(whole) - 40, len(whole) - 3):
        path.write_bytes(whole[:part])
        with pytest.raises(InvalidInput, match=r"schedule\.\w+(:| is not a schedule)") as caught:
            pu.read_schedule(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("suffix", "old", "new", "said"),
    [
        (".json", "0.93999", "0.94999", "momenta[1]"),
        (".csv", "0.93999", "0.94999", "momenta[1] in line 11 is 0.94999"),
        (".csv", "\n4,", "\n5,", "line 13 is not the row 4"),
        (".csv", "\n4,3", "\n4,x3", "line 13 holds 'x3"),
        (".csv", "t,step_sizes", "t,sizes", "sizes in line 9 is ["),
        (".csv", "t,step_sizes", "step_sizes", "line 9 does not name the columns"),
        (".csv", "# steps: 6", "# steps: 7", "the key 'step_sizes' has 6 entries for 7 steps"),
        (".csv", "# steps: 6", "# steps: six", "Expecting value in line 8"),
        (".csv", "# steps: 6", "# steps 6", "line 8 is not '# key: JSON'"),
        (
            ".csv",
            '"ell": "1/100"',
            '"ell": "1/50"',
            "spectrum.condition_number in line 7 is '100', but the method that it names gives '50'",
        ),
        (".py", "0.93999", "0.94999", "momenta[1] in line 14 is 0.94999"),
        (".py", "steps = 6", "steps = 6 +", "invalid syntax in line"),
        (".py", "steps = 6", "steps = len('abcdef')", "is not 'key = literal'"),
        (".py", "steps = 6", "import os", "is not 'key = literal'"),
        (".py", "steps = 6", "steps = 6\nsteps = 6", "the key 'steps' is there twice"),
        (".json", '"steps": 6', '"steps": 6, "steps": 6', "the key 'steps' is there twice"),
        (".json", '"steps": 6', '"steps": 1e9', "the key 'steps' is 1000000000.0"),
        (
            ".json",
            '"steps": 6',
            '"steps": 6, "more": 1',
            "its more is 1, but the method that it names gives no such key",
        ),
        (".json", '"steps": 6', '"steps": NaN', "NaN, which is no finite number"),
        (".json", '"form": "momentum"', '"form": "table"', "the key 'form' is 'table'"),
        (".json", '"form": "momentum"', '"form": "program"', "its constants is missing"),
        (".json", '"name": "chebyshev"', '"name": "gd"', "the data describe no method"),
        (".json", '"name": "chebyshev"', '"name": "heavy-ball"', "not the program of the method 'heavy-ball'"),
        (".json", '"name": "chebyshev"', '"name": 7', "its method.name is 7"),
        (".json", '"L": "1"', '"L": "1/0"', "divides by zero"),
        (".json", "schedule/1", "schedule/2", "not a schedule of the schema"),
    ],
)
def test_an_edited_file_is_refused(suffix, old, new, said, tmp_path):
    path = MADE["momentum"].write(tmp_path / f"schedule{suffix}")
    text = path.read_text()
    value = repr(MADE["momentum"].momenta[1])
    old, new = old.replace("0.93999", value), new.replace("0.94999", value.replace("0.9", "0.94999", 1))
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InvalidInput) as caught:
        pu.read_schedule(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


@suffixes
def test_a_checksum_made_anew_does_not_help(suffix, tmp_path, monkeypatch):
    made = MADE["momentum"]
    data = made.as_data()
    data["momenta"][2] = 0.5
    del data["sha256"]
    data["sha256"] = sha256_of_data(data)
    monkeypatch.setattr(type(made), "as_data", lambda self: data)
    path = made.write(tmp_path / f"schedule{suffix}")
    monkeypatch.undo()
    with pytest.raises(InvalidInput, match=r"momenta\[2\].* is 0.5, but the method that it names gives 0\.\d+"):
        pu.read_schedule(path)


def test_a_changed_checksum_is_refused(tmp_path):
    path = MADE["momentum"].write(tmp_path / "schedule.csv")
    sha = MADE["momentum"].as_data()["sha256"]
    path.write_text(path.read_text().replace(sha, sha[::-1]))
    with pytest.raises(InvalidInput, match=f"its sha256 in line 6 is .*, but that of its content is {sha}"):
        pu.read_schedule(path)


def test_the_sign_of_a_zero_is_part_of_it(tmp_path):
    path = MADE["momentum"].write(tmp_path / "schedule.csv")
    lines = path.read_text().splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if line.startswith("1,"))
    assert lines[first].endswith(",0.0\n")
    lines[first] = lines[first].replace(",0.0\n", ",-0.0\n")
    path.write_text("".join(lines))
    with pytest.raises(
        InvalidInput, match=r"momenta\[0\] in line \d+ is -0\.0, but the method that it names gives 0\.0"
    ):
        pu.read_schedule(path)


def given_program(tmp_path, **changes):
    """A file with a program of nobody's, and a right checksum."""
    program = {
        "parameters": ["ell", "L"],
        "constants": [{"name": "h", "formula": "1/L"}],
        "registers": [],
        "states": {"x": "1"},
        "query": {"x": "1"},
        "assignments": [{"target": "x", "terms": {"x": "1", "gradient": "-h"}}],
        "output": "x",
    } | changes
    data = pu.schedule(pu.GradientDescent(S), 4).as_data() | {
        "method": {"name": "", "parameters": {"ell": "1/100", "L": "1"}},
        "program": program,
    }
    data["constants"] = {"ell": 0.01, "L": 1.0, "h": 1.0}
    del data["sha256"]
    data["sha256"] = sha256_of_data(data)
    path = tmp_path / "schedule.json"
    path.write_text(json.dumps(data))
    return path


def test_a_given_program_is_read(tmp_path):
    found = pu.read_schedule(given_program(tmp_path))
    assert pu.residual(found.as_method(), 4) == pu.residual(pu.GradientDescent(S), 4)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"assignments": [{"target": "x", "terms": {"x": "1-h/9", "gradient": "-h"}}]}, "P(0) = 8/9 after 1 steps"),
        ({"states": {"x": "2"}, "query": {"x": "1/2"}}, "P(0) = 2 after 0 steps"),
        ({"query": {"x": "1/2"}}, "a gradient is queried at affine weight 1/2, not 1"),
        ({"assignments": [{"target": "x", "terms": {"x": "1/(t-2)", "gradient": "-h"}}]}, "P(0) = -1 after 1 steps"),
        ({"assignments": [{"target": "x", "terms": {"x": "1+0/(t-2)"}}]}, "divides by zero at step 2"),
        ({"output": "y"}, "output 'y' is not one of its states"),
        ({"constants": [{"name": "h", "formula": "__import__('os')"}]}, "contains"),
        ({"registers": [{"name": "r", "law": "1", "starts": [], "first": -(10**9)}]}, "more than 1000 steps back"),
        ({"registers": [{"name": "r", "law": "r[t-99999999]", "starts": ["1"], "first": 0}]}, "needs 'r' at step"),
        ({"registers": 3}, "describe no method"),
        ({"states": []}, "describe no method"),
    ],
)
def test_a_given_program_that_is_none(changes, said, tmp_path):
    with pytest.raises(InvalidInput) as caught:
        pu.read_schedule(given_program(tmp_path, **changes))
    assert said in str(caught.value)


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, allow_pickle=True, **arrays)
    return file.getvalue()


class Evil:
    def __reduce__(self):
        return print, ("this must not run",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (npz(metadata=np.array([Evil()], dtype=object)), "without pickled objects"),
        (pickle.dumps(Evil()), "no whole NPZ file"),
        (npz(a=np.ones(3)), "'metadata' is missing"),
        (npz(metadata=np.array("[1]")), "no JSON object"),
        (npz(metadata=np.array("{")), "'metadata' holds no JSON"),
        (
            npz(metadata=np.array("{}"), step_sizes=np.ones((2, 2))),
            "'step_sizes' is an array of float64 in 2 dimensions",
        ),
        (npz(metadata=np.array("{}"), step_sizes=np.ones(2, dtype="f4")), "an array of float32"),
        (npz(metadata=np.array('{"step_sizes": 1}'), step_sizes=np.ones(2)), "'step_sizes' is there twice"),
        (npz(metadata=np.array("{}"), step_sizes=np.ones(2)), "not a schedule of the schema"),
    ],
)
def test_an_npz_of_something_else(content, said, tmp_path, capfd):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        pu.read_schedule(tmp_path / "a.npz")
    assert said in str(caught.value)
    assert capfd.readouterr().out == ""


def test_an_npz_that_unpacks_to_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr("polyunroll.schedules.formats.as_npz._MOST_BYTES", 10)
    path = MADE["momentum"].write(tmp_path / "a.npz")
    with pytest.raises(InvalidInput, match="unpacks to more than 10 bytes"):
        pu.read_schedule(path)


def test_an_npz_holds_no_time_of_day(tmp_path):
    path = MADE["momentum"].write(tmp_path / "a.npz")
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("suffix", [".json", ".csv", ".py"])
@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00", b"[" * 100_000, b"9" * 10_000])
def test_what_is_no_text_at_all(suffix, content, tmp_path):
    (tmp_path / f"a{suffix}").write_bytes(content)
    with pytest.raises(InvalidInput):
        pu.read_schedule(tmp_path / f"a{suffix}")


def test_the_python_file_is_plain_literals(tmp_path):
    tree = ast.parse(MADE["richardson"].write(tmp_path / "a.py").read_text())
    assert {type(node) for node in tree.body[1:]} == {ast.Assign}
    assert {node.targets[0].id for node in tree.body[1:]} == set(MADE["richardson"].as_data())


@schedules
def test_the_keys_are_those_documented(made):
    data = made.as_data()
    documented = [cls.__doc__ for cls in type(made).__mro__ if cls is not object]
    for key in set(data) - {"schema", "form", "sha256"}:
        assert any(key in (text or "") for text in documented)
    assert data["schema"] == SCHEMA
    assert set(made.tables) <= set(data)
