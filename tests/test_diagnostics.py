# SPDX-License-Identifier: MIT
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmodlab.build import diagnostics
from kmodlab.build.diagnostics import Diagnostic, FixIt

OUTPUTS = sorted((Path(__file__).parent / "data/gcc").glob("*.txt"))


def written(diagnostic: Diagnostic) -> str:
    place = ":".join(str(part or "-") for part in (diagnostic.file, diagnostic.line, diagnostic.column))
    line = f"{diagnostic.severity} {place} {diagnostic.text}"
    if diagnostic.option:
        line += f" [{diagnostic.option}]"
    for fix in diagnostic.fix_its:
        line += f" {{{fix.first_line}:{fix.first_column}-{fix.last_line}:{fix.last_column} {fix.text}}}"
    return line


def only(output: str) -> Diagnostic:
    [diagnostic] = diagnostics.parse(output, "/build")
    return diagnostic


@pytest.mark.parametrize("path", OUTPUTS, ids=lambda path: path.stem)
def test_a_recorded_output_reads_as_expected(path: Path) -> None:
    found = [written(diagnostic) for diagnostic in diagnostics.parse(path.read_text(), "/build")]
    assert found == path.with_suffix(".expected").read_text().splitlines()


@pytest.mark.parametrize("path", OUTPUTS, ids=lambda path: path.stem)
def test_a_build_that_failed_has_an_error_and_one_that_did_not_has_none(path: Path) -> None:
    output = path.read_text()
    severities = {diagnostic.severity for diagnostic in diagnostics.parse(output, "/build")}
    assert ("error" in severities) == ("make: *** [" in output)


def test_files_are_relative_to_the_build_folder_whether_the_output_names_it_or_not() -> None:
    message = "hello.c:8:2: error: expected ';' before 'return'"
    expected = Diagnostic("error", "expected ';' before 'return'", "hello.c", 8, 2)
    assert diagnostics.parse(f"/build/{message}", Path("/build")) == (expected,)
    assert diagnostics.parse(message) == (expected,)


def test_typographic_quotes_are_read_too() -> None:
    assert only("/build/a.c:1:2: error: ‘x’ undeclared [-Werror=foo]") == Diagnostic(
        "error", "‘x’ undeclared", "a.c", 1, 2, "-Wfoo"
    )


def test_a_fix_it_for_another_file_is_left_out() -> None:
    fix_its = 'fix-it:"/build/b.h":{1:1-1:1}:"z"\nfix-it:"/build/a.c":{1:2-1:3}:"y"'
    output = f"/build/a.c:1:2: error: x\n{fix_its}"
    assert only(output).fix_its == (FixIt(1, 2, 1, 3, "y"),)


def test_escapes_in_a_fix_it_are_undone() -> None:
    output = r"""/build/a.c:1:2: error: x
fix-it:"/build/a.c":{1:1-1:1}:"\"\303\244\\\n"
"""
    assert only(output).fix_its[0].text == '"ä\\\n'


def test_a_repeated_message_is_kept_once() -> None:
    line = "WARNING: modpost: hello.o: something (section: .text)\n"
    assert only(line * 3).text == "modpost: hello.o: something (section: .text)"


def test_an_object_without_a_source_is_named() -> None:
    output = "make[1]: *** No rule to make target '/build/b.o', needed by '/build/hello.o'.  Stop."
    assert only(output).text == "there is no file b.c to build (No rule to make target 'b.o')"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("gcc-12: fatal error: Killed signal terminated program cc1", "Killed signal terminated program cc1"),
        ("cc1: out of memory allocating 65536 bytes after a total of 9 bytes", "out of memory allocating"),
        ("error: the build took longer than 60 seconds", "the build took longer"),
        ("{standard input}:15: Error: no such instruction: `x'", "no such instruction"),
    ],
)
def test_an_error_that_concerns_no_file_has_no_place(line: str, text: str) -> None:
    diagnostic = only(line)
    assert (diagnostic.severity, diagnostic.file, diagnostic.line) == ("error", None, None)
    assert diagnostic.text.startswith(text)


@pytest.mark.parametrize(
    "line",
    [
        "Skipping BTF generation for /build/hello.ko due to unavailability of vmlinux",
        "make[1]: *** [scripts/Makefile.build:255: /build/hello.o] Error 1",
        "make[1]: warning:  Clock skew detected.  Your build may be incomplete.",
        "cc1: some warnings being treated as errors",
        "compilation terminated.",
        "  CC [M]  /build/hello.o",
        "/build/hello.c: In function 'hello_init':",
        "    8 |  /* a.c:1:2: error: said in a comment */",
    ],
)
def test_what_is_no_message_is_skipped(line: str) -> None:
    assert diagnostics.parse(line, "/build") == ()


def test_many_messages_are_cut_and_the_cut_is_told() -> None:
    warnings = "".join(f"/build/a.c:{line}:1: warning: w{line}\n" for line in range(1, 71))
    found = diagnostics.parse(warnings + "/build/a.c:99:1: error: the one that matters\n", "/build")
    assert len(found) == diagnostics.MOST_KEPT + 1
    assert found[-2].text == "the one that matters"
    assert found[-1] == Diagnostic("note", "21 more messages are not shown")


def test_a_very_long_message_is_cut_with_a_mark() -> None:
    text = only("/build/a.c:1:1: error: " + "x" * 100_000).text
    assert len(text) < 1000
    assert text.endswith("(cut)")


PIECES = (
    *(
        "a.c",
        "/usr/include/x.h",
        ":1",
        ":99",
        ": ",
        "error: ",
        "note: ",
        "in expansion of macro 'x'",
        "fix-it:",
    ),
    *(
        "In file included from ",
        "    inlined from 'f' at ",
        ",",
        "\n",
        "{1:1-1:2}",
        "\\",
        '"',
        "modpost: ",
        "ld: ",
    ),
)


@given(st.one_of(st.text(), st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3))).map("".join)))
def test_no_output_is_too_strange_to_parse(output: str) -> None:
    diagnostics.parse(output, "/build")
