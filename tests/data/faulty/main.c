// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * faulty: one function for each place that the decoder must find.
 */
#include <linux/init.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "helpers.h"

static int *nowhere;
static LIST_HEAD(items);

static noinline void never_returns(int n)
{
	pr_info("n %d\n", n);
	for (;;)
		cpu_relax();
}

static noinline int reads_null(void)
{
	return *nowhere;
}

static noinline int calls_inline(int *p)
{
	return twice(p);
}

static noinline void adds(struct list_head *node)
{
	list_add(node, &items);
}

static noinline int same_name(void)
{
	return *nowhere + 1;
}

static int __init faulty_init(void)
{
	int *p = kmalloc(sizeof(*p), GFP_KERNEL);
	struct list_head node;

	if (!p)
		return -ENOMEM;
	*p = reads_null() + same_name();
	if (*p == 3)
		never_returns(*p);
	*p += calls_inline(p) + same_name_elsewhere();
	adds(&node);
	kfree(p);
	return 0;
}

static void __exit faulty_exit(void)
{
	WARN_ON(nowhere);
}

module_init(faulty_init);
module_exit(faulty_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("One");
MODULE_AUTHOR("Two");
MODULE_DESCRIPTION("Places for the decoder to find");
