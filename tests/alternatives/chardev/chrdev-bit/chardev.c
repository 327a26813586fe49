// SPDX-License-Identifier: GPL-2.0-or-later
/* With register_chrdev() and class_create(), a bit for the opener, a spinlock, and copies on the stack. */
#include <linux/bitops.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/version.h>

#define SIZE 1024

static int major;
static struct class *class;
static unsigned long flags;
static DEFINE_SPINLOCK(lock);
static u8 data[SIZE];
static unsigned int used;

static int device_open(struct inode *inode, struct file *file)
{
	if (test_and_set_bit_lock(0, &flags))
		return -EBUSY;
	return 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	clear_bit_unlock(0, &flags);
	return 0;
}

static ssize_t device_read(struct file *filp, char __user *buffer, size_t length, loff_t *offset)
{
	u8 copy[SIZE];
	unsigned int there;

	spin_lock(&lock);
	there = used;
	memcpy(copy, data, there);
	spin_unlock(&lock);
	if (*offset < 0 || *offset >= there)
		return 0;
	if (length > there - *offset)
		length = there - *offset;
	if (copy_to_user(buffer, copy + *offset, length))
		return -EFAULT;
	*offset += length;
	return length;
}

static ssize_t device_write(struct file *filp, const char __user *buffer, size_t length, loff_t *offset)
{
	u8 copy[SIZE];

	if (length > SIZE)
		return -EINVAL;
	if (copy_from_user(copy, buffer, length))
		return -EFAULT;
	spin_lock(&lock);
	memcpy(data, copy, length);
	used = length;
	spin_unlock(&lock);
	return length;
}

static struct file_operations fops = {
	.owner = THIS_MODULE,
	.read = device_read,
	.write = device_write,
	.open = device_open,
	.release = device_release,
};

static int __init chardev_init(void)
{
	int ret = 0;

	major = register_chrdev(0, "kmodlab", &fops);
	if (major < 0)
		return major;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
	class = class_create(THIS_MODULE, "kmodlab");
#else
	class = class_create("kmodlab");
#endif
	if (IS_ERR(class)) {
		ret = PTR_ERR(class);
	} else {
		ret = PTR_ERR_OR_ZERO(device_create(class, NULL, MKDEV(major, 0), NULL, "kmodlab"));
		if (ret)
			class_destroy(class);
	}
	if (ret)
		unregister_chrdev(major, "kmodlab");
	return ret;
}

static void __exit chardev_exit(void)
{
	device_destroy(class, MKDEV(major, 0));
	class_destroy(class);
	unregister_chrdev(major, "kmodlab");
}

module_init(chardev_init);
module_exit(chardev_exit);
MODULE_LICENSE("GPL");
