# SPDX-License-Identifier: MIT
"""What only the strict kernel sees, on real machines of it. Where none is built these are skipped: it takes minutes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_call import call

from kmodlab.errors import LabError
from kmodlab.grading.events import Ended
from kmodlab.grading.verdict import Outcome, RunReport
from kmodlab.kernels import store
from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.packs.catalog import Pack
from kmodlab.session import Session

pytestmark = pytest.mark.slow

MODULE = """\
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

{top}
static int __init bug_init(void)
{{
{init}
	return 0;
}}

static void __exit bug_exit(void)
{{
}}

module_init(bug_init);
module_exit(bug_exit);
MODULE_LICENSE("GPL");
"""
BUGS = {
    "read after free": (
        "static noinline int peek(const int *numbers)\n{\n\treturn numbers[3]; /* here */\n}\n",
        "\tint *numbers = kcalloc(16, sizeof(int), GFP_KERNEL);\n\n"
        '\tkfree(numbers);\n\tpr_info("%d\\n", peek(numbers));',
        ("use-after-free", "read 4 bytes of memory that had been freed"),
    ),
    "overflow within the bucket": (
        "static noinline void fill(char *text, int length)\n{\n\tint i;\n\n"
        "\tfor (i = 0; i <= length; i++)\n\t\ttext[i] = 'x'; /* here */\n}\n",
        "\tchar *text = kmalloc(61, GFP_KERNEL);\n\n\tfill(text, 61);\n\tkfree(text);",
        ("overflow", "writing 1 byte at offset 61"),
    ),
    "overflow beyond the bucket": (
        "static noinline void fill(char *text, int length)\n{\n\tint i;\n\n"
        "\tfor (i = 0; i <= length; i++)\n\t\ttext[i] = 'x'; /* here */\n}\n",
        "\tchar *text = kmalloc(64, GFP_KERNEL);\n\n\tfill(text, 64);\n\tkfree(text);",
        ("overflow", "writing 1 byte at offset 64"),
    ),
    "lock order": (
        "static DEFINE_MUTEX(stock);\nstatic DEFINE_MUTEX(till);\n",
        "\tmutex_lock(&stock);\n\tmutex_lock(&till);\n\tmutex_unlock(&till);\n\tmutex_unlock(&stock);\n"
        "\tmutex_lock(&till);\n\tmutex_lock(&stock); /* here */\n\tmutex_unlock(&stock);\n\tmutex_unlock(&till);",
        ("warn", "takes stock while it holds till"),
    ),
    "sleep in atomic": (
        "static DEFINE_SPINLOCK(lock);\nstatic DEFINE_MUTEX(door);\n",
        "\tspin_lock(&lock);\n\tmutex_lock(&door); /* here */\n\tmutex_unlock(&door);\n\tspin_unlock(&lock);",
        ("sleep-in-atomic", "may sleep"),
    ),
    "array index": (
        "static int numbers[8];\nstatic int wanted = 10;\nmodule_param(wanted, int, 0);\n",
        '\tpr_info("%d\\n", numbers[wanted]); /* here */',
        ("overflow", "10 of int [8]"),
    ),
    "an object of the kernel's, lost": (
        "static struct cred *credentials;\n",
        "\tcredentials = prepare_creds(); /* here */\n\tif (!credentials)\n\t\treturn -ENOMEM;",
        ("leak", "never freed"),
    ),
    "a block, lost": (
        "static void *block;\nstatic struct cred *credentials;\n",
        "\tblock = kmalloc(100, GFP_KERNEL); /* here */\n"
        "\tcredentials = prepare_creds();\n\tabort_creds(credentials);",
        ("leak", "1 block of 100 bytes"),
    ),
}
HARMLESS = """\
	int i;

	for (i = 0; i < 100; i++)
		kfree(kmalloc(100, GFP_KERNEL));
	abort_creds(prepare_creds());
"""


@pytest.fixture(scope="module")
def session(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session on the strict kernel."""
    try:
        tree = store.strict()
    except LabError as problem:
        pytest.skip(f"{problem.message} {problem.hint}")
    data = tmp_path_factory.mktemp("strict")
    opened = Session(
        pack, workspace=Workspace(pack, data), progress=Progress(pack, data / "progress.db"), tree=tree
    )
    with opened:
        opened.boot()
        yield opened


def run(session: Session, top: str, init: str) -> tuple[str, RunReport]:
    source = MODULE.format(top=top, init=init)
    return source, session.run({"bug.c": source.encode()})


def line_of(source: str, mark: str) -> int:
    return next(number for number, line in enumerate(source.splitlines(), 1) if mark in line)


@pytest.mark.parametrize("bug", BUGS)
def test_each_bug_is_told_once_and_at_its_line(session: Session, bug: str) -> None:
    top, init, (kind, words) = BUGS[bug]
    source, report = run(session, top, init)
    assert [finding.kind for finding in report.findings] == [kind], report.findings
    [finding] = report.findings
    assert words in finding.message
    assert (finding.file, finding.line) == ("bug.c", line_of(source, "/* here */"))
    assert finding.count in (None, 1)


def test_a_module_without_a_bug_is_without_a_finding(session: Session) -> None:
    assert run(session, "", HARMLESS)[1].findings == ()


@pytest.mark.parametrize("lesson", ["hello", "kmalloc"])
def test_a_solution_passes_and_its_calls_can_be_made_to_fail(
    session: Session, pack: Pack, lesson: str
) -> None:
    meant = pack.lesson(lesson)
    *_, last = session.check(meant, meant.solution(), keep=False)
    assert isinstance(last, Ended)
    assert last.report.outcome is Outcome.PASS, last.report.checks
    has_sweep = any(check.faults for check in meant.checks)
    assert has_sweep == any(check.faulted for check in last.evidence.checks)


def test_the_strict_kernel_was_used(session: Session) -> None:
    assert session.kernel == store.strict().release
    assert session.kernel.endswith("-strict")


@pytest.mark.usefixtures("session")  # which is skipped where there is no such kernel
def test_a_class_is_graded_on_it(
    tmp_path: Path, pack: Pack, own_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "class/ann/hello"
    place.mkdir(parents=True)
    (place / "hello.c").write_bytes(pack.lesson("hello").solution()["hello.c"])
    words = ("grade", "--strict", "--lesson", "hello", tmp_path / "class", "-o", tmp_path / "out")
    status, out, _ = call(capsys, *words)
    assert status == 0
    assert "10/10" in out
    assert store.strict().release in (tmp_path / "out/students/ann.html").read_text()
