# SPDX-License-Identifier: MIT
"""Which checks need processors that work at the same time."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from kmodlab.grading import concurrency
from kmodlab.packs.catalog import Pack
from kmodlab.packs.manifest import Check


def check(*do: object) -> Check:
    return Check.model_validate({"id": "a", "title": "a", "do": [*do]})


@pytest.mark.parametrize(
    "action",
    [
        {"run": "race.c"},
        {"python": "drive"},
        {"parallel": ["load a", "load b"]},
        {"sh": "cat /dev/a & cat /dev/a; wait"},
        {"sh": "sleep 1 &"},
    ],
)
def test_what_several_may_do_at_once_may_race(action: dict[str, Any]) -> None:
    assert concurrency.may_race(check("load a", action))


@pytest.mark.parametrize(
    "action",
    [
        "load a",
        "unload a",
        {"write": "/dev/a", "text": "a & b"},
        {"sh": "insmod /root/a.ko && dmesg"},
        {"sh": "cat /dev/a >/dev/null 2>&1"},
        {"sh": "cat /dev/a &>/dev/null"},
    ],
)
def test_one_thing_after_the_other_does_not_race(action: object) -> None:
    assert not concurrency.may_race(check(action))


@pytest.mark.parametrize(
    ("symbol", "starts"), [("kthread_create_on_node", True), ("queue_work_on", True), ("_printk", False)]
)
def test_a_module_that_imports_a_way_to_run_beside_its_caller_starts_others(
    tmp_path: Path, symbol: str, starts: bool
) -> None:
    quiet, other = tmp_path / "quiet.ko", tmp_path / "other.ko"
    for path, called in ((quiet, "_printk"), (other, symbol)):
        subprocess.run(["as", "-o", path, "-"], input=f"\tcall {called}\n".encode(), check=True)
    assert concurrency.start_others([quiet, other]) is starts


def test_the_race_of_the_curriculum_is_run_on_processors_that_work_at_the_same_time(pack: Pack) -> None:
    races = [check for check in pack.lesson("chardev").checks if check.id == "race"]
    assert [concurrency.may_race(check) for check in races] == [True]
