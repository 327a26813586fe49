# SPDX-License-Identifier: MIT
"""The functions of a pack's checks.py, which do and judge what no other action or expectation can.

kmodlab/checks.py says what they are given.
"""

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from kmodlab.checks import Expect, Machine, UnmetError
from kmodlab.errors import LabError
from kmodlab.evidence.evidence import CheckEvidence
from kmodlab.grading.mismatch import Mismatch
from kmodlab.machines.machine import ConnectionLostError, DeadlineError, MachineLostError
from kmodlab.packs import trust

Judge = Callable[[str, CheckEvidence], Mismatch | None]  # a function's name and the evidence; what is wrong
Drive = Callable[[str, Machine], str]  # a function's name and the machine; what it printed


def judge_of(pack_folder: Path) -> Judge:
    """What calls the functions of the pack in `pack_folder` that judge.

    It raises LabError when one is missing, fails, or may not run.
    """

    def judge(name: str, evidence: CheckEvidence) -> Mismatch | None:
        try:
            answer = _call(pack_folder, name, evidence, Expect())
        except UnmetError as unmet:
            if unmet.expected is None or unmet.actual is None:
                return Mismatch(unmet.reason, unmet.expected, unmet.actual)
            return Mismatch.of_texts(unmet.reason, unmet.expected, unmet.actual)
        if answer is not None:
            raise _broken(pack_folder, f"{name}() returns something; what is wrong it has to tell `expect`")
        return None

    return judge


def drive_of(pack_folder: Path) -> Drive:
    """What calls the functions of the pack in `pack_folder` that drive a machine.

    It raises LabError as `judge_of` says, and as Machine.run does.
    """

    def drive(name: str, machine: Machine) -> str:
        printed = _call(pack_folder, name, machine)
        if printed is not None and not isinstance(printed, str):
            raise _broken(pack_folder, f"{name}() returns neither None nor a text")
        return printed or ""

    return drive


def _call(pack_folder: Path, name: str, *arguments: object) -> Any:
    function = getattr(_module(pack_folder), name, None)
    if not callable(function):
        raise _broken(pack_folder, f"there is no function {name}")
    try:
        return function(*arguments)
    except (UnmetError, ConnectionLostError, DeadlineError, MachineLostError):
        raise
    except Exception as problem:
        raise _broken(pack_folder, f"{name}() raises {type(problem).__name__}: {problem}") from problem


def _module(pack_folder: Path) -> ModuleType:
    try:
        return _loaded(pack_folder, (pack_folder / trust.CHECKS).stat().st_mtime_ns)
    except LabError:
        raise
    except Exception as problem:  # whatever importing somebody's code may raise
        raise _broken(pack_folder, f"{type(problem).__name__}: {problem}") from problem


@cache
def _loaded(pack_folder: Path, changed: int) -> ModuleType:
    trust.demand_all(pack_folder)
    path = pack_folder / trust.CHECKS
    name = f"kmodlab_pack_{abs(hash((path, changed)))}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise _broken(pack_folder, "it cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def _broken(pack_folder: Path, why: str) -> LabError:
    return LabError(
        f"{pack_folder / trust.CHECKS}: {why}.", hint="The pack is at fault, not you; tell its author."
    )
