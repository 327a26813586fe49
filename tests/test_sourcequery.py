# SPDX-License-Identifier: MIT
"""Queries on C, which also read files that do not compile."""

from kmodlab.grading.sourcequery import matches

SOURCE = """\
void f(void)
{
	kfree(a);
	if (b)
		kfree(b);
	vfree(c);
}
"""
CALLS = '(call_expression function: (identifier) @name (#eq? @name "%s")) @call'


def test_every_match_gives_its_line() -> None:
    assert matches(SOURCE, CALLS % "kfree") == [3, 5]
    assert matches(SOURCE, CALLS % "kmalloc") == []


def test_what_is_in_comments_and_texts_is_no_code() -> None:
    assert matches('/* kfree(a); */ char *s = "kfree(a)";', CALLS % "kfree") == []


def test_broken_code_is_read_as_far_as_it_goes() -> None:
    assert matches("void f(void) {\n\tkfree(a);\n\tif (", CALLS % "kfree") == [2]
