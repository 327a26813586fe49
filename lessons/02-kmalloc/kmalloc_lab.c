// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmalloc_lab - memory of the kernel's own
 *
 * It loads and unloads, and does not allocate anything yet.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>

#define BUFFER_SIZE 1024

/* 1. Both functions need to find the memory: keep its address here. */

static int __init kmalloc_lab_init(void)
{
	/* 2. Allocate BUFFER_SIZE bytes. What if there are none? */

	/* 3. Copy the text into them, and log it from there. */
	return 0;
}
module_init(kmalloc_lab_init);

static void __exit kmalloc_lab_exit(void)
{
	/* 4. Give the memory back, and say so. */
}
module_exit(kmalloc_lab_exit);

MODULE_AUTHOR("You");
MODULE_DESCRIPTION("Allocates memory, uses it and gives it back");
MODULE_LICENSE("GPL");
