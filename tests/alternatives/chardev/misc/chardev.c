// SPDX-License-Identifier: GPL-2.0-or-later
/* With a miscdevice, an atomic variable for the opener, two buffers, and copies made by hand. */
#include <linux/atomic.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

static char buffers[2][1024];
static char *now = buffers[0], *next = buffers[1];
static int now_holds;
static DEFINE_MUTEX(contents);
static atomic_t available = ATOMIC_INIT(1);

static int lab_open(struct inode *inode, struct file *file)
{
	if (!atomic_dec_and_test(&available)) {
		atomic_inc(&available);
		return -EBUSY;
	}
	return 0;
}

static int lab_close(struct inode *inode, struct file *file)
{
	atomic_inc(&available);
	return 0;
}

static ssize_t lab_read(struct file *file, char __user *buf, size_t len, loff_t *off)
{
	ssize_t copied = 0;

	if (mutex_lock_interruptible(&contents))
		return -ERESTARTSYS;
	if (*off < now_holds) {
		copied = min_t(size_t, len, now_holds - *off);
		if (copy_to_user(buf, now + *off, copied))
			copied = -EFAULT;
		else
			*off += copied;
	}
	mutex_unlock(&contents);
	return copied;
}

static ssize_t lab_write(struct file *file, const char __user *buf, size_t len, loff_t *off)
{
	ssize_t taken = -EFAULT;

	if (len > sizeof(buffers[0]))
		return -EINVAL;
	if (mutex_lock_interruptible(&contents))
		return -ERESTARTSYS;
	if (copy_from_user(next, buf, len) == 0) {
		swap(now, next);
		taken = now_holds = len;
	}
	mutex_unlock(&contents);
	return taken;
}

static const struct file_operations lab_fops = {
	.owner		= THIS_MODULE,
	.open		= lab_open,
	.release	= lab_close,
	.read		= lab_read,
	.write		= lab_write,
	.llseek		= default_llseek,
};

static struct miscdevice lab_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "kmodlab",
	.fops	= &lab_fops,
	.mode	= 0666,
};

module_misc_device(lab_device);
MODULE_DESCRIPTION("A device");
MODULE_LICENSE("GPL");
