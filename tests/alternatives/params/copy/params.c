// SPDX-License-Identifier: GPL-2.0-or-later
/* With the kernel's own param_set_int() on a copy of the parameter, and the level shown on load, too. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

static int my_param = 42;
module_param(my_param, int, S_IRUGO);
MODULE_PARM_DESC(my_param, "the answer");

static char *name = "world";
module_param(name, charp, S_IRUGO);
MODULE_PARM_DESC(name, "whom to greet");

static int level = 3;

static int level_set(const char *val, const struct kernel_param *kp)
{
	int before = level;
	struct kernel_param copy = *kp;
	int parsed;

	copy.arg = &parsed;
	if (param_set_int(val, &copy))
		return -EINVAL;

	switch (parsed) {
	case 0 ... 10:
		level = parsed;
		break;
	default:
		return -EINVAL;
	}
	if (before != level)
		pr_info("level -> %d (was %d)\n", level, before);
	return 0;
}

static const struct kernel_param_ops ops = { .set = level_set, .get = param_get_int };
module_param_cb(level, &ops, &level, S_IRUGO | S_IWUSR);
MODULE_PARM_DESC(level, "how loud");

static int __init params_init(void)
{
	pr_notice("my_param = %d\n", my_param);
	pr_notice("name = %s\n", name);
	pr_notice("level -> %d\n", level);
	return 0;
}

static void __exit params_exit(void)
{
}

module_init(params_init);
module_exit(params_exit);
MODULE_LICENSE("GPL");
