// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmodlab: watches what the learner's modules ask of the kernel.
 *
 * It sees calls that lead straight from a module under test (a target) into the functions of functions.h, makes the
 * n-th of them fail, and reports those that may sleep where sleeping is forbidden. It works on a kernel without
 * FAILSLAB, FUNCTION_ERROR_INJECTION and DEBUG_ATOMIC_SLEEP: when a target is loaded, kprobes are set on those
 * functions that it imports and on no other. As long as no target is loaded, only the tracepoints of kmalloc() and
 * kfree() are in use.
 *
 * What was allocated as pages and not freed is listed by pages.c; blocks.c knows whether there is anything to be found
 * in the kernel's own list of slab objects, and traces.c makes that quick to read.
 *
 * It has no __init section, whose freed addresses could later be taken for a learner's, and no exit.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <asm/text-patching.h>

#include "functions.h"
#include "pages.c"

#ifndef CONFIG_X86_64
#error "kmodlab knows the registers of x86-64 only"
#endif

#define MOST_TARGETS 32
#define MOST_PROBES 96
#define MOST_REPORTS 16		/* of sleeping, one for each place in the code */

struct target {
	char name[MODULE_NAME_LEN];
	struct module *module;	/* NULL while it is not loaded */
};

struct watch {
	struct kprobe probe;
	const struct function *function;
	unsigned long address;		/* of the function; the probe's is entry_of() it */
};

static struct target targets[MOST_TARGETS];
static struct watch *watches[MOST_PROBES];
static DECLARE_BITMAP(chosen, ARRAY_SIZE(functions));	/* that may be made to fail */
static unsigned long reported[MOST_REPORTS];
static atomic_t seen, failed;
static int fail_nth;

static int overhead;		/* what the way into a probe's handler adds to preempt_count() */

/* Where a call that is made to fail goes instead. */
static noinline notrace void just_return(void)
{
	asm volatile("");
}

static bool is_in_target(unsigned long address)
{
	int i;

	for (i = 0; i < MOST_TARGETS; i++) {
		struct module *module = READ_ONCE(targets[i].module);

		if (module && within_module(address, module))
			return true;
	}
	return false;
}

static bool is_target_loaded(void)
{
	int i;

	for (i = 0; i < MOST_TARGETS; i++)
		if (READ_ONCE(targets[i].module))
			return true;
	return false;
}

/*
 * Whether the call that returns to @caller leads to the function at @address, and not to another one of the kernel
 * that jumps there as its last step, as bitmap_zalloc() does to __kmalloc().
 */
static bool calls(unsigned long caller, unsigned long address)
{
	const u8 *call = (const u8 *)(caller - CALL_INSN_SIZE);
	s32 distance;

	memcpy(&distance, call + 1, sizeof(distance));
	return *call != CALL_INSN_OPCODE || caller + distance == address;
}

static const char *why_not_sleep(const struct function *function, const struct pt_regs *regs)
{
	int count = preempt_count() - overhead;

	if (count < 0)		/* an old kernel's other way into a handler: nothing is known */
		return NULL;
	if (count && function->sleeps == SLEEPS_LOUDLY)
		return NULL;
	if (count & (NMI_MASK | HARDIRQ_MASK))
		return "in an interrupt";
	if (count & SOFTIRQ_OFFSET)
		return "in a soft interrupt, such as a timer's function";
	if (count & SOFTIRQ_MASK)
		return "with soft interrupts off, as under spin_lock_bh";
	if (count & PREEMPT_MASK)
		return "with preemption off, as under a spinlock";
	if (!(regs->flags & X86_EFLAGS_IF))
		return "with interrupts off, as after local_irq_save";
	if (rcu_preempt_depth())
		return "inside rcu_read_lock";
	return NULL;
}

static bool may_sleep(const struct function *function, struct pt_regs *regs)
{
	if (function->sleeps >= 0)
		return regs_get_kernel_argument(regs, function->sleeps) & __GFP_DIRECT_RECLAIM;
	if (!strcmp(function->name, "copy_from_user") || !strcmp(function->name, "copy_to_user"))
		return !pagefault_disabled();
	return function->sleeps != NEVER_SLEEPS;
}

