# SPDX-License-Identifier: MIT
"""The page Trace: the function tracer on the learner's own machine, and what it has recorded."""

from textwrap import dedent
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from kmodlab.evidence.evidence import TraceEvidence
from kmodlab.tui.widgets.bench_page import LivePage
from kmodlab.tui.widgets.log_view import EXPECTED, Line, LogView

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmodlab.bench import Bench


class TracePage(LivePage):
    """The end of the trace buffer, and how tracing is set."""

    HELP = "Trace"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f",
            "trace",
            "Function",
            show=False,
            id="trace.function",
            tooltip="Trace the functions of your module",
        ),
        Binding("n", "nop", "nop", show=False, id="trace.nop", tooltip="Trace nothing"),
        Binding(
            "o",
            "switch",
            "On/off",
            show=False,
            id="trace.switch",
            tooltip="Switch the recording on or off",
        ),
        Binding("c", "clear", "Clear", show=False, id="trace.clear", tooltip="Empty the trace buffer"),
    ]

    _seen: TraceEvidence | None = None

    def compose(self) -> ComposeResult:
        """Lay out the line above the buffer."""
        yield from self.head(Static())
        yield LogView(id="trace-lines")

    def show_bench(self) -> None:
        """Show how it stands with the machine."""
        if self.say_why_not():
            self._seen = None
            self.query_one(LogView).show([])
        else:
            self.look()

    async def refresh_bench(self) -> None:
        """Look again."""
        seen = await self.use(lambda bench: bench.trace())
        if seen is None:
            return
        state = ("● on", "$success") if seen.is_on else ("○ off", "$warning")
        self.say_state(Content.assemble(f"tracer {seen.tracer} ", state))
        if seen != self._seen:
            self._seen = seen
            self._show(seen)

    def _show(self, seen: TraceEvidence) -> None:
        log = self.query_one(LogView)
        was_at_end = log.scroll_offset.y >= log.max_scroll_y
        lines = [Line(line) for line in dedent("\n".join(seen.lines)).splitlines()] or [
            Line(self._way_on(seen), EXPECTED)
        ]
        if seen.is_cut:
            lines.insert(0, Line("… earlier lines are in the buffer, too …", "heading"))
        log.show(lines, from_top=False)
        if was_at_end:
            log.scroll_end(animate=False)

    def _way_on(self, seen: TraceEvidence) -> str:
        modules = ", ".join(self.keeper.names)
        if seen.tracer == "nop":
            return f"The buffer is empty. f traces the functions of {modules}; then load it in sysfs or the console."
        return f"The buffer is empty: no function of {modules} has run since. Load it, or use it."

    def action_trace(self) -> None:
        """Trace the functions of the lesson's modules."""
        names = self.keeper.names
        self._do(lambda bench: bench.trace_functions(names))

    def action_nop(self) -> None:
        """Trace nothing."""
        self._do(lambda bench: bench.trace_nothing())

    def action_switch(self) -> None:
        """Switch the recording on or off."""
        if self._seen is not None:
            is_on = not self._seen.is_on
            self._do(lambda bench: bench.switch_tracing(is_on))

    def action_clear(self) -> None:
        """Empty the buffer."""
        self._do(lambda bench: bench.clear_trace())

    def _do(self, call: "Callable[[Bench], None]") -> None:
        self.run_worker(self.act(call), exit_on_error=False, group="trace")
