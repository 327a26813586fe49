# SPDX-License-Identifier: MIT
"""Pages that a module keeps when it is gone."""

from kmodlab.grading.verdict import Outcome
from kmodlab.session import Session

SOURCE = """// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

static unsigned long blocks[4];
static struct page *page;
static void *large, *exact;

static int __init bad_init(void)
{
	int i;

	for (i = 0; i < 4; i++)
		blocks[i] = __get_free_pages(GFP_KERNEL, 2); /* blocks */
	page = alloc_page(GFP_KERNEL); /* page */
	large = kmalloc(50000, GFP_KERNEL); /* large */
	exact = alloc_pages_exact(10000, GFP_KERNEL); /* exact */
	return 0;
}

static void __exit bad_exit(void)
{
%s
}

module_init(bad_init);
module_exit(bad_exit);
MODULE_LICENSE("GPL");
"""
FREES = {
    "blocks": "	int i;\n\n	for (i = 0; i < 4; i++)\n		free_pages(blocks[i], 2);",
    "page": "	put_page(page);",
    "large": "	kfree(large);",
    "exact": "	free_pages_exact(exact, 10000);",
}


def leaks(session: Session, *freed: str) -> set[tuple[int | None, int | None, int | None]]:
    source = SOURCE % "\n".join(FREES[name] for name in freed)
    report = session.run({"bad.c": source.encode()})
    assert report.outcome is (Outcome.FAIL if report.findings else Outcome.PASS), report
    assert {finding.kind for finding in report.findings} <= {"leak"}
    return {(finding.line, finding.count, finding.bytes) for finding in report.findings}


def line_of(name: str) -> int:
    return next(n for n, line in enumerate(SOURCE.splitlines(), start=1) if f"/* {name} */" in line)


def test_pages_that_are_freed_are_no_leak(session: Session) -> None:
    assert leaks(session, "blocks", "page", "large", "exact") == set()


def test_pages_that_nobody_frees_are_found_where_they_were_allocated(session: Session) -> None:
    assert leaks(session) == {
        (line_of("blocks"), 4, 4 * 16384),
        (line_of("page"), 1, 4096),
        (line_of("large"), 1, 65536),
        (line_of("exact"), 1, 16384),
    }


def test_only_what_is_still_kept_counts(session: Session) -> None:
    found = leaks(session, "page", "exact")
    assert {line for line, _, _ in found} == {line_of("blocks"), line_of("large")}
