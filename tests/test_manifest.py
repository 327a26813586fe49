# SPDX-License-Identifier: MIT
"""Manifests are read strictly, and what is wrong is named as the author sees it."""

from pathlib import Path

import pytest

from kmodlab.errors import LabError
from kmodlab.packs.actions import Action, Load, Parallel, Read, Run, Shell, Unload, Wait, WaitFor, Write
from kmodlab.packs.expectations import (
    AllocationsExpectation,
    Bounds,
    BuildExpectation,
    DeviceExpectation,
    Expectation,
    FileExpectation,
    LogExpectation,
    Matching,
    ModuleExpectation,
    PythonExpectation,
    SourceExpectation,
    SymbolExpectation,
    TraceExpectation,
    TracerExpectation,
)
from kmodlab.packs.manifest import LessonManifest, Mistake, PackManifest, read

LESSON = """
format = 1
id = "params"
title = "Module parameters"
minutes = 20
modules = ["params"]
files = ["params.c"]

[[check]]
id = "default"
title = "Without arguments the parameter is 42"
points = 2
do = ["load params my_param=7", { load = "params", errno = "EINVAL" }, "unload params", "sh echo 1 >/x"]
expect = [
  { log = "my_param = 42", level = "info", count = 1 },
  { file = "/sys/module/params/parameters/my_param", equals = "42", mode = "0444" },
  { module = "params", loaded = true, license = "GPL" },
  { build = true, warnings = 0 },
]
hints = ["Where does C put a default value?"]

[[check]]
id = "later"
title = "Later"
after = "default"
"""


def read_lesson(tmp_path: Path, text: str) -> LessonManifest:
    path = tmp_path / "lesson.toml"
    path.write_text(text)
    return read(path, LessonManifest)


def complaint(tmp_path: Path, text: str) -> str:
    with pytest.raises(LabError) as raised:
        read_lesson(tmp_path, text)
    return raised.value.message


def test_a_lesson_is_read_with_its_actions_and_expectations(tmp_path):
    default, later = read_lesson(tmp_path, LESSON).check
    assert default.do == (
        Load(load="params my_param=7"),
        Load(load="params", errno="EINVAL"),
        Unload(unload="params"),
        Shell(sh="echo 1 >/x"),
    )
    assert default.expect == (
        LogExpectation(log="my_param = 42", level="info", count=1),
        FileExpectation(file="/sys/module/params/parameters/my_param", equals="42", mode="0444"),
        ModuleExpectation(module="params", loaded=True, license="GPL"),
        BuildExpectation(build=True, warnings=0),
    )
    assert (default.points, default.after) == (2, None)
    assert (later.points, later.after, later.do, later.hints) == (1, "default", (), ())


