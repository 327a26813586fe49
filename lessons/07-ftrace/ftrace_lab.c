// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ftrace_lab - something to watch with the function tracer
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

/* 1. Write ftrace_lab_work() here. */

/* Runs whenever something is written to the parameter `go`. */
static int go_set(const char *text, const struct kernel_param *kp)
{
	int number;
	int err;

	err = kstrtoint(text, 0, &number);
	if (err)
		return err;

	/* 2. Have the number worked on. */
	return 0;
}

static const struct kernel_param_ops go_ops = {
	.set = go_set,
};
module_param_cb(go, &go_ops, NULL, 0200);
MODULE_PARM_DESC(go, "Write a number here to have it worked on");

MODULE_DESCRIPTION("Something to watch with the function tracer");
MODULE_LICENSE("GPL");
