# SPDX-License-Identifier: MIT
"""A bench that plays what a test tells it, so that the pages on it are tested without a machine."""

import socket
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from textual.app import ComposeResult
from tui_lab import RecordedSession

from kmodlab.build.result import BuildEvidence
from kmodlab.errors import LabError
from kmodlab.evidence.evidence import TraceEvidence
from kmodlab.evidence.sysfs import ModuleSnapshot, SysfsFile
from kmodlab.machines.machine import MachineLostError
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.steps import Listener, ignore
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.screens.screen import LabScreen
from kmodlab.tui.widgets.results import ResultsPane

LIVE = ModuleSnapshot(
    "hello",
    "Live",
    files=(
        SysfsFile("coresize", 0o444, "16384"),
        SysfsFile("initstate", 0o444, "live"),
        SysfsFile("refcnt", 0o444, "0"),
        SysfsFile("taint", 0o444, "OE"),
        SysfsFile("parameters/greeting", 0o444, "Hello"),
        SysfsFile("parameters/times", 0o644, "42"),
        SysfsFile("sections/.data", 0o400, "0xffffffffc024f018"),
        SysfsFile("sections/.text", 0o400, "0xffffffffc024d000"),
    ),
)


def with_value(snapshot: ModuleSnapshot, path: str, value: str) -> ModuleSnapshot:
    """The snapshot with another value in one file."""
    files = (replace(file, value=value) if file.path == path else file for file in snapshot.files)
    return replace(snapshot, files=tuple(files))


class RecordedConsole:
    """The lab's end of a console; `guest` is the other."""

    def __init__(self) -> None:
        self.socket, self.guest = socket.socketpair()
        self.guest.setblocking(False)
        self.heard = b""
        self.sizes: list[tuple[int, int]] = []

    def has_heard(self, typed: bytes) -> bool:
        """Whether the guest has got exactly this since it was asked last."""
        with suppress(BlockingIOError):
            self.heard += self.guest.recv(1000)
        if self.heard != typed:
            return False
        self.heard = b""
        return True

    def resize(self, rows: int, columns: int) -> None:
        self.sizes.append((rows, columns))


@dataclass
class RecordedBench:
    """Writes down what it is asked to do; `trouble` is raised by what acts, `build_trouble` by building."""

    states: dict[str, ModuleSnapshot] = field(default_factory=dict)
    recorded: TraceEvidence = field(default_factory=lambda: TraceEvidence((), "nop", True))
    trouble: LabError | None = None
    build_trouble: LabError | None = None
    did: list[str] = field(default_factory=list)
    looks: int = 0
    is_closed: bool = False
    files: dict[str, bytes] = field(default_factory=dict)  # in /root
    line: RecordedConsole = field(default_factory=RecordedConsole)

    def build(
        self,
        sources: Mapping[str, bytes],
        names: Sequence[str],
        helped_by: Mapping[str, Mapping[str, bytes]],
    ) -> BuildEvidence:
        if self.build_trouble is not None:
            raise self.build_trouble
        self.put({f"{name}.ko": b"built" for name in names})
        return BuildEvidence(True, parameters=dict.fromkeys(names, ("greeting", "times")))

    def put(self, files: Mapping[str, bytes]) -> None:
        self.files |= files

    def supply(self, lesson: Lesson, sources: Mapping[str, bytes]) -> None:
        self.did.append(f"supply {lesson.id}")

    def load(self, name: str, arguments: str = "") -> None:
        self._do(f"load {name} {arguments}".rstrip())
        self.states[name] = replace(LIVE, name=name)

    def unload(self, name: str) -> None:
        self._do(f"unload {name}")
        del self.states[name]

    def write(self, path: str, value: str) -> None:
        self._do(f"write {path} {value}")

    def look(self, names: Collection[str]) -> dict[str, ModuleSnapshot]:
        self.looks += 1
        if self.is_closed:
            raise self.loss()
        return {name: self.states.get(name, ModuleSnapshot(name)) for name in names}

    def trace(self) -> TraceEvidence:
        return self.recorded

    def trace_functions(self, names: Collection[str]) -> None:
        self._do(f"trace {' '.join(names)}")

    def trace_nothing(self) -> None:
        self._do("trace nothing")

    def switch_tracing(self, is_on: bool) -> None:
        self._do(f"switch {'on' if is_on else 'off'}")

    def clear_trace(self) -> None:
        self._do("clear")

    def console(self) -> RecordedConsole:
        return self.line

    def loss(self) -> MachineLostError:
        return MachineLostError("Your machine stopped. The kernel stopped for good.", hint="Get a fresh one.")

    def close(self) -> None:
        self.is_closed = True
        self.line.guest.close()

    def _do(self, what: str) -> None:
        self.did.append(what)
        if self.trouble is not None:
            raise self.trouble


class SessionWithBenches(RecordedSession):
    """Hands out the benches in `benches`, or raises `bench_trouble`."""

    def __init__(self, pack: Pack, data: Path) -> None:
        super().__init__(pack, data)
        self.benches = [RecordedBench() for _ in range(3)]
        self.bench_trouble: LabError | None = None
        self.handed_out: list[RecordedBench] = []

    def bench(self, listen: Listener = ignore) -> RecordedBench:
        if self.bench_trouble is not None:
            raise self.bench_trouble
        self.handed_out.append(self.benches[len(self.handed_out)])
        return self.handed_out[-1]


class PagesScreen(LabScreen[None]):
    """The results alone: quicker to set up than the whole lesson screen."""

    def compose(self) -> ComposeResult:
        yield ResultsPane(self.session, id="results", classes="pane")

    async def on_mount(self) -> None:
        lesson = self.session.pack.lessons[0]
        await self.query_one(ResultsPane).begin_lesson(lesson, {}, self.session.progress.standing(lesson.id))

    def action_page(self, page: str) -> None:
        self.query_one(ResultsPane).focus_page()
        self.query_one(ResultsPane).turn_to(page)


class PagesApp(KmodlabApp):
    """The app with the results alone."""

    def get_default_screen(self) -> PagesScreen:  # type: ignore[override]
        return PagesScreen(self.session)


def make_pages(session: SessionWithBenches) -> PagesApp:
    """The results alone, on that session, at its first lesson."""
    return PagesApp(session, session.pack.lessons[0])  # type: ignore[arg-type]
