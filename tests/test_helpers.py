# SPDX-License-Identifier: MIT
"""Kernel modules of a pack's own, beside the learner's: a thermometer that there is not, and a module that reads it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kmodlab.build import helpers
from kmodlab.classroom import fingerprint
from kmodlab.errors import LabError
from kmodlab.grading.events import Ended
from kmodlab.grading.verdict import Outcome, Report
from kmodlab.kernels.tree import KernelTree
from kmodlab.packs import catalog, consistency, trust
from kmodlab.packs.catalog import Pack
from kmodlab.packs.trust import UntrustedError
from kmodlab.session import Session

PACK = 'format = 1\nid = "heat"\ntitle = "Heat"\nversion = "1"\nlessons = ["reader"]\n'
LESSON = """
format = 1
id = "reader"
title = "What the thermometer says"
minutes = 5
modules = ["reader"]
files = ["reader.c"]
helpers = ["thermometer"]

[[check]]
id = "reads"
title = "It logs what the thermometer says"
points = 1
do = ["load thermometer degrees=35", "load reader"]
expect = [{ log = "It is 35 degrees", count = 1 }, { module = "thermometer", loaded = true }]
hints = ["Ask the thermometer."]
"""
HEADER = "int thermometer_read(void);\n"
THERMOMETER = """// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/module.h>
#include "thermometer.h"

static int degrees = 21;
module_param(degrees, int, 0444);

int thermometer_read(void)
{
	return degrees;
}
EXPORT_SYMBOL_GPL(thermometer_read);

MODULE_LICENSE("GPL");
"""
READER = """// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/module.h>
#include "thermometer.h"

static int __init reader_init(void)
{
	pr_info("It is %d degrees\\n", DEGREES);
	return 0;
}

static void __exit reader_exit(void)
{
}

module_init(reader_init);
module_exit(reader_exit);
MODULE_LICENSE("GPL");
"""


@pytest.fixture
def heat(tmp_path: Path, own_data: Path) -> Pack:
    """A pack with a module of its own."""
    folder = tmp_path / "heat"
    files = {
        "pack.toml": PACK,
        "lessons/01-reader/lesson.toml": LESSON,
        "lessons/01-reader/lesson.md": "# Heat\n",
        "lessons/01-reader/reader.c": READER.replace("DEGREES", "21"),
        "solutions/01-reader/reader.c": READER.replace("DEGREES", "thermometer_read()"),
        "modules/thermometer/thermometer.c": THERMOMETER,
        "modules/thermometer/thermometer.h": HEADER,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return catalog.load(folder)


@pytest.fixture
def own_session(heat: Pack) -> Iterator[Session]:
    trust.trust(heat)
    with Session(heat) as session:
        yield session


def report(session: Session, sources: dict[str, bytes]) -> Report:
    *_, last = session.check(session.pack.lessons[0], sources, keep=False)
    assert isinstance(last, Ended)
    return last.report


def test_a_module_uses_what_the_packs_module_exports(own_session: Session) -> None:
    lesson = own_session.pack.lessons[0]
    graded = report(own_session, lesson.solution())
    assert (graded.outcome, graded.findings) == (Outcome.PASS, ())
    assert graded.build_output == ""
    assert report(own_session, lesson.starter()).outcome is Outcome.FAIL


def test_on_the_bench_the_packs_module_is_loaded_and_the_learners_can_be(own_session: Session) -> None:
    lesson = own_session.pack.lessons[0]
    with closing(own_session.bench()) as bench:
        bench.build(lesson.solution(), lesson.manifest.modules, lesson.helpers())
        bench.supply(lesson, lesson.solution())
        bench.load("reader")
        shown = bench.look(["thermometer", "reader"])
        assert [shown[name].is_loaded for name in ("thermometer", "reader")] == [True, True]


def test_gdb_finds_a_module_that_uses_the_packs(own_session: Session, tmp_path: Path) -> None:
    lesson = own_session.pack.lessons[0]
    script = tmp_path / "commands"
    script.write_text("continue\n")
    with own_session.debugger(lesson.solution(), lesson.manifest.modules, {}, lesson.helpers()) as debugger:
        assert debugger.run((), script, lambda title, result: None) == 0
        assert "It is 21 degrees" in [record.text for record in debugger.log()]


def test_a_module_of_the_packs_that_does_not_build_is_the_packs_fault(
    heat: Pack, kernel_tree: KernelTree
) -> None:
    (heat.folder / "modules/thermometer/thermometer.c").write_text("int degrees = hot;\n")
    with pytest.raises(LabError, match=r"thermometer cannot be built: thermometer\.c:1: .*hot") as caught:
        helpers.built(kernel_tree, heat.lessons[0].helpers())
    assert "not you" in caught.value.hint


def test_one_that_is_asked_for_again_is_not_built_again(heat: Pack, kernel_tree: KernelTree) -> None:
    first, again = (helpers.built(kernel_tree, heat.lessons[0].helpers()) for _ in range(2))
    assert first[0] is again[0]
    assert b"thermometer_read" in first[0].symbols


def test_the_pack_may_not_run_before_it_is_trusted_and_its_modules_are_listed(heat: Pack) -> None:
    with pytest.raises(UntrustedError):
        trust.demand(heat.lessons[0])
    assert trust.code_of(heat).in_guest == (
        "modules/thermometer/thermometer.c",
        "modules/thermometer/thermometer.h",
    )
    trust.trust(heat)
    trust.demand(heat.lessons[0])
    (heat.folder / "modules/thermometer/thermometer.h").write_text("/* other */\n")
    with pytest.raises(UntrustedError):
        trust.demand(heat.lessons[0])


def test_what_was_graded_with_another_one_is_graded_again(heat: Pack) -> None:
    lesson = heat.lessons[0]
    before = fingerprint.of({}, lesson, "6.1")
    (heat.folder / "modules/thermometer/thermometer.c").write_text(THERMOMETER.replace("21", "22"))
    assert fingerprint.of({}, lesson, "6.1") != before


def test_one_that_is_not_there_is_a_fault_of_the_pack(heat: Pack) -> None:
    (heat.folder / "modules/thermometer/thermometer.c").unlink()
    told = [fault.text for fault in consistency.faults(heat)]
    assert told == ["helpers: there is no C file in modules/thermometer."]
    (heat.folder / "modules/thermometer/thermometer.h").unlink()
    with pytest.raises(LabError, match="uses the module thermometer, and there are no C files"):
        heat.lessons[0].helpers()


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('helpers = ["thermometer"]', "", "loads 'thermometer', which is none of the modules"),
        (
            'helpers = ["thermometer"]',
            'helpers = ["thermometer", "reader"]',
            "two modules are called 'reader'",
        ),
        ('helpers = ["thermometer"]', 'helpers = ["../x"]', "helpers"),
    ],
)
def test_names_that_make_no_sense_are_refused(heat: Pack, before: str, after: str, complaint: str) -> None:
    manifest = heat.lessons[0].folder / "lesson.toml"
    manifest.write_text(manifest.read_text().replace(before, after))
    with pytest.raises(LabError, match=complaint):
        catalog.load(heat.folder)
