// SPDX-License-Identifier: GPL-2.0-or-later
/* A device class stays behind. */
// finding: residue
#include <linux/device.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/version.h>

static struct class *class;

static int __init class_left_init(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	class = class_create("class_left");
#else
	class = class_create(THIS_MODULE, "class_left");
#endif
	return PTR_ERR_OR_ZERO(class);
}
module_init(class_left_init);

static void __exit class_left_exit(void)
{
}
module_exit(class_left_exit);

MODULE_LICENSE("GPL");
