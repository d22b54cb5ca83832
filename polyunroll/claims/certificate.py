"""Certificates: a claim with its proof as plain JSON data, and their check by the kernel alone.

A check reads nothing but the certificate: no method, no file of proofs, and neither SymPy, NumPy nor SciPy. That the
programs in it are the ones that methods run is what `Claim.as_data` sees to, and what comparing the two shows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyunroll.claims.render import scope, sentence
from polyunroll.claims.search import PROVED, decide
from polyunroll.errors import InvalidInput
from polyunroll.output.files import make_folder, write_atomic

__all__ = ["SCHEMA", "certificate", "check", "check_file", "write"]

SCHEMA = "polyunroll/claim-certificate/1"

_KEYS = ("schema", "id", "title", "kind", "reference", "remark", "sentence", "verdict", "scope", "axioms", "hypotheses")


def certificate(claim: Any, verdict: Any) -> dict[str, Any]:
    """A claim and its verdict as JSON data.

    Parameters
    ----------
    claim : Claim
    verdict : Verdict
    """
    data = claim.as_data()
    return {
        "schema": SCHEMA,
        "id": claim.id,
        "title": claim.title,
        "kind": claim.kind,
        "reference": claim.reference,
        "remark": claim.remark,
        "sentence": sentence(data),
        "verdict": verdict.verdict,
        "scope": verdict.scope,
        "axioms": list(verdict.axioms),
        "hypotheses": list(verdict.hypotheses),
        "claim": data,
    }


def write(claim: Any, verdict: Any, folder: str | os.PathLike[str]) -> Path:
    """Write a claim's certificate to `ID.json` in a folder, which is made if there is none.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """
    text = json.dumps(certificate(claim, verdict), indent=1, ensure_ascii=False) + "\n"
    return write_atomic(make_folder(folder) / f"{claim.id}.json", text)


def check(data: Any) -> tuple[bool, str]:
    """Whether the kernel proves what a certificate says, and a sentence on it.

    Parameters
    ----------
    data : dict
        What `certificate` gave.

    Returns
    -------
    (bool, str)
        True only if the claim is PROVED in the certificate's scope, under its hypotheses and no others.

    Raises
    ------
    InvalidInput
        If the data are no certificate.
    """
    if not isinstance(data, Mapping) or data.get("schema") != SCHEMA:
        raise InvalidInput(f"the data are no certificate of a claim; they must have the schema {SCHEMA!r}")
    if missing := [key for key in (*_KEYS, "claim") if key not in data]:
        raise InvalidInput(f"the certificate has no {', '.join(missing)}")
    decision = decide(data["claim"])
    claim = data["claim"]
    if decision.verdict != PROVED:
        return False, f"{decision.verdict}: {decision.reason}"
    found = {
        "id": claim["id"],
        "sentence": sentence(claim),
        "verdict": decision.verdict,
        "scope": scope(claim),
        "axioms": list(decision.axioms),
        "hypotheses": list(decision.hypotheses),
    }
    for key, value in found.items():
        if data[key] != value:
            return False, f"the certificate's {key} is {data[key]!r}; what is proved has {value!r}"
    granted = [*found["hypotheses"], *(f"the axiom {name}" for name in found["axioms"])]
    taken = f" Taken for granted: {'; '.join(granted)}." if granted else ""
    return True, f"PROVED, {found['scope']}: {found['sentence']}{taken}"


def check_file(path: str | os.PathLike[str]) -> tuple[bool, str]:
    """Check the certificate in a file.

    Raises
    ------
    InvalidInput
        If the file cannot be read, is not JSON or holds no certificate.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=_once)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{str(path)!r} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except InvalidInput:
        raise
    except (ValueError, RecursionError):
        raise InvalidInput(f"{str(path)!r} is not JSON; give a file that 'verify --write' wrote") from None
    return check(data)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, in which no key may stand twice: a reader would see one and the kernel the other."""
    if len({key for key, _ in pairs}) < len(pairs):
        raise InvalidInput(f"a certificate has a key twice, among {', '.join(key for key, _ in pairs)}")
    return dict(pairs)
