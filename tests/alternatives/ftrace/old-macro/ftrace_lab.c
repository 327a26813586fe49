// SPDX-License-Identifier: GPL-2.0-or-later
/* With module_param_call() and an attribute of the compiler's; the function is global. */
#include <linux/module.h>

void ftrace_lab_work(long number);

void __attribute__((__noinline__, __noclone__)) ftrace_lab_work(long number)
{
	trace_printk("work %ld\n", number);
}

static int go(const char *text, const struct kernel_param *kp)
{
	long number;

	if (kstrtol(text, 10, &number))
		return -EINVAL;
	ftrace_lab_work(number);
	return 0;
}
module_param_call(go, go, NULL, NULL, 0200);

MODULE_LICENSE("GPL");
