// SPDX-License-Identifier: GPL-2.0-or-later
/* A pointer is read from freed memory and followed. */
#include <linux/compiler.h>
#include <linux/module.h>
#include <linux/slab.h>

struct box {
	char filler[32];
	int *value;
};

static int __init read_through_freed_init(void)
{
	static int seven = 7;
	struct box *box = kmalloc(sizeof(*box), GFP_KERNEL);

	if (!box)
		return -ENOMEM;
	box->value = &seven;
	kfree(box);
	pr_info("%d\n", *READ_ONCE(box->value)); /* here: use-after-free */
	return 0;
}
module_init(read_through_freed_init);

static void __exit read_through_freed_exit(void)
{
}
module_exit(read_through_freed_exit);

MODULE_LICENSE("GPL");
