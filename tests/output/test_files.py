"""A file is written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from polyunroll.errors import InvalidInput, PolyunrollError
from polyunroll.output import files
from polyunroll.output.files import file_path, make_folder, write_atomic, write_new


@pytest.mark.parametrize(
    ("content", "written"),
    [("λ = 1/100\n", "λ = 1/100\n".encode()), (b"\x00\xff\r\n", b"\x00\xff\r\n"), ("", b"")],
)
def test_what_is_written_is_what_was_given(tmp_path, content, written):
    path = tmp_path / "file"
    assert write_atomic(path, content) == path
    assert path.read_bytes() == written
    assert os.listdir(tmp_path) == ["file"]


def test_an_old_file_is_replaced_and_keeps_its_permissions(tmp_path):
    path = tmp_path / "file"
    path.write_text("a longer old content")
    path.chmod(0o640)
    write_atomic(str(path), "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "usual").touch()
    write_atomic(tmp_path / "file", "new")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("failing", ["fsync", "replace"])
@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, failing, failure):
    path = tmp_path / "file"
    path.write_text("old")

    def fail(*args):
        raise failure

    monkeypatch.setattr(files.os, failing, fail)
    expected = PolyunrollError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        write_atomic(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]
    if expected is PolyunrollError:
        assert str(caught.value) == f"{path} cannot be written: No space left on device"


def test_a_failing_first_write_leaves_nothing(tmp_path, monkeypatch):
    def fail(*args):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(PolyunrollError, match="Input/output error"):
        write_atomic(tmp_path / "file", "new")
    monkeypatch.undo()
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_flushed_does_no_harm(tmp_path, monkeypatch):
    opened = os.open

    def no_folders(path, flags, *mode):
        if os.path.isdir(path):
            raise PermissionError
        return opened(path, flags, *mode)

    monkeypatch.setattr(files.os, "open", no_folders)
    write_atomic(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"


def test_a_symbolic_link_is_followed(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_atomic(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.parametrize("missing", ["no/such/folder/file", "file/below"])
def test_a_missing_folder_is_refused(tmp_path, missing):
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match=r"cannot be written: the folder .* does not exist"):
        write_atomic(tmp_path / missing, "new")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="is a folder"):
        write_atomic(tmp_path, "new")


def test_a_device_is_refused():
    with pytest.raises(InvalidInput, match="not a regular file"):
        write_atomic(os.devnull, "new")


@pytest.mark.parametrize("name", ["nul\0byte", "x" * 300])
def test_a_name_that_cannot_be_is_refused(tmp_path, name):
    with pytest.raises(PolyunrollError, match=r"name|long"):
        write_atomic(tmp_path / name, "new")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("path", [None, 3, 1.5, "", b"file", "a\0b", "\ud800", ["file"]])
def test_what_is_no_name_is_refused(path):
    for use in (file_path, lambda path: write_atomic(path, "new"), lambda path: write_new(path, "new")):
        with pytest.raises(InvalidInput, match="is not the name of a file"):
            use(path)


def test_a_link_to_itself_is_refused_and_stays(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for force in (False, True):
        with pytest.raises(InvalidInput, match="leads back to itself"):
            write_new(tmp_path / "a", "new", force)
    assert (tmp_path / "a").is_symlink()


def test_a_new_file_takes_no_place_of_another(tmp_path):
    path, link = tmp_path / "file", tmp_path / "link"
    link.symlink_to(path)
    assert write_new(link, "first") == link  # the link led nowhere
    for there in (path, link):
        with pytest.raises(InvalidInput, match=r"exists; give force=True \(--force\) to replace it"):
            write_new(there, "second")
    assert path.read_text() == "first"
    write_new(link, "second", force=True)
    assert path.read_text() == "second"
    assert link.is_symlink()


def test_of_a_folder_and_a_device_it_is_said_that_they_are(tmp_path):
    for path, message in ((tmp_path, "is a folder"), (os.devnull, "is not a regular file")):
        with pytest.raises(InvalidInput, match=message):
            write_new(path, "new")


def test_a_file_without_write_permission_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("old")
    monkeypatch.setattr(files.os, "access", lambda *args: False)
    with pytest.raises(InvalidInput, match="permission"):
        write_atomic(path, "new")
    assert path.read_text() == "old"


def test_a_folder_without_write_permission_is_refused(tmp_path, monkeypatch):
    def refuse(*args):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(files.os, "open", refuse)
    with pytest.raises(InvalidInput, match="permission"):
        write_atomic(tmp_path / "file", "new")


def test_a_folder_is_made_once(tmp_path):
    folder = tmp_path / "a" / "b"
    assert make_folder(folder) == make_folder(str(folder)) == folder
    assert folder.is_dir()


@pytest.mark.parametrize("name", ["file", "file/below", "nul\0byte"])
def test_a_folder_that_cannot_be_made(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="folder"):
        make_folder(tmp_path / name)
