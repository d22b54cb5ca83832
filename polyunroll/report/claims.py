"""The table of claims with their verdicts, and how mutants of claims fare."""

from __future__ import annotations

import fnmatch
import json
import os
from collections.abc import Iterable, Sequence

from polyunroll.claims.certificate import write
from polyunroll.claims.claim import Claim
from polyunroll.claims.mutate import LIMIT, Shares, mutate
from polyunroll.claims.render import formulas, scope
from polyunroll.claims.verify import Verdict, claims, no_such, verify
from polyunroll.errors import InvalidInput
from polyunroll.report.tables import Page, Table, check_format

__all__ = ["claims_page", "mutants_page"]

_LONGEST_REASON = 400

Results = Sequence[tuple[Claim, Verdict]]


def selected(patterns: Iterable[str]) -> list[Claim]:
    """The claims whose id matches one of the patterns, all without any; in the order of their ids.

    Raises
    ------
    InvalidInput
        If a pattern matches no claim.
    """
    known, names = claims(), set()
    for pattern in [*patterns] or ["*"]:
        found = fnmatch.filter(known, pattern)
        if not found:
            raise InvalidInput(no_such(pattern, known))
        names.update(found)
    return [claim for name, claim in known.items() if name in names]


def claims_page(
    patterns: Iterable[str] = (), format: str = "text", folder: str | os.PathLike[str] | None = None
) -> tuple[bool, Page]:
    """Decide claims, and show their verdicts.

    Parameters
    ----------
    patterns : iterable of str
        Shell patterns of ids; all claims without.
    format : str
        "text", "json" or "latex".
    folder : path, optional
        Where to write a certificate for each claim.

    Returns
    -------
    (bool, Page)
        Whether all are PROVED, and what to say.

    Raises
    ------
    InvalidInput
        If a pattern matches no claim, or a certificate cannot be written.
    """
    check_format(format)
    results = [pair for claim in selected(patterns) for pair in verify(claim.id)]
    if folder is not None:
        for claim, verdict in results:
            write(claim, verdict, folder)
    page = {"text": _text, "json": _json, "latex": _latex}[format](results)
    return all(verdict for _, verdict in results), page


def _json(results: Results) -> Page:
    data = [
        {
            "id": claim.id,
            "verdict": verdict.verdict,
            "scope": verdict.scope,
            "reference": claim.reference,
            "axioms": list(verdict.axioms),
            "cites": list(verdict.cites),
            "hypotheses": list(verdict.hypotheses),
            "reason": _short(verdict.reason),
            "seconds": round(verdict.seconds, 3),
        }
        for claim, verdict in results
    ]
    return Page((json.dumps(data, indent=1, ensure_ascii=False),), verbatim=True)


def _text(results: Results) -> Page:
    rows = tuple(
        (claim.id, verdict.verdict, verdict.scope, f"{verdict.seconds:.2f}", _uses(verdict), claim.reference)
        for claim, verdict in results
    )
    proved = [scope(claim.as_data()) for claim, verdict in results if verdict]
    everywhere = sum(one.startswith("all t") for one in proved)
    total = sum(verdict.seconds for _, verdict in results)
    notes = [
        f"{claim.id}: {verdict.verdict}: {_short(verdict.reason)}" for claim, verdict in results if not verdict
    ] + [
        f"{claim.id} takes for granted: {'; '.join(verdict.hypotheses)}"
        for claim, verdict in results
        if verdict.hypotheses
    ]
    counted = f"{len(results)} claims: {len(proved)} PROVED, {everywhere} of them for all t; {total:.1f} s"
    table = Table(("claim", "verdict", "scope", "seconds", "uses", "reference"), rows, align="lllrll")
    return Page((table, *notes, counted))


def _uses(verdict: Verdict) -> str:
    """The claims and the axioms that a proof rests on."""
    return ", ".join((*verdict.cites, *(f"axiom {name}" for name in verdict.axioms)))


def _latex(results: Results) -> Page:
    parts = []
    for claim, verdict in results:
        relations, where = formulas(claim.as_data())
        lines = [rf"{left} &{sign} {right}" for left, sign, right in relations] + [rf"&{part}" for part in where]
        body = " \\\\\n".join(lines)
        name = claim.id.replace("_", r"\_")
        parts.append(
            f"\\paragraph{{\\texttt{{{name}}}}} ({verdict.verdict}, {verdict.scope})\n"
            f"\\begin{{align*}}\n{body}\n\\end{{align*}}"
        )
    return Page(tuple(parts), verbatim=True)


def _short(reason: str) -> str:
    return reason if len(reason) <= _LONGEST_REASON else reason[: _LONGEST_REASON - 1] + "…"


def mutants_page(patterns: Iterable[str] = (), format: str = "text", limit: int | None = None) -> tuple[bool, Page]:
    """Make false statements and altered proofs of claims, decide them, and show the shares.

    Parameters
    ----------
    patterns : iterable of str
    format : str
        "text" or "json".
    limit : int, optional
        At most so many statements and so many proofs of a claim; 24 without.

    Returns
    -------
    (bool, Page)
        Whether none was PROVED that must not be, and what to say.
    """
    if format not in ("text", "json"):
        raise InvalidInput(f"format = {format!r} is not there for mutants; give text or json")
    chosen = selected(patterns)
    others = [claim.as_data() for claim in claims().values()]
    found = {claim.id: mutate(claim.as_data(), others, limit or LIMIT) for claim in chosen}
    total = [sum((pair[kind] for pair in found.values()), Shares()) for kind in (0, 1)]
    good = not any(shares.accepted for shares in total)
    if format == "json":
        data = [{"id": name, **_counts(*pair)} for name, pair in found.items()]
        return good, Page((json.dumps(data, indent=1),), verbatim=True)
    rows = tuple((name, *map(str, _counts(*pair).values())) for name, pair in found.items())
    accepted = [f"PROVED, and must not be: {m.what}" for shares in total for m in shares.accepted]
    statements, proofs = total
    return good, Page(
        (
            Table(("claim", *_HEADERS), rows),
            *accepted,
            f"{statements.counted} false statements, of {statements.made} altered ones: {len(statements.accepted)} "
            f"PROVED, {statements.refuted} REFUTED ({_share(statements.refuted, statements.counted)})\n"
            f"{proofs.counted} wrong proofs, of {proofs.made} altered ones: {len(proofs.accepted)} accepted; "
            f"the other {proofs.valid} are proofs still",
        )
    )


_HEADERS = ("statements", "false", "refuted", "proved", "proofs", "wrong", "still valid", "accepted")


def _counts(statements: Shares, proofs: Shares) -> dict[str, int]:
    values = (
        *(statements.made, statements.counted, statements.refuted, len(statements.accepted)),
        *(proofs.made, proofs.counted, proofs.valid, len(proofs.accepted)),
    )
    return dict(zip(_HEADERS, values, strict=True))


def _share(part: int, whole: int) -> str:
    return f"{100 * part // whole} %" if whole else "of none"
