# SPDX-License-Identifier: MIT
"""A session that plays recorded events, so that the app's widgets are tested without a machine."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.build.result import BuildEvidence
from kmodlab.errors import CancelledError, LabError
from kmodlab.evidence.evidence import Evidence
from kmodlab.evidence.finding import Finding, Location
from kmodlab.evidence.klog import Level, Record
from kmodlab.grading.events import Built, CheckBegan, CheckEnded, Ended, Event
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.packs.catalog import Lesson, Pack, load
from kmodlab.steps import Listener, Step, ignore
from kmodlab.tui.app import KmodlabApp

KERNEL = "6.1.0-56-cloud-amd64"

FIRST_TOML = """\
format = 1
id = "first"
title = "A module that says hello"
minutes = 15
modules = ["hello"]
files = ["hello.c"]
[[check]]
id = "builds"
title = "The module builds, without warnings"
expect = [{ build = true, warnings = 0 }]
hints = ["Read the first message.", "Headers are below <linux/…>.", "Include <linux/module.h>."]
[[check]]
id = "greets"
title = "Loading it logs `Hello, kernel!` once, at info level"
points = 2
after = "builds"
do = ["load hello"]
hints = ["Which function runs at load?", "pr_info prints at info level.", 'pr_info("Hello, kernel!\\\\n");']
[[check]]
id = "clean"
title = "Unloading it leaves nothing behind"
points = 1.5
after = "greets"
do = ["load hello", "unload hello"]
hints = ["What init takes, exit gives back.", "kfree."]
"""

SECOND_TOML = """\
format = 1
id = "second"
title = "Two files that work together"
minutes = 20
modules = ["core"]
files = ["core.c", "helper.h"]
[[check]]
id = "builds"
title = "Both build"
expect = [{ build = true }]
"""

LESSON = """\
# A module that says hello

Modules are **pieces of the kernel** that are loaded while it runs.

## Your task

1. Log `Hello, kernel!` at info level.
2. Write `hello_exit`.

```c
static int __init hello_init(void)
{
	pr_info("the answer is %d\\n", 42);	/* tabs of eight */
	return 0;
}
```

> **Where is my output?** In the kernel log, not in the terminal.
"""

PASSED = """\
# What just happened

`insmod` handed the file to the kernel, which called `hello_init`.
"""

STARTER = """\
// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/init.h>
#include <linux/module.h>
#include <linux/slab.h>

static char *text;

