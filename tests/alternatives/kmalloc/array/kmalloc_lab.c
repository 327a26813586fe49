// SPDX-License-Identifier: GPL-2.0-or-later
/* With kcalloc(), grown to its size by krealloc(), and no need to know by which allocator when it is freed. */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

static const char text[] = "Dynamic memory allocation successful!";
static char *buf;

static int __init mod_init(void)
{
	char *grown;

	buf = kcalloc(sizeof(text), sizeof(char), GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	strcpy(buf, text);

	grown = krealloc(buf, 1024, GFP_KERNEL);
	if (!grown) {
		kfree(buf);
		return -ENOMEM;
	}
	buf = grown;
	pr_info("kmalloc_lab: %s\n", buf);
	return 0;
}

static void __exit mod_exit(void)
{
	if (buf)
		kvfree(buf);
	pr_info("kmalloc_lab: Dynamic memory deallocated\n");
}

module_init(mod_init);
module_exit(mod_exit);
MODULE_LICENSE("GPL v2");
