# SPDX-License-Identifier: MIT
"""The functions of a pack's checks.py, which judge what no other expectation can."""

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

from kmodlab.errors import LabError
from kmodlab.evidence.evidence import CheckEvidence

FILE = "checks.py"
Judge = Callable[[str, CheckEvidence], str | None]  # a function's name and the evidence; what is wrong


def judge_of(pack_folder: Path) -> Judge:
    """What calls the functions of the pack in `pack_folder`; it raises LabError when one is missing or fails."""

    def judge(name: str, evidence: CheckEvidence) -> str | None:
        path = pack_folder / FILE
        function = getattr(_module(path), name, None)
        if not callable(function):
            raise _broken(path, f"there is no function {name}")
        try:
            complaint = function(evidence)
        except Exception as problem:
            raise _broken(path, f"{name}() raises {type(problem).__name__}: {problem}") from problem
        if complaint is not None and not isinstance(complaint, str):
            raise _broken(path, f"{name}() returns neither None nor a text")
        return complaint

    return judge


def _module(path: Path) -> ModuleType:
    try:
        return _loaded(path, path.stat().st_mtime_ns)
    except LabError:
        raise
    except Exception as problem:  # whatever importing somebody's code may raise
        raise _broken(path, f"{type(problem).__name__}: {problem}") from problem


@cache
def _loaded(path: Path, changed: int) -> ModuleType:
    name = f"kmodlab_pack_{abs(hash((path, changed)))}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise _broken(path, "it cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def _broken(path: Path, why: str) -> LabError:
    return LabError(f"{path}: {why}.", hint="The pack is at fault, not you; tell its author.")