@pytest.mark.parametrize(
    ("line", "instead", "sentence"),
    [
        ('level = "info"', 'level = "loud"', "check 1, expect 1, log, level"),
        ('mode = "0444"', 'mode = "r--"', "check 1, expect 2, file, mode"),
        (
            '"unload params"',
            '"explode params"',
            "check 1, do 3: it needs one of the keys load, unload, sh, write",
        ),
        ('"unload params"', '"unload pa rams"', "check 1, do 3, unload, unload"),
        ('files = ["params.c"]', 'files = ["../params.c"]', "files 1"),
        ('files = ["params.c"]', 'files = ["/etc/passwd"]', "files 1"),
        ('files = ["params.c"]', 'files = [".hidden"]', "files 1"),
        ('files = ["params.c"]', "files = []", "files"),
        ('modules = ["params"]', 'modules = ["a b"]', "modules 1"),
        ('id = "later"', 'id = "default"', "two checks have the id 'default'"),
        ('after = "default"', 'after = "later"', "which no check before it is called"),
        ("format = 1", "format = 2", "format"),
        ("minutes = 20", "minutes = 0", "minutes"),
        ("minutes = 20", "minuets = 20", "minutes: this key is missing"),
        ("points = 2", "points = -1", "check 1, points"),
        ('title = "Later"', 'titel = "Later"', "check 2, title"),
        ('hints = ["Where', 'hints = ["a", "b", "c", "Where', "check 1, hints"),
        ("count = 1", "counts = 1", "check 1, expect 1, log, counts: there is no such key"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, line, instead, sentence):
    assert line in LESSON
    message = complaint(tmp_path, LESSON.replace(line, instead))
    assert str(tmp_path / "lesson.toml") in message
    assert sentence in message


ACTION = '"unload params"'
EXPECTATION = "{ build = true, warnings = 0 }"


@pytest.mark.parametrize(
    ("written", "action"),
    [
        ('{ write = "/dev/x", text = "a", repeat = 3 }', Write(write="/dev/x", text="a", repeat=3)),
        (
            '{ write = "/dev/x", hex = "00 ff", errno = "EIO" }',
            Write(write="/dev/x", hex="00 ff", errno="EIO"),
        ),
        ('"read /dev/x"', Read(read="/dev/x")),
        ('"run test.c"', Run(run="test.c")),
        ('{ run = "test.c", args = ["a"], exit = 1 }', Run(run="test.c", args=("a",), exit=1)),
        ('{ wait = { log = "x" }, deadline = 2 }', Wait(wait=WaitFor(log="x"), deadline=2)),
        (
            '{ parallel = ["load params", { sh = "true" }] }',
            Parallel(parallel=(Load(load="params"), Shell(sh="true"))),
        ),
    ],
)
def test_every_action_can_be_written(tmp_path: Path, written: str, action: Action) -> None:
    assert read_lesson(tmp_path, LESSON.replace(ACTION, written)).check[0].do[2] == action


def test_what_is_done_in_parallel_is_among_the_single_actions(tmp_path: Path) -> None:
    parallel = '{ parallel = ["load params", { sh = "true" }] }'
    check = read_lesson(tmp_path, LESSON.replace(ACTION, parallel)).check[0]
    assert tuple(check.single_actions)[2:4] == (Load(load="params"), Shell(sh="true"))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ('{ write = "/dev/x" }', "do 3, write: write needs either text or hex"),
        ('{ write = "/dev/x", text = "a", hex = "61" }', "write needs either text or hex"),
        ('{ write = "/dev/x", hex = "6" }', "do 3, write, hex"),
        ('{ write = "/dev/x", text = "a", errno = "EIO", count = 1 }', "has no count"),
        ('{ write = "/dev/x", text = "a", repeat = 9000000 }', "writes more than"),
        ('{ read = "dev/x" }', "do 3, read, read"),
        ('{ read = "/dev/x", text = "a", errno = "EIO" }', "only one of text, hex and errno"),
        ('{ run = "test" }', "do 3, run, run"),
        ('{ run = "../test.c" }', "do 3, run, run"),
        ("{ wait = {} }", "wait needs either log or file"),
        ('{ wait = { log = "x", absent = true } }', "only a file can be waited for to be absent"),
        ('{ wait = { log = "(", regex = true } }', "it is no regular expression"),
        ('{ wait = { file = "/x", regex = true } }', "regex belongs to log"),
        ('{ parallel = ["load params"] }', "do 3, parallel, parallel"),
        ('{ parallel = ["load params", { wait = { log = "x" } }] }', "parallel 2: it needs one of the keys"),
        ('{ load = "params", errno = "EINVALID" }', "'EINVALID' is no error's name"),
        ('{ load = "parms" }', "check 'default' loads 'parms', which is none of the modules"),
        ('{ parallel = ["load parms", "load params"] }', "which is none of the modules"),
    ],
)
def test_what_is_wrong_with_an_action_is_named(tmp_path: Path, written: str, sentence: str) -> None:
    assert sentence in complaint(tmp_path, LESSON.replace(ACTION, written))