/* Runs once, when the module is loaded. */
static int __init hello_init(void)
{
	text = kmalloc(1024, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	pr_info("hello kernel\\n");
	return 0;
}
module_init(hello_init);

MODULE_LICENSE("GPL");
"""


def make_pack(folder: Path) -> Pack:
    """A pack of two small lessons below `folder`."""
    (folder / "pack.toml").write_text(
        'format = 1\nid = "test"\ntitle = "Tests"\nversion = "1"\nlessons = ["first", "second"]\n'
    )
    for name, toml, files in (
        ("01-first", FIRST_TOML, {"hello.c": STARTER, "lesson.md": LESSON, "passed.md": PASSED}),
        (
            "02-second",
            SECOND_TOML,
            {
                "core.c": "int core;\n",
                "helper.h": "#define HELP 1\n",
                "lesson.md": "# Two files\n\nRead both.\n",
            },
        ),
    ):
        lesson, solution = folder / "lessons" / name, folder / "solutions" / name
        lesson.mkdir(parents=True)
        solution.mkdir(parents=True)
        (lesson / "lesson.toml").write_text(toml)
        for file, text in files.items():
            (lesson / file).write_text(text)
            if file.endswith((".c", ".h")):
                (solution / file).write_text(text.replace("hello kernel", "Hello, kernel!"))
    return load(folder)


class RecordedSession:
    """Plays events. `gate` is waited for before each event but the first, when it is set to an Event."""

    def __init__(self, pack: Pack, data: Path) -> None:
        self.pack = pack
        self.workspace = Workspace(pack, data)
        self.progress = Progress(pack, data / "progress.db")
        self.kernel: str | None = None
        self.accelerator: str | None = None
        self.events: Iterable[Event] = ()
        self.trouble: LabError | None = None  # what prepare and check raise
        self.step: Step | None = None  # where prepare stands until `booted` is set
        self.booted = threading.Event()
        self.booted.set()
        self.gate: threading.Event | None = None
        self.checked: list[dict[str, bytes]] = []
        self.cancelled = 0
        self._cancel = threading.Event()

    def prepare(self, listen: Listener = ignore) -> None:
        if self.step is not None:
            listen(self.step)
        self.booted.wait(10)
        if self.trouble is not None:
            raise self.trouble
        self.kernel, self.accelerator = KERNEL, "tcg"

    def check(
        self, lesson: Lesson, sources: Mapping[str, bytes], listen: Listener = ignore, *, keep: bool = True
    ) -> Iterator[Event]:
        self._cancel.clear()
        self.checked.append(dict(sources))
        if self.trouble is not None:
            raise self.trouble
        for event in self.events:
            while self.gate is not None and not self.gate.wait(0.01):
                if self._cancel.is_set():
                    raise CancelledError
            if isinstance(event, Ended):
                self.progress.record(lesson.id, event.report, dict(sources))
            yield event

    def turn_to(self, pack: Pack) -> None:
        self.pack = pack
        self.workspace, self.progress = self.workspace.of(pack), self.progress.of(pack)

    def cancel(self) -> None:
        self.cancelled += 1
        self._cancel.set()

    def close(self) -> None:
        self.cancel()


def make_app(session: RecordedSession, theme: str | None = None) -> KmodlabApp:
    """The app on that session, at its first lesson."""
    return KmodlabApp(session, session.pack.lessons[0], theme=theme)  # type: ignore[arg-type]


TAINT = Record(0, 3.412345, Level.WARNING, "hello: loading out-of-tree module taints kernel.", is_benign=True)
GREETING = Record(1, 3.413456, Level.INFO, "hello kernel")

LEAK = Finding(
    "leak",
    "1024 bytes are still allocated after the module was unloaded.",
    file="hello.c",
    line=11,
    function="hello_init",
    count=1,
    bytes=1024,
    log=("1 hello_init+0x1f/0x1000 [hello] age=12 pid=41",),
    locations=(Location("allocated", "hello.c", 11, "hello_init"),),
)

WARNING = Diagnostic("warning", "unused variable ‘unused’", "hello.c", 6, 14, "-Wunused-variable")

ERROR = Diagnostic("error", "expected ‘;’ before ‘return’", "hello.c", 14, 27)


def verdict(lesson: Lesson, check_id: str, outcome: Outcome, **more: object) -> CheckVerdict:
    check = next(check for check in lesson.checks if check.id == check_id)
    points = check.points if outcome is Outcome.PASS else 0
    return CheckVerdict(
        check.id,
        check.title,
        outcome,
        points,
        check.points,
        hints=check.hints,
        **more,  # type: ignore[arg-type]
    )


def _attempt(
    lesson: Lesson, build: BuildEvidence, verdicts: list[CheckVerdict], outcome: Outcome
) -> list[Event]:
    events: list[Event] = [Built(build)]
    for one in verdicts:
        if one.outcome is not Outcome.SKIP:
            events.append(CheckBegan(one.id))
        events.append(CheckEnded(one))
    report = Report(
        lesson.id,
        KERNEL,
        outcome,
        sum(one.points for one in verdicts),
        sum(one.max_points for one in verdicts),
        1.34,
        tuple(verdicts),
        build.diagnostics,
        build.output,
        tuple(finding for one in verdicts for finding in one.findings),
    )
    return [*events, Ended(report, Evidence(lesson.id, KERNEL, build))]


def passing(lesson: Lesson) -> list[Event]:
    """An attempt in which all is well."""
    log = (TAINT, Record(1, 3.41, Level.INFO, "Hello, kernel!"))
    verdicts = [verdict(lesson, check.id, Outcome.PASS, seconds=0.21, log=log) for check in lesson.checks]
    return _attempt(
        lesson, BuildEvidence(True, output="  CC [M]  hello.o\n", seconds=0.92), verdicts, Outcome.PASS
    )


def failing(lesson: Lesson) -> list[Event]:
    """An attempt at the first lesson that builds with a warning, greets wrongly and leaks."""
    build = BuildEvidence(True, (WARNING,), "hello.c:6:14: warning: unused variable ‘unused’\n", seconds=0.92)
    verdicts = [
        verdict(lesson, "builds", Outcome.PASS, seconds=0.92),
        verdict(
            lesson,
            "greets",
            Outcome.FAIL,
            seconds=0.21,
            reason="The kernel log has no line with `Hello, kernel!`.",
            expected="Hello, kernel!",
            actual="hello kernel",
            log=(TAINT, GREETING),
        ),
        verdict(
            lesson,
            "clean",
            Outcome.FAIL,
            seconds=0.34,
            reason="The module left something behind.",
            findings=(LEAK,),
            log=(TAINT, GREETING),
        ),
    ]
    return _attempt(lesson, build, verdicts, Outcome.FAIL)


def not_building(lesson: Lesson) -> list[Event]:
    """An attempt that ends at the compiler."""
    build = BuildEvidence(
        False, (ERROR, WARNING), "hello.c:14:27: error: expected ‘;’\nmake: Error 2\n", seconds=0.4
    )
    verdicts = [
        verdict(lesson, "builds", Outcome.BUILD_ERROR, seconds=0.4, reason="hello.c does not compile.")
    ]
    verdicts += [
        verdict(lesson, check.id, Outcome.SKIP, reason="Not run, since the module does not build.")
        for check in lesson.checks[1:]
    ]
    return _attempt(lesson, build, verdicts, Outcome.BUILD_ERROR)
