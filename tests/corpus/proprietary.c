// SPDX-License-Identifier: GPL-2.0-or-later
/* A licence that the kernel does not take for free. */
// finding: taint
#include <linux/module.h>

static int __init proprietary_init(void)
{
	return 0;
}
module_init(proprietary_init);

static void __exit proprietary_exit(void)
{
}
module_exit(proprietary_exit);

MODULE_LICENSE("Proprietary");
