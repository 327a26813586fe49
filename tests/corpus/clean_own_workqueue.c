// SPDX-License-Identifier: GPL-2.0-or-later
/* Work that is waited for. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/workqueue.h>

static void work(struct work_struct *unused)
{
	msleep(20);
}

static DECLARE_WORK(item, work);

static int __init clean_own_workqueue_init(void)
{
	schedule_work(&item);
	return 0;
}
module_init(clean_own_workqueue_init);

static void __exit clean_own_workqueue_exit(void)
{
	cancel_work_sync(&item);
}
module_exit(clean_own_workqueue_exit);

MODULE_LICENSE("GPL");
