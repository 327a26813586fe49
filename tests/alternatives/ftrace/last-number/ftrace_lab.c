// SPDX-License-Identifier: GPL-2.0-or-later
/* The parameter keeps its number and can be read; init and exit log; the script stays in tracefs. */
#include <linux/init.h>
#include <linux/module.h>

static int go;

static noinline int ftrace_lab_work(void)
{
	trace_printk("work %i\n", go);
	return 0;
}

static int set(const char *text, const struct kernel_param *kp)
{
	int err = param_set_int(text, kp);

	return err ? err : ftrace_lab_work();
}

static const struct kernel_param_ops ops = { .set = set, .get = param_get_int };
module_param_cb(go, &ops, &go, 0644);

static int __init lab_init(void)
{
	pr_info("ftrace_lab: ready\n");
	return 0;
}
module_init(lab_init);

static void __exit lab_exit(void)
{
	pr_info("ftrace_lab: gone\n");
}
module_exit(lab_exit);

MODULE_LICENSE("GPL");
