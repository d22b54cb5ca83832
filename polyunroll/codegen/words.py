"""Words that emitted files use for other things than a program's states and registers."""

from __future__ import annotations

__all__ = ["RESERVED", "RESERVED_IN_COEFFICIENTS"]

RESERVED = frozenset(
    """
    Any Array COEFFICIENTS COLUMNS Callable GAP H NDArray NULL ROWS RuntimeError SEGMENTS STATES STEPS U
    ValueError W a a0 a1 a2 a3 abs all all_finite alone annotations any arrays auto axis b b0 b1 b2 b3 b_bar back
    bar bars block blocks body bool both break by_operator callable callback carry case char coefficients collect
    columns condition const constant continue count dH data daxpy db default define dense dgemm dict dnrm2 do dot
    double doubles dsymv dx0 else ends entries enum enumerate extern factor factors final first float for found
    free g gap getattr given goes_on good goto gradient gradient_at gradient_quadratic h h0 h1 h2 h3 hasattr
    hessian hessian_product hessian_quadratic high i id if indices indptr inline inner input int isfinite
    isinstance item iter iterate j jax jnp join jvp k kept kernel kind lanes last lax len length like list long
    low malloc map map_function math matrix max memcpy memory middle min moved multiply n name next next_step njit
    none np object offset one_by_one oracle out p padded part pass point position pow precondition print problem
    product quadratic queries query r range receive receive_quadratic register report rest restrict result return
    reverse root row rows saved segment set shape shapes short signed simple size size_t sizeof sizes solve sqrt
    start states static step stop str strides struct sum switch sys t tangents theta_bar together tolerance torch
    total transposed tuple type typedef u union unless_short unsigned v value values vectors vjp void volatile
    where while x0 x0_bar x1 x2 x3 xp y y0 y1 y2 y3 zip
    """.split()  # noqa: SIM905
)

RESERVED_IN_COEFFICIENTS = frozenset(
    """
    auto break case char coefficients COLUMNS const continue default do double else enum extern first float for goto
    if index inline int list long memcpy pow range register restrict return row rows ROWS short signed size_t sizeof
    static step STEPS struct switch t tuple typedef union unsigned void volatile while
    """.split()  # noqa: SIM905
)
"""Those of the function that computes the coefficients, where no state has a name."""
