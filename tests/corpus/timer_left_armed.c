// SPDX-License-Identifier: GPL-2.0-or-later
/* A timer fires after the module is gone. */
// finding: page-fault
// perhaps: panic
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/timer.h>

static struct timer_list timer;

static void tick(struct timer_list *unused)
{
	mod_timer(&timer, jiffies + HZ / 100);
}

static int __init timer_left_armed_init(void)
{
	timer_setup(&timer, tick, 0);
	mod_timer(&timer, jiffies + HZ / 100);
	return 0;
}
module_init(timer_left_armed_init);

static void __exit timer_left_armed_exit(void)
{
}
module_exit(timer_left_armed_exit);

MODULE_LICENSE("GPL");
