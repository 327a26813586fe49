// SPDX-License-Identifier: GPL-2.0-or-later
/* A member of a structure that is not there. */
#include <linux/module.h>

struct device_data {
	char name[64];
	int users;
};

static struct device_data *volatile data;

static int __init null_member_init(void)
{
	data->users++; /* here: null-deref */
	return 0;
}
module_init(null_member_init);

static void __exit null_member_exit(void)
{
}
module_exit(null_member_exit);

MODULE_LICENSE("GPL");
