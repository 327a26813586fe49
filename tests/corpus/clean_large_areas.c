// SPDX-License-Identifier: GPL-2.0-or-later
/* Pages and vmalloc areas come and go. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

static unsigned long pages;
static void *area;

static int __init clean_large_areas_init(void)
{
	pages = __get_free_pages(GFP_KERNEL, 2);
	if (!pages)
		return -ENOMEM;
	area = vmalloc(5 * PAGE_SIZE);
	if (!area) {
		free_pages(pages, 2);
		return -ENOMEM;
	}
	return 0;
}
module_init(clean_large_areas_init);

static void __exit clean_large_areas_exit(void)
{
	vfree(area);
	free_pages(pages, 2);
}
module_exit(clean_large_areas_exit);

MODULE_LICENSE("GPL");
