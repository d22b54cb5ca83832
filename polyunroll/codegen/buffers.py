"""A step as operations on vectors that are allocated once: in place where a vector dies, and names that change places.

No operation makes a vector. A value takes the place of one that is not needed any more, if there is one; at the end
of a step the names of the states move on to the vectors that hold their new values, so that nothing is copied.
"""

from __future__ import annotations

from dataclasses import dataclass

from polyunroll.codegen.ir import ONE, Definition, Step, Term
from polyunroll.codegen.laws import unique_name

__all__ = ["Combine", "Gradient", "Schedule", "schedule_of"]


@dataclass(frozen=True)
class Combine:
    """`target` := Σ coefficient·source; `target` may be one of the sources, once. The value has a name of its own."""

    target: str
    terms: tuple[Term, ...]
    value: str

    @property
    def own(self) -> Term | None:
        """The term of the target itself, if there is one."""
        return next((term for term in self.terms if term.source == self.target), None)

    @property
    def others(self) -> tuple[Term, ...]:
        """The other terms."""
        return tuple(term for term in self.terms if term.source != self.target)


@dataclass(frozen=True)
class Gradient:
    """`target` := the gradient at `at`, which is another vector."""

    target: str
    at: str


@dataclass(frozen=True)
class Schedule:
    """What a step does to its vectors.

    Attributes
    ----------
    states : tuple of str
        Vectors that hold the states at its start.
    work : tuple of str
        Further vectors, with nothing in them at its start.
    before, after : tuple of Combine
        The operations before and after the gradient.
    gradient : Gradient
    moves : tuple of (name, name)
        When the step is over, the first name is given to the vector that had the second; a permutation.
    """

    states: tuple[str, ...]
    work: tuple[str, ...]
    before: tuple[Combine, ...]
    gradient: Gradient
    after: tuple[Combine, ...]
    moves: tuple[tuple[str, str], ...]

    @property
    def vectors(self) -> tuple[str, ...]:
        """All of them."""
        return self.states + self.work


def schedule_of(step: Step) -> Schedule:
    """Put each value of a step into a vector."""
    return _Allocator(step).run()


class _Allocator:
    """Vectors, and the values that are in them while the definitions are gone through in order."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.holds: dict[str, str] = {name: name for name in step.states}  # value → vector
        self.work: list[str] = []
        self.last = self._last_uses()

    def _last_uses(self) -> dict[str, int]:
        """For each value the place of the definition that uses it last; those that are carried are used at the end."""
        last = dict.fromkeys(self.step.states, -1)
        for k, definition in enumerate(self.step.definitions):
            last.setdefault(definition.name, k)
            for term in definition.terms:
                last[term.source] = k
            if definition.name == self.step.gradient:
                last[self.step.query] = k
                if self.step.output in last:
                    last[self.step.output] = max(last[self.step.output], k)
        for _, value in self.step.carried:
            last[value] = len(self.step.definitions)
        return last

    def run(self) -> Schedule:
        """The operations."""
        before: list[Combine] = []
        after: list[Combine] = []
        gradient = None
        for k, definition in enumerate(self.step.definitions):
            if definition.name == self.step.gradient:
                vector = self._free(k, definition.name)
                gradient = Gradient(vector, self.holds[self.step.query])
            else:
                vector = self._place(k, definition)
                terms = tuple(Term(term.coefficient, self.holds[term.source]) for term in definition.terms)
                own = [term for term in terms if term.source == vector]
                ordered = (*own, *(term for term in terms if term.source != vector))
                (before if gradient is None else after).append(Combine(vector, ordered, definition.name))
            self.holds[definition.name] = vector
        assert gradient is not None
        moves = self._moves(after)
        return Schedule(self.step.states, tuple(self.work), tuple(before), gradient, tuple(after), moves)

    def _place(self, k: int, definition: Definition) -> str:
        """The vector of a value: that of a term which dies here, best one that need not even be scaled."""
        sources = [term.source for term in definition.terms]
        dying = [term for term in definition.terms if self.last[term.source] == k and sources.count(term.source) == 1]
        dying.sort(key=lambda term: (term.coefficient != ONE, term.source == self.step.gradient))
        if dying:
            return self.holds[dying[0].source]
        return self._free(k, definition.name)

    def _free(self, k: int, name: str) -> str:
        """A vector that nothing needs any more, or a new one with the value's name."""
        busy = {self.holds[value] for value, last in self.last.items() if value in self.holds and last >= k}
        for vector in (*self.work, *self.step.states):
            if vector not in busy:
                return vector
        self.work.append(name)
        return name

    def _moves(self, after: list[Combine]) -> tuple[tuple[str, str], ...]:
        """The permutation of names; a value that two states are has to be copied for the second."""
        end = len(self.step.definitions)
        found: dict[str, str] = {}
        for state, value in self.step.carried:
            vector = self.holds[value]
            if vector in found.values():
                self.last[f"copy for {state}"] = end
                copied = self._free(end, unique_name(state, {*self.work, *self.step.states}, "copy"))
                self.holds[f"copy for {state}"] = copied
                after.append(Combine(copied, (Term(ONE, vector),), state))
                vector = copied
            found[state] = vector
        left = [vector for vector in (*self.step.states, *self.work) if vector not in found.values()]
        vacant = [vector for vector in (*self.step.states, *self.work) if vector not in found]
        # a vector keeps its name if it can
        for vector in [v for v in left if v in vacant]:
            found[vector] = vector
            left.remove(vector)
            vacant.remove(vector)
        found.update(zip(vacant, left, strict=True))
        return tuple((name, vector) for name, vector in found.items() if name != vector)
