"""Who may read a workspace: its owner, on systems with rights of others."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.__main__ import main
from core.base import rights, settings
from core.domain import Recipe
from core.workspace.store import Store

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no bits for the rights of others")


@pytest.fixture(autouse=True)
def usual_umask():
    """That of most systems, which lets all users read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """The rights of a folder and of all in it; of a link those of what it names."""
    paths = [folder, *folder.rglob("*")]
    return {str(path.relative_to(folder.parent)): stat.S_IMODE(path.stat().st_mode) for path in paths}


def filled(folder: Path) -> Store:
    """A store in which something was kept."""
    store = Store(folder)
    store.save_recipe("mine", Recipe(()))
    store.write("ab" * 20, Recipe(()), kind="recipe")
    return store


def test_a_workspace_is_made_for_its_owner_alone(tmp_path):
    with rights.owner_only():
        store = filled(tmp_path / "deep" / "workspace")
        assert len(modes(store.workspace)) >= 5
        for name, mode in modes(store.workspace).items():
            assert mode == (0o700 if (store.workspace.parent / name).is_dir() else 0o600), name
        store.close()
    assert os.umask(0o022) == 0o022


def test_the_folder_is_closed_even_where_nobody_set_a_mask(tmp_path):
    store = filled(tmp_path / "deep" / "workspace")
    assert stat.S_IMODE(store.workspace.stat().st_mode) == 0o700
    assert stat.S_IMODE(store.workspace.parent.stat().st_mode) == 0o755, "folders above it are not ours"
    assert store.narrow() == ""
    store.close()


def test_a_wide_workspace_is_narrowed_and_that_is_told_once(tmp_path):
    store = filled(tmp_path / "workspace")
    store.workspace.chmod(0o755)
    (elsewhere := tmp_path / "networks").mkdir()
    (store.workspace / "engine").symlink_to(elsewhere)
    (store.workspace / "notes.txt").write_text("not ours")
    notice = store.narrow()
    assert str(store.workspace) in notice and "could read" in notice
    assert store.narrow() == ""
    left = {name: mode for name, mode in modes(store.workspace).items() if mode & 0o077}
    assert set(left) == {"workspace/engine", "workspace/notes.txt"}, "a link and a file of others keep their rights"
    assert store.recipes() == {"mine": Recipe(())}
    store.close()


def test_a_place_that_belongs_to_all_keeps_its_rights(tmp_path, monkeypatch):
    store = filled(tmp_path / "workspace")
    store.workspace.chmod(0o1777)
    assert "KINETOSCOPE_WORKSPACE" in store.narrow()
    assert stat.S_IMODE(store.workspace.stat().st_mode) == 0o1777
    store.workspace.chmod(0o755)
    monkeypatch.setattr(Path, "home", lambda: store.workspace)
    assert "KINETOSCOPE_WORKSPACE" in store.narrow()
    assert stat.S_IMODE(store.workspace.stat().st_mode) == 0o755
    store.close()


def test_a_disk_that_knows_no_rights_is_told(tmp_path, monkeypatch):
    """As FAT and many network disks, whose chmod does nothing or fails."""

    def refuse(*_args: object, **_kwargs: object):
        raise PermissionError(1, "Operation not permitted")

    store = filled(tmp_path / "workspace")
    store.workspace.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    assert "can read" in store.narrow()
    store.close()


def test_nothing_is_narrowed_or_made_where_there_is_no_workspace(tmp_path):
    assert Store(tmp_path / "none").narrow() == ""
    assert not list(tmp_path.iterdir())


def test_the_command_line_closes_a_workspace_and_tells_it_once(tmp_path, square_clip, monkeypatch, capfd):
    (workspace := tmp_path / "workspace").mkdir()
    monkeypatch.setenv("KINETOSCOPE_WORKSPACE", str(workspace))
    settings.current.cache_clear()
    labels, output = tmp_path / "labels.srt", tmp_path / "labels.vtt"
    labels.write_text("1\n00:00:01,000 --> 00:00:02,000\nwalk\n")
    try:
        assert main(["convert", str(labels), str(output)]) == 0
        assert f"note: Other users of this machine could read the workspace {workspace}" in capfd.readouterr().err
        assert main(["probe", str(square_clip)]) == 0
        assert "note:" not in capfd.readouterr().err
    finally:
        settings.current.cache_clear()
    assert not {name: mode for name, mode in modes(workspace).items() if mode & 0o077}
    assert stat.S_IMODE(output.stat().st_mode) == 0o644, "what was asked for is as readable as the user's other files"


AS_NOBODY = "import os; os.setgroups([]); os.setgid(65534); os.setuid(65534); "  # Python itself may be root's alone


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may run a test as another user")
def test_another_user_reads_nothing_of_it(tmp_path):
    store = filled(tmp_path / "workspace")
    for folder in (tmp_path, *tmp_path.parents):
        if folder.name.startswith("pytest-") or folder == tmp_path:
            folder.chmod(0o755)  # else it would be these that keep the other user out
    program = f"print(open({str(store.catalogue)!r}, 'rb').read(6))"
    for before, allowed in (("", True), (AS_NOBODY, False)):
        reader = subprocess.run([sys.executable, "-c", before + program], capture_output=True, text=True)
        assert (reader.returncode == 0) is allowed
        assert ("b'SQLite'" in reader.stdout) is allowed and ("PermissionError" in reader.stderr) is not allowed
    store.close()
