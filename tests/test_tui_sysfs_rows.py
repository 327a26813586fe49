# SPDX-License-Identifier: MIT
"""The rows of the page sysfs."""

from dataclasses import replace

import pytest
from bench_lab import LIVE

from kmodlab.evidence.sysfs import Change, ModuleSnapshot, SysfsFile
from kmodlab.tui.sysfs_rows import LONGEST_VALUE, in_words, rows, sentence, shown


def plain(*snapshots: ModuleSnapshot, opened: set[str] | None = None, marks: dict | None = None) -> list[str]:
    return [row.text.plain.rstrip() for row in rows(snapshots, opened or set(), marks or {})]


def test_parameters_come_first_and_sections_are_closed() -> None:
    assert plain(LIVE) == [
        "  ● hello  Live · not in use",
        "    parameters/greeting  Hello",
        "    parameters/times     42   w writes",
        "    coresize             16384",
        "    initstate            live",
        "    refcnt               0",
        "    taint                OE",
        "  ▸ sections/  2 files",
    ]


def test_a_folder_that_was_opened_shows_its_files() -> None:
    shut = [*rows([LIVE], set(), {})]
    lines = plain(LIVE, opened={shut[-1].key})
    assert lines[-3:] == [
        "  ▾ sections/  2 files",
        "    sections/.data  0xffffffffc024f018",
        "    sections/.text  0xffffffffc024d000",
    ]


def test_a_module_that_is_not_loaded_says_so() -> None:
    assert plain(ModuleSnapshot("hello")) == ["  ○ hello  not loaded"]


def test_users_and_holders_are_named() -> None:
    core = replace(LIVE, references=2, holders=("counter_inc", "counter_dec"), files=())
    assert plain(core) == ["  ● hello  Live · used by 2: counter_inc, counter_dec"]


def test_a_module_that_hides_from_the_list_is_told_as_such() -> None:
    assert (
        plain(replace(LIVE, state="", files=LIVE.files[:1]))[0]
        == "  ● hello  not in /proc/modules · not in use"
    )


def test_what_has_changed_is_marked_with_a_glyph_and_in_words() -> None:
    change = Change("hello", "parameters/times", "42", "7")
    lines = plain(LIVE, marks={("hello", "parameters/times"): change})
    assert lines[2] == "◆   parameters/times     42   42 → 7   w writes"
    lines = plain(LIVE, marks={("hello", "sections/.text"): change})
    assert lines[-1] == "◆ ▸ sections/  2 files"


def test_rows_have_keys_of_their_own() -> None:
    opened = {row.key for row in rows([LIVE], set(), {})}
    keys = [row.key for row in rows([LIVE, replace(LIVE, name="other")], opened, {})]
    assert len(set(keys)) == len(keys)


def test_files_that_are_left_out_are_counted() -> None:
    assert plain(replace(LIVE, files=(), left_out=3))[-1] == "    … 3 more files"


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (SysfsFile("uevent", 0o200, None), "    uevent          (can only be written)"),
        (SysfsFile("notes", 0o444, None), "    notes           (no text)"),
        (SysfsFile("empty", 0o444, ""), "    empty"),
        (SysfsFile("two", 0o444, "a\nb"), "    two             a⏎b"),
    ],
)
def test_values_of_every_kind(file: SysfsFile, line: str) -> None:
    assert plain(replace(LIVE, files=(file,)))[1] == line


def test_long_values_are_cut() -> None:
    assert shown("x" * 500) == "x" * LONGEST_VALUE + "…"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change("hello", "parameters/times", "42", "7"), "parameters/times 42 → 7"),
        (Change("hello", "parameters/times", "", "7"), "parameters/times (empty) → 7"),
        (Change("hello", "parameters/times", None, "7"), "parameters/times (nothing) → 7"),
        (Change("hello", "", None, "Live"), "hello loaded"),
        (Change("hello", "", "Live", None), "hello unloaded"),
    ],
)
def test_changes_in_words(change: Change, words: str) -> None:
    assert sentence(change) == words
    assert in_words(replace(change, before="1", after="2")) == "1 → 2"
