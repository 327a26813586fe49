// SPDX-License-Identifier: GPL-2.0-or-later
/* With everything in one struct that is allocated, found again through the file, and single bytes copied. */
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

struct lab {
	struct miscdevice misc;
	struct semaphore opener;
	struct mutex lock;
	size_t length;
	char bytes[1024];
};

static struct lab *lab;

static struct lab *of(struct file *file)
{
	return container_of(file->private_data, struct lab, misc);
}

static int lab_open(struct inode *inode, struct file *file)
{
	return down_trylock(&of(file)->opener) ? -EBUSY : 0;
}

static int lab_release(struct inode *inode, struct file *file)
{
	up(&of(file)->opener);
	return 0;
}

static ssize_t lab_read(struct file *file, char __user *to, size_t count, loff_t *offset)
{
	struct lab *self = of(file);
	size_t done = 0;
	int error = 0;

	mutex_lock(&self->lock);
	while (!error && done < count && *offset + done < self->length) {
		error = put_user(self->bytes[*offset + done], to + done);
		done += !error;
	}
	mutex_unlock(&self->lock);
	if (error && !done)
		return error;
	*offset += done;
	return done;
}

static ssize_t lab_write(struct file *file, const char __user *from, size_t count, loff_t *offset)
{
	struct lab *self = of(file);
	char *copy;
	size_t i;

	if (count > sizeof(self->bytes))
		return -EINVAL;
	copy = kmalloc(sizeof(self->bytes), GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		if (get_user(copy[i], from + i)) {
			kfree(copy);
			return -EFAULT;
		}
	}
	mutex_lock(&self->lock);
	memcpy(self->bytes, copy, count);
	self->length = count;
	mutex_unlock(&self->lock);
	kfree(copy);
	return count;
}

static const struct file_operations lab_fops = {
	.owner = THIS_MODULE,
	.open = lab_open,
	.release = lab_release,
	.read = lab_read,
	.write = lab_write,
};

static int __init lab_init(void)
{
	int error;

	lab = kzalloc(sizeof(*lab), GFP_KERNEL);
	if (!lab)
		return -ENOMEM;
	sema_init(&lab->opener, 1);
	mutex_init(&lab->lock);
	lab->misc.minor = MISC_DYNAMIC_MINOR;
	lab->misc.name = "kmodlab";
	lab->misc.fops = &lab_fops;
	error = misc_register(&lab->misc);
	if (error)
		kfree(lab);
	return error;
}
module_init(lab_init);

static void __exit lab_exit(void)
{
	misc_deregister(&lab->misc);
	kfree(lab);
}
module_exit(lab_exit);
MODULE_LICENSE("GPL");