/* What the learner knows the function as. */
static const char *name_of(const struct function *function)
{
	return function->called ?: function->name;
}

/* Each place in the code is told once. The line is read by kmodlab/evidence/patterns.py. */
static void report_sleep(const struct function *function, unsigned long caller, const char *why)
{
	int i;

	for (i = 0; i < MOST_REPORTS; i++) {
		unsigned long known = cmpxchg(&reported[i], 0, caller);

		if (known == caller)
			return;
		if (!known)
			break;
	}
	if (i < MOST_REPORTS)
		pr_warn("sleep-in-atomic: %s called by %pB %s\n", name_of(function), (void *)caller, why);
}

static bool never_fails(const struct function *function, struct pt_regs *regs)
{
	return function->sleeps >= 0 && regs_get_kernel_argument(regs, function->sleeps) & __GFP_NOFAIL;
}

static int goes_on(const struct function *function, struct pt_regs *regs)
{
	if (function->pages)
		note_page_call(function, regs);
	return 0;
}

/**
 * before_call() - look at a call that is about to be made
 * @probe: the probe at the function's entry
 * @regs: the registers there; the stack begins with the return address
 *
 * Return: 1 when the call is made to fail, so that the function is left out; 0 when it takes its course.
 */
static int before_call(struct kprobe *probe, struct pt_regs *regs)
{
	const struct watch *watch = container_of(probe, struct watch, probe);
	const struct function *function = watch->function;
	unsigned long caller = *(unsigned long *)regs->sp;
	const char *why;
	int number;

	if (!is_in_target(caller) || !calls(caller, watch->address) || oops_in_progress)
		return 0;
	why = why_not_sleep(function, regs);
	if (why && may_sleep(function, regs))
		report_sleep(function, caller, why);
	if (!test_bit(function - functions, chosen) || never_fails(function, regs))
		return goes_on(function, regs);
	number = atomic_inc_return(&seen);
	if (number != READ_ONCE(fail_nth))
		return goes_on(function, regs);
	atomic_inc(&failed);
	pr_notice("failing call %d: %s called by %pB\n", number, name_of(function), (void *)caller);
	regs_set_return_value(regs, function->failure == NO_MEMORY ? (unsigned long)-ENOMEM : 0);
	instruction_pointer_set(regs, (unsigned long)just_return);
	return 1;
}

