# SPDX-License-Identifier: MIT
"""The doctor: how far the set-up is, what this computer lacks, and how to get it."""

import textwrap
from threading import Event
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from kmodlab import doctor
from kmodlab.doctor import Need
from kmodlab.steps import Step
from kmodlab.tui.keys import key_for
from kmodlab.tui.machine import MachineState
from kmodlab.tui.screens.screen import TOO_SMALL, LabScreen
from kmodlab.tui.widgets.footer import StillFooter
from kmodlab.tui.widgets.title_bar import TitleBar, bar
from kmodlab.tui.words import State, coloured, count

if TYPE_CHECKING:
    from kmodlab.session import Session

STATES = {
    "ok": State("✓", "ok", "$success"),
    "warning": State("!", "warning", "$warning"),
    "missing": State("✗", "missing", "$error"),
}
MOST_STEPS = 4  # that have been done
STATE_WIDTH, NAME_WIDTH = 10, 20  # cells


class NeedList(OptionList):
    """What the lab needs, a line each, as it is examined."""

    HELP = "List of needs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="doctor.down", tooltip="A line down"),
        Binding("k", "cursor_up", "Up", show=False, id="doctor.up", tooltip="A line up"),
        Binding("g", "first", "First", show=False, id="doctor.first", tooltip="To the first line"),
        Binding("G", "last", "Last", show=False, id="doctor.last", tooltip="To the last line"),
    ]


