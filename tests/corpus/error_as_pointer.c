// SPDX-License-Identifier: GPL-2.0-or-later
/* An error code is taken for a pointer. */
#include <linux/err.h>
#include <linux/module.h>

static int *volatile result;

static int __init error_as_pointer_init(void)
{
	result = ERR_PTR(-ENOENT);
	pr_info("%d\n", *result); /* here: page-fault */
	return 0;
}
module_init(error_as_pointer_init);

static void __exit error_as_pointer_exit(void)
{
}
module_exit(error_as_pointer_exit);

MODULE_LICENSE("GPL");
