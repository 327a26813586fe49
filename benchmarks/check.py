# SPDX-License-Identifier: MIT
"""How long it takes from F5 to the verdict on `hello`: cold (nothing but the kernel there), warm, and its parts.

Run: python benchmarks/check.py [RUNS]
"""

import re
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from measure import Stopwatch, wait_until

from kmodlab import paths
from kmodlab.build import kbuild, sandbox
from kmodlab.evidence import audit, layout
from kmodlab.grading.actions import MODULE_FOLDER
from kmodlab.grading.events import Built, CheckEnded, Ended
from kmodlab.grading.verdict import Outcome
from kmodlab.kernels import store
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import template, witness
from kmodlab.machines.template import Template
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Lesson
from kmodlab.session import Session


def attempt(session: Session, lesson: Lesson, number: int, watch: Stopwatch, name: str) -> None:
    """One attempt with a source that no attempt had before."""
    source = lesson.solution()["hello.c"] + b"// %d\n" % number
    began = time.perf_counter()
    built = began
    for event in session.check(lesson, {"hello.c": source}, keep=False):
        if isinstance(event, Built):
            built = time.perf_counter()
        elif isinstance(event, CheckEnded) and event.verdict.seconds:
            watch.add(f"{name}: one check, actions and evidence", event.verdict.seconds)
        elif isinstance(event, Ended):
            assert event.report.outcome is Outcome.PASS, event.report
    watch.add(f"{name}: build", built - began)
    watch.add(f"{name}: all checks", time.perf_counter() - built)
    watch.add(f"{name}: F5 to verdict", time.perf_counter() - began)


def compile_bare(tree: KernelTree, lesson: Lesson, watch: Stopwatch) -> None:
    """The `gcc -c` that a build contains, by itself."""
    with kbuild.build_folder() as folder:
        assert kbuild.build(tree, lesson.solution(), ["hello"], folder).succeeded
        line = (folder / ".hello.o.cmd").read_text().splitlines()[0]
        command = re.sub(r"^\S+ := ", "", line).replace(str(sandbox.inside(folder)), str(folder))
        with watch.of("bare gcc -c"):
            subprocess.run(command.split(";")[0], shell=True, cwd=tree.headers, check=True)


def audit_alone(source: Template, tree: KernelTree, lesson: Lesson, watch: Stopwatch) -> None:
    """What the audit adds to a clean check: a module was loaded and unloaded, nothing is left, nobody else computes."""
    with kbuild.build_folder() as folder, closing(source.clone()) as machine:
        assert kbuild.build(tree, lesson.solution(), ["hello"], folder).succeeded
        module = folder / "hello.ko"
        machine.run(witness.watch(["hello"]))
        before = audit.baseline(machine.run(audit.LOOK).stdout)
        machine.push(f"{MODULE_FOLDER}/hello.ko", kbuild.without_debug(module).read_bytes())
        machine.run(f"modctl load {MODULE_FOLDER}/hello.ko")
        layouts = [layout.read(machine, "hello")]
        machine.run("modctl unload hello")
        with watch.of("audit of a clean check"):
            left, _ = audit.compare(machine, before, {"hello": module}, layouts)
        assert left == []


def main(runs: int) -> None:
    watch = Stopwatch()
    tree = store.ensure()
    pack = catalog.load(catalog.shipped_folder())
    lesson = pack.lesson("hello")
    with closing(template.prepare(tree)) as source:
        for _ in range(runs):
            audit_alone(source, tree, lesson, watch)
    with Session(pack) as session:
        session.prepare()
        for number in range(runs):
            compile_bare(tree, lesson, watch)
            wait_until(session.is_rested)
            attempt(session, lesson, number, watch, "warm")
    cache = paths.cache
    for number in range(3):
        with tempfile.TemporaryDirectory() as empty:
            paths.cache = lambda place=empty: Path(place)
            (Path(empty) / "kernels").symlink_to(cache() / "kernels")
            with Session(pack) as session:
                attempt(session, lesson, number, watch, "cold")
            paths.cache = cache
    watch.table(f"check hello, Linux {tree.release}", baseline="bare gcc -c")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
