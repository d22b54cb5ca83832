"""The table of claims with their verdicts, and certificates of claims."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from polyunroll.claims.claim import Claim
from polyunroll.claims.kernel.checker import decide
from polyunroll.claims.verify import Verdict, verify
from polyunroll.errors import InvalidInput
from polyunroll.output.files import make_folder, write_atomic
from polyunroll.report.tables import Page, Table, check_format

__all__ = ["SCHEMA", "recheck", "table", "write_certificates"]

SCHEMA = "polyunroll/claim-certificate/1"

_Found = list[tuple[Claim, Verdict]]


def table(patterns: tuple[str, ...] = (), format: str = "text") -> tuple[bool, _Found, Page]:
    """Decide the claims that match: whether all are proved, the verdicts, and the page that shows them.

    Parameters
    ----------
    patterns : tuple of str
        Shell patterns such as "gd_*"; none means all claims.
    format : str
        "text", "json" or "latex".

    Raises
    ------
    InvalidInput
        If a pattern matches no claim.
    """
    check_format(format)
    found: dict[str, tuple[Claim, Verdict]] = {}
    for pattern in patterns or ("*",):
        found.update({claim.id: (claim, verdict) for claim, verdict in verify(pattern)})
    chosen = [found[name] for name in sorted(found)]
    good = all(verdict for _, verdict in chosen)
    if format == "json":
        return good, chosen, Page((json.dumps([_data(*one) for one in chosen], indent=1),), verbatim=True)
    if format == "latex":
        rows = " \\\\\n".join(
            f"\\texttt{{{claim.id.replace('_', chr(92) + '_')}}} & {verdict.verdict} & {verdict.scope}"
            for claim, verdict in chosen
        )
        return good, chosen, Page((f"\\begin{{tabular}}{{lll}}\n{rows}\n\\end{{tabular}}",), verbatim=True)
    rows_ = tuple((claim.id, verdict.verdict, verdict.scope, f"{verdict.seconds:.2f}") for claim, verdict in chosen)
    proved = sum(map(bool, (verdict for _, verdict in chosen)))
    parts: list[str | Table] = [Table(("claim", "verdict", "scope", "seconds"), rows_)]
    reasons = [f"{claim.id}: {verdict.reason}" for claim, verdict in chosen if not verdict]
    if reasons:
        parts.append("\n".join(reasons))
    if len(chosen) == 1:
        claim = chosen[0][0]
        parts.append(
            "\n".join((claim.title, f"Reference: {claim.reference}", *([claim.remark] if claim.remark else [])))
        )
    assumed = [f"{claim.id}: where {'; '.join(verdict.hypotheses)}" for claim, verdict in chosen if verdict.hypotheses]
    if assumed:
        parts.append("\n".join(assumed))
    parts.append(f"{proved} of {len(chosen)} claims proved")
    return good, chosen, Page(tuple(parts))


def _data(claim: Claim, verdict: Verdict) -> dict[str, object]:
    return {
        "id": claim.id,
        "title": claim.title,
        "kind": claim.kind,
        "verdict": verdict.verdict,
        "scope": verdict.scope,
        "reference": claim.reference,
        "axioms": [],
        "hypotheses": list(verdict.hypotheses),
        "reason": verdict.reason,
        "seconds": round(verdict.seconds, 3),
    }


def write_certificates(found: _Found, folder: str) -> list[Path]:
    """Write one certificate a claim: the statement and the proof, as the kernel reads them.

    Raises
    ------
    InvalidInput
        If the folder or a file cannot be written.
    """
    place = make_folder(folder)
    written = []
    for claim, verdict in found:
        data = {"schema": SCHEMA, "title": claim.title, "verdict": verdict.verdict, "claim": claim.as_data()}
        text = json.dumps(data, indent=1, sort_keys=True, ensure_ascii=True) + "\n"
        written.append(write_atomic(place / f"{claim.id}.json", text))
    return written


def recheck(path: str) -> tuple[bool, Page]:
    """Decide the claim in a certificate with the kernel alone.

    Raises
    ------
    InvalidInput
        If the file cannot be read or holds no certificate.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path!r} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except (ValueError, RecursionError):
        raise InvalidInput(f"{path!r} is not JSON; give a file that 'verify --write' wrote") from None
    if not isinstance(data, Mapping) or data.get("schema") != SCHEMA or not isinstance(data.get("claim"), Mapping):
        raise InvalidInput(f"{path!r} holds no certificate of a claim; its schema must be {SCHEMA!r}")
    try:
        decision = decide(data["claim"])
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"the certificate in {path!r} is malformed: {type(error).__name__}: {error}") from None
    assumed = f" (where {'; '.join(decision.hypotheses)})" if decision.hypotheses else ""
    reason = f": {decision.reason}" if decision.reason else ""
    return decision.verdict == "PROVED", Page((f"{data['claim'].get('id')}: {decision.verdict}{assumed}{reason}",))
