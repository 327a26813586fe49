/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions of the kernel that kmodlab watches: which of them may sleep, and how they say that they failed.
 *
 * Covers 5.10 to 6.12. A function that a kernel does not have is never imported, and so never looked for. Leading
 * underscores and the ending _noprof (from 6.10 on) are left out, except where two functions differ by nothing else:
 * such a name stands in front of the one without underscores.
 */

enum failure {
	CANNOT_FAIL,
	NULL_POINTER,		/* the same as 0 */
	NO_MEMORY,		/* -ENOMEM, which is also ERR_PTR(-ENOMEM) */
};

/* When a function sleeps; from 0 on, which of its arguments holds the GFP flags that tell. */
#define SLEEPS (-1)
#define SLEEPS_LOUDLY (-2)	/* always, and the scheduler itself complains of a spinlock */
#define NEVER_SLEEPS (-3)

#ifdef CONFIG_SLAB_BUCKETS	/* adds an argument behind the size */
#define BUCKETS 1
#else
#define BUCKETS 0
#endif

/* Whether it gives pages, which no allocator of objects accounts for. */
enum pages {
	NO_PAGES,
	PAGES_BY_ORDER,		/* the second argument */
	PAGES_BY_SIZE,		/* the first argument, in bytes */
	PAGES_WHEN_LARGE,	/* the same, when it is too large for any slab */
	ONE_PAGE,
};

/**
 * struct function - a function of the kernel
 * @name: its name, see above
 * @called: what a module's source calls it, when that is a macro or an inline function
 * @sleeps: whether it may sleep
 * @failure: what it returns when it is made to fail
 * @allocates: counts as an allocation when no function is named
 * @pages: whether it gives pages
 */
struct function {
	const char *name;
	const char *called;
	s8 sleeps;
	u8 failure;
	bool allocates;
	u8 pages;
};

#define ALLOCATES(name, gfp) { name, NULL, gfp, NULL_POINTER, true }
#define KMALLOC(name, gfp) { name, "kmalloc", gfp, NULL_POINTER, true }
#define MAY_GIVE_PAGES(name, called, gfp) { name, called, gfp, NULL_POINTER, true, PAGES_WHEN_LARGE }
#define GIVES_PAGES(name, gfp, pages) { name, NULL, gfp, NULL_POINTER, true, pages }
#define COPIES_FROM_USER(name) { name, NULL, SLEEPS, NO_MEMORY, true }
#define GIVES_NULL(name, called) { name, called, SLEEPS, NULL_POINTER, false }
#define GIVES_ERROR(name, called) { name, called, SLEEPS, NO_MEMORY, false }
#define ONLY_SLEEPS(name) { name, NULL, SLEEPS, CANNOT_FAIL, false }
#define ALWAYS_SLEEPS(name) { name, NULL, SLEEPS_LOUDLY, CANNOT_FAIL, false }

