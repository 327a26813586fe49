// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory of vmalloc is never given back. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

static void *area;

static int __init leak_of_pages_by_vmalloc_init(void)
{
	area = vmalloc(3 * PAGE_SIZE); /* here: leak */
	return 0;
}
module_init(leak_of_pages_by_vmalloc_init);

static void __exit leak_of_pages_by_vmalloc_exit(void)
{
}
module_exit(leak_of_pages_by_vmalloc_exit);

MODULE_LICENSE("GPL");
