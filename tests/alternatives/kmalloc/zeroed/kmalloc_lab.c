// SPDX-License-Identifier: GPL-2.0-or-later
/* With kzalloc(), snprintf(), a goto to the one way out, and memory that is wiped before it is freed. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>

static void *memory;

static int __init start(void)
{
	int error = -ENOMEM;

	memory = kzalloc(1024, GFP_KERNEL);
	if (memory == NULL)
		goto out;
	snprintf(memory, 1024, "Dynamic memory %s successful!\n", "allocation");
	pr_info("%s", (char *)memory);
	error = 0;
out:
	return error;
}

static void __exit end(void)
{
	pr_info("Dynamic memory deallocated\n");
	kfree_sensitive(memory);
	memory = NULL;
}

module_init(start);
module_exit(end);
MODULE_LICENSE("GPL");