/* A probe with such a handler is never optimised to a jump, from which a call cannot be left out. */
static void after_call(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static bool is_named(const struct function *function, const char *name, size_t length)
{
	return strlen(function->name) == length && !strncmp(function->name, name, length);
}

static const struct function *find(const char *name)
{
	size_t length = strlen(name), bare;
	const char *start = name;
	int i;

	if (length > 7 && !strcmp(name + length - 7, "_noprof"))
		length -= 7;
	while (*start == '_')
		start++;
	bare = length - (start - name);
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		if (is_named(&functions[i], name, length) || is_named(&functions[i], start, bare))
			return &functions[i];
	return NULL;
}

static bool is_ftrace_site(const u8 *code)
{
	static const u8 nop[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };

	return !memcmp(code, nop, sizeof(nop)) || *code == CALL_INSN_OPCODE;
}

/*
 * Where to set the probe: behind what ftrace may turn into a call, and behind the mark of a branch target. Through
 * ftrace's own site each probe would take 20 ms in a guest without KVM, as all of its 40000 records are walked.
 * Stack and arguments are still as the caller left them.
 */
static unsigned long entry_of(unsigned long address)
{
	static const u8 mark[] = { 0xf3, 0x0f, 0x1e, 0xfa };	/* endbr64 */
	const u8 *code = (const u8 *)address;

	if (!memcmp(code, mark, sizeof(mark)))
		code += sizeof(mark);
	return (unsigned long)code + (is_ftrace_site(code) ? CALL_INSN_SIZE : 0);
}

static void set_watch(const struct function *function, unsigned long address)
{
	struct watch *watch;
	int i;

	for (i = 0; i < MOST_PROBES && watches[i]; i++)
		if (watches[i]->address == address)
			return;
	watch = i < MOST_PROBES ? kzalloc(sizeof(*watch), GFP_KERNEL) : NULL;
	if (!watch)
		return;
	watch->function = function;
	watch->address = address;
	watch->probe.addr = (kprobe_opcode_t *)entry_of(address);
	watch->probe.pre_handler = before_call;
	watch->probe.post_handler = after_call;
	if (register_kprobe(&watch->probe)) {
		pr_debug("%s cannot be watched\n", function->name);
		kfree(watch);
		return;
	}
	watches[i] = watch;
}

/*
 * While a module is coming, its whole symbol table is still there, and symbols that it does not define hold the
 * addresses that the loader has found for them.
 */
static void watch_imports(struct module *module)
{
	const struct mod_kallsyms *symbols = rcu_dereference_raw(module->kallsyms);
	unsigned int i;

	for (i = 1; symbols && i < symbols->num_symtab; i++) {
		const Elf_Sym *symbol = &symbols->symtab[i];
		const char *name = symbols->strtab + symbol->st_name;
		const struct function *function;

		if (symbol->st_shndx != SHN_UNDEF || !symbol->st_value)
			continue;
		function = find(name);
		if (!function)
			continue;
		if (function->pages)
			watch_pages();
		set_watch(function, symbol->st_value);
	}
}

static int on_module(struct notifier_block *block, unsigned long state, void *data)
{
	struct module *module = data;
	int i;

	for (i = 0; i < MOST_TARGETS; i++) {
		if (state == MODULE_STATE_GOING && targets[i].module == module) {
			WRITE_ONCE(targets[i].module, NULL);	/* whatever it calls itself by now */
		} else if (state == MODULE_STATE_COMING && !strcmp(targets[i].name, module->name)) {
			watch_imports(module);
			WRITE_ONCE(targets[i].module, module);
		}
	}
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = on_module };

static void choose_allocators(void)
{
	int i;

	bitmap_zero(chosen, ARRAY_SIZE(functions));
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		if (functions[i].allocates)
			set_bit(i, chosen);
}

/* The address of a symbol of the kernel that need not be exported; NULL when there is none. */
static void *look_up(const char *symbol)
{
	static unsigned long (*look_up_name)(const char *name);
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };

	if (!look_up_name && !register_kprobe(&probe)) {
		look_up_name = (void *)probe.addr;
		unregister_kprobe(&probe);
	}
	return look_up_name ? (void *)look_up_name(symbol) : NULL;
}

#include "traces.c"
#include "blocks.c"

/* Calls take() for each of the names in a list, separated by commas. */
static int for_each_name(const char *text, int (*take)(const char *name, int number))
{
	char *copy = kstrdup(text, GFP_KERNEL), *rest = copy, *name;
	int number = 0, error = 0;

	if (!copy)
		return -ENOMEM;
	while (!error && (name = strsep(&rest, ",\n")))
		if (*name)
			error = take(name, number++);
	kfree(copy);
	return error;
}

static int take_target(const char *name, int number)
{
	if (number >= MOST_TARGETS || strlen(name) >= MODULE_NAME_LEN)
		return -EINVAL;
	strscpy(targets[number].name, name, MODULE_NAME_LEN);
	return 0;
}

static int set_target(const char *text, const struct kernel_param *parameter)
{
	if (is_target_loaded())
		return -EBUSY;	/* it would be that target's doing, which has the rights for it */
	forget_blocks();
	memset(targets, 0, sizeof(targets));
	memset(reported, 0, sizeof(reported));
	atomic_set(&seen, 0);
	atomic_set(&failed, 0);
	return for_each_name(text, take_target);
}

static int get_target(char *buffer, const struct kernel_param *parameter)
{
	int i, length = 0;

	for (i = 0; i < MOST_TARGETS && targets[i].name[0]; i++)
		length += scnprintf(buffer + length, PAGE_SIZE - length, "%s%s", i ? "," : "", targets[i].name);
	return length + scnprintf(buffer + length, PAGE_SIZE - length, "\n");
}