def test_an_error_without_a_name_can_be_expected_by_its_number(tmp_path: Path) -> None:
    lesson = read_lesson(tmp_path, LESSON.replace("EINVAL", "errno 512"))
    assert lesson.check[0].do[1] == Load(load="params", errno="errno 512")


@pytest.mark.parametrize(
    ("written", "expectation"),
    [
        ('{ log = ["a", "b"], level = "info" }', LogExpectation(log=("a", "b"), level="info")),
        ('{ symbol = "s", gpl = true }', SymbolExpectation(symbol="s", gpl=True)),
        ('{ device = "/dev/x", major = 10 }', DeviceExpectation(device="/dev/x", major=10)),
        ('{ trace = "x", count = 2 }', TraceExpectation(trace="x", count=2)),
        ('{ tracer = "nop", on = false }', TracerExpectation(tracer="nop", on=False)),
        (
            '{ source = "params.c", title = "a goto", query = "(goto_statement) @here", absent = true }',
            SourceExpectation(source="params.c", title="a goto", query="(goto_statement) @here", absent=True),
        ),
        ('{ python = "is_fair" }', PythonExpectation(python="is_fair")),
        (
            '{ allocations = "params", count = 1, bytes = { max = 9 } }',
            AllocationsExpectation(allocations="params", count=Bounds(min=1, max=1), bytes=Bounds(max=9)),
        ),
        (
            '{ module = "m", info = { parm = { matches = "^a" }, alias = false } }',
            ModuleExpectation(module="m", info={"parm": Matching(matches="^a"), "alias": False}),
        ),
    ],
)
def test_every_expectation_can_be_written(tmp_path: Path, written: str, expectation: Expectation) -> None:
    assert read_lesson(tmp_path, LESSON.replace(EXPECTATION, written)).check[0].expect[3] == expectation


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ('{ log = ["a"] }', "expect 4, log, log: Tuple should have at least 2 items"),
        ('{ module = "m", info = { parm = { equals = "x" } } }', "info, parm, matches: this key is missing"),
        ('{ log = ["a", "b"], count = 2 }', "not for several in order"),
        ('{ log = "(", regex = true }', "expect 4, log: it is no regular expression"),
        ('{ log = "a", count = 1, absent = true }', "what is absent has no count"),
        ('{ file = "/x", matches = "(" }', "expect 4, file, matches: it is no regular expression"),
        ('{ file = "/x", equals = "a", absent = true }', "neither content nor mode"),
        ('{ device = "/sys/x" }', "expect 4, device, device"),
        ('{ device = "/dev/x", major = 1, absent = true }', "neither number nor mode"),
        ('{ symbol = "s", exported = false, gpl = true }', "has no gpl"),
        (
            '{ source = "params.c", title = "x", query = "(nonsense) @here" }',
            "it is no tree-sitter query for C",
        ),
        ('{ source = "params.c", title = "x", query = "(goto_statement)" }', "mark that with a name"),
        ('{ source = "other.c", title = "x", query = "(goto_statement) @x" }', "which is none of the files"),
        ('{ python = "os.system" }', "expect 4, python, python"),
        ('{ python = "_hidden" }', "expect 4, python, python"),
        ('{ allocations = "params" }', "expect 4, allocations: it needs count, bytes or both"),
        ('{ allocations = "params", count = {} }', "it needs min, max or both"),
        ('{ allocations = "parms", count = 1 }', "asks about 'parms', which is none of the modules"),
        ('{ lag = "x" }', "expect 4: it needs one of the keys log, file, module, build, symbol"),
    ],
)
def test_what_is_wrong_with_an_expectation_is_named(tmp_path: Path, written: str, sentence: str) -> None:
    assert sentence in complaint(tmp_path, LESSON.replace(EXPECTATION, written))


SAME = LESSON + 'same = "default"\n'


def test_a_check_can_do_the_same_as_one_before_it(tmp_path: Path) -> None:
    default, later = read_lesson(tmp_path, SAME).check
    assert later.do == default.do
    assert later.expect == ()


