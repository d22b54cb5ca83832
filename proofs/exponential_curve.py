"""The largest value of (s/(1−κ) − κ)e^−s, from the exponential series' first terms."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="exponential_curve",
    title="s/(1−κ) − κ ≤ (0.3695 + κ²/2)(1 + s + s²/2 + s³/6 + s⁴/24 + s⁵/120) for s ≥ 0 and 0 ≤ κ ≤ 1/10.",
    statement=("s/(1-kappa) - kappa <= (0.3695+kappa**2/2)*(1+s+s**2/2+s**3/6+s**4/24+s**5/120)",),
    kind="upper bound",
    variables={"s": "[0, oo)", "kappa": "[0, 1/10]"},
    reference="polyunroll",
    rules=({"rule": "sign"},),
    remark="The largest value of (s/(1−κ) − κ)e^−s is near s = 1 and 1/e = 0.36788; `gd_peak` uses this with s = 2κt.",
)
