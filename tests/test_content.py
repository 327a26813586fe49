# SPDX-License-Identifier: MIT
"""Content: the same digest wherever the content is the same, and what is kept under it."""

import os
import shutil
from pathlib import Path

import pytest

from kmodlab.classroom import content
from kmodlab.classroom.content import Content
from kmodlab.errors import LabError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A little kernel: files, a program, links of all kinds."""
    made = tmp_path / "made"
    (made / "boot").mkdir(parents=True)
    (made / "boot/image").write_bytes(b"\x00image")
    (made / "boot/tool").write_text("#!/bin/sh\n")
    (made / "boot/tool").chmod(0o755)
    (made / "lib").mkdir()
    (made / "lib/build").symlink_to("../boot")
    (made / "lib/gone").symlink_to("/usr/src/none")
    return made


def all_of(folder: Path) -> Content:
    names = tuple(path.name for path in folder.iterdir())
    return Content(folder, names, names)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_was_sent_is_the_same_and_has_the_same_digest(folder: Path) -> None:
    sent = all_of(folder)
    assert content.kept(sent.digest) is None
    content.keep(sent.digest, sent.known_by, sent.packed())
    kept = content.kept(sent.digest)
    assert kept is not None
    assert all_of(kept).digest == sent.digest
    assert os.access(kept / "boot/tool", os.X_OK)
    assert str((kept / "lib/gone").readlink()) == "/usr/src/none"
    assert (kept / "boot/image").stat().st_mtime == pytest.approx(
        (folder / "boot/image").stat().st_mtime, abs=1
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "boot/image").write_bytes(b"\x00imagf"),
        lambda folder: (folder / "boot/image").rename(folder / "boot/other"),
        lambda folder: (folder / "boot/tool").chmod(0o644),
        lambda folder: (folder / "lib/build").unlink(),
        lambda folder: (folder / "new").write_text(""),
    ],
)
def test_whatever_changes_changes_the_digest(folder: Path, change) -> None:
    before = all_of(folder).digest
    change(folder)
    assert all_of(folder).digest != before


def test_only_what_is_named_counts(folder: Path) -> None:
    named = Content(folder, ("lib", "none"), ("lib", "none"))
    content.keep(named.digest, named.known_by, named.packed())
    kept = content.kept(named.digest)
    assert kept is not None
    assert [path.name for path in kept.iterdir()] == ["lib"]


def test_it_may_be_known_by_less_than_is_packed(folder: Path) -> None:
    sent = Content(folder, ("boot", "lib"), ("boot/image",))
    before = sent.digest
    (folder / "boot/tool").unlink()
    assert sent.digest == before
    content.keep(before, sent.known_by, sent.packed())
    assert [path.name for path in sorted((content.kept(before) or folder).iterdir())] == ["boot", "lib"]


def test_what_is_damaged_is_not_kept(folder: Path, cache: Path) -> None:
    sent = all_of(folder)
    archive = sent.packed()
    for damaged in (Content(folder, ("lib",), ()).packed(), archive[: len(archive) // 2], b"", b"no archive"):
        with pytest.raises(LabError):
            content.keep(sent.digest, sent.known_by, damaged)
    assert content.kept(sent.digest) is None
    assert list((cache / "kmodlab/content").iterdir()) == []


def test_the_oldest_make_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "KEPT", 1)
    first = all_of(folder).digest
    content.keep(first, all_of(folder).known_by, all_of(folder).packed())
    shutil.rmtree(folder / "lib")
    second = all_of(folder)
    content.keep(second.digest, second.known_by, second.packed())
    assert content.kept(first) is None
    assert content.kept(second.digest) is not None
