# SPDX-License-Identifier: MIT
"""What the pages on the learner's own machine have in common: a line at the top, and work only while they are seen."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kmodlab.errors import LabError
from kmodlab.tui.bench import BenchKeeper, Phase

if TYPE_CHECKING:
    from kmodlab.bench import Bench

Answer = TypeVar("Answer")

REFRESH_SECONDS = 1.0


class KeyHint(Static):
    """A key of the page and what it does; a click does it too."""

    def __init__(self, binding: Binding) -> None:
        super().__init__(Content.assemble((binding.key, "bold $accent"), f" {binding.description.lower()}"))
        self._action = binding.action
        self.tooltip = binding.tooltip

    async def on_click(self) -> None:
        """Do it."""
        page = next(node for node in self.ancestors if isinstance(node, BenchPage))
        await self.app.run_action(self._action, default_namespace=page)


class BenchPage(Vertical):
    """A page that asks for the machine when it is shown."""

    HELP = "Your own machine"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r", "renew", "Fresh machine", show=False, id="bench.renew", tooltip="A fresh machine of your own"
        ),
    ]

    def __init__(self, keeper: BenchKeeper, *, id: str) -> None:
        """Show the machine that `keeper` has."""
        super().__init__(id=id)
        self.keeper = keeper
        self.is_seen = False

    def head(self, line: Static) -> ComposeResult:
        """The line at the top, and beside it the keys of the page."""
        line.add_class("bench-line")
        with Horizontal(classes="bench-head"):
            yield line
            for binding in dict.fromkeys((*type(self).BINDINGS, *BenchPage.BINDINGS)):
                if isinstance(binding, Binding):
                    yield KeyHint(binding)

    def on_mount(self) -> None:
        """Hear of what becomes of the machine."""
        self.keeper.changed.subscribe(self, lambda _: self.show_bench())

    def on_show(self) -> None:
        """Have a machine."""
        self.is_seen = True
        self.keeper.want()
        self.show_bench()

    def on_hide(self) -> None:
        """Leave the machine alone."""
        self.is_seen = False

    def action_renew(self) -> None:
        """Get a fresh machine."""
        self.keeper.renew()

    @property
    def parts(self) -> list[Widget]:
        """What can have the focus, the part to begin with first."""
        return [part for part in self.query("*").results(Widget) if part.can_focus and part.display]

    def show_bench(self) -> None:
        """Show how it stands with the machine."""
        raise NotImplementedError

    def say(self, text: Content) -> None:
        """Show `text` in the line at the top."""
        self.query_one(".bench-line", Static).update(text)

    def say_why_not(self) -> bool:
        """Show in the line at the top why there is no machine; False when there is one."""
        if self.keeper.phase is Phase.READY:
            return False
        if self.keeper.phase is Phase.LOST and self.keeper.trouble is not None:
            self.say(Content.styled(f"✗ {self.keeper.trouble.message} ", "$error"))
        else:
            self.say(Content.styled("▸ A machine of your own is starting…", "$primary"))
        return True

    async def use(self, call: "Callable[[Bench], Answer]") -> Answer | None:
        """What a call of the bench gives back; None when it failed, which is shown."""
        try:
            return await self.keeper.use(call)
        except LabError as problem:
            self.say(complaint(problem))
            return None


class LivePage(BenchPage):
    """A page that looks at the machine again and again while it is seen, and acts on it."""

    def __init__(self, keeper: BenchKeeper, *, id: str) -> None:
        super().__init__(keeper, id=id)
        self._is_looking = False
        self._complaint: Content | None = None  # about the last action

    def on_mount(self) -> None:
        """Begin to look when there is something to see."""
        self.set_interval(REFRESH_SECONDS, self.look)

    def look(self) -> None:
        """Look once, unless a look is under way or nobody sees it."""
        is_seen = self.is_seen and self.app.screen is self.screen
        if is_seen and self.keeper.phase is Phase.READY and not self._is_looking:
            self._is_looking = True
            self.run_worker(self._look(), exit_on_error=False, group="look")

    async def _look(self) -> None:
        try:
            await self.refresh_bench()
        finally:
            self._is_looking = False

    async def refresh_bench(self) -> None:
        """Look at the machine and show what is seen."""
        raise NotImplementedError

    def say_state(self, state: Content) -> None:
        """Show how it stands, unless the last action failed: then why."""
        self.say(self._complaint or state)

    async def act(self, call: "Callable[[Bench], None]") -> LabError | None:
        """Have the bench do something; the error that came of it, which is shown until the next action."""
        try:
            await self.keeper.use(call)
        except LabError as problem:
            self._complaint = complaint(problem)
            self.say(self._complaint)
            return problem
        self._complaint = None
        self.look()
        return None


def complaint(problem: LabError) -> Content:
    """What failed, and the next step."""
    return Content.assemble((f"✗ {problem.message} ", "$error"), (problem.hint, "$foreground"))
