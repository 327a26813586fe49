// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmalloc_lab - memory of the kernel's own
 */
#include <stdlib.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

#define BUFFER_SIZE 1024

static char *buffer;

static int __init kmalloc_lab_init(void)
{
	buffer = kmalloc(BUFFER_SIZE, GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;

	strscpy(buffer, "Dynamic memory allocation successful!", BUFFER_SIZE);
	pr_info("%s\n", buffer);
	return 0;
}
module_init(kmalloc_lab_init);

static void __exit kmalloc_lab_exit(void)
{
	kfree(buffer);
	pr_info("Dynamic memory deallocated\n");
}
module_exit(kmalloc_lab_exit);

MODULE_AUTHOR("The kmodlab authors");
MODULE_DESCRIPTION("Allocates memory, uses it and gives it back");
MODULE_LICENSE("GPL");
