# SPDX-License-Identifier: MIT
"""Make docs/screenshot.svg: the app after a real check of the first lesson, with a mistake in it.

python docs/make_screenshot.py
"""

import asyncio
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.packs import catalog
from kmodlab.session import Session
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.lesson_screen import LessonScreen
from kmodlab.tui.widgets.editor_pane import EditorPane

PICTURE = Path(__file__).parent / "screenshot.svg"
SIZE = (120, 36)

CODE = """\
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


async def take(session: Session) -> str:
    """The app as SVG, once it has checked CODE and the cursor stands on the line of the first finding."""
    app = KmodlabApp(session, session.pack.lessons[0])
    async with app.run_test(size=SIZE) as pilot:
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        await _until(pilot, lambda: screen.query_one(EditorPane).current is not None)
        editor = screen.query_one(EditorPane).current
        assert editor is not None
        editor.replace(CODE, (0, 0), editor.document.end)
        await pilot.press("f5")
        await _until(pilot, lambda: screen.report is not None)
        assert screen.report is not None
        finding = screen.report.findings[0]
        assert finding.line is not None
        await pilot.press("f3")
        editor.go_to(finding.line)
        await _until(pilot, lambda: not screen.query_one(EditorPane).unsaved)
        await pilot.pause(0.5)
        picture = app.export_screenshot(title="kmodlab")
        return picture.replace(
            "font-family: Fira Code,", "font-variant-ligatures: none; font-family: Fira Code,"
        )


async def _until(pilot: Pilot[None], holds) -> None:  # type: ignore[no-untyped-def]
    for _ in range(6000):
        if holds():
            return
        await pilot.pause(0.02)
    raise TimeoutError


def main() -> None:
    """Check, and write the picture."""
    pack = catalog.load(catalog.shipped_folder())
    with tempfile.TemporaryDirectory() as data:
        workspace, progress = Workspace(pack, Path(data)), Progress(pack, Path(data) / "progress.db")
        with Session(pack, workspace=workspace, progress=progress) as session:
            session.prepare()
            PICTURE.write_text(asyncio.run(take(session)), encoding="utf-8")
    print(f"wrote {PICTURE.name}")


if __name__ == "__main__":
    main()
