// SPDX-License-Identifier: GPL-2.0-or-later
/* With a structure of 1024 bytes whose text does not begin at its first, filled again before it is freed. */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

struct message {
	size_t length;
	char text[1024 - sizeof(size_t)];
};

static struct message *message;

static void put(const char *text)
{
	message->length = strlen(text);
	memcpy(message->text, text, message->length);
	printk(KERN_NOTICE "%.*s\n", (int)message->length, message->text);
}

int init_module(void)
{
	struct message *fresh = kmalloc(sizeof(*fresh), GFP_KERNEL);

	if (!fresh) {
		pr_err("out of memory\n");
		return -ENOMEM;
	}
	message = fresh;
	put("Dynamic memory allocation successful!");
	return 0;
}

void cleanup_module(void)
{
	put("Dynamic memory deallocated");
	kfree(message);
}

MODULE_LICENSE("GPL");
