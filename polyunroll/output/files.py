"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from polyunroll.errors import InvalidInput, PolyunrollError

__all__ = ["file_path", "make_folder", "require_new", "write_atomic", "write_new"]

_NO_NAME = {errno.ENAMETOOLONG, errno.ELOOP}


def file_path(path: Any) -> Path:
    """A path that a user gives for a file.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Path

    Raises
    ------
    InvalidInput
        If it is no text, empty, or holds a character that no name has.
    """
    try:
        text = os.fspath(path)
        good = isinstance(text, str) and text != "" and b"\0" not in os.fsencode(text)
    except (TypeError, UnicodeEncodeError):
        good = False
    if not good:
        raise InvalidInput(f"{path!r} is not the name of a file")
    return Path(path)


def require_new(path: str | os.PathLike[str], force: bool = False) -> None:
    """Refuse what `write_new` would refuse, before the work that makes the content.

    Parameters
    ----------
    path : str or path
    force : bool
        Whether a file that exists may be replaced.

    Raises
    ------
    InvalidInput
        If the file exists and is not to be replaced; and as `write_atomic`.
    """
    shown = file_path(path)
    # the path itself is looked at first: of a folder it is said that it is one, not that it exists
    with _refusals(shown):
        target = Path(os.path.realpath(shown))
        _check(shown, target)
        if not force and target.exists():
            raise InvalidInput(f"{shown} exists; give force=True (--force) to replace it, or another name")


def write_new(path: str | os.PathLike[str], content: str | bytes, force: bool = False) -> Path:
    """Write a file as `write_atomic` does, unless there is one; parameters and errors as for both."""
    require_new(path, force)
    return write_atomic(path, content)


def write_atomic(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a file so that a reader sees the old content or the new one, never a part.

    The content goes to a temporary file in the same folder, is flushed to the disk, and takes the place of
    the old file in one step. Where anything fails the old file stays as it was and the temporary one is
    removed. A symbolic link is followed, and an existing file keeps its permissions.

    Parameters
    ----------
    path : str or path
    content : str or bytes
        A text is written in UTF-8, its line ends as they are.

    Returns
    -------
    Path
        The path as given.

    Raises
    ------
    InvalidInput
        If the folder does not exist or may not be written to, or the path is no name of a file, or names a folder, a
        device, a link to itself or a file without write permission.
    PolyunrollError
        If the system refuses for another reason, such as a full disk.
    """
    shown = file_path(path)
    with _refusals(shown):
        target = Path(os.path.realpath(shown))
        _check(shown, target)
        _replace(target, content.encode("utf-8") if isinstance(content, str) else content)
    return shown


@contextmanager
def _refusals(shown: Path) -> Iterator[None]:
    """What the system refuses, as one sentence."""
    try:
        yield
    except PermissionError:
        raise InvalidInput(f"{shown} cannot be written: there is no permission to") from None
    except OSError as error:
        kind = InvalidInput if error.errno in _NO_NAME else PolyunrollError
        raise kind(f"{shown} cannot be written: {error.strerror or error}") from error


def _check(shown: Path, target: Path) -> None:
    """Refuse early what `os.replace` would refuse late, or not at all."""
    if target.is_symlink():
        raise InvalidInput(f"{shown} is a link that leads back to itself; give the name of a file")
    if target.is_dir():
        raise InvalidInput(f"{shown} is a folder; give the name of a file")
    if not target.parent.is_dir():
        raise InvalidInput(f"{shown} cannot be written: the folder {shown.parent} does not exist")
    if target.exists():
        if not target.is_file():
            raise InvalidInput(f"{shown} is not a regular file; give the name of one")
        if not os.access(target, os.W_OK):
            raise PermissionError


def _replace(target: Path, data: bytes) -> None:
    temporary = target.parent / f".polyunroll-{secrets.token_hex(8)}.tmp"
    # opened by number so that the new file's permissions are the user's usual ones
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Make the new name last through a power cut, on systems where a folder can be flushed."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_folder(path: str | os.PathLike[str]) -> Path:
    """The folder of that name, made if there is none.

    Raises
    ------
    InvalidInput
        If a file has the name, or there is no permission to make the folder.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InvalidInput(f"{folder} is not a folder; give the name of one") from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"the folder {str(folder)!r} cannot be made: {error}") from None
    return folder
