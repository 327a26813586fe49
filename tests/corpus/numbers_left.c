// SPDX-License-Identifier: GPL-2.0-or-later
/* Device numbers stay taken. */
// finding: residue
#include <linux/fs.h>
#include <linux/module.h>

static dev_t numbers;

static int __init numbers_left_init(void)
{
	return alloc_chrdev_region(&numbers, 0, 1, "numbers_left");
}
module_init(numbers_left_init);

static void __exit numbers_left_exit(void)
{
}
module_exit(numbers_left_exit);

MODULE_LICENSE("GPL");
