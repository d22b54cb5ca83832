"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from polyunroll.errors import InvalidInput, PolyunrollError

__all__ = ["make_folder", "write_atomic"]


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
        If the folder does not exist or may not be written to, or the path names a folder, a device or a file
        without write permission.
    PolyunrollError
        If the system refuses for another reason, such as a full disk.
    """
    shown = Path(path)
    try:
        target = Path(os.path.realpath(shown))
        _check(shown, target)
        _replace(target, content.encode("utf-8") if isinstance(content, str) else content)
    except PermissionError:
        raise InvalidInput(f"{shown} cannot be written: there is no permission to") from None
    except ValueError as error:
        if isinstance(error, PolyunrollError):
            raise
        raise InvalidInput(f"{str(shown)!r} is not the name of a file: {error}") from None
    except OSError as error:
        raise PolyunrollError(f"{shown} cannot be written: {error.strerror or error}") from error
    return shown


def _check(shown: Path, target: Path) -> None:
    """Refuse early what `os.replace` would refuse late, or not at all."""
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
