"""A base method whose moves are collected, each times a factor: P_n = 1 + Σ_{k≤n} τ_k (q_k − q_{k−1}).

Every combination has weight 1 whatever the τ_k are, as in `FixedPolynomial`, which is the case of Chebyshev's method.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from polyunroll.arithmetic.exact import exact, is_symbolic
from polyunroll.arithmetic.expression import parse
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.program import Assignment, Program, Register, State
from polyunroll.spectrum import Spectrum

__all__ = ["PartialSums", "base_named", "require_base"]

_SHARE = "share"


class PartialSums(Method):
    """The iterates P_n = 1 + Σ_{k≤n} τ_k (q_k − q_{k−1}) of a base method's residuals q_k, with one more vector.

    Any T numbers τ give a method with horizon T. Where q_k has degree k for every k, any P_T of degree T has one table.

    Parameters
    ----------
    base : Method
        Without symbols, and not partial sums itself; with a horizon of at least T, or none.
    tails : iterable of exact numbers, length T ≥ 1
        τ_1 … τ_T; a float means its shortest decimal. They are the tails τ_k = c_k + … + c_T of P_T = Σ c_j q_j.

    Attributes
    ----------
    base : Method

    Raises
    ------
    InvalidInput
        If an argument is none of these.

    Examples
    --------
    >>> from polyunroll import Chebyshev, FixedPolynomial, PartialSums, Spectrum, residual
    >>> S = Spectrum("1/100", 1)
    >>> same = FixedPolynomial.from_tails(S, ["1/2", "1/3"])
    >>> residual(PartialSums(Chebyshev(S), ["1/2", "1/3"]), 2) == residual(same, 2)
    True
    """

    name: ClassVar[str] = "partial-sums"
    options: ClassVar[tuple[str, ...]] = ("base", "coefficients")

    base: Method

    def __init__(self, base: Method, tails: Iterable[Any]) -> None:
        table = tuple(_number(value, f"tails[{i}]") for i, value in enumerate(tails))
        if not table:
            raise InvalidInput("tails = [] is not allowed; give at least one number")
        self._define_on(base, table, "")

    def _define_on(self, base: Method, table: tuple[Any, ...], label: str) -> None:
        require_base(base, len(table))
        label = label or f"partial sums of {base.label}, {len(table)} steps"
        self._define(base.spectrum, collected(base, table), label, **own_values(base))
        object.__setattr__(self, "base", base)

    @property
    def tails(self) -> tuple[Any, ...]:
        """τ_1 … τ_T, exactly."""
        return self.program.registers[-1].table or ()

    def as_data(self) -> dict[str, Any]:
        """The base's parameters and tables, the table of the τ_k, and the base's name.

        A base that is none of polyunroll's families cannot be built by name; the name says so then.
        """
        data, base = super().as_data(), self.base.as_data()["name"]
        from polyunroll.methods import families

        if base not in families():
            return {**data, "name": f"{PartialSums.name} of {base or type(self.base).__name__}"}
        return {**data, "name": PartialSums.name, "base": base}

    @classmethod
    def rebuild(cls, spectrum: Spectrum, values: Mapping[str, Any], tables: Mapping[str, Any]) -> Method:
        """Refuse: the base is missing."""
        raise InvalidInput("partial sums need the key 'base', the name of a method")

    @classmethod
    def rebuild_on(
        cls, base: type[Method], spectrum: Spectrum, values: Mapping[str, Any], tables: Mapping[str, Any]
    ) -> PartialSums:
        """The base of its parameters and tables, and the table of the τ_k."""
        own = {name: table for name, table in tables.items() if name != _SHARE}
        return PartialSums(base.rebuild(spectrum, values, own), tables[_SHARE])

    @classmethod
    def from_options(cls, spectrum: Spectrum, options: Mapping[str, str]) -> Method:
        """Take --base, the name of a method with its defaults, and --coefficients, τ_1 … τ_T."""
        if "coefficients" not in options:
            raise InvalidInput("the method partial-sums needs --coefficients, the factors of the base's moves")
        return cls(base_named(options.get("base", "chebyshev"), spectrum), options["coefficients"].split(","))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.spectrum}, {self.base.name}, {self.horizon} steps)"


def base_named(name: str, spectrum: Spectrum) -> Method:
    """The base of a command line name, with its defaults.

    Raises
    ------
    InvalidInput
        If there is none of that name, or it needs options.
    """
    from polyunroll.methods import family

    try:
        return family(name).from_options(spectrum, {})
    except InvalidInput as error:
        raise InvalidInput(f"base = {name!r} is not allowed: {error}") from None


def require_base(base: Any, steps: int) -> None:
    """Refuse what cannot be the base of so many steps.

    Raises
    ------
    InvalidInput, HorizonError
        If it is no method, partial sums itself or symbolic, or its horizon is shorter.
    """
    if not isinstance(base, Method):
        raise InvalidInput(f"base = {base!r} is not a method; give one, such as Chebyshev(spectrum)")
    if isinstance(base, PartialSums):
        raise InvalidInput(f"the base {base!r} is partial sums itself; give its base")
    if base.is_symbolic:
        raise InvalidInput(f"the base {base!r} has symbols; give one with numbers")
    base.require_steps(steps)


def _number(value: Any, name: str) -> Any:
    number = exact(value, name)
    if is_symbolic(number):
        raise InvalidInput(f"{name} = {value} has symbols; give a number")
    return number


def own_values(base: Method) -> dict[str, Any]:
    """The base's parameters but the spectrum's."""
    return {name: value for name, value in base.values if name not in ("ell", "L")}


def collected(base: Method, tails: tuple[Any, ...]) -> Program:
    """The base's program with one more state, the output, which takes τ_t times each of the base iterate's moves."""
    program = base.program
    taken = {*program.parameters, *(name for name, _ in program.constants), *(r.name for r in program.registers)}
    taken |= {state.name for state in program.states} | {a.target for a in program.assignments}
    share, total, before = (_new(name, taken) for name in (_SHARE, "total", "before"))
    x, one = program.output, parse("1")
    horizon = program.horizon
    registers = tuple(
        replace(r, table=r.table[: len(tails)]) if r.table is not None and horizon else r for r in program.registers
    )
    return Program(
        program.parameters,
        program.constants,
        (*registers, Register.tabulated(share, tails)),
        (*program.states, State.of(total)),
        program.query,
        (
            Assignment(before, ((x, one),)),
            *program.assignments,
            Assignment(total, ((total, one), (x, parse(share)), (before, parse(f"-{share}")))),
        ),
        total,
    )


def _new(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