static const struct function functions[] = {
	/* Memory: mm/, and what allocates on behalf of its caller. */
	MAY_GIVE_PAGES("kmalloc", NULL, 1),
	MAY_GIVE_PAGES("kmalloc_node", NULL, 1 + BUCKETS),
	ALLOCATES("kmalloc_track_caller", 1),
	ALLOCATES("kmalloc_node_track_caller", 1 + BUCKETS),
	KMALLOC("kmalloc_trace", 1),
	{ "kmalloc_node_trace", "kmalloc_node", 1, NULL_POINTER, true },
	KMALLOC("kmalloc_cache", 1),
	{ "kmalloc_cache_node", "kmalloc_node", 1, NULL_POINTER, true },
	MAY_GIVE_PAGES("kmalloc_large", "kmalloc", 1),
	MAY_GIVE_PAGES("kmalloc_large_node", "kmalloc_node", 1),
	MAY_GIVE_PAGES("kmalloc_order", "kmalloc", 1),
	MAY_GIVE_PAGES("kmalloc_order_trace", "kmalloc", 1),
	KMALLOC("kmem_cache_alloc_trace", 1),
	{ "kmem_cache_alloc_node_trace", "kmalloc_node", 1, NULL_POINTER, true },
	ALLOCATES("kmem_cache_alloc", 1),
	ALLOCATES("kmem_cache_alloc_node", 1),
	ALLOCATES("kmem_cache_alloc_lru", 2),
	ALLOCATES("kmem_cache_alloc_bulk", 1),
	ALLOCATES("kmem_cache_create", SLEEPS),
	ALLOCATES("kmem_cache_create_args", SLEEPS),
	ALLOCATES("kmem_cache_create_usercopy", SLEEPS),
	ALLOCATES("krealloc", 2),
	MAY_GIVE_PAGES("kvmalloc_node", NULL, 1 + BUCKETS),
	ALLOCATES("__vmalloc", 1),
	ALLOCATES("vmalloc", SLEEPS),
	ALLOCATES("vmalloc_32", SLEEPS),
	ALLOCATES("vmalloc_node", SLEEPS),
	ALLOCATES("vmalloc_user", SLEEPS),
	ALLOCATES("vzalloc", SLEEPS),
	ALLOCATES("vzalloc_node", SLEEPS),
	GIVES_PAGES("get_free_pages", 0, PAGES_BY_ORDER),
	GIVES_PAGES("get_zeroed_page", 0, ONE_PAGE),
	GIVES_PAGES("alloc_pages", 0, PAGES_BY_ORDER),
	GIVES_PAGES("alloc_pages_current", 0, PAGES_BY_ORDER),
	GIVES_PAGES("alloc_pages_nodemask", 0, PAGES_BY_ORDER),
	GIVES_PAGES("alloc_pages_exact", 1, PAGES_BY_SIZE),
	ALLOCATES("alloc_percpu", SLEEPS),
	ALLOCATES("alloc_percpu_gfp", 2),
	ALLOCATES("pcpu_alloc", 3),
	ALLOCATES("devm_kmalloc", 2),
	ALLOCATES("kstrdup", 1),
	ALLOCATES("kstrdup_const", 1),
	ALLOCATES("kstrndup", 2),
	ALLOCATES("kmemdup", 2),
	ALLOCATES("kmemdup_nul", 2),
	ALLOCATES("kasprintf", 0),
	ALLOCATES("kvasprintf", 0),
	ALLOCATES("bitmap_alloc", 1),
	ALLOCATES("bitmap_zalloc", 1),
	ALLOCATES("mempool_create", SLEEPS),
	ALLOCATES("dma_alloc_attrs", 3),
	ALLOCATES("alloc_skb", 1),
	{ "kfifo_alloc", NULL, 3, NO_MEMORY, true },
	COPIES_FROM_USER("memdup_user"),
	COPIES_FROM_USER("memdup_user_nul"),
	COPIES_FROM_USER("vmemdup_user"),
	COPIES_FROM_USER("strndup_user"),

	/* What a module registers or starts: made to fail only when a lesson names it. */
	GIVES_ERROR("register_chrdev", NULL),
	GIVES_ERROR("register_chrdev_region", NULL),
	GIVES_ERROR("alloc_chrdev_region", NULL),
	GIVES_NULL("cdev_alloc", NULL),
	GIVES_ERROR("cdev_add", NULL),
	GIVES_ERROR("cdev_device_add", NULL),
	GIVES_ERROR("class_create", NULL),
	GIVES_ERROR("class_register", NULL),
	GIVES_ERROR("device_add", NULL),
	GIVES_ERROR("device_create", NULL),
	GIVES_ERROR("device_create_file", NULL),
	GIVES_ERROR("device_create_with_groups", NULL),
	GIVES_ERROR("device_register", NULL),
	GIVES_ERROR("misc_register", NULL),
	GIVES_NULL("proc_create", NULL),
	GIVES_NULL("proc_create_data", NULL),
	GIVES_NULL("proc_create_seq_private", "proc_create_seq"),
	GIVES_NULL("proc_create_single_data", "proc_create_single"),
	GIVES_NULL("proc_mkdir", NULL),
	GIVES_ERROR("debugfs_create_dir", NULL),
	GIVES_ERROR("debugfs_create_file", NULL),
	GIVES_NULL("kobject_create_and_add", NULL),
	GIVES_ERROR("kobject_init_and_add", NULL),
	GIVES_NULL("kset_create_and_add", NULL),
	GIVES_ERROR("sysfs_create_file_ns", "sysfs_create_file"),
	GIVES_ERROR("sysfs_create_group", NULL),
	GIVES_NULL("register_sysctl", NULL),
	GIVES_ERROR("kthread_create_on_node", "kthread_run"),
	GIVES_NULL("alloc_workqueue", NULL),
	GIVES_ERROR("request_threaded_irq", "request_irq"),
	GIVES_NULL("request_region", NULL),
	GIVES_NULL("ioremap", NULL),
	GIVES_ERROR("register_kprobe", NULL),
	GIVES_ERROR("register_kretprobe", NULL),
	GIVES_ERROR("platform_driver_register", NULL),
	GIVES_NULL("platform_device_alloc", NULL),
	GIVES_ERROR("platform_device_add", NULL),
	GIVES_ERROR("platform_device_register", NULL),
	GIVES_ERROR("platform_device_register_full", "platform_device_register_simple"),
	GIVES_NULL("input_allocate_device", NULL),
	GIVES_ERROR("input_register_device", NULL),
	GIVES_ERROR("register_blkdev", NULL),
	GIVES_ERROR("device_add_disk", "add_disk"),
	GIVES_NULL("alloc_netdev_mqs", "alloc_netdev"),
	GIVES_ERROR("register_netdev", NULL),
	GIVES_ERROR("register_filesystem", NULL),

	/* What sleeps, or may have to. */
	ONLY_SLEEPS("mutex_lock"),
	ONLY_SLEEPS("mutex_lock_interruptible"),
	ONLY_SLEEPS("mutex_lock_killable"),
	ONLY_SLEEPS("down"),
	ONLY_SLEEPS("down_interruptible"),
	ONLY_SLEEPS("down_killable"),
	ONLY_SLEEPS("down_timeout"),
	ONLY_SLEEPS("down_read"),
	ONLY_SLEEPS("down_read_interruptible"),
	ONLY_SLEEPS("down_write"),
	ONLY_SLEEPS("down_write_killable"),
	ONLY_SLEEPS("wait_for_completion"),
	ONLY_SLEEPS("wait_for_completion_interruptible"),
	ONLY_SLEEPS("wait_for_completion_killable"),
	ONLY_SLEEPS("wait_for_completion_timeout"),
	ONLY_SLEEPS("wait_for_completion_interruptible_timeout"),
	ONLY_SLEEPS("copy_from_user"),
	ONLY_SLEEPS("copy_to_user"),
	ONLY_SLEEPS("flush_work"),
	ONLY_SLEEPS("flush_workqueue"),
	ONLY_SLEEPS("cancel_work_sync"),
	ONLY_SLEEPS("cancel_delayed_work_sync"),
	ONLY_SLEEPS("destroy_workqueue"),
	ONLY_SLEEPS("kthread_stop"),
	ONLY_SLEEPS("free_irq"),
	ONLY_SLEEPS("cdev_del"),
	ONLY_SLEEPS("device_destroy"),
	ONLY_SLEEPS("class_destroy"),
	ONLY_SLEEPS("misc_deregister"),
	ONLY_SLEEPS("unregister_chrdev"),
	ONLY_SLEEPS("proc_remove"),
	ONLY_SLEEPS("remove_proc_entry"),
	ONLY_SLEEPS("kmem_cache_destroy"),
	ONLY_SLEEPS("synchronize_rcu"),
	ONLY_SLEEPS("rcu_barrier"),
	ALWAYS_SLEEPS("msleep"),
	ALWAYS_SLEEPS("msleep_interruptible"),
	ALWAYS_SLEEPS("usleep_range"),
	ALWAYS_SLEEPS("usleep_range_state"),
	ALWAYS_SLEEPS("schedule"),
	ALWAYS_SLEEPS("schedule_timeout"),
};
