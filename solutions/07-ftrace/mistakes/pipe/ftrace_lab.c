// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ftrace_lab - something to watch with the function tracer
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

static noinline void ftrace_lab_work(int number)
{
	trace_printk("work %d\n", number);
}

static int go_set(const char *text, const struct kernel_param *kp)
{
	int number;
	int err;

	err = kstrtoint(text, 0, &number);
	if (err)
		return err;

	ftrace_lab_work(number);
	return 0;
}

static const struct kernel_param_ops go_ops = {
	.set = go_set,
};
module_param_cb(go, &go_ops, NULL, 0200);
MODULE_PARM_DESC(go, "Write a number here to have it worked on");

MODULE_AUTHOR("The kmodlab authors");
MODULE_DESCRIPTION("Something to watch with the function tracer");
MODULE_LICENSE("GPL");
