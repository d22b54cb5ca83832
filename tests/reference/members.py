"""One member of every family on a spectrum, by the options of the command line."""

from __future__ import annotations

import polyunroll as pu
from polyunroll.methods import families

OPTIONS = {
    "polynomial": {"coefficients": "1,-2,1/2,-1/3"},
    "partial-sums": {"base": "jacobian-kernel", "coefficients": "1,3/4,-1/2,1/3"},
    "unrolled-cg": {"coefficients": "1,1/2,1/3,1/5,1/7"},
}
"""What a family without defaults is built from."""


def member(name: str, spectrum: pu.Spectrum) -> pu.Method:
    """A method of the family, with its defaults where it has them."""
    return families()[name].from_options(spectrum, OPTIONS.get(name, {}))
