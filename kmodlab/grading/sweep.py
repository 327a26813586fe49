# SPDX-License-Identifier: MIT
"""The sweep: a check again and again, with another call made to fail each time, and what is expected of each run."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from kmodlab.evidence import crash, fault
from kmodlab.evidence.evidence import CheckEvidence, Fault
from kmodlab.evidence.finding import CRASHES, HANGS
from kmodlab.grading.mismatch import Mismatch
from kmodlab.packs.manifest import Check, Load

MOST_FAULTS = 64


def sweep(
    check: Check, calls: int, observe: Callable[[int], CheckEvidence], at_once: int
) -> tuple[CheckEvidence, ...]:
    """The runs of a check in which the 1st, 2nd, … of its `calls` was made to fail, in order, as far as needed.

    `observe` makes the run for a number, from any of `at_once` threads. The first run that is not as it should be ends
    the sweep.
    """
    runs: list[CheckEvidence] = []
    with ThreadPoolExecutor(at_once, thread_name_prefix="fault") as executor:
        futures = [executor.submit(observe, number) for number in range(1, min(calls, MOST_FAULTS) + 1)]
        try:
            for future in futures:
                run = future.result()
                if run.fault is None and run.trouble is None and complaint(check, run) is None:
                    continue  # this time that call was not made
                runs.append(run)
                if run.trouble is not None or complaint(check, run) is not None:
                    break
        finally:
            for future in futures:
                future.cancel()
    return tuple(runs)


def complaint(check: Check, run: CheckEvidence) -> Mismatch | None:
    """What is wrong with a run in which a call was made to fail; None when it was handled well."""
    when = _when(check, run.fault)
    unforgiven = [finding for finding in run.findings if finding.kind not in check.allow]
    findings = sorted(unforgiven, key=lambda finding: finding.kind not in CRASHES | HANGS)
    is_broken = (
        run.ending != "alive" or crash.has_oopsed(run.log) or any(f.kind in CRASHES | HANGS for f in findings)
    )
    if not is_broken and (mismatch := _of_load(check, run, when)):
        return mismatch
    if findings:
        return Mismatch(f"{when}: {findings[0].message}", "no finding", findings[0].message)
    return Mismatch(f"{when}, the machine stops.", "no finding", "the machine stopped") if is_broken else None


def _when(check: Check, failed: Fault | None) -> str:
    if failed is None:
        return "When a call is made to fail"
    what = "the allocation" if check.faults is True else f"{failed.function}()"
    place = f" at {failed.file}:{failed.line}" if failed.file and failed.line else ""
    return f"When {what}{place} fails"


def _of_load(check: Check, run: CheckEvidence, when: str) -> Mismatch | None:
    """What is wrong with how loading ended, if it was during a load that the call failed."""
    for action, done in zip(check.do, run.actions, strict=False):
        if not isinstance(action, Load) or not any(map(fault.is_told, done.log)):
            continue
        if done.status == 0:
            return Mismatch(f"{when}, the module loads all the same.", check.fault_errno, "success")
        if done.errno not in (check.fault_errno, action.errno):
            actual = done.errno or done.stderr.strip() or f"exit status {done.status}"
            reason = f"{when}, loading ends with {actual} instead of {check.fault_errno}."
            return Mismatch(reason, check.fault_errno, actual)
    return None
