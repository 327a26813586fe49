// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the module's file in /proc crashes. */
// do: cat /proc/null_when_read
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

static int *volatile nothing;

static int show(struct seq_file *file, void *unused)
{
	seq_printf(file, "%d\n", *nothing); /* here: null-deref */
	return 0;
}

static int __init null_when_read_init(void)
{
	if (!proc_create_single("null_when_read", 0444, NULL, show))
		return -ENOMEM;
	return 0;
}
module_init(null_when_read_init);

static void __exit null_when_read_exit(void)
{
	remove_proc_entry("null_when_read", NULL);
}
module_exit(null_when_read_exit);

MODULE_LICENSE("GPL");
