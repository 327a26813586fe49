// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * chardev - a device that keeps what is written to it, for one opener at a time
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#define CAPACITY 1024

static int chardev_open(struct inode *inode, struct file *file)
{
	/* 4. Say -EBUSY when somebody has it open. */
	return 0;
}

static int chardev_release(struct inode *inode, struct file *file)
{
	/* 4. Nobody has it open any more. */
	return 0;
}

static ssize_t chardev_read(struct file *file, char __user *to, size_t count, loff_t *offset)
{
	/* 3. Copy what was written, from *offset on; 0 says that this is the end. */
	return 0;
}

static ssize_t chardev_write(struct file *file, const char __user *from, size_t count,
			     loff_t *offset)
{
	/* 2. Keep what the program writes. */
	return -EINVAL;
}

static const struct file_operations chardev_fops = {
	.open = chardev_open,
	.release = chardev_release,
	.read = chardev_read,
	.write = chardev_write,
};

static struct class chardev_class = {
	.name = "kmodlab",
};

static int major;

static int __init chardev_init(void)
{
	/* 1. A number, the class, and a device of it. */
	major = register_chrdev(0, "kmodlab", &chardev_fops);
	return major < 0 ? major : 0;
}
module_init(chardev_init);

static void __exit chardev_exit(void)
{
	/* 1. Undo it, in reverse order. */
	unregister_chrdev(major, "kmodlab");
}
module_exit(chardev_exit);

MODULE_AUTHOR("The kmodlab authors");
MODULE_DESCRIPTION("A device that keeps what is written to it, for one opener at a time");
MODULE_LICENSE("GPL");
