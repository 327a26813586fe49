// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether the targets have allocated blocks with kmalloc() that nobody has freed. A part of kmodlab.c, which includes it.
 *
 * The kernel's own list of such blocks, /sys/kernel/debug/slab/CACHE/alloc_traces, says all about them, and takes long to
 * make: it moves a kilobyte for each stack of each allocation since it was booted. What is seen here says when there is
 * nothing to be found in it. In doubt a block counts as kept, such as one that kfree_rcu() frees, in bulk and unseen.
 */

#define BLOCKS_ORDER 12
#define MOST_BLOCKS (1 << BLOCKS_ORDER)

static const void *blocks[MOST_BLOCKS];	/* by address, each at its place or behind it; NULL ends a row */
static int nr_blocks;
static bool sees_allocs, sees_frees;	/* the kernel has such tracepoints */
static bool are_blocks_known;		/* since targets were named, and as long as there is room for all */
static DEFINE_RAW_SPINLOCK(blocks_lock);

static const char freed;		/* its address takes the place of a block's that was freed */

static bool is_in_code(unsigned long address, const struct module *module)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return within_module_mem_type(address, module, MOD_TEXT) ||
	       within_module_mem_type(address, module, MOD_INIT_TEXT);
#else
	return address - (unsigned long)module->core_layout.base < module->core_layout.text_size ||
	       address - (unsigned long)module->init_layout.base < module->init_layout.text_size;
#endif
}

static bool is_code_of_target(unsigned long address)
{
	int i;

	if (address < MODULES_VADDR || address >= MODULES_END)
		return false;
	for (i = 0; i < MOST_TARGETS && targets[i].name[0]; i++) {
		const struct module *module = READ_ONCE(targets[i].module);

		if (module && is_in_code(address, module))
			return true;
	}
	return false;
}

/* Whether the stack has to be told by the kernel: an interrupt's, or one that a tracer has put its own addresses on. */
static bool is_strange_stack(const unsigned long *here, const unsigned long *end)
{
#ifdef CONFIG_FUNCTION_GRAPH_TRACER
	if (current->ret_stack)
		return true;
#endif
	return !is_on_one_stack(here, end - 1);
}

/* Whether a target's code has called what runs now: then an address in it is on the stack. */
static bool is_called_by_target(void)
{
	const unsigned long *word = (const unsigned long *)current_stack_pointer;
	const unsigned long *end = task_stack_page(current) + THREAD_SIZE;
	unsigned long callers[16];	/* as many as the kernel's list has */
	unsigned int count, i;

	if (!is_strange_stack(word, end)) {
		while (word < end)
			if (is_code_of_target(READ_ONCE_NOCHECK(*word++)))
				return true;
		return false;
	}
	count = stack_trace_save(callers, ARRAY_SIZE(callers), 0);
	for (i = 0; i < count; i++)
		if (is_code_of_target(callers[i]))
			return true;
	return !count;
}

/* Called after each allocation by kmalloc() and its kind; include/trace/events/kmem.h. */
static void on_block_alloc(void *unused, unsigned long caller, const void *block)
{
	unsigned int i = hash_ptr(block, BLOCKS_ORDER), tries = 0;
	unsigned long flags;

	if (!block || !is_target_loaded() || !is_called_by_target())
		return;
	raw_spin_lock_irqsave(&blocks_lock, flags);
	while (blocks[i] && blocks[i] != &freed && ++tries < MOST_BLOCKS)
		i = (i + 1) % MOST_BLOCKS;
	if (tries < MOST_BLOCKS) {
		blocks[i] = block;
		nr_blocks++;
	} else {
		are_blocks_known = false;
	}
	raw_spin_unlock_irqrestore(&blocks_lock, flags);
}

/* Called before each kfree(). */
static void on_block_free(void *unused, unsigned long caller, const void *block)
{
	unsigned int i = hash_ptr(block, BLOCKS_ORDER), tries;
	unsigned long flags;

	if (!READ_ONCE(nr_blocks))
		return;
	raw_spin_lock_irqsave(&blocks_lock, flags);
	for (tries = 0; blocks[i] && tries < MOST_BLOCKS; tries++, i = (i + 1) % MOST_BLOCKS) {
		if (blocks[i] == block) {
			blocks[i] = &freed;
			nr_blocks--;
			break;
		}
	}
	raw_spin_unlock_irqrestore(&blocks_lock, flags);
}

static void watch_blocks_at(struct tracepoint *tracepoint, void *unused)
{
	if (!strcmp(tracepoint->name, "kmalloc") || !strcmp(tracepoint->name, "kmalloc_node"))
		sees_allocs = !tracepoint_probe_register(tracepoint, on_block_alloc, NULL);
	else if (!strcmp(tracepoint->name, "kfree"))
		sees_frees = !tracepoint_probe_register(tracepoint, on_block_free, NULL);
}

/* Once and for all: while no target is loaded it costs next to nothing. */
static void watch_blocks(void)
{
	for_each_kernel_tracepoint(watch_blocks_at, NULL);
}

/* When targets are named: none has been loaded yet. */
static void forget_blocks(void)
{
	memset(blocks, 0, sizeof(blocks));
	nr_blocks = 0;
	are_blocks_known = sees_allocs && sees_frees;
}

/* Whoever asks looks for what is kept when this is not zero; so that list is made quick to read. */
static int get_blocks(char *buffer, const struct kernel_param *parameter)
{
	int count = are_blocks_known ? nr_blocks : -1;

	if (count)
		shorten_traces();
	return scnprintf(buffer, PAGE_SIZE, "%d\n", count);
}

static const struct kernel_param_ops blocks_ops = { .get = get_blocks };
module_param_cb(blocks, &blocks_ops, NULL, 0444);
MODULE_PARM_DESC(blocks, "how many blocks of kmalloc() were not freed, as far as that is known; -1: it is not");
