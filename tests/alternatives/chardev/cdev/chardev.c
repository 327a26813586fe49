// SPDX-License-Identifier: GPL-2.0-or-later
/* With a cdev, a class made by class_create(), and content that is allocated anew by each write. */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>

static dev_t number;
static struct cdev cdev;
static struct class *class;
static DEFINE_MUTEX(mutex);
static char *content;
static size_t size;
static int busy;

static int my_open(struct inode *inode, struct file *file)
{
	return cmpxchg(&busy, 0, 1) ? -EBUSY : 0;
}

static int my_release(struct inode *inode, struct file *file)
{
	smp_store_release(&busy, 0);
	return 0;
}

static ssize_t my_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	ssize_t ret;

	mutex_lock(&mutex);
	ret = simple_read_from_buffer(buf, len, ppos, content, size);
	mutex_unlock(&mutex);
	return ret;
}

static ssize_t my_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	char *old, *fresh;

	if (len > 1024)
		return -EINVAL;
	fresh = memdup_user(buf, len);
	if (IS_ERR(fresh))
		return PTR_ERR(fresh);
	mutex_lock(&mutex);
	old = content;
	content = fresh;
	size = len;
	mutex_unlock(&mutex);
	kfree(old);
	*ppos += len;
	return len;
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.open = my_open,
	.release = my_release,
	.read = my_read,
	.write = my_write,
};

static int __init my_init(void)
{
	struct device *device;
	int ret;

	ret = alloc_chrdev_region(&number, 0, 1, "kmodlab");
	if (ret)
		return ret;
	cdev_init(&cdev, &fops);
	cdev.owner = THIS_MODULE;
	ret = cdev_add(&cdev, number, 1);
	if (ret)
		goto err_region;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
	class = class_create(THIS_MODULE, "kmodlab");
#else
	class = class_create("kmodlab");
#endif
	if (IS_ERR(class)) {
		ret = PTR_ERR(class);
		goto err_cdev;
	}
	device = device_create(class, NULL, number, NULL, "kmodlab");
	if (IS_ERR(device)) {
		ret = PTR_ERR(device);
		goto err_class;
	}
	return 0;

err_class:
	class_destroy(class);
err_cdev:
	cdev_del(&cdev);
err_region:
	unregister_chrdev_region(number, 1);
	return ret;
}

static void __exit my_exit(void)
{
	device_destroy(class, number);
	class_destroy(class);
	cdev_del(&cdev);
	unregister_chrdev_region(number, 1);
	kfree(content);
}

module_init(my_init);
module_exit(my_exit);
MODULE_LICENSE("GPL");
