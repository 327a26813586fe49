// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * params - a module that can be told what to do
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>

#define MAX_LEVEL 10

static int my_param = 42;
module_param(my_param, int, 0444);
MODULE_PARM_DESC(my_param, "A number (default 42)");

static char *name = "world";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "A name (default world)");

static int level = 3;

static int set_level(const char *text, const struct kernel_param *param)
{
	int wanted;

	if (kstrtoint(text, 0, &wanted))
		return -EINVAL;

	level = clamp(wanted, 0, MAX_LEVEL);
	pr_info("level -> %d\n", level);
	return 0;
}

static const struct kernel_param_ops level_ops = {
	.set = set_level,
	.get = param_get_int,
};
module_param_cb(level, &level_ops, &level, 0644);
MODULE_PARM_DESC(level, "How much, from 0 to 10 (default 3)");

static int __init params_init(void)
{
	pr_info("my_param = %d\n", my_param);
	pr_info("name = %s\n", name);
	return 0;
}
module_init(params_init);

static void __exit params_exit(void)
{
}
module_exit(params_exit);

MODULE_AUTHOR("The kmodlab authors");
MODULE_DESCRIPTION("Shows what it was told");
MODULE_LICENSE("GPL");
