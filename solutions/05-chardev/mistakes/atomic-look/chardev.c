// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * chardev - a device that keeps what is written to it, for one opener at a time
 */
#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#define CAPACITY 1024

struct lab {
	atomic_t openers;
	struct mutex lock;	/* of the two below */
	char content[CAPACITY];
	size_t length;
};

static struct lab *lab;

static int major;

static int chardev_open(struct inode *inode, struct file *file)
{
	if (atomic_read(&lab->openers))
		return -EBUSY;
	atomic_inc(&lab->openers);
	return 0;
}

static int chardev_release(struct inode *inode, struct file *file)
{
	atomic_dec(&lab->openers);
	return 0;
}

static ssize_t chardev_read(struct file *file, char __user *to, size_t count, loff_t *offset)
{
	ssize_t copied;

	mutex_lock(&lab->lock);
	copied = simple_read_from_buffer(to, count, offset, lab->content, lab->length);
	mutex_unlock(&lab->lock);
	return copied;
}

static ssize_t chardev_write(struct file *file, const char __user *from, size_t count,
			     loff_t *offset)
{
	char *fresh;

	if (count > CAPACITY)
		return -EINVAL;
	fresh = memdup_user(from, count);
	if (IS_ERR(fresh))
		return PTR_ERR(fresh);
	mutex_lock(&lab->lock);
	memcpy(lab->content, fresh, count);
	lab->length = count;
	mutex_unlock(&lab->lock);
	kfree(fresh);
	return count;
}

static const struct file_operations chardev_fops = {
	.owner = THIS_MODULE,
	.open = chardev_open,
	.release = chardev_release,
	.read = chardev_read,
	.write = chardev_write,
};

static struct class chardev_class = {
	.name = "kmodlab",
};

static int __init chardev_init(void)
{
	struct device *device;
	int error;

	lab = kzalloc(sizeof(*lab), GFP_KERNEL);
	if (!lab)
		return -ENOMEM;
	mutex_init(&lab->lock);
	major = register_chrdev(0, "kmodlab", &chardev_fops);
	if (major < 0) {
		error = major;
		goto no_number;
	}
	error = class_register(&chardev_class);
	if (error)
		goto no_class;
	device = device_create(&chardev_class, NULL, MKDEV(major, 0), NULL, "kmodlab");
	if (IS_ERR(device)) {
		error = PTR_ERR(device);
		goto no_device;
	}
	return 0;

no_device:
	class_unregister(&chardev_class);
no_class:
	unregister_chrdev(major, "kmodlab");
no_number:
	kfree(lab);
	return error;
}
module_init(chardev_init);

static void __exit chardev_exit(void)
{
	device_destroy(&chardev_class, MKDEV(major, 0));
	class_unregister(&chardev_class);
	unregister_chrdev(major, "kmodlab");
	kfree(lab);
}
module_exit(chardev_exit);

MODULE_AUTHOR("The kmodlab authors");
MODULE_DESCRIPTION("A device that keeps what is written to it, for one opener at a time");
MODULE_LICENSE("GPL");
