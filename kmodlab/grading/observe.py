# SPDX-License-Identifier: MIT
"""Observation: do to a machine what a check says, and write down what was seen."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from kmodlab import checks
from kmodlab.build import kbuild
from kmodlab.errors import LabError
from kmodlab.evidence import audit, crash, fault, klog, layout, memory, pages, state
from kmodlab.evidence.audit import Baseline
from kmodlab.evidence.evidence import (
    ActionEvidence,
    AllocationEvidence,
    CheckEvidence,
    Ending,
    FileEvidence,
    ModuleEvidence,
    TraceEvidence,
)
from kmodlab.evidence.finding import Finding
from kmodlab.evidence.follower import Follower
from kmodlab.evidence.klog import Record
from kmodlab.evidence.layout import Layout
from kmodlab.grading import actions, hang, look, supplies, waiting
from kmodlab.grading.packcode import Drive
from kmodlab.machines import witness
from kmodlab.machines.machine import ConnectionLostError, DeadlineError, Machine, MachineLostError
from kmodlab.packs.manifest import Action, Check, Load, Python, Shell, Unload, Wait

READ_LOG = "modctl log <&8"  # agent.sh has opened it: what the kernel has logged since the machine was new
WHY_NOT_UNLOADED = {  # delete_module(2)
    "EBUSY": "it has an init function but no exit function",
    "EAGAIN": "something still uses it",
}


def observe(
    check: Check,
    machine: Machine,
    modules: Mapping[str, Path],
    before: Baseline,
    fail: int = 0,
    files: Mapping[str, bytes] | None = None,
    drive: Drive | None = None,
) -> CheckEvidence:
    """What a check comes to on a machine that nobody has used; the machine is spent afterwards.

    `modules` are the built ones by name, `before` is what an unused machine looks like. `fail` is the number of the
    call that is made to fail, of those that the check names under `faults`; 0 for none.
    `files` are put beside the modules; `drive` calls functions of the pack.
    """
    try:
        return _Observation(check, machine, modules, before, fail, files or {}, drive).run()
    except ConnectionLostError as problem:  # at any moment, so nothing is known of the learner's code
        return CheckEvidence(check.id, trouble=problem.message)


class _Observation:
    def __init__(
        self,
        check: Check,
        machine: Machine,
        modules: Mapping[str, Path],
        before: Baseline,
        fail: int,
        supplied: Mapping[str, bytes],
        drive: Drive | None,
    ) -> None:
        self._check, self._machine, self._modules, self._before = check, machine, modules, before
        self._supplied, self._drive = supplied, drive
        self._fail = fail
        self._is_counting = False
        self._calls: int | None = None
        self._log = Follower(machine)
        self._markers: set[str] = set()
        self._logged: frozenset[klog.Identity] | None = None
        self._actions: list[ActionEvidence] = []
        self._files: dict[str, FileEvidence] = {}
        self._states: dict[str, ModuleEvidence] = {}
        self._trace: TraceEvidence | None = None
        self._allocations: dict[str, AllocationEvidence] = {}
        self._findings: list[Finding] = []
        self._layouts: list[Layout] = []

    def run(self) -> CheckEvidence:
        began = time.monotonic()
        try:
            self._push_modules()
            supplies.push(self._machine, self._supplied)
            self._set_witness()
        except (DeadlineError, MachineLostError) as problem:  # nothing of the learner's has run yet
            return CheckEvidence(self._check.id, trouble=problem.message)
        if self._fail and not self._is_counting:
            return CheckEvidence(self._check.id, trouble="The lab cannot make those calls fail.")
        ending: Ending = "alive"
        loss = ""
        try:
            for action in self._check.do:
                self._act(action)
                if self._has_crashed():
                    break
                if self._fail and isinstance(action, Load) and self._has_failed_call():
                    break  # what comes after needs the module
            if not self._fail:
                self._logged = klog.buffered(self._machine.run(READ_LOG).stdout)
                self._files = look.at_files(self._machine, self._check.expect)
                self._states = look.at_modules(self._machine, self._check.expect)
                self._trace = look.at_trace(self._machine, self._check.expect)
                self._allocations = look.at_allocations(
                    self._machine, self._check.expect, self._before, self._modules
                )
            self._unload_all()
            self._count_calls()
            self._compare()
        except DeadlineError as problem:
            ending = "hung"
            doing = self._actions[-1].title if self._actions else "the check"
            self._findings.append(hang.explain(self._machine, self._log, doing, problem, self._modules))
        except MachineLostError as problem:
            ending, loss = "lost", problem.message
        except LabError as problem:  # a function of the pack's
            return CheckEvidence(self._check.id, trouble=problem.message)
        except ValueError:  # by now the learner's code has run, so it is what made them so
            ending, loss = "lost", "What the machine answers makes no sense any more."
        if ending != "alive" or self._log.is_hopeless:
            self._log.read_last_words()
        records = self._records()
        findings = [
            layout.locate(finding, self._modules, self._layouts)
            for finding in hang.once(crash.read(records, self._modules))
        ]
        if findings and ending == "hung":
            self._findings.clear()  # the kernel's own report says more than the clock
        self._findings = [layout.locate(finding, self._modules, self._layouts) for finding in self._findings]
        if ending == "lost" and not findings:
            self._findings.append(Finding("lost-machine", f"{loss} Its log does not say why."))
        return CheckEvidence(
            check=self._check.id,
            actions=tuple(map(self._confirmed, self._actions, (*self._check.do, None))),
            files=self._files,
            modules=self._states,
            trace=self._trace,
            allocations=self._allocations,
            log=tuple(self._witnessed(record) for record in records),
            findings=(*findings, *self._findings),
            ending=ending,
            seconds=time.monotonic() - began,
            calls=self._calls,
            fault=fault.read(records, self._modules) if self._fail else None,
        )

    def _witnessed(self, record: Record) -> Record:
        is_witnessed = self._logged is None or klog.identity(record) in self._logged
        return record if is_witnessed else replace(record, is_witnessed=False)

    def _confirmed(self, done: ActionEvidence, action: Action | None) -> ActionEvidence:
        """The evidence of an action (None: unloading at the end), and what the kernel's own log buffer says to it."""
        done = replace(done, log=tuple(self._witnessed(record) for record in done.log))
        records = (self._witnessed(record) for record in self._log.records)
        if isinstance(action, Wait) and done.status == 0 and not waiting.is_confirmed(action, records):
            return replace(done, status=1)
        return done

    def _set_witness(self) -> None:
        """Have the learner's modules watched, and the calls counted or made to fail that the check names."""
        faults = self._check.faults
        if faults:
            functions = faults if isinstance(faults, tuple) else ()
            command = f"{witness.watch(self._modules)} && {witness.fail(self._fail, functions)}"
            self._is_counting = self._machine.run(command).status == 0
        elif self._modules:
            self._machine.run(witness.watch(self._modules))

    def _has_failed_call(self) -> bool:
        return any(map(fault.is_told, self._actions[-1].log))

    def _count_calls(self) -> None:
        if self._is_counting and not self._fail:
            answer = self._machine.run(witness.SEEN).stdout.strip()
            self._calls = int(answer) if answer.isdigit() else None

    def _push_modules(self) -> None:
        loads = (action for action in self._check.single_actions if isinstance(action, Load))
        for name in dict.fromkeys(load.module for load in loads):
            if name in self._modules:
                content = kbuild.without_debug(self._modules[name]).read_bytes()
                self._machine.push(f"{actions.MODULE_FOLDER}/{name}.ko", content)

    def _act(self, action: Action) -> None:
        """Run one action; a marker in the kernel log says where its messages end."""
        if isinstance(action, Wait):
            self._wait(action)
            return
        if isinstance(action, Python):
            self._call(action)
            return
        command = actions.command(action)
        evidence = ActionEvidence(actions.title(action), -1, None, "", "", 0.0)
        self._actions.append(evidence)
        first, began = len(self._log.records), time.monotonic()
        try:
            result = self._machine.run(command, deadline=action.deadline, give_up=self._log.patience())
        except (DeadlineError, MachineLostError):
            self._actions[-1] = replace(evidence, seconds=time.monotonic() - began)
            raise
        self._read_log()
        self._actions[-1] = replace(actions.evidence(action, result), log=tuple(self._records(first)))
        self._note_layouts(action)

    def _note_layouts(self, action: Action) -> None:
        """Write down where code was loaded; of what a shell command loads, and what did not load, that is not known."""
        for single, evidence in actions.singly([action], [self._actions[-1]]):
            if isinstance(single, Load) and single.module in self._modules:
                self._layouts.append(Layout(single.module, evidence.sections))
            elif isinstance(single, Shell):
                self._layouts += [Layout(name) for name in self._modules if name in single.sh]

    def _wait(self, action: Wait) -> None:
        evidence = ActionEvidence(actions.title(action), -1, None, "", "", 0.0)
        self._actions.append(evidence)
        first, began = len(self._log.records), time.monotonic()
        came = waiting.wait(action, self._machine, self._log)
        seconds = time.monotonic() - began
        log = tuple(self._records(first))
        self._actions[-1] = replace(evidence, status=0 if came else 1, seconds=seconds, log=log)

    def _call(self, action: Python) -> None:
        """Have a function of the pack drive the machine; all that it does becomes part of the evidence."""
        assert self._drive is not None
        evidence = ActionEvidence(actions.title(action), -1, None, "", "", 0.0)
        self._actions.append(evidence)
        first, began = len(self._log.records), time.monotonic()
        guest = checks.Machine(self._machine, action.deadline, self._log.patience)
        try:
            printed = self._drive(action.python, guest)
        except (DeadlineError, MachineLostError):
            seconds = time.monotonic() - began
            self._actions[-1] = replace(evidence, seconds=seconds, parts=tuple(guest.done))
            raise
        self._read_log()
        self._actions[-1] = replace(
            evidence,
            status=0,
            stdout=printed,
            seconds=time.monotonic() - began,
            log=tuple(self._records(first)),
            parts=tuple(guest.done),
        )
        commands = " ".join(part.title for part in guest.done)
        self._layouts += [Layout(name) for name in self._modules if name in commands]

    def _read_log(self) -> None:
        """Read the log up to now; raise MachineLostError when it does not come any more.

        The marker is made up only now: nothing that the action has started can have known it.
        """
        marker, first = secrets.token_hex(8), len(self._log.records)
        self._markers.add(marker)
        self._machine.run(f"echo '<8>{marker}' >/dev/kmsg", give_up=self._log.patience())
        if not self._log.read_to(marker, first) and not (self._log.is_hopeless or self._log.is_flooded):
            raise MachineLostError("What the kernel logs does not arrive any more.")

    def _records(self, first: int = 0) -> list[Record]:
        """The log from the record `first` on, without the lab's own markers."""
        records = self._log.records[first:]
        return [record for record in records if not (record.facility and record.text in self._markers)]

    def _unload_all(self) -> None:
        """Unload what the check left loaded, last loaded first, as every check ends."""
        loaded: list[str] = []
        for action, evidence in actions.singly(self._check.do, self._actions):
            if isinstance(action, Load) and evidence.status == 0:
                loaded.append(action.module)
            elif isinstance(action, Unload) and evidence.status == 0 and action.unload in loaded:
                loaded.remove(action.unload)
        for name in reversed(loaded):
            if self._has_crashed():
                return
            self._act(Unload(unload=name))
            evidence = self._actions.pop()
            if evidence.status != 0 and not self._has_crashed():
                why = WHY_NOT_UNLOADED.get(evidence.errno or "", "the kernel refuses")
                message = f"{name} cannot be unloaded: {why}, {evidence.stderr.strip()}."
                self._findings.append(Finding("unload-error", message))

    def _has_crashed(self) -> bool:
        """Whether something broke after which nothing else can be expected to work."""
        return self._log.is_hopeless or crash.has_oopsed(self._log.records)

    def _compare(self) -> None:
        if self._has_crashed():
            return
        left, taint = audit.compare(self._machine, self._before, self._modules, self._layouts)
        self._read_log()  # the check of the slabs complains there
        reports = crash.read(self._log.records, self._modules)
        lines = [record.text for record in self._records()]
        left = [finding for finding in left if not memory.is_told(finding, lines)]
        if not reports:
            left += state.damage(self._before.state, taint)
        if not self._findings:  # else a module is still there, and may keep what it has
            left += pages.leaks(self._machine, self._modules)
        stuck = {f"module {name}" for name in self._modules} if self._findings else set()
        self._findings += [finding for finding in left if not any(name in finding.message for name in stuck)]
