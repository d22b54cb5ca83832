"""Whether a claim is false at a point, by plain Fractions and `polyunroll.interpret`: no code of the kernel's."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from flint import fmpq

from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import PolynomialModule
from polyunroll.program import Program, Register, State

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
RELATIONS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def value(text: str, name: Callable[[str, int], Fraction]) -> Fraction:
    """A formula's value; `name(id, lag)` gives those of names."""

    def walk(node: ast.AST) -> Fraction:
        if isinstance(node, ast.Constant):
            return Fraction(str(node.value))
        if isinstance(node, ast.Name):
            return name(node.id, 0)
        if isinstance(node, ast.Subscript):
            index = node.slice
            return name(node.value.id, index.right.value if isinstance(index, ast.BinOp) else 0)
        if isinstance(node, ast.UnaryOp):
            return -walk(node.operand) if isinstance(node.op, ast.USub) else walk(node.operand)
        assert isinstance(node, ast.BinOp), ast.dump(node)
        if isinstance(node.op, ast.Pow):
            return walk(node.left) ** int(walk(node.right))
        return OPERATORS[type(node.op)](walk(node.left), walk(node.right))

    return walk(ast.parse(text.replace("−", "-").replace("^", "**").strip(), mode="eval").body)


def belongs(number: Fraction, interval: str) -> bool:
    """Whether a number is in an interval."""
    body = interval.strip()
    low, high = (end.strip() for end in body[1:-1].split(","))
    above = low == "-oo" or number > Fraction(low) or (number == Fraction(low) and body[0] == "[")
    return above and (high == "oo" or number < Fraction(high) or (number == Fraction(high) and body[-1] == "]"))


def program_of(given: Any, parameters: Mapping[str, str]) -> Program:
    """The program that a claim names: a method's, or one of sequences alone."""
    if isinstance(given, Mapping):
        return Program.of(
            parameters=tuple(parameters),
            constants={},
            registers=tuple(Register.of(name, law, *starts, first=0) for name, (*starts, law) in given.items()),
            states=(State.of("idle"),),
            query={"idle": "1"},
            assignments={"idle": {"idle": "1"}},
            output="idle",
        )
    return given if isinstance(given, Program) else given.program


class At:
    """A claim, as its data and the programs that it names, at a point."""

    def __init__(self, claim: Any, data: Mapping[str, Any], point: Mapping[str, Fraction]) -> None:
        self.claim, self.data, self.point = claim, data, point
        self.machines: dict[str, list[Any]] = {}

    def value(self, text: str, t: int) -> Fraction:
        """A formula's value at t."""
        return value(text, lambda name, lag: self.named(name, t - lag))

    def named(self, name: str, t: int) -> Fraction:
        """What a name means at t."""
        if name in self.point:
            return self.point[name]
        if name == "t":
            return Fraction(t)
        if name in self.data["definitions"]:
            return self.value(self.data["definitions"][name], t)
        if name in self.data["exponentials"]:
            return self.value(self.data["exponentials"][name], t) ** t
        key, state, order = self.data["sequences"][name]
        machine = self.machine(key, t)
        if state not in machine.states:
            found = machine.scalars.evaluator([Register.of("r", state).law])()[0]
        else:
            polynomial = machine.states[state]
            for _ in range(order):
                polynomial = polynomial.derivative()
            lam = self.value(self.data["programs"][key]["lam"], 0)
            found = polynomial(fmpq(lam.numerator, lam.denominator))
        return Fraction(int(found.p), int(found.q))

    def machine(self, key: str, t: int) -> Any:
        """The program after t steps."""
        assert t >= 0, f"{key} before it starts"
        given = self.data["programs"][key]
        if key not in self.machines:
            program = program_of(self.claim.programs[key].program, given["parameters"])
            numbers = {name: self.value(text, 0) for name, text in given["parameters"].items()}
            values = {name: fmpq(number.numerator, number.denominator) for name, number in numbers.items()}
            method = SimpleNamespace(program=program, values=values, require_steps=lambda t: None)
            self.machines[key] = [Machine(method, PolynomialModule())]
        made = self.machines[key]
        while len(made) <= t:
            made.append(made[-1].copy())
            made[-1].step()
        return made[t]

    def holds(self, relation: Mapping[str, str], t: int) -> bool:
        """Whether a relation is true at t."""
        return RELATIONS[relation["relation"]](self.value(relation["left"], t), self.value(relation["right"], t))

    def is_false(self, t: int) -> bool:
        """Whether the point is in the box, the hypotheses hold, t is one that the claim is about, and it is false."""
        ends = self.data["until"]
        return (
            all(belongs(self.point[name], interval) for name, interval in self.data["variables"].items())
            and all(self.holds(hypothesis, t) for hypothesis in self.data["hypotheses"])
            and self.data["start"] <= t
            and (ends is None or t <= ends)
            and not all(self.holds(relation, t) for relation in self.data["statement"])
        )
