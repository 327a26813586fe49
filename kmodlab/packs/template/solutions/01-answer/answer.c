// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * answer - can be told the answer
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>

static int value = 42;
module_param(value, int, 0444);
MODULE_PARM_DESC(value, "The answer");

static int __init answer_init(void)
{
	pr_info("The answer is %d\n", value);
	return 0;
}
module_init(answer_init);

static void __exit answer_exit(void)
{
}
module_exit(answer_exit);

MODULE_DESCRIPTION("Can be told the answer");
MODULE_LICENSE("GPL");
