# SPDX-License-Identifier: MIT
"""Sparing frames: the fewer times the screen is laid out, the sooner a key that is typed meanwhile is seen."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static, Tab

Self = TypeVar("Self", bound=Widget)
P = ParamSpec("P")


def in_one_frame(
    method: Callable[Concatenate[Self, P], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[Self, P], Coroutine[Any, Any, None]]:
    """Have a method of a widget or screen show all that it changes at once, when it has ended."""

    @wraps(method)
    async def run(self: Self, /, *arguments: P.args, **more: P.kwargs) -> None:
        with self.app.batch_update():
            await method(self, *arguments, **more)

    return run


def relabel(tab: Tab, label: str) -> None:
    """Write on a tab, where that changes anything; only a label of another width needs a layout."""
    before = str(tab.content)
    if label != before:
        Static.update(tab, Content(label), layout=len(label) != len(before))
