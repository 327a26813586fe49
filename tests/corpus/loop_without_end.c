// SPDX-License-Identifier: GPL-2.0-or-later
/* Init never ends. */
#include <linux/kernel.h>
#include <linux/module.h>

static bool volatile done;

static int __init loop_without_end_init(void)
{
	while (!done)
		cpu_relax(); /* here: soft-lockup */
	return 0;
}
module_init(loop_without_end_init);

static void __exit loop_without_end_exit(void)
{
}
module_exit(loop_without_end_exit);

MODULE_LICENSE("GPL");
