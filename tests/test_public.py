"""The names users rely on: each resolves, says what it is, and costs nothing before it is used."""

from __future__ import annotations

import importlib
import inspect
import pydoc
import subprocess
import sys

import pytest

import polyunroll


@pytest.mark.parametrize("name", polyunroll.__all__)
def test_every_public_name_resolves_and_is_documented(name):
    value = getattr(polyunroll, name)
    assert inspect.getdoc(value)
    assert pydoc.render_doc(value)
    if not inspect.ismodule(value):
        assert value.__name__ == name
        assert value.__module__.startswith("polyunroll.")
    # loaded once, the same object ever after
    assert getattr(polyunroll, name) is value


def test_the_list_of_names():
    assert len(set(polyunroll.__all__)) == len(polyunroll.__all__)
    assert set(polyunroll.__all__) >= {
        "Chebyshev",
        "GradientDescent",
        "HeavyBall",
        "Nesterov",
        "Sobolev",
        "Spectrum",
        "jacobian_error",
        "measures",
        "problems",
        "recurrence",
        "residual",
        "run",
        "schedule",
    }
    assert set(polyunroll.__all__) <= set(dir(polyunroll))
    assert dir(polyunroll) == sorted(dir(polyunroll))
    assert "__version__" in dir(polyunroll)


def test_star_import():
    names = {}
    exec("from polyunroll import *", names)  # noqa: S102
    assert set(polyunroll.__all__) <= set(names)


@pytest.mark.parametrize("name", ["nonsense", "Adam", "_hidden", "_PUBLIC_", ""])
def test_other_names_are_an_attribute_error(name):
    with pytest.raises(AttributeError, match=f"module 'polyunroll' has no attribute '{name}'"):
        getattr(polyunroll, name)
    assert not hasattr(polyunroll, name)


def test_dir_and_names_in_a_fresh_process():
    code = (
        "import sys, polyunroll as pu;"
        "assert 'numpy' not in sys.modules;"
        "assert set(pu.__all__) <= set(dir(pu));"
        "assert 'numpy' not in sys.modules;"
        "print(*(getattr(pu, name).__name__.rpartition('.')[2] for name in pu.__all__))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == polyunroll.__all__


@pytest.mark.parametrize("room", ["measures", "methods"])
def test_names_of_rooms(room):
    module = importlib.import_module(f"polyunroll.{room}")
    assert all(inspect.getdoc(getattr(module, name)) for name in module.__all__)


@pytest.mark.parametrize("name", polyunroll.__all__)
def test_public_members_are_documented(name):
    value = getattr(polyunroll, name)
    if not inspect.isclass(value):
        return
    for member, kind in inspect.getmembers(value):
        own = member in vars(value) and not member.startswith("_")
        if own and (inspect.isfunction(kind) or isinstance(vars(value)[member], (property, classmethod))):
            assert inspect.getdoc(kind), f"{name}.{member}"


def test_errors_are_what_callers_catch():
    assert issubclass(polyunroll.InvalidInput, polyunroll.PolyunrollError)
    assert issubclass(polyunroll.InvalidInput, ValueError)
    assert issubclass(polyunroll.OutsideField, polyunroll.InvalidInput)
    assert issubclass(polyunroll.HorizonError, polyunroll.InvalidInput)
