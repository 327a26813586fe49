// SPDX-License-Identifier: GPL-2.0-or-later
/* A file in /proc stays behind. */
// finding: residue
#include <linux/module.h>
#include <linux/proc_fs.h>

static int __init proc_left_init(void)
{
	if (!proc_mkdir("proc_left", NULL))
		return -ENOMEM;
	return 0;
}
module_init(proc_left_init);

static void __exit proc_left_exit(void)
{
}
module_exit(proc_left_exit);

MODULE_LICENSE("GPL");
