// SPDX-License-Identifier: GPL-2.0-or-later
/* With printk() and its levels, and the text in a constant. */
#include <linux/kernel.h>
#include <linux/module.h>

#define GREETING "Hello, kernel!"

static int __init hello_start(void)
{
	printk(KERN_INFO GREETING "\n");
	return 0;
}

static void __exit hello_end(void)
{
	printk(KERN_INFO "%s, %s\n", "Goodbye", "kernel!");
}

module_init(hello_start);
module_exit(hello_end);
MODULE_AUTHOR("Grace Hopper");
MODULE_DESCRIPTION("A greeting");
MODULE_LICENSE("GPL");
