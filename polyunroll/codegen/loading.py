"""An emitted Python file as a module, for `Source.load`."""

from __future__ import annotations

from importlib.abc import InspectLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType

from polyunroll.errors import InvalidInput
from polyunroll.output.checksums import sha256_of_text

__all__ = ["load_python"]


class _Text(InspectLoader):
    """A loader of one text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_source(self, fullname: str) -> str:
        """The text."""
        return self._text

    def is_package(self, fullname: str) -> bool:
        """Never."""
        return False


def load_python(text: str, library: str) -> ModuleType:
    """A module with an emitted text in it; it is not entered into `sys.modules`.

    Raises
    ------
    InvalidInput
        If the library that the text imports is not installed.
    """
    spec = spec_from_loader(f"polyunroll_solver_{sha256_of_text(text)[:16]}", _Text(text))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        raise InvalidInput(f"this solver needs {library}, which is not installed here: {error}") from None
    return module
