# SPDX-License-Identifier: MIT
"""How long a class takes, and how much memory its machines: right, wrong and hostile submissions of hello and kmalloc.

    python benchmarks/grade.py [SUBMISSIONS [JOBS ...]]

By default 100, with a worker a processor. With several numbers of JOBS the class is graded once for each, in another
order every time, and the verdicts are compared. No two submissions are alike, so each is really graded. The goal is
100 submissions in 100 s on 2 processors, and 200 MB a machine.
"""

import os
import random
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from kmodlab.classroom import batch, crew, submissions
from kmodlab.classroom.batch import Finished
from kmodlab.classroom.grade import Grade, Roster
from kmodlab.classroom.gradebook import GradeBook
from kmodlab.kernels import store
from kmodlab.machines import template
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.steps import ignore

SHARES = {"right": 0.5, "wrong": 0.38, "hostile": 0.12}
SAMPLE_SECONDS = 0.2
ENDLESS = "#if __INCLUDE_LEVEL__ < 40\n#include __FILE__\n#include __FILE__\n#endif\n"


def in_init(code: str) -> Callable[[str], str]:
    return lambda solution: solution.replace("\treturn 0;", f"\t{code}\n\treturn 0;", 1)


HOSTILE: dict[str, Callable[[str], str]] = {
    "hang": in_init("for (;;)\n\t\tcpu_relax();"),
    "panic": in_init('panic("on purpose");'),
    "include": lambda solution: f'#include "/etc/shadow"\n{solution}',
    "incbin": lambda solution: f'{solution}\nasm(".incbin \\"/etc/passwd\\"");\n',
    "forged": in_init('pr_info("10 of 10 points\\n");'),
    "endless": lambda solution: ENDLESS,
}
NOT_TAKEN = ("bomb", "link", "large", "missing")


def right(lesson: Lesson) -> Iterator[str]:
    solution = lesson.solution()[lesson.manifest.files[0]].decode()
    yield from cycle([solution])


def wrong(lesson: Lesson) -> Iterator[str]:
    name = lesson.manifest.files[0]
    yield from cycle(files[name].decode() for _, files in lesson.mistakes().values())


def make_class(root: Path, pack: Pack, count: int) -> None:
    """Half of the submissions for either lesson, in folders but for a zip bomb."""
    number = 0
    for lesson, of_lesson in ((pack.lesson("hello"), (count + 1) // 2), (pack.lesson("kmalloc"), count // 2)):
        hostile = round(of_lesson * SHARES["hostile"])
        bad = round(of_lesson * SHARES["wrong"])
        sources = [*islice(right(lesson), of_lesson - hostile - bad), *islice(wrong(lesson), bad)]
        solution = lesson.solution()[lesson.manifest.files[0]].decode()
        made = islice(cycle((*NOT_TAKEN, *HOSTILE)), hostile)
        for name in [*sources, *made]:
            number += 1
            student = root / f"student-{number:03}"
            if name in NOT_TAKEN:
                make_untakable(student, lesson, name, solution)
            else:
                source = HOSTILE[name](solution) if name in HOSTILE else name
                write(student, lesson, f"{source}\n// {student.name}\n")


def write(student: Path, lesson: Lesson, source: str) -> None:
    folder = student / lesson.id
    folder.mkdir(parents=True)
    (folder / lesson.manifest.files[0]).write_text(source)


def make_untakable(student: Path, lesson: Lesson, kind: str, solution: str) -> None:
    file = lesson.manifest.files[0]
    if kind == "bomb":
        with zipfile.ZipFile(student.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{lesson.id}/{file}", bytes(200_000_000))
        return
    folder = student / lesson.id
    folder.mkdir(parents=True)
    if kind == "link":
        (folder / file).symlink_to("/etc/shadow")
    elif kind == "large":
        with (folder / file).open("wb") as large:
            large.truncate(100_000_000)
    else:
        (folder / "main.c").write_text(solution)


class Watch:
    """Looks at the machines of this process now and then."""

    def __init__(self) -> None:
        self.most_machines, self.most_each, self.most_own, self.most_in_all = 0, 0, 0, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            memory = [*filter(None, map(self._memory, psutil.Process().children(recursive=True)))]
            self.most_machines = max(self.most_machines, len(memory))
            self.most_each = max([self.most_each, *(resident for resident, _ in memory)])
            self.most_own = max([self.most_own, *(own for _, own in memory)])
            self.most_in_all = max(self.most_in_all, sum(own for _, own in memory))

    def _memory(self, process: psutil.Process) -> tuple[int, int] | None:
        """Bytes that a QEMU has resident, and those of them that it shares with nobody; None for others."""
        try:
            if not process.name().startswith("qemu"):
                return None
            seen = process.memory_full_info()
        except psutil.Error:
            return None
        return seen.rss, seen.uss


def verdicts(grade: Grade) -> tuple[object, ...]:
    checks = grade.report.checks if grade.report else ()
    return (
        grade.outcome,
        grade.score,
        tuple((verdict.id, verdict.outcome, verdict.points) for verdict in checks),
    )


def run(pack: Pack, root: Path, out: Path, jobs: int, seed: int) -> tuple[dict[str, Grade], float, Watch]:
    found = [*submissions.find([root], pack, None, Roster()).submissions]
    random.Random(seed).shuffle(found)
    tree = store.ensure()
    work = partial(crew.work, pack, tree, jobs, ignore)
    began = time.monotonic()
    with GradeBook(out / "gradebook.db", pack.manifest.id) as book, Watch() as watch:
        events = batch.grade(pack, found, book, pack.manifest.late, tree.release, work)
        grades = {event.grade.student: event.grade for event in events if isinstance(event, Finished)}
    return grades, time.monotonic() - began, watch


def main(count: int, job_counts: list[int]) -> None:
    pack = catalog.load(catalog.shipped_folder())
    template.prepare(store.ensure()).close()
    table = Table(
        "jobs", "seconds", "s each", "machines", "MB each", "of its own", "MB in all", "load before"
    )
    seen: dict[str, Grade] = {}
    with tempfile.TemporaryDirectory() as place:
        make_class(Path(place, "class"), pack, count)
        for seed, jobs in enumerate(job_counts):
            load = os.getloadavg()[0]
            grades, seconds, watch = run(pack, Path(place, "class"), Path(place, str(seed)), jobs, seed)
            sizes = (f"{size / 1e6:.0f}" for size in (watch.most_each, watch.most_own, watch.most_in_all))
            row = (str(jobs), f"{seconds:.1f}", f"{seconds / count:.2f}", str(watch.most_machines), *sizes)
            table.add_row(*row, f"{load:.1f}")
            for student, grade in grades.items():
                if student in seen and verdicts(grade) != verdicts(seen[student]):
                    print(f"{student} differs:\n  {verdicts(seen[student])}\n  {verdicts(grade)}")
            seen = seen or grades
    outcomes = Counter(str(grade.outcome or "problem") for grade in seen.values())
    table.title = (
        f"{count} submissions: {', '.join(f'{n} {outcome}' for outcome, n in outcomes.most_common())}"
    )
    Console().print(table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100, [*map(int, sys.argv[2:])] or [os.cpu_count() or 1])
