// SPDX-License-Identifier: GPL-2.0-or-later
/* The function is called through a pointer that may change, so the compiler has to keep it; init sets that pointer. */
#include <linux/kernel.h>
#include <linux/module.h>

static void (*work)(const char *number);

static void ftrace_lab_work(const char *number)
{
	trace_printk("work %s\n", number);
}

static int go_set(const char *text, const struct kernel_param *kp)
{
	char number[12];
	int value;
	int err = kstrtoint(text, 0, &value);

	if (err)
		return err;
	snprintf(number, sizeof(number), "%d", value);
	if (READ_ONCE(work))
		work(number);
	return 0;
}

static const struct kernel_param_ops go_ops = { .set = go_set };
module_param_cb(go, &go_ops, NULL, 0600);

static int __init lab_init(void)
{
	WRITE_ONCE(work, ftrace_lab_work);
	return 0;
}
module_init(lab_init);

static void __exit lab_exit(void)
{
}
module_exit(lab_exit);

MODULE_LICENSE("GPL v2");
