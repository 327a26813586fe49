// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages that the targets have allocated and nobody has freed. A part of kmodlab.c, which includes it.
 *
 * The allocator of slab objects remembers its callers, that of pages does not. So a call that is about to give pages
 * is noted, the tracepoint mm_page_alloc then tells which, and mm_page_free when they are freed, whoever does it.
 */

#define MOST_CALLS 8		/* under way at one time */
#define MOST_PAGES 2048		/* allocations that are known at one time */
#define MOST_SITES 24		/* in the code, so that all fit into a parameter */
#define LONGEST_SITE 120

struct page_call {
	struct task_struct *task;	/* that makes it, and alone touches this; NULL: nobody does */
	const unsigned long *stack;	/* where its return address is */
	unsigned long caller;
	unsigned int order;
};

struct site {
	unsigned long caller;
	unsigned int order;
	int count;			/* of allocations that were not freed */
	char text[LONGEST_SITE];	/* the caller's name, which goes with the module */
};

struct kept {
	unsigned long frame;		/* number of the first page; 0: nothing is kept here */
	struct site *site;
};

static struct page_call page_calls[MOST_CALLS];
static struct site sites[MOST_SITES];
static struct kept kept[MOST_PAGES];
static int nr_kept;			/* nothing is kept from here on */
static DEFINE_RAW_SPINLOCK(pages_lock);

/* The order of the pages that a call asks for; -1 when it asks for none. */
static int order_of(const struct function *function, struct pt_regs *regs)
{
	unsigned long size = regs_get_kernel_argument(regs, 0);

	switch (function->pages) {
	case PAGES_BY_ORDER:
		return regs_get_kernel_argument(regs, 1);
	case PAGES_BY_SIZE:
		return size ? get_order(size) : -1;
	case PAGES_WHEN_LARGE:
		return size > KMALLOC_MAX_CACHE_SIZE ? get_order(size) : -1;
	case ONE_PAGE:
		return 0;
	default:
		return -1;
	}
}

/* Note a call by a target that takes its course. Takes no lock: a breakpoint can come in the middle of anything. */
static void note_page_call(const struct function *function, struct pt_regs *regs)
{
	const unsigned long *stack = (const unsigned long *)regs->sp;
	int order = order_of(function, regs), i;

	for (i = 0; order >= 0 && i < MOST_CALLS; i++) {
		struct task_struct *owner = cmpxchg(&page_calls[i].task, NULL, current);

		if (owner && owner != current)
			continue;
		page_calls[i].stack = stack;
		page_calls[i].caller = *stack;
		page_calls[i].order = order;
		return;
	}
}

static bool is_on_one_stack(const unsigned long *one, const unsigned long *other)
{
	return (unsigned long)one / THREAD_SIZE == (unsigned long)other / THREAD_SIZE;
}

/*
 * The noted call that this allocation belongs to. One that has returned without any is not it: its return address
 * has been overwritten by that of a later call. Neither is one that an interrupt came into.
 */
static struct page_call *find_page_call(unsigned int order)
{
	const unsigned long *here = (const unsigned long *)current_stack_pointer;
	int i;

	for (i = 0; i < MOST_CALLS; i++) {
		struct page_call *call = &page_calls[i];

		if (call->task == current && call->order == order && call->stack > here &&
		    is_on_one_stack(call->stack, here) && *call->stack == call->caller)
			return call;
	}
	return NULL;
}

static struct site *find_site(const struct page_call *call)
{
	int i;

	for (i = 0; i < MOST_SITES; i++) {
		struct site *site = &sites[i];

		if (!site->caller) {
			site->caller = call->caller;
			site->order = call->order;
			scnprintf(site->text, sizeof(site->text), "%pB", (void *)call->caller);
		}
		if (site->caller == call->caller && site->order == call->order)
			return site;
	}
	return NULL;
}

/* Called after each allocation of pages; include/trace/events/kmem.h. */
static void on_page_alloc(void *unused, struct page *page, unsigned int order, gfp_t gfp, int migratetype)
{
	struct page_call *call;
	struct site *site;
	unsigned long flags;
	int i = 0;

	raw_spin_lock_irqsave(&pages_lock, flags);
	call = find_page_call(order);
	if (call) {
		site = page ? find_site(call) : NULL;
		while (i < nr_kept && kept[i].frame)
			i++;
		if (site && i < MOST_PAGES) {
			kept[i] = (struct kept){ page_to_pfn(page), site };
			site->count++;
			nr_kept = max(nr_kept, i + 1);
		}
		call->task = NULL;
	}
	raw_spin_unlock_irqrestore(&pages_lock, flags);
}

/* Called for each page, or block of pages, that anybody frees. */
static void on_page_free(void *unused, struct page *page, unsigned int order)
{
	unsigned long frame = page_to_pfn(page), flags;
	int i;

	if (!READ_ONCE(nr_kept))
		return;
	raw_spin_lock_irqsave(&pages_lock, flags);
	for (i = 0; i < nr_kept; i++) {
		if (kept[i].frame == frame) {
			kept[i].frame = 0;
			kept[i].site->count--;
		}
	}
	while (nr_kept && !kept[nr_kept - 1].frame)
		nr_kept--;
	raw_spin_unlock_irqrestore(&pages_lock, flags);
}

static void watch_tracepoint(struct tracepoint *tracepoint, void *unused)
{
	if (!strcmp(tracepoint->name, "mm_page_alloc"))
		tracepoint_probe_register(tracepoint, on_page_alloc, NULL);
	else if (!strcmp(tracepoint->name, "mm_page_free"))
		tracepoint_probe_register(tracepoint, on_page_free, NULL);
}

/* From the first module on that imports a function which gives pages. */
static void watch_pages(void)
{
	static bool is_watching;

	if (is_watching)
		return;
	is_watching = true;
	for_each_kernel_tracepoint(watch_tracepoint, NULL);
}

static int get_pages(char *buffer, const struct kernel_param *parameter)
{
	int i, length = 0;

	for (i = 0; i < MOST_SITES && sites[i].caller; i++)
		if (sites[i].count > 0)
			length += scnprintf(buffer + length, PAGE_SIZE - length, "%d %u %s\n",
					    sites[i].count, sites[i].order, sites[i].text);
	return length;
}

static const struct kernel_param_ops pages_ops = { .get = get_pages };
module_param_cb(pages, &pages_ops, NULL, 0444);
MODULE_PARM_DESC(pages, "what was not freed: how many blocks of pages, of which order, allocated where");
