// SPDX-License-Identifier: GPL-2.0-or-later
/* With module_param_call(), a text in an array, and functions that read and show by themselves. */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

static int my_param = 42;
static char name[64] = "world";
static u8 level = 3;

static int change(const char *val, const struct kernel_param *kp)
{
	u8 fresh, old = *(u8 *)kp->arg;

	if (kstrtou8(val, 10, &fresh) < 0)
		return -EINVAL;
	if (fresh > 10) {
		pr_warn("level %u is too high\n", fresh);
		return -EINVAL;
	}
	*(u8 *)kp->arg = fresh;
	if (fresh != old)
		printk(KERN_NOTICE "params: level -> %u\n", fresh);
	return 0;
}

static int show(char *buf, const struct kernel_param *kp)
{
	return scnprintf(buf, PAGE_SIZE, "%u\n", level);
}

module_param(my_param, int, 0444);
module_param_string(name, name, sizeof(name), 0444);
module_param_call(level, change, show, &level, 0644);
MODULE_PARM_DESC(my_param, "n");
MODULE_PARM_DESC(name, "s");
MODULE_PARM_DESC(level, "0..10");

int init_module(void)
{
	printk(KERN_INFO "params: my_param = %d, name = %s\n", my_param, name);
	return 0;
}

void cleanup_module(void)
{
}

MODULE_LICENSE("GPL");
