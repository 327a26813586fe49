# SPDX-License-Identifier: MIT
"""Pages that a module keeps when it is gone."""

from kmodlab.grading.verdict import Outcome
from kmodlab.session import Session

SOURCE = """// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

struct pages {
	unsigned long blocks[4];
	struct page *page;
	void *large, *exact;
};

static struct pages kept, freed;

static int __init bad_init(void)
{
	int i;

	for (i = 0; i < 4; i++)
		kept.blocks[i] = __get_free_pages(GFP_KERNEL, 2); /* kept blocks */
	kept.page = alloc_page(GFP_KERNEL); /* kept page */
	kept.large = kmalloc(50000, GFP_KERNEL); /* kept large */
	kept.exact = alloc_pages_exact(10000, GFP_KERNEL); /* kept exact */
	for (i = 0; i < 4; i++)
		freed.blocks[i] = __get_free_pages(GFP_KERNEL, 2);
	freed.page = alloc_page(GFP_KERNEL);
	freed.large = kmalloc(50000, GFP_KERNEL);
	freed.exact = alloc_pages_exact(10000, GFP_KERNEL);
	return 0;
}

static void __exit bad_exit(void)
{
	int i;

	for (i = 0; i < 4; i++)
		free_pages(freed.blocks[i], 2);
	put_page(freed.page);
	kfree(freed.large);
	free_pages_exact(freed.exact, 10000);
%s
}

module_init(bad_init);
module_exit(bad_exit);
MODULE_LICENSE("GPL");
"""
FREE_THE_OTHERS = """
	for (i = 0; i < 4; i++)
		free_pages(kept.blocks[i], 2);
	put_page(kept.page);
	kfree(kept.large);
	free_pages_exact(kept.exact, 10000);"""
KEPT = {  # how many of them, and how many bytes
    "blocks": (4, 4 * 16384),
    "page": (1, 4096),
    "large": (1, 65536),
    "exact": (1, 16384),
}


def line_of(name: str) -> int:
    return next(n for n, line in enumerate(SOURCE.splitlines(), start=1) if f"/* kept {name} */" in line)


def test_pages_that_nobody_frees_are_found_where_they_were_allocated(session: Session) -> None:
    report = session.run({"bad.c": (SOURCE % "").encode()})
    assert report.outcome is Outcome.FAIL
    assert {(found.kind, found.line, found.count, found.bytes) for found in report.findings} == {
        ("leak", line_of(name), count, size) for name, (count, size) in KEPT.items()
    }
    assert len(report.findings) == len(KEPT)


def test_pages_that_are_freed_are_no_leak(session: Session) -> None:
    report = session.run({"bad.c": (SOURCE % FREE_THE_OTHERS).encode()})
    assert (report.outcome, report.findings) == (Outcome.PASS, ())
