// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes /sys/kernel/debug/slab/CACHE/alloc_traces quick to read. A part of kmodlab.c, which includes it.
 *
 * The kernel shows the stack of each allocation since it was booted, and looks for a name for each address: without
 * KVM that takes half a second. Here the stacks that lead through no module's code are left out, their first lines
 * stay. Nothing else that asks for stored stacks, such as the kernel's reports of damaged objects, sees a difference.
 */
#ifdef CONFIG_STACKDEPOT
#include <linux/stackdepot.h>

static unsigned long show_start, show_size;	/* of slab_debugfs_show(), mm/slub.c */

static bool leads_through_module(depot_stack_handle_t handle)
{
	unsigned long *addresses;
	unsigned int count = stack_depot_fetch(handle, &addresses), i;

	for (i = 0; i < count; i++)
		if (addresses[i] >= MODULES_VADDR && addresses[i] < MODULES_END)
			return true;
	return false;
}

/* At the entry of stack_depot_fetch(); that leads_through_module() calls it again is no call of the kernel's. */
static int before_fetch(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned long caller = *(unsigned long *)regs->sp;

	if (caller - show_start >= show_size || leads_through_module(regs_get_kernel_argument(regs, 0)))
		return 0;
	regs_set_return_value(regs, 0);
	instruction_pointer_set(regs, (unsigned long)just_return);
	return 1;
}

static struct kprobe fetch_probe = { .pre_handler = before_fetch, .post_handler = after_call };

/* Where this does not work the traces are complete, and only slower to read. */
static void shorten_traces(void)
{
	int (*look_up_size)(unsigned long address, unsigned long *size, unsigned long *offset);
	unsigned long offset;

	if (fetch_probe.addr)
		return;
	look_up_size = look_up("kallsyms_lookup_size_offset");
	show_start = (unsigned long)look_up("slab_debugfs_show");
	if (!look_up_size || !show_start || !look_up_size(show_start, &show_size, &offset))
		return;
	fetch_probe.addr = (kprobe_opcode_t *)entry_of((unsigned long)stack_depot_fetch);
	if (register_kprobe(&fetch_probe))
		pr_debug("traces of slab objects are not made shorter\n");
}
#else
static void shorten_traces(void)
{
}
#endif
