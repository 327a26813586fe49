# SPDX-License-Identifier: MIT
"""The functions of a pack's checks.py, which do and judge what no other action or expectation can.

kmodlab/checks.py says what they are given.
"""

import ctypes
import importlib.util
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from kmodlab.checks import Expect, Machine, UnmetError
from kmodlab.errors import LabError
from kmodlab.evidence.evidence import CheckEvidence
from kmodlab.grading.mismatch import Mismatch
from kmodlab.machines.machine import ConnectionLostError, DeadlineError, MachineLostError
from kmodlab.packs import trust

JUDGE_SECONDS = 10.0  # to judge evidence
GRACE_SECONDS = 5.0  # after the deadline of an action, of which commands in the guest know by themselves
POLL_SECONDS = 0.05

Judge = Callable[[str, CheckEvidence], Mismatch | None]  # a function's name and the evidence; what is wrong
Drive = Callable[[str, Machine], str]  # a function's name and the machine; what it printed


def judge_of(pack_folder: Path) -> Judge:
    """What calls the functions of the pack in `pack_folder` that judge.

    It raises LabError when one is missing, fails, or may not run.
    """

    def judge(name: str, evidence: CheckEvidence) -> Mismatch | None:
        try:
            ends = time.monotonic() + JUDGE_SECONDS
            answer = _call(pack_folder, name, lambda: time.monotonic() > ends, evidence, Expect())
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
        printed = _call(pack_folder, name, lambda: machine.overtime() > GRACE_SECONDS, machine)
        if printed is not None and not isinstance(printed, str):
            raise _broken(pack_folder, f"{name}() returns neither None nor a text")
        return printed or ""

    return drive


def _call(pack_folder: Path, name: str, is_over: Callable[[], bool], *arguments: object) -> Any:
    """Call a function of checks.py in a thread that is stopped when it `is_over`: a loop may have no end."""
    answer: Future[Any] = Future()

    def work() -> None:
        try:
            answer.set_result(_function(pack_folder, name)(*arguments))
        except BaseException as problem:
            answer.set_exception(problem)

    thread = threading.Thread(target=work, name=trust.CHECKS, daemon=True)
    thread.start()
    while not wait((answer,), timeout=POLL_SECONDS).done:
        if is_over():
            _stop(thread)
            raise _broken(pack_folder, f"{name}() does not come to an end")
    try:
        return answer.result()
    except (UnmetError, LabError, ConnectionLostError, DeadlineError, MachineLostError):
        raise
    except BaseException as problem:
        raise _broken(pack_folder, f"{name}() raises {type(problem).__name__}: {problem}") from problem


def _stop(thread: threading.Thread) -> None:
    """Raise an exception in a thread as soon as it runs Python code; it is a daemon, and kept by nobody."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stopped))


class _Stopped(BaseException):
    """Not an Exception, so that a function does not catch it by accident."""


def _function(pack_folder: Path, name: str) -> Callable[..., Any]:
    function = getattr(_module(pack_folder), name, None)
    if not callable(function):
        raise _broken(pack_folder, f"there is no function {name}")
    return cast(Callable[..., Any], function)


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
