# SPDX-License-Identifier: MIT
import pytest

from kmodlab.tui.indent import closing_indent, code_only, line_break


@pytest.mark.parametrize(
    ("before", "after", "inserted"),
    [
        ("", "", ("\n", "")),
        ("int a;", "", ("\n", "")),
        ("\tint a;", "", ("\n\t", "")),
        ("\t\tif (", "a)", ("\n\t\t", "")),
        ("int f(void) {", "", ("\n\t", "")),
        ("\tif (a) {  ", "", ("\n\t\t", "")),
        ("\tif (a) { /* why */", "", ("\n\t\t", "")),
        ("\tif (a) { // why", "", ("\n\t\t", "")),
        ("\tif (a) {", "}", ("\n\t\t", "\n\t")),
        ('\tpr_info("{"', ");", ("\n\t", "")),
        ("\tc = '{';", "", ("\n\t", "")),
        ("\tcase FIRST:", "", ("\n\t\t", "")),
        ("\tdefault:", "", ("\n\t\t", "")),
        ("out:", "", ("\n", "")),
    ],
)
def test_enter_indents_as_the_kernel_does(before: str, after: str, inserted: tuple[str, str]) -> None:
    assert line_break(before, after) == inserted


def test_a_closing_brace_goes_below_the_line_that_opened() -> None:
    assert closing_indent(["\tif (a) {", "\t\tb();"]) == "\t"


def test_blocks_that_were_closed_are_passed_over() -> None:
    assert closing_indent(["int f(void)", "{", "\tif (a) {", "\t\tb();", "\t}"]) == ""


def test_braces_in_text_and_comments_open_nothing() -> None:
    lines = ["{", '\tpr_info("{");', "\t/* { */", "\tc = '{';", "\t// {"]
    assert closing_indent(lines) == ""


def test_nothing_is_open() -> None:
    assert closing_indent(["int a;", "int b;"]) is None


def test_an_escaped_quote_does_not_end_a_string() -> None:
    assert code_only(r'a("\"{", b); // c') == "a(, b);"