def test_doing_the_same_goes_on_from_check_to_check(tmp_path: Path) -> None:
    text = (
        SAME
        + '[[check]]\nid = "last"\ntitle = "Last"\nsame = "later"\nexpect = [{ log = "x", during = 4 }]\n'
    )
    *_, last = read_lesson(tmp_path, text).check
    assert len(last.do) == 4
    assert "check 'last' asks about action 5, and does 4" in complaint(tmp_path, text.replace("= 4", "= 5"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (SAME + 'do = ["unload params"]\n', "check 2: a check has either do or same"),
        (
            SAME.replace('same = "default"', 'same = "later"'),
            "does the same as 'later', which no check before it",
        ),
        (SAME.replace('same = "default"', 'same = "Default"'), "check 2, same"),
    ],
    ids=["with do", "as itself", "no id"],
)
def test_what_is_wrong_with_doing_the_same_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    assert sentence in complaint(tmp_path, text)


def test_findings_are_allowed_by_their_kinds(tmp_path: Path) -> None:
    text = LESSON.replace("points = 2", 'points = 2\nallow = ["residue"]')
    assert read_lesson(tmp_path, text).check[0].allow == ("residue",)
    assert "check 1, allow 1" in complaint(tmp_path, text.replace("residue", "resideu"))


def test_broken_toml_is_named_with_its_line(tmp_path):
    assert "line 2" in complaint(tmp_path, "format = 1\nid = params\n")


def test_a_manifest_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LabError, match="No such file"):
        read(tmp_path / "lesson.toml", LessonManifest)


def test_a_manifest_in_another_encoding_is_named(tmp_path):
    (tmp_path / "pack.toml").write_bytes(b'title = "caf\xe9"')
    with pytest.raises(LabError, match="not valid TOML"):
        read(tmp_path / "pack.toml", PackManifest)


def test_a_mistake_fails_unless_it_says_otherwise(tmp_path):
    path = tmp_path / "mistake.toml"
    path.write_text('title = "No licence"\nfails = "builds"\nshows = "MODULE_LICENSE"\n')
    assert read(path, Mistake).outcome == "fail"


PACK = """
format = 1
id = "trial"
title = "Trial"
version = "1"
lessons = ["one", "two", "three"]
[[track]]
title = "Core"
description = "First things"
lessons = ["one", "two"]
[[track]]
title = "Craft"
description = "The rest"
lessons = ["three"]
"""


def test_tracks_hold_the_lessons_of_a_pack(tmp_path: Path) -> None:
    path = tmp_path / "pack.toml"
    path.write_text(PACK)
    manifest = read(path, PackManifest)
    assert [(track.title, track.lessons) for track in manifest.track] == [
        ("Core", ("one", "two")),
        ("Craft", ("three",)),
    ]


@pytest.mark.parametrize(
    ("written", "instead", "sentence"),
    [
        ('lessons = ["three"]', 'lessons = ["three", "four"]', "hold 'four', which is none of the lessons"),
        ('lessons = ["three"]', 'lessons = ["three", "one"]', "hold 'one' twice"),
        ('lessons = ["one", "two"]', 'lessons = ["one"]', "lesson 'two' is in no track"),
        ('lessons = ["one", "two"]', 'lessons = ["two", "one"]', "in another order than `lessons`"),
        ('lessons = ["three"]', "lessons = []", "track 2, lessons"),
        ('"First things"', '"""First\nthings"""', "track 1, description"),
    ],
)
def test_what_is_wrong_with_tracks_is_named(
    tmp_path: Path, written: str, instead: str, sentence: str
) -> None:
    assert PACK.count(written) == 1
    path = tmp_path / "pack.toml"
    path.write_text(PACK.replace(written, instead))
    with pytest.raises(LabError) as raised:
        read(path, PackManifest)
    assert sentence in raised.value.message
