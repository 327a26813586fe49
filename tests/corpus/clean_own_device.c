// SPDX-License-Identifier: GPL-2.0-or-later
/* A misc device, opened and closed. */
// do: cat </dev/clean_own_device
// do: ls /dev/clean_own_device
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

static const struct file_operations operations = {
	.owner = THIS_MODULE,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "clean_own_device",
	.fops = &operations,
};

static int __init clean_own_device_init(void)
{
	return misc_register(&device);
}
module_init(clean_own_device_init);

static void __exit clean_own_device_exit(void)
{
	misc_deregister(&device);
}
module_exit(clean_own_device_exit);

MODULE_LICENSE("GPL");
