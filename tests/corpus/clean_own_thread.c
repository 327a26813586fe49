// SPDX-License-Identifier: GPL-2.0-or-later
/* A thread that is stopped. */
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>

static struct task_struct *thread;

static int work(void *unused)
{
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 10);
	return 0;
}

static int __init clean_own_thread_init(void)
{
	thread = kthread_run(work, NULL, "clean_own_thread");
	return PTR_ERR_OR_ZERO(thread);
}
module_init(clean_own_thread_init);

static void __exit clean_own_thread_exit(void)
{
	kthread_stop(thread);
}
module_exit(clean_own_thread_exit);

MODULE_LICENSE("GPL");
