// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * answer - can be told the answer
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>

/* 1. The parameter goes here. */

static int __init answer_init(void)
{
	/* 2. Log the answer here. */
	return 0;
}
module_init(answer_init);

static void __exit answer_exit(void)
{
}
module_exit(answer_exit);

MODULE_DESCRIPTION("Can be told the answer");
MODULE_LICENSE("GPL");
