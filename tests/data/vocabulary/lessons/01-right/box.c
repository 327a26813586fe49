// SPDX-License-Identifier: GPL-2.0-or-later
/* A box of 16 bytes for one user at a time, and a word said later. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

static char content[16];
static size_t used;
static atomic_t openers = ATOMIC_INIT(0);

static int later = -1;
module_param(later, int, 0444);
MODULE_PARM_DESC(later, "Milliseconds until it speaks");

int box_size = sizeof(content);
EXPORT_SYMBOL_GPL(box_size);
int box_version = 1;
EXPORT_SYMBOL(box_version);

static void *blocks[10], *object;
static struct kmem_cache *cache;

static int fill(const char *value, const struct kernel_param *parameter)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		blocks[i] = kmalloc(100, GFP_KERNEL);
	return 0;
}

static const struct kernel_param_ops fill_operations = { .set = fill };
module_param_cb(fill, &fill_operations, NULL, 0200);

static void speak(struct work_struct *work)
{
	pr_notice("box: later\n");
}
static DECLARE_DELAYED_WORK(speech, speak);

static int box_open(struct inode *inode, struct file *file)
{
	return atomic_cmpxchg(&openers, 0, 1) ? -EBUSY : 0;
}

static int box_release(struct inode *inode, struct file *file)
{
	atomic_set(&openers, 0);
	return 0;
}

static ssize_t box_read(struct file *file, char __user *buffer, size_t count, loff_t *offset)
{
	return simple_read_from_buffer(buffer, count, offset, content, used);
}

static ssize_t box_write(struct file *file, const char __user *buffer, size_t count, loff_t *offset)
{
	if (count > 100)
		return -EINVAL;
	count = min(count, sizeof(content));
	if (copy_from_user(content, buffer, count))
		return -EFAULT;
	used = count;
	return count;
}

static const struct file_operations box_operations = {
	.owner = THIS_MODULE,
	.open = box_open,
	.release = box_release,
	.read = box_read,
	.write = box_write,
};

static struct miscdevice box = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "box",
	.mode = 0640,
	.fops = &box_operations,
};

static int __init box_init(void)
{
	int error = misc_register(&box);

	if (error)
		return error;
	pr_info("box: open\n");
	cache = kmem_cache_create("box_cache", 40, 0, 0, NULL);
	object = cache ? kmem_cache_alloc(cache, GFP_KERNEL) : NULL;
	if (later >= 0)
		schedule_delayed_work(&speech, msecs_to_jiffies(later));
	return 0;
}

static void __exit box_exit(void)
{
	int i;

	cancel_delayed_work_sync(&speech);
	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		kfree(blocks[i]);
	if (object)
		kmem_cache_free(cache, object);
	kmem_cache_destroy(cache);
	misc_deregister(&box);
	pr_info("box: closed\n");
}

module_init(box_init);
module_exit(box_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("Ada");
