# SPDX-License-Identifier: MIT
"""What the kernel shows of modules, and what of it has changed."""

from dataclasses import replace

import pytest

from kmodlab.evidence.evidence import FileEvidence
from kmodlab.evidence.sysfs import LOADED, MOST_FILES, Change, ModuleSnapshot, SysfsFile, changes, snapshot

MODULES = """\
counter_inc 16384 0 - Live 0xffffffffc024f000 (OE)
counter_core 16384 2 counter_inc,counter_dec, Live 0xffffffffc024d000 (OE)
slow 16384 1 - Loading 0xffffffffc0259000 (OE+)
kmodlab 69632 0 [permanent], Live 0xffffffffc0231000 (E)
"""


def there(content: str | None, mode: str = "0444") -> FileEvidence:
    return FileEvidence(exists=True, mode=mode, content=content)


def look(name: str, **files: FileEvidence) -> ModuleSnapshot:
    paths = {f"/sys/module/{name}/{path}": file for path, file in files.items()}
    return snapshot(name, {LOADED: there(MODULES), **paths})


def test_a_module_has_its_users_holders_and_state() -> None:
    core = look("counter_core", refcnt=there("2\n"))
    assert (core.state, core.references, core.holders) == ("Live", 2, ("counter_inc", "counter_dec"))
    assert core.files == (SysfsFile("refcnt", 0o444, "2"),)
    assert core.is_loaded


def test_what_is_no_module_is_no_holder() -> None:
    assert look("counter_inc").holders == ()
    assert look("kmodlab").holders == ()


def test_a_module_that_is_loading_says_so() -> None:
    assert (look("slow").state, look("slow").references) == ("Loading", 1)


def test_a_module_that_is_not_there_is_not_loaded() -> None:
    absent = look("hello", **{"*": FileEvidence(exists=False)})
    assert absent == ModuleSnapshot("hello")
    assert not absent.is_loaded


def test_folders_and_files_of_other_modules_are_no_files_of_its_own() -> None:
    files = {
        "/sys/module/a/parameters": FileEvidence(True, "0755", None, "d"),
        "/sys/module/a/parameters/x": there("1\n", "0644"),
        "/sys/module/ab/refcnt": there("0\n"),
    }
    assert snapshot("a", files).files == (SysfsFile("parameters/x", 0o644, "1"),)


def test_a_file_knows_its_folder_and_whether_it_can_be_written() -> None:
    file = SysfsFile("parameters/x", 0o644, "1")
    assert (file.folder, file.name, file.is_writable) == ("parameters", "x", True)
    assert (SysfsFile("refcnt", 0o444, "0").folder, SysfsFile("refcnt", 0o444, "0").is_writable) == (
        "",
        False,
    )


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("one\n\ttwo\n", "one\n\ttwo"),
        ("\n", ""),
        ("", ""),
        ("\x04\0\0\0Linux", None),
        (None, None),
        ("x" * 5000, "x" * 1000 + "…"),
    ],
)
def test_a_value_is_text_within_limits(content: str | None, value: str | None) -> None:
    assert look("a", f=there(content)).files[0].value == value


def test_of_many_files_the_first_are_kept() -> None:
    found = look("a", **{f"f{number}": there("0\n") for number in range(MOST_FILES + 7)})
    assert (len(found.files), found.left_out) == (MOST_FILES, 7)


LIVE = ModuleSnapshot(
    "params",
    "Live",
    files=(SysfsFile("refcnt", 0o444, "0"), SysfsFile("parameters/my_param", 0o644, "42")),
)


def test_a_value_that_is_another_one_is_a_change() -> None:
    later = replace(LIVE, files=(LIVE.files[0], SysfsFile("parameters/my_param", 0o644, "7")))
    assert list(changes(LIVE, later)) == [Change("params", "parameters/my_param", "42", "7")]
    assert list(changes(LIVE, LIVE)) == []


def test_files_come_and_go() -> None:
    fewer = replace(LIVE, files=LIVE.files[:1])
    assert list(changes(LIVE, fewer)) == [Change("params", "parameters/my_param", "42", None)]
    assert list(changes(fewer, LIVE)) == [Change("params", "parameters/my_param", None, "42")]


def test_of_a_module_that_comes_or_goes_the_files_do_not_count() -> None:
    absent = ModuleSnapshot("params")
    assert list(changes(absent, LIVE)) == [Change("params", "", None, "Live")]
    assert list(changes(LIVE, absent)) == [Change("params", "", "Live", None)]
