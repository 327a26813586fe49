# SPDX-License-Identifier: MIT
"""Templates: booted once, kept, and rebooted when what they are made of changes."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import accelerator, template
from kmodlab.machines.template import Template
from kmodlab.steps import Step


@pytest.fixture
def cache_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own; the kernel stays where it is."""
    known = accelerator.remembered()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if known:  # finding out anew takes seconds
        accelerator.remember(known)
    return tmp_path / "kmodlab"


def test_a_kernel_is_booted_once(kernel_tree: KernelTree, cache_home: Path) -> None:
    steps: list[Step] = []
    template.prepare(kernel_tree, steps.append).close()
    assert any("Booting" in step.text for step in steps)
    steps.clear()
    kept = template.prepare(kernel_tree, steps.append)
    assert steps == []
    clone = kept.clone()
    assert clone.run("uname -r").stdout.decode().strip() == kernel_tree.release
    clone.close()
    kept.close()
    assert list((cache_home / "templates").glob(".new-*")) == []


def test_what_every_clone_answers_is_asked_once(booted: Template, tmp_path: Path) -> None:
    kept = replace(booted, folder=tmp_path)
    one, other = kept.clone(), kept.clone()
    try:
        first = kept.answer("cat /proc/uptime", one)
        assert first
        assert kept.answer("cat /proc/uptime", other) == first
        nowhere = replace(booted, folder=tmp_path / "nowhere")
        assert nowhere.answer("cat /proc/uptime", one) != first
    finally:
        one.close()
        other.close()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_without_room_for_it_a_template_lives_in_memory(kernel_tree: KernelTree, cache_home: Path) -> None:
    cache_home.mkdir(exist_ok=True)
    (cache_home / "templates").write_text("in the way")
    kept = template.prepare(kernel_tree)
    clone = kept.clone()
    assert clone.run("echo alive").stdout == b"alive\n"
    clone.close()
    kept.close()


def test_virtualisation_that_is_there_and_broken_is_not_used(
    kernel_tree: KernelTree, cache_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended = cache_home.parent / "kvm"
    os.mknod(pretended, stat.S_IFREG | 0o600)
    monkeypatch.setattr(accelerator, "DEVICE", pretended)
    (cache_home / "accelerator.json").unlink(missing_ok=True)
    if Path("/dev/kvm").exists() and accelerator.usable().name == "kvm":
        kept = template.prepare(kernel_tree)  # as this computer's /dev/kvm is
        found = accelerator.remembered()
        assert found is not None
        assert found.name == kept.hardware.accelerator
        kept.close()
    else:
        kept = template.prepare(kernel_tree)  # QEMU finds no /dev/kvm although we were told of one
        assert kept.hardware.accelerator == "tcg"
        found = accelerator.remembered()
        assert found is not None
        assert "does not work here" in found.reason
        kept.close()


def test_without_the_device_the_reason_is_told(cache_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerator, "DEVICE", Path("/no/kvm"))
    assert accelerator.usable().reason == "This computer offers no /dev/kvm."
    accelerator.remember(accelerator.usable())
    assert accelerator.remembered() == accelerator.usable()
    monkeypatch.setattr(accelerator, "DEVICE", Path("/dev/null"))  # the circumstances are others now
    assert accelerator.remembered() is None
