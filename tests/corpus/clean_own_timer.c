// SPDX-License-Identifier: GPL-2.0-or-later
/* A timer that is stopped. */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/timer.h>

static struct timer_list timer;

static void tick(struct timer_list *unused)
{
	mod_timer(&timer, jiffies + HZ / 50);
}

static int __init clean_own_timer_init(void)
{
	timer_setup(&timer, tick, 0);
	mod_timer(&timer, jiffies + HZ / 50);
	return 0;
}
module_init(clean_own_timer_init);

static void __exit clean_own_timer_exit(void)
{
	del_timer_sync(&timer);
}
module_exit(clean_own_timer_exit);

MODULE_LICENSE("GPL");
