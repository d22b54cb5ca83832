"""The transpose of a step: from the derivatives by the states after it to those by the states before it.

A step is linear in its states and its gradient, and the gradient's derivative is the symmetric Hessian at the query;
so its transpose is a step of the same form, whose query is the derivative by the gradient and whose gradient is the
Hessian's product with that. What is needed at the end is the derivative by each gradient, which is that by b.
"""

from __future__ import annotations

from collections import defaultdict

from polyunroll.codegen.ir import ONE, Coefficient, Definition, Step, Term
from polyunroll.codegen.words import RESERVED

__all__ = ["PRODUCT", "transpose"]

PRODUCT = "product"
"""The name of the Hessian's product with the derivative by the gradient."""


def transpose(step: Step) -> Step:
    """The transposed step; its states have the same names and stand for derivatives by them."""
    uses: dict[str, list[Term]] = defaultdict(list)
    for state, value in step.carried:
        uses[value].append(Term(ONE, state))
    taken = {*step.states, step.gradient, PRODUCT, *(d.name for d in step.definitions)}
    definitions: list[Definition] = []

    def define(value: str, name: str) -> str | None:
        """The derivative by a value, from those by all that it went into."""
        terms = tuple(term for term in uses[value] if term.coefficient.value != 0)
        if len(terms) == 1 and terms[0].coefficient == ONE and name != step.gradient:
            return terms[0].source
        if not terms and name != step.gradient:
            return None
        unique = name
        while (unique in taken or unique in RESERVED) and name != step.gradient:
            unique += "_bar"
        taken.add(unique)
        definitions.append(Definition(unique, terms))
        return unique

    for definition in reversed(step.definitions):
        if definition.name == step.gradient:
            _zero_if_empty(uses[step.gradient], step)
            define(step.gradient, step.gradient)
            definitions.append(Definition(PRODUCT, ()))
            uses[step.query].append(Term(ONE, PRODUCT))
            continue
        bar = define(definition.name, definition.name)
        if bar is not None:
            for term in definition.terms:
                uses[term.source].append(Term(term.coefficient, bar))
    carried = []
    for state in step.states:
        bar = define(state, f"{state}_before")
        if bar is None:
            uses[state].append(Term(Coefficient(0.0), step.states[0]))
            definitions.append(Definition(f"{state}_before", (Term(Coefficient(0.0), step.states[0]),)))
            bar = f"{state}_before"
        carried.append((state, bar))
    return Step(step.states, step.gradient, PRODUCT, tuple(definitions), tuple(carried), step.output)


def _zero_if_empty(terms: list[Term], step: Step) -> None:
    if not terms:
        terms.append(Term(Coefficient(0.0), step.states[0]))