class Doctor(LabScreen[None]):
    """Examines this computer, and shows what is being done for the machine."""

    HELP = "Doctor"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "c,y,enter",
            "copy",
            "Copy fix",
            key_display="c",
            id="doctor.copy",
            tooltip="Copy what to do about it",
        ),
        Binding("r", "examine", "Look again", id="doctor.examine", tooltip="Look at everything again"),
        Binding("escape,q", "dismiss(None)", "Back", key_display="esc", id="doctor.close", tooltip="Back"),
    ]

    class Found(Message):
        """One thing was examined."""

        def __init__(self, need: Need) -> None:
            self.need = need
            super().__init__()

    class Examined(Message):
        """Everything was."""

    def __init__(self, session: "Session") -> None:
        """Show what `session` lacks."""
        super().__init__(session)
        self._needs: list[Need] = []
        self._is_examining = False
        self._is_left = Event()

    def compose(self) -> ComposeResult:
        """Lay out the set-up above the needs, and what comes of them below."""
        yield TitleBar("Doctor", self.session)
        yield Static(id="set-up")
        yield NeedList()
        yield Static(id="diagnosis")
        yield StillFooter()
        yield Static(TOO_SMALL, id="too-small")

    def on_mount(self) -> None:
        """Examine."""
        self.machine.changed.subscribe(self, self._follow_machine)
        self._show_machine(self.machine.state)
        self.query_one(NeedList).focus()
        self.action_examine()

    def on_unmount(self) -> None:
        """Boot nothing for nobody."""
        self._is_left.set()

    # The set-up

    def _follow_machine(self, state: MachineState) -> None:
        self._show_machine(state)
        has_ended = state.is_ready or state.trouble is not None
        if has_ended and not self._is_examining and any(need.state != "ok" for need in self._needs):
            self.action_examine()

    def _show_machine(self, state: MachineState) -> None:
        done = (state.steps if state.is_ready or state.trouble else state.steps[:-1])[-MOST_STEPS:]
        lines = [Content.assemble(("✓ ", "$success"), (step.text, "$muted")) for step in done]
        if state.trouble is not None:
            lines[-1:] = [Content.assemble(("✗ ", "bold $error"), lines[-1].plain[2:])] if lines else []
            lines.append(Content.styled(state.trouble.message, "bold"))
            again = f"  {key_for(self.app, 'prepare')} tries again."
            lines.append(Content.assemble(("→ ", "$accent"), state.trouble.hint, (again, "$muted")))
        elif state.is_ready:
            accelerator = (self.session.accelerator or "").upper()
            lines.append(
                Content.assemble(("● ", "$success"), f"Linux {self.session.kernel} is ready ({accelerator}).")
            )
        elif state.steps:
            lines.append(_under_way(state.steps[-1]))
        else:
            lines.append(Content("▸ Getting a machine ready"))
        self.query_one("#set-up", Static).update(Content("\n").join(lines))

    # The needs

    def action_examine(self) -> None:
        """Look at everything."""
        self._needs, self._is_examining = [], True
        self.query_one(NeedList).clear_options()
        self._write_diagnosis()
        self.refresh_bindings()
        self._examine()

    @work(thread=True, exit_on_error=False, group="examine")
    def _examine(self) -> None:
        try:
            for need in doctor.examine(self._is_left):
                self.post_message(self.Found(need))
        finally:
            self.post_message(self.Examined())

    @on(Found)
    def _show_need(self, message: Found) -> None:
        self._needs.append(message.need)
        needs = self.query_one(NeedList)
        needs.add_option(Option(self._need(message.need)))
        if needs.highlighted is None and message.need.state != "ok":
            needs.highlighted = len(self._needs) - 1
        self._write_diagnosis()
        self.refresh_bindings()

    @on(Examined)
    def _show_end(self) -> None:
        self._is_examining = False
        needs = self.query_one(NeedList)
        if needs.highlighted is None:
            needs.highlighted = 0
        self._write_diagnosis()
        self.refresh_bindings()

    def on_resize(self, event: events.Resize) -> None:
        """Break lines where there is the end of them now."""
        needs = self.query_one(NeedList)
        for number, need in enumerate(self._needs):
            needs.replace_option_prompt_at_index(number, self._need(need))

    @on(OptionList.OptionHighlighted)
    def _offer_copy(self) -> None:
        self.refresh_bindings()

    def _need(self, need: Need) -> Content:
        indent = STATE_WIDTH + NAME_WIDTH
        width = max(self.query_one(NeedList).scrollable_content_region.width - indent - 3, 20)
        text, *more = textwrap.wrap(need.text, width) or [""]
        fix = [f"→ {need.fix}"] if need.fix and need.state != "ok" else []
        state = STATES[need.state]
        return Content.assemble(
            coloured(f"{state.glyph} {state.word}".ljust(STATE_WIDTH), state),
            (need.name.ljust(NAME_WIDTH), "bold $foreground"),
            text,
            *(f"\n{'':{indent}}{line}" for line in more),
            *((f"\n{'':{indent}}{line}", "$accent") for part in fix for line in textwrap.wrap(part, width)),
        )

    def _write_diagnosis(self) -> None:
        missing = sum(need.state == "missing" for need in self._needs)
        warnings = sum(need.state == "warning" for need in self._needs)
        if self._is_examining:
            words = Content.assemble(
                ("▸ ", "$primary"), f"Examining this computer: {count(len(self._needs), 'thing')} so far"
            )
        elif missing:
            words = coloured(
                f"✗ {count(missing, 'thing')} missing. Arrows show how to get it.", STATES["missing"]
            )
        elif warnings:
            text = f"! All that is needed is here; {count(warnings, 'thing')} could be better."
            words = coloured(text, STATES["warning"])
        else:
            words = coloured("✓ Everything that the lab needs is here.", STATES["ok"])
        self.query_one("#diagnosis", Static).update(words)

    @property
    def _fix(self) -> str | None:
        at = self.query_one(NeedList).highlighted
        return self._needs[at].fix if at is not None and at < len(self._needs) else None

    def action_copy(self) -> None:
        """Copy what to do about the need at the cursor."""
        if self._fix is not None:
            self.app.copy_to_clipboard(self._fix)
            self.notify(self._fix, title="Copied", markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done now."""
        if action == "copy":
            return self.is_mounted and self._fix is not None
        return not (action == "examine" and self._is_examining)


def _under_way(step: Step) -> Content:
    done = f" · {step.fraction * step.size / 1e6:.0f} MB here" if step.size and step.fraction else ""
    return Content.assemble((bar(step.fraction), "$primary"), f"{step.text}{done}")
