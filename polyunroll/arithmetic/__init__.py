"""Number systems: exact numbers, symbols, balls, mpmath and doubles.

The only room that sets a working precision. `flint.ctx` is global to the process, so it is
only changed inside `balls.ball_precision`, under a lock; mpmath contexts are private copies.
"""
