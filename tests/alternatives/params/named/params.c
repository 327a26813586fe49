// SPDX-License-Identifier: GPL-2.0-or-later
/* With all values in a structure, module_param_named(), and a wider number that is compared before it is narrowed. */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

static struct {
	int number;
	char *text;
	int level;
} settings = { .number = 42, .text = "world", .level = 3 };

static int settings_set(const char *val, const struct kernel_param *kp)
{
	int *target = kp->arg;
	long long number;

	if (!val || kstrtoll(val, 0, &number) != 0)
		goto invalid;
	if (number != clamp(number, 0LL, 10LL))
		goto invalid;

	*target = number;
	pr_info("%s -> %i\n", kp->name, *target);
	return 0;

invalid:
	return -EINVAL;
}

static const struct kernel_param_ops settings_ops = {
	.get = param_get_int,
	.set = settings_set,
};

module_param_named(my_param, settings.number, int, 0444);
MODULE_PARM_DESC(my_param, "number");
module_param_named(name, settings.text, charp, 0444);
MODULE_PARM_DESC(name, "text");
module_param_cb(level, &settings_ops, &settings.level, 0644);
MODULE_PARM_DESC(level, "level");

static int __init settings_init(void)
{
	pr_info("name = %s\n", settings.text);
	pr_info("my_param = %i\n", settings.number);
	return 0;
}
module_init(settings_init);

MODULE_LICENSE("GPL");

static void __exit settings_exit(void)
{
}
module_exit(settings_exit);
