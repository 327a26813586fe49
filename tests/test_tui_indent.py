# SPDX-License-Identifier: MIT
import pytest

from kmodlab.tui.indent import closing_indent, code_only, commented, deeper, line_break, shallower


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


def test_lines_go_one_tab_deeper_but_for_empty_ones() -> None:
    assert deeper(["a;", "\tb;", "", "  "]) == ["\ta;", "\t\tb;", "", "  "]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("\t\ta b;", "\ta b;"),
        ("a b;", "a b;"),
        ("    a;", "a;"),
        ("   \ta;", "a;"),
        (" " * 8 + "\ta;", "\ta;"),
        (" " * 10 + "a;", "  a;"),
    ],
)
def test_a_line_goes_one_level_less_deep_as_far_as_it_can(line: str, expected: str) -> None:
    assert shallower([line]) == [expected]


def test_lines_become_comments_in_one_column_and_code_again() -> None:
    code = ["\tif (a)", "", "\t\tb; // why"]
    comments = ["\t// if (a)", "", "\t// \tb; // why"]
    assert commented(code) == comments
    assert commented(comments) == code


def test_when_some_lines_are_comments_already_they_become_comments_once_more() -> None:
    assert commented(["// a", "b;"]) == ["// // a", "// b;"]


def test_an_empty_line_is_no_comment() -> None:
    assert commented([""]) == [""]
