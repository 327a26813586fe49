// SPDX-License-Identifier: GPL-2.0-or-later
/* A file in /proc, read, and removed. */
// do: cat /proc/clean_own_proc_file /proc/clean_own_proc_file
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

static int show(struct seq_file *file, void *unused)
{
	seq_puts(file, "well\n");
	return 0;
}

static int __init clean_own_proc_file_init(void)
{
	if (!proc_create_single("clean_own_proc_file", 0444, NULL, show))
		return -ENOMEM;
	return 0;
}
module_init(clean_own_proc_file_init);

static void __exit clean_own_proc_file_exit(void)
{
	remove_proc_entry("clean_own_proc_file", NULL);
}
module_exit(clean_own_proc_file_exit);

MODULE_LICENSE("GPL");
