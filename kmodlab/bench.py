# SPDX-License-Identifier: MIT
"""The bench: a machine of the learner's own, outside of grading, with their modules at hand."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

from kmodlab.build import helpers, kbuild
from kmodlab.build.result import BuildEvidence
from kmodlab.errors import LabError
from kmodlab.evidence import crash, klog, sysfs
from kmodlab.evidence.evidence import TraceEvidence
from kmodlab.evidence.sysfs import ModuleSnapshot
from kmodlab.grading import actions, look, supplies
from kmodlab.grading.grade import build_complaint
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines.console import Console
from kmodlab.machines.machine import CommandResult, DeadlineError, MachineLostError
from kmodlab.machines.qemu import QemuMachine
from kmodlab.packs.actions import Load, Unload, Write
from kmodlab.packs.catalog import Lesson

FRESH = "Ask for a fresh machine; what you had in this one is gone."
TRACE_LINES = 300  # the last ones of the trace buffer
LOOK_SECONDS = 5.0
TRACE_SECONDS = 10.0  # a full buffer takes three to print


class Bench:
    """Everything here waits for the guest and may be called from any thread.

    Raises MachineLostError when the guest has stopped or the bench is closed, and DeadlineError when the guest does
    not answer; after either a fresh bench helps.
    """

    def __init__(self, machine: QemuMachine, tree: KernelTree) -> None:
        """Take over a machine that nobody has used; `tree` is its kernel."""
        self._machine, self._tree = machine, tree
        # Looks go on while an action does not come to its end, as a module's init that waits.
        self._acting, self._looking = threading.RLock(), threading.RLock()
        self._closed = threading.Event()
        self._console: Console | None = None
        self._traced: tuple[str, ...] = ()

    # What is in /root

    def build(
        self,
        sources: Mapping[str, bytes],
        names: Sequence[str],
        helped_by: Mapping[str, Mapping[str, bytes]] | None = None,
    ) -> BuildEvidence:
        """Build modules and put them into /root; raise LabError when they do not build.

        `helped_by` are the sources of the pack's modules that they may use, by module.
        """
        pack_modules = helpers.built(self._tree, helped_by or {})
        with kbuild.build_folder() as folder:
            build = kbuild.build(self._tree, sources, names, folder, self._closed, pack_modules)
            if not build.succeeded:
                raise LabError(
                    build_complaint(build), hint="`kmodlab check` shows all messages of the compiler."
                )
            self.put(kbuild.modules(folder, names))
            return build

    def supply(self, lesson: Lesson, sources: Mapping[str, bytes]) -> None:
        """Put the lesson's test programs and the scripts among the learner's files into /root; load its helpers."""
        pack_modules = helpers.built(self._tree, lesson.helpers())
        with supplies.prepared(self._tree, lesson, sources, pack_modules) as supplied:
            files = {name: file for check in lesson.checks for name, file in supplied.of(check).items()}
        self.put(files | supplied.helpers)
        for name in lesson.manifest.helpers:
            self.load(name)

    def put(self, files: Mapping[str, bytes]) -> None:
        """Put files into /root, by name, instead of those before."""
        with self._reaching(self._acting) as machine:
            supplies.push(machine, files)

    # Modules

    def load(self, name: str, arguments: str = "") -> None:
        """Load a module with arguments as insmod takes them; raise LabError that names the kernel's error."""
        if name in self._traced:  # the kernel has forgotten it with the last unload
            self._aside(_choose_functions((name,)))
        self._act(f"insmod {name}.ko {arguments}".rstrip(), Load(load=f"{name} {arguments}"))

    def unload(self, name: str) -> None:
        """Unload a module; raise LabError that names the kernel's error."""
        self._act(f"rmmod {name}", Unload(unload=name))

    def write(self, path: str, value: str) -> None:
        """Write a line to a file, as echo does; raise LabError that names the kernel's error."""
        self._act(f"echo {value} >{path}", Write(write=path, text=f"{value}\n"))

    def look(self, names: Collection[str]) -> dict[str, ModuleSnapshot]:
        """How the kernel shows these modules now, loaded or not."""
        listing = f'set -- {sysfs.patterns(names)}; printf \'%s\\0\' "$@"; echo; modctl look "$@"'
        head, _, rest = self._aside(listing).stdout.partition(b"\0\n")
        paths = head.decode(errors="replace").split("\0")
        files = dict(zip(paths, look.files(rest), strict=False))
        return {name: sysfs.snapshot(name, files) for name in names}

    # Tracing

    def trace(self) -> TraceEvidence:
        """The tracer, whether tracing is on, and the end of the buffer."""
        settings, buffer = f"{look.TRACING}/current_tracer {look.TRACING}/tracing_on", f"{look.TRACING}/trace"
        command = f"cat {settings}; tail -n {TRACE_LINES + 1} {buffer}"
        output = self._aside(command, TRACE_SECONDS).stdout.decode(errors="backslashreplace")
        tracer, is_on, *lines = [*output.split("\n"), "", ""]
        lines = [line for line in lines if line and not line.startswith("#")]
        return TraceEvidence(
            tuple(lines[-TRACE_LINES:]), tracer, is_on == "1", is_cut=len(lines) > TRACE_LINES
        )

    def trace_functions(self, names: Collection[str]) -> None:
        """Trace the functions of these modules, also of those that `load` loads later; raise LabError."""
        self.trace_nothing()  # without functions chosen all of the kernel's would be traced
        self._tell_tracing(f"{_choose_functions(names)} && echo function >current_tracer")
        self._traced = tuple(names)

    def trace_nothing(self) -> None:
        """Choose the tracer nop; raise LabError."""
        self._traced = ()
        self._tell_tracing("echo nop >current_tracer && echo >set_ftrace_filter")

    def switch_tracing(self, is_on: bool) -> None:
        """Switch the recording on or off; raise LabError."""
        self._tell_tracing(f"echo {is_on:d} >tracing_on")

    def clear_trace(self) -> None:
        """Empty the buffer; raise LabError."""
        self._tell_tracing("echo >trace")

    def _tell_tracing(self, command: str) -> None:
        result = self._aside(f"cd {look.TRACING} && {command}")
        if result.status != 0:
            complaint = result.stderr.decode(errors="replace").strip().splitlines()
            raise LabError(
                f"Tracing cannot be set so: {complaint[-1] if complaint else 'the kernel refuses'}.",
                hint="This kernel may have been built without the function tracer.",
            )

    # The console

    def console(self) -> Console:
        """The shell on the machine's terminal; started the first time."""
        with self._looking:
            if self._console is None:
                self._console = Console(self._machine.console, self._aside)
            return self._console

    # The machine

    def loss(self) -> MachineLostError:
        """Why the machine is lost, as far as its last words tell."""
        with self._looking:
            return MachineLostError(self._last_words(), hint=FRESH)

    def close(self) -> None:
        """End the machine; whoever waits for it gets MachineLostError. May be called again."""
        self._closed.set()
        self._machine.kill()
        with self._acting, self._looking:
            self._machine.close()

    def _act(self, told: str, action: Load | Unload | Write) -> None:
        with self._reaching(self._acting) as machine:
            logged = len(machine.log())
            result = machine.run(actions.command(action), deadline=action.deadline)
            if result.status != 0:
                stderr = actions.in_words(result.stderr.decode(errors="replace")).strip()
                raise LabError(f"{told}: {stderr or 'killed'}.", hint=_said(machine.log(logged)))

    def _aside(self, command: str, deadline: float | None = None) -> CommandResult:
        """Run a command beside what `_act` does."""
        with self._reaching(self._looking) as machine:
            return machine.run_aside(command, deadline=deadline or LOOK_SECONDS)

    @contextmanager
    def _reaching(self, lock: AbstractContextManager[object]) -> Iterator[QemuMachine]:
        with lock:
            if self._closed.is_set():
                raise self.loss()
            try:
                yield self._machine
            except MachineLostError as problem:
                raise self.loss() from problem
            except DeadlineError as problem:
                raise DeadlineError(problem.command, problem.seconds, hint=FRESH) from problem

    def _last_words(self) -> str:
        if self._closed.is_set():
            return "Your machine was ended."
        findings = crash.read(klog.parse(self._machine.log().decode(errors="replace")))
        return f"Your machine stopped. {findings[-1].message}" if findings else "Your machine stopped."


def _choose_functions(modules: Collection[str]) -> str:
    """The command that has the functions of modules traced too, also of those that are not loaded yet."""
    return " && ".join(f"echo '*:mod:{name}' >>{look.TRACING}/set_ftrace_filter" for name in modules)


def _said(log: bytes) -> str:
    """What the kernel said of a failure, as a next step."""
    records = [record for record in klog.parse(log.decode(errors="replace")) if not record.is_benign]
    findings = crash.read(records)
    if findings:
        return f"{findings[0].message} dmesg in the console shows all of it."
    if records:
        return f"The kernel's log says: {records[-1].text}"
    return "dmesg in the console may say why."
