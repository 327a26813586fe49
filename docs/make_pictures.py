# SPDX-License-Identifier: MIT
"""Make the pictures of the README on real machines: docs/screenshot.svg and the animated docs/recording.svg.

python docs/make_pictures.py
"""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from textual.pilot import Pilot

from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.packs import catalog
from kmodlab.session import Session
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.screens.lesson import LessonScreen
from kmodlab.tui.widgets.code_editor import CodeEditor
from kmodlab.tui.widgets.editor_pane import EditorPane

FOLDER = Path(__file__).parent
SIZE = (120, 36)

LEAKING = """\
// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/slab.h>

static char *text;

static int __init hello_init(void)
{
	text = kasprintf(GFP_KERNEL, "Hello, %s!", "kernel");
	if (!text)
		return -ENOMEM;
	pr_info("%s\\n", text);
	kfree(text);
	return 0;
}
module_init(hello_init);

static void __exit hello_exit(void)
{
	kfree(text);
	pr_info("Goodbye, kernel!\\n");
}
module_exit(hello_exit);

MODULE_AUTHOR("Ada Lovelace");
MODULE_DESCRIPTION("Says hello");
MODULE_LICENSE("GPL");
"""

Frame = tuple[str, float]  # an SVG, and the seconds that it is shown


class Show:
    """The app, driven; what is on screen is kept as frames."""

    def __init__(self, app: KmodlabApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot
        self.frames: list[Frame] = []

    @property
    def screen(self) -> LessonScreen:
        """The lesson screen."""
        bottom = self.app.screen_stack[0]
        assert isinstance(bottom, LessonScreen)
        return bottom

    @property
    def editor(self) -> CodeEditor:
        """The editor that is shown."""
        editor = self.screen.query_one(EditorPane).current
        assert editor is not None
        return editor

    def picture(self) -> str:
        """What is on screen, as SVG."""
        drawn = self.app.export_screenshot(title="kmodlab")
        return drawn.replace(
            "font-family: Fira Code,", "font-variant-ligatures: none; font-family: Fira Code,"
        )

    def take(self, seconds: float) -> None:
        """Keep what is on screen as a frame."""
        self.frames.append((self.picture(), seconds))

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds, and is painted."""
        for _ in range(6000):
            if holds():
                await self.pilot.pause(0.5)
                return
            await self.pilot.pause(0.02)
        raise TimeoutError

    async def put(self, code: str) -> None:
        """Replace the code, and wait until it is saved."""
        self.editor.replace(code, (0, 0), self.editor.document.end)
        await self.until(lambda: not self.screen.query_one(EditorPane).unsaved)

    async def check(self) -> None:
        """Press F5, and wait for the report."""
        await self.pilot.press("f5")
        await self.until(lambda: self.screen.report is not None)


async def screenshot(show: Show) -> None:
    """A module that frees its memory twice, found at its line."""
    await show.put(LEAKING)
    await show.check()
    assert show.screen.report is not None
    finding = show.screen.report.findings[0]
    assert finding.line is not None
    await show.pilot.press("f3")
    show.editor.go_to(finding.line)
    await show.pilot.pause(0.5)
    show.take(0)


async def recording(show: Show) -> None:
    """From the starter to the pass, with a mistake on the way."""
    lesson = show.screen.lesson
    await show.put(lesson.starter()["hello.c"].decode())
    await show.pilot.press("f3")
    show.take(2.5)
    solution = lesson.solution()["hello.c"].decode()
    await show.put(solution.replace('kernel!\\n");\n\treturn', 'kernel\\n");\n\treturn'))
    show.editor.move_cursor((solution[: solution.index("\treturn")].count("\n") - 1, 24))
    show.take(2.5)
    await show.check()
    await show.pilot.press("f4")
    show.take(4)
    await show.pilot.press("f3")
    await show.put(solution)
    show.take(1.5)
    await show.check()
    await show.pilot.press("f4")
    show.take(5)


def animated(frames: Sequence[Frame]) -> str:
    """One SVG that shows the frames in turn, for ever; CSS does it, so it moves inside an <img>, too."""
    total = sum(seconds for _, seconds in frames)
    box = frames[0][0].partition('viewBox="')[2].partition('"')[0]
    rules, pictures, begins = [], [], 0.0
    for number, (picture, seconds) in enumerate(frames):
        first, last = 100 * begins / total, 100 * (begins + seconds) / total
        steps = {0.0: "hidden", first: "visible", last: "hidden"} | ({} if last < 100 else {100.0: "visible"})
        shown = " ".join(f"{percent:.2f}% {{ visibility: {how} }}" for percent, how in steps.items())
        rules.append(f"@keyframes frame-{number} {{ {shown} }}")
        rules.append(
            f".frame-{number} {{ visibility: {'visible' if last == 100 else 'hidden'}; "  # at rest: the last
            f"animation: frame-{number} {total:g}s step-end infinite }}"
        )
        pictures.append(f'<g class="frame-{number}">{picture}</g>')
        begins += seconds
    style = "\n".join(rules)
    return (
        f'<svg viewBox="{box}" xmlns="http://www.w3.org/2000/svg">\n<style>\n{style}\n</style>\n'
        + "\n".join(pictures)
        + "\n</svg>\n"
    )


async def film(session: Session) -> tuple[Frame, list[Frame]]:
    """The frame of the screenshot, and those of the recording."""
    app = KmodlabApp(session, session.pack.lessons[0])
    async with app.run_test(size=SIZE) as pilot:
        show = Show(app, pilot)
        await show.until(lambda: show.screen.query_one(EditorPane).current is not None)
        await screenshot(show)
        await recording(show)
        return show.frames[0], show.frames[1:]


def main() -> None:
    """Check for real, and write the pictures."""
    pack = catalog.load(catalog.shipped_folder())
    with tempfile.TemporaryDirectory() as data:
        workspace, progress = Workspace(pack, Path(data)), Progress(pack, Path(data) / "progress.db")
        with Session(pack, workspace=workspace, progress=progress) as session:
            session.prepare()
            (picture, _), frames = asyncio.run(film(session))
    (FOLDER / "screenshot.svg").write_text(picture, encoding="utf-8")
    (FOLDER / "recording.svg").write_text(animated(frames), encoding="utf-8")


if __name__ == "__main__":
    main()
