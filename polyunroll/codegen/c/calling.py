"""An emitted C file, compiled and called by ctypes with NumPy arrays."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from polyunroll.errors import InvalidInput

if TYPE_CHECKING:
    from polyunroll.codegen.generate import Source

__all__ = ["CSolver", "load"]

Array = npt.NDArray[np.float64]

_MAP = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ctypes.c_double), ctypes.POINTER(ctypes.c_double))
_REASONS = {1: "there is no memory for it", 2: "an entry given is not finite", 3: "n is 0"}


def load(source: Source) -> CSolver:
    """Compile the file with `cc -O3 -std=c99`.

    Raises
    ------
    InvalidInput
        If there is no C compiler, or it refuses the file.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise InvalidInput("this solver needs a C compiler, and there is no `cc` here")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "solver.c"
        path.write_text(source.text, encoding="utf-8")
        library = Path(folder) / "solver.so"
        command = [compiler, "-O3", "-std=c99", "-shared", "-fPIC", "-o", str(library), str(path), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise InvalidInput(f"the C compiler refuses this solver: {done.stderr.strip()[:500]}")
        return CSolver(ctypes.CDLL(str(library)))


class CSolver:
    """The functions of a compiled solver, with the arguments that the emitted Python files take.

    An object with gradients is called back for each of them; a matrix must be a dense array.
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        self.library = library

    def solve(self, H: Any, b: Any = None, x0: Any = None, *, tolerance: float = 0.0) -> Array:
        """The iterate, shape (n,)."""
        if _is_oracle(H, b, x0):
            v = _start(H, x0)
            self._iterate(v, v.size, H.gradient, tolerance)
            return v
        H, n = _square(H)
        x = np.empty(n)
        arguments = (_pointer(H), _pointer(_sized("b", b, n)), _pointer(_sized("x0", x0, n)))
        self._call("solve", ctypes.c_size_t(n), *arguments, ctypes.c_double(tolerance), _pointer(x))
        return x

    def jvp(
        self, H: Any, b: Any, x0: Any, dH: Any = None, db: Any = None, dx0: Any = None, *, tolerance: float = 0.0
    ) -> tuple[Array, Array]:
        """The iterate, and its derivatives of shape (n, p); dH is a pair (U, W) or None."""
        if _is_oracle(H, b, x0, dH, db):
            return self._jvp_of_function(H, x0, dx0, tolerance)
        H, n = _square(H)
        U, W, r, p = _factors(dH, n)
        if dH is None:
            name, block = ("dx0", dx0) if db is None else ("db", db)
            if block is None:
                raise ValueError("give dH, db or dx0")
            if np.ndim(block) != 2:
                raise ValueError(f"{name} has shape {np.shape(block)}; it must be (n, p)")
            p = np.shape(block)[1]
        v = np.empty((1 + p) * n)
        vectors = [_pointer(_sized(name, value, n)) for name, value in (("b", b), ("x0", x0))]
        given = (("db", db), ("dx0", dx0))
        blocks = [_pointer(None if value is None else _columns(name, value, n, p)) for name, value in given]
        sizes = [ctypes.c_size_t(size) for size in (n, p, r)]
        self._call(
            "jvp", *sizes, _pointer(H), *vectors, _pointer(U), _pointer(W), *blocks, ctypes.c_double(tolerance),
            _pointer(v),
        )  # fmt: skip
        return v[:n], v[n:].reshape(p, n).T

    def _jvp_of_function(self, H: Any, x0: Any, dx0: Any, tolerance: float) -> tuple[Array, Array]:
        x = _start(H, x0)
        n, p = x.size, int(H.cross(x).shape[1])
        tangents = np.zeros((p, n)) if dx0 is None else _columns("dx0", dx0, n, p)
        v = np.concatenate([x, tangents.ravel()])

        def gradient(block: Array) -> Array:
            x, X = block[:n], block[n:].reshape(p, n).T
            return np.concatenate([H.gradient(x), (H.hvp(x, X) + H.cross(x)).T.ravel()])

        self._iterate(v, n, gradient, tolerance)
        return v[:n], v[n:].reshape(p, n).T

    def vjp(self, H: Any, b: Any, x0: Any, u: Any, dH: Any = None) -> tuple[Array, Array | None, Array, Array]:
        """The iterate, and the derivatives of uᵀx in the parameters, by b and by x0; dH is a pair (U, W) or None."""
        if _is_oracle(H, b, x0, dH):
            return self._vjp_of_function(H, x0, u)
        H, n = _square(H)
        U, W, r, p = _factors(dH, n)
        x, b_bar, x0_bar = np.empty((3, n))
        theta_bar = np.empty(p)
        sizes = [ctypes.c_size_t(size) for size in (n, p, r)]
        given = [_pointer(_sized(name, value, n)) for name, value in (("b", b), ("x0", x0))]
        given.append(_pointer(_vector("u", u, n)))
        found = [_pointer(array) for array in (x, theta_bar, b_bar, x0_bar)]
        self._call("vjp", *sizes, _pointer(H), *given, _pointer(U), _pointer(W), *found)
        return x, None if dH is None else theta_bar, b_bar, x0_bar

    def _vjp_of_function(self, H: Any, x0: Any, u: Any) -> tuple[Array, Array, Array, Array]:
        x = _start(H, x0)
        bar = _vector("u", u, x.size).copy()
        n, parts, bars = x.size, [], []

        def receive(pair: Array) -> None:
            parts.append(H.cross_T(pair[:n], pair[n:]))
            bars.append(pair[n:].copy())

        raised: list[BaseException] = []
        maps = (
            _map(H.gradient, n, n, raised),
            _map(receive, 2 * n, 0, raised),
            _map(lambda pair: H.hvp(pair[:n], pair[n:]), 2 * n, n, raised),
        )
        self._call("reverse", ctypes.c_size_t(n), *maps, None, _pointer(x), _pointer(bar))
        if raised:
            raise raised[0]
        return x, sum(parts[1:], parts[0]), sum(bars[1:], bars[0]), bar

    def _iterate(self, v: Array, n: int, gradient: Callable[[Array], Array], tolerance: float) -> None:
        raised: list[BaseException] = []
        function = _map(gradient, v.size, v.size, raised)
        sizes = ctypes.c_size_t(n), ctypes.c_size_t(v.size)
        self._call("iterate", *sizes, function, None, None, ctypes.c_double(tolerance), _pointer(v))
        if raised:
            raise raised[0]

    def _call(self, name: str, *arguments: Any) -> None:
        status = getattr(self.library, name)(*arguments)
        if status != 0:
            raise ValueError(f"{name} did not run: {_REASONS[status]}")


def _map(function: Callable[[Array], Any], size: int, length: int, raised: list[BaseException]) -> Any:
    """A Python function of an array as C's; after its first exception it is not called again."""

    def called(data: Any, v: Any, out: Any) -> None:
        if not raised:
            try:
                value = function(np.ctypeslib.as_array(v, (size,)))
                if length:
                    np.ctypeslib.as_array(out, (length,))[:] = value
            except BaseException as error:  # none may pass through C
                raised.append(error)

    return _MAP(called)


def _pointer(array: Array | None) -> Any:
    return None if array is None else array.ctypes.data_as(ctypes.POINTER(ctypes.c_double))


def _is_oracle(H: Any, b: Any, x0: Any, *others: Any) -> bool:
    found = callable(getattr(H, "gradient", None))
    if found and (b is not None or x0 is None or any(other is not None for other in others)):
        raise ValueError("with an object that has gradient(x), give x0, no b and no derivatives of H and b")
    return found


def _start(H: Any, x0: Any) -> Array:
    """A copy of x0, of the length that the object has."""
    array = _real("x0", x0)
    if array.ndim != 1 or getattr(H, "dimension", array.size) != array.size:
        raise ValueError(f"x0 has shape {array.shape}; it must be {(getattr(H, 'dimension', 'n'),)}")
    return array.copy()


def _real(name: str, value: Any) -> Array:
    """An array of doubles, row by row."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} is a {type(value).__name__} of {array.dtype}; give a dense array of real numbers")
    return np.asarray(array, dtype=np.float64, order="C")


def _vector(name: str, value: Any, n: int) -> Array:
    array = _real(name, value)
    if array.shape != (n,):
        raise ValueError(f"{name} has shape {array.shape}; it must be {(n,)}")
    return array


def _sized(name: str, value: Any, n: int) -> Array | None:
    return None if value is None else _vector(name, value, n)


def _square(H: Any) -> tuple[Array, int]:
    array = _real("H", H)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ValueError(f"H has shape {array.shape}; it must be (n, n)")
    return array, array.shape[0]


def _columns(name: str, value: Any, n: int, p: int) -> Array:
    """The columns, one after another."""
    array = _real(name, value)
    if array.shape != (n, p):
        raise ValueError(f"{name} has shape {array.shape}; it must be {(n, p)}")
    return np.ascontiguousarray(array.T)


def _factors(dH: Any, n: int) -> tuple[Array | None, Array | None, int, int]:
    """U by columns, W, r and p."""
    if dH is None:
        return None, None, 0, 0
    if not isinstance(dH, (tuple, list)) or len(dH) != 2:
        raise ValueError("dH must be a pair of arrays U, W")
    U, W = (_real("dH", factor) for factor in dH)
    if U.ndim != 2 or W.ndim != 2 or U.shape != (n, W.shape[0]):
        raise ValueError(f"dH has shapes {U.shape} and {W.shape}; give ({n}, r) and (r, p)")
    return np.ascontiguousarray(U.T), np.ascontiguousarray(W), W.shape[0], W.shape[1]
