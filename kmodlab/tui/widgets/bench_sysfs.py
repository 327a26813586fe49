# SPDX-License-Identifier: MIT
"""The page sysfs: what /sys/module shows of the lesson's modules on the learner's own machine, and what changes."""

import time
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from kmodlab.evidence import sysfs
from kmodlab.evidence.sysfs import Change, ModuleSnapshot
from kmodlab.tui.bench import BenchKeeper
from kmodlab.tui.sysfs_rows import SysfsRow, rows, sentence
from kmodlab.tui.widgets.bench_page import LivePage
from kmodlab.tui.widgets.log_view import Line, LogView, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmodlab.bench import Bench
    from kmodlab.tui.screens.entry import Entry

MARKED_SECONDS = 6.0  # for which a change can be seen in the tree
MOST_CHANGES = 200


class SysfsTree(OptionList):
    """The modules and their files."""

    HELP = "Tree of sysfs"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
        Binding("g", "first", "First", show=False),
        Binding("G", "last", "Last", show=False),
    ]


class SysfsPage(LivePage):
    """The tree, and beside it a list of what has happened."""

    HELP = "sysfs"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "l", "load", "Load", show=False, id="bench.load", tooltip="Load the module on your own machine"
        ),
        Binding("u", "unload", "Unload", show=False, id="bench.unload", tooltip="Unload it there"),
        Binding("w", "write", "Write", show=False, id="bench.write", tooltip="Write a value to a parameter"),
    ]

    def __init__(self, keeper: BenchKeeper, *, id: str) -> None:
        super().__init__(keeper, id=id)
        self._seen: dict[str, ModuleSnapshot] = {}
        self.shown_rows: list[SysfsRow] = []
        self._opened: set[str] = set()  # keys of folders
        self._marks: dict[tuple[str, str], tuple[Change, float]] = {}  # and until when
        self._happened: list[Line] = []
        self._arguments: dict[str, str] = {}  # that a module was loaded with last

    def compose(self) -> ComposeResult:
        """Lay out the line, and below it the tree and the list."""
        yield from self.head(Static())
        with Container(id="sysfs-body"):
            yield SysfsTree(id="sysfs-tree", compact=True)
            yield LogView(id="sysfs-changes")

    @property
    def files(self) -> SysfsTree:
        """The modules and their files."""
        return self.query_one(SysfsTree)

    def show_bench(self) -> None:
        """Show how it stands with the machine; a fresh one has nothing loaded."""
        if self.say_why_not():
            self._seen, self._marks = {}, {}
            self._happened = []
            self._show_rows()
            self._show_happened()
        else:
            self.look()

    # Looking

    async def refresh_bench(self) -> None:
        """Look again, mark what has changed, and list it."""
        names = self.keeper.names
        seen = await self.use(lambda bench: bench.look(names))
        if seen is None or names != self.keeper.names:
            return
        changes = [
            change
            for name, snapshot in seen.items()
            if name in self._seen
            for change in sysfs.changes(self._seen[name], snapshot)
        ]
        self._seen = seen
        self._note(changes)
        self._show_rows()
        self.say_state(self._state())

    def _note(self, changes: list[Change]) -> None:
        now = time.monotonic()
        self._marks = {key: (change, ends) for key, (change, ends) in self._marks.items() if ends > now}
        for change in changes:
            self._marks[change.module, change.path] = change, now + MARKED_SECONDS
            self._list(sentence(change), "notice")

    def _list(self, text: str, role: Role) -> None:
        self._happened = [*self._happened[1 - MOST_CHANGES :], Line(text, role, time.strftime("%H:%M:%S  "))]
        self._show_happened()

    def _show_happened(self) -> None:
        log = self.query_one("#sysfs-changes", LogView)
        log.show(self._happened or [Line("What changes is listed here.", "expected")], from_top=False)
        log.scroll_end(animate=False)

    def _show_rows(self) -> None:
        marks = {key: change for key, (change, _) in self._marks.items()}
        before, self.shown_rows = self.shown_rows, [*rows(self._seen.values(), self._opened, marks)]
        tree = self.files
        if [row.key for row in before] == [row.key for row in self.shown_rows]:
            for old, new in zip(before, self.shown_rows, strict=True):
                if old.text != new.text:
                    tree.replace_option_prompt(new.key, new.text)
            return
        current = before[tree.highlighted].key if tree.highlighted is not None and before else ""
        tree.clear_options()
        tree.add_options(Option(row.text, id=row.key) for row in self.shown_rows)
        at = next((at for at, row in enumerate(self.shown_rows) if row.key == current), 0)
        tree.highlighted = at if self.shown_rows else None

    def _state(self) -> Content:
        loaded = [name for name, snapshot in self._seen.items() if snapshot.is_loaded]
        if not loaded and not self.keeper.has_modules and self.keeper.trouble is not None:
            return Content.styled(f"! {self.keeper.trouble.message}", "$warning")
        if not loaded:
            return Content("Nothing is loaded")
        return Content.styled(f"● {', '.join(loaded)} loaded", "$success")

    # Acting

    @property
    def _row(self) -> SysfsRow | None:
        at = self.files.highlighted
        return self.shown_rows[at] if at is not None and at < len(self.shown_rows) else None

    @property
    def _module(self) -> str | None:
        """The module that the cursor is in."""
        row = self._row
        return row.module if row else next(iter(self.keeper.names), None)

    @work(exclusive=True, exit_on_error=False, group="sysfs-action")
    async def action_load(self) -> None:
        """Load the module at the cursor, with arguments if it has parameters."""
        name = self._module
        if name is None:
            return
        arguments: str | None = ""
        if parameters := self.keeper.parameters.get(name):
            arguments = await self.app.push_screen_wait(self._ask_arguments(name, parameters))
        if arguments is None:
            return
        given = self._arguments[name] = arguments
        await self._do(f"insmod {name}.ko {given}".rstrip(), lambda bench: bench.load(name, given))

    def _ask_arguments(self, name: str, parameters: tuple[str, ...]) -> "Entry":
        from kmodlab.tui.screens.entry import Entry

        return Entry(
            f"insmod {name}.ko with these arguments:",
            f"It has {', '.join(parameters)}",
            value=self._arguments.get(name, ""),
            example=f"{parameters[0]}=…",
        )

    @work(exclusive=True, exit_on_error=False, group="sysfs-action")
    async def action_unload(self) -> None:
        """Unload the module at the cursor."""
        if (name := self._module) is not None:
            await self._do(f"rmmod {name}", lambda bench: bench.unload(name))

    @work(exclusive=True, exit_on_error=False, group="sysfs-action")
    async def action_write(self) -> None:
        """Write a value to the file at the cursor."""
        row = self._row
        if row is None or row.file is None or not row.file.is_writable:
            self.notify("Put the cursor on a parameter that says “w writes”.", markup=False)
            return
        from kmodlab.tui.screens.entry import Entry

        path = f"{sysfs.FOLDER}/{row.module}/{row.file.path}"
        question = Entry(
            f"echo … >{path}", "The kernel gets the line as you type it", value=row.file.value or ""
        )
        value = await self.app.push_screen_wait(question)
        if value is not None:
            given = value
            await self._do(f"echo {given} >{path}", lambda bench: bench.write(path, given))

    async def _do(self, told: str, call: "Callable[[Bench], None]") -> None:
        """Have the bench do something, and list it with what came of it."""
        problem = await self.act(call)
        if problem is None:
            self._list(f"✓ {told}", "info")
        else:
            self._list(f"✗ {problem.message} {problem.hint}", "error")

    @on(OptionList.OptionSelected, "#sysfs-tree")
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        row = self.shown_rows[event.option_index]
        if row.file is not None:
            self.action_write()
        elif row.folder:
            self._opened ^= {row.key}
            self._show_rows()
        elif not self._seen[row.module].is_loaded:
            self.action_load()
