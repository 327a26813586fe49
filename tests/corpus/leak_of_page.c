// SPDX-License-Identifier: GPL-2.0-or-later
/* A page is never given back. */
#include <linux/gfp.h>
#include <linux/module.h>

static unsigned long page;

static int __init leak_of_page_init(void)
{
	page = __get_free_page(GFP_KERNEL); /* here: leak */
	return 0;
}
module_init(leak_of_page_init);

static void __exit leak_of_page_exit(void)
{
}
module_exit(leak_of_page_exit);

MODULE_LICENSE("GPL");