static const struct kernel_param_ops target_ops = { .set = set_target, .get = get_target };
module_param_cb(target, &target_ops, NULL, 0644);
MODULE_PARM_DESC(target, "modules to watch, separated by commas; those that are loaded later count");

static int take_function(const char *name, int number)
{
	bool is_known = false;
	int i;

	name += strspn(name, "_");
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		const struct function *function = &functions[i];

		if (function->failure == CANNOT_FAIL || (strcmp(function->name, name) && strcmp(name_of(function), name)))
			continue;
		set_bit(i, chosen);
		is_known = true;
	}
	return is_known ? 0 : -EINVAL;
}

static int set_fail_function(const char *text, const struct kernel_param *parameter)
{
	int error;

	if (is_target_loaded())
		return -EBUSY;
	bitmap_zero(chosen, ARRAY_SIZE(functions));
	error = for_each_name(text, take_function);
	if (bitmap_empty(chosen, ARRAY_SIZE(functions)))
		choose_allocators();
	return error;
}

static int get_fail_function(char *buffer, const struct kernel_param *parameter)
{
	int i, length = 0;

	for_each_set_bit(i, chosen, ARRAY_SIZE(functions))
		length += scnprintf(buffer + length, PAGE_SIZE - length, "%s\n", functions[i].name);
	return length;
}

static const struct kernel_param_ops fail_function_ops = {
	.set = set_fail_function,
	.get = get_fail_function,
};
module_param_cb(fail_function, &fail_function_ops, NULL, 0644);
MODULE_PARM_DESC(fail_function, "functions to make fail, separated by commas; none: all that allocate");

static int set_fail_nth(const char *text, const struct kernel_param *parameter)
{
	return is_target_loaded() ? -EBUSY : param_set_int(text, parameter);
}

static const struct kernel_param_ops fail_nth_ops = { .set = set_fail_nth, .get = param_get_int };
module_param_cb(fail_nth, &fail_nth_ops, &fail_nth, 0644);
MODULE_PARM_DESC(fail_nth, "which call to make fail, counted from 1; 0: none");

static int get_count(char *buffer, const struct kernel_param *parameter)
{
	return scnprintf(buffer, PAGE_SIZE, "%d\n", atomic_read(parameter->arg));
}

static const struct kernel_param_ops count_ops = { .get = get_count };
module_param_cb(seen, &count_ops, &seen, 0444);
MODULE_PARM_DESC(seen, "how many calls could have been made to fail");
module_param_cb(failed, &count_ops, &failed, 0444);
MODULE_PARM_DESC(failed, "how many calls were made to fail");

static int count_seen;

static int note_count(struct kprobe *probe, struct pt_regs *regs)
{
	WRITE_ONCE(count_seen, preempt_count());
	return 0;
}

static noinline notrace void be_probed(void)
{
	barrier();
}

static int measure_overhead(void)
{
	struct kprobe probe = {
		.addr = (kprobe_opcode_t *)be_probed,
		.pre_handler = note_count,
		.post_handler = after_call,
	};
	int error = register_kprobe(&probe);

	if (error)
		return error;
	be_probed();
	overhead = READ_ONCE(count_seen) - preempt_count();
	unregister_kprobe(&probe);
	return 0;
}

/* That this very module is not signed taints the kernel; the learner's is to find it as it was. */
static void clear_taint(void)
{
	unsigned long *mask = look_up("tainted_mask");

	if (mask)
		clear_bit(TAINT_UNSIGNED_MODULE, mask);
}

static int kmodlab_init(void)
{
	int error = measure_overhead();

	if (error)
		return error;
	choose_allocators();
	watch_blocks();
	clear_taint();
	return register_module_notifier(&notifier);
}

module_init(kmodlab_init);
MODULE_INFO(intree, "Y");
MODULE_LICENSE("GPL");
MODULE_AUTHOR("the kmodlab authors");
MODULE_DESCRIPTION("Watches what modules under test ask of the kernel, and makes calls of theirs fail");
