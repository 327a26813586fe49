// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * list_lab - a linked list, from the first node to the last kfree()
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/slab.h>

/* 1. Give it what makes it a node of a list. */
struct item {
	unsigned int id;
	char name[16];
};

static unsigned int count = 1000;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "How many items the list begins with");

static int set_remove(const char *text, const struct kernel_param *parameter)
{
	/* 3. Make a number of the text, and remove the item that has it. */
	return -ENOENT;
}

static const struct kernel_param_ops remove_ops = {
	.set = set_remove,
};
module_param_cb(remove, &remove_ops, NULL, 0200);
MODULE_PARM_DESC(remove, "Write the id of an item to remove it");

static int __init list_lab_init(void)
{
	/* 2. Build the list, and log what it holds. */
	return 0;
}
module_init(list_lab_init);

static void __exit list_lab_exit(void)
{
	/* 4. Free each item, and log how many there were. */
}
module_exit(list_lab_exit);

MODULE_AUTHOR("The kmodlab authors");
MODULE_DESCRIPTION("A linked list, from the first node to the last kfree()");
MODULE_LICENSE("GPL");
