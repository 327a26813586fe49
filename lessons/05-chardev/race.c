// SPDX-License-Identifier: MIT
/*
 * race: opens and closes a device as fast as it can, while another one of these does the same on another CPU.
 *
 *	race PATH MODULE
 *
 * It fails when both have it open at the same time, or when opening fails with anything but EBUSY.
 *
 * A look at a variable and the change of it that should have been one step with it are some nanoseconds apart. So that
 * a race is not a matter of luck, watchpoints on the module's small variables hold up whoever has just looked, by
 * PERF_TYPE_BREAKPOINT and a BPF program that takes its time. A kernel without them is raced all the same.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECONDS		1.0	/* of racing, unless it goes wrong before */
#define PATIENCE	3.0	/* seconds to wait for the other one */
#define STAY		600e-6	/* seconds between open and close */
#define HOLD_UP		300000	/* nanoseconds at a watchpoint ... */
#define LOOKS		100	/* ... or as long as this many looks at the stack take */
#define STACK		128	/* bytes of the stack that are looked at */
#define WATCHPOINTS	4	/* that a processor has */

#define OP(operation, ...) { .code = operation, __VA_ARGS__ }
#define SET(to, value) OP(BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = to, .imm = value)
#define ADD(to, value) OP(BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = to, .imm = value)
#define COPY(to, from) OP(BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from)
#define CALL(function) OP(BPF_JMP | BPF_CALL, .imm = function)

struct meeting {
	atomic_int arrived;
	atomic_int inside;	/* have it open now */
	atomic_int both;	/* times that one came in while the other was there */
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* A whole file in memory; NULL when there is none. */
static const char *content(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *bytes;

	if (file < 0 || fstat(file, &status))
		return NULL;
	bytes = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	close(file);
	return bytes == MAP_FAILED ? NULL : bytes;
}

/* Where a section of a loaded module is; 0 when that is unknown. */
static unsigned long address(const char *module, const char *section)
{
	unsigned long found = 0;
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/%s/sections/%s", module, section);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%lx", &found) != 1)
		found = 0;
	fclose(file);
	return found;
}

/* Load the program that holds up; looking at the stack is what takes it long. */
static int load_hold_up(void)
{
	static const struct bpf_insn program[] = {
		COPY(BPF_REG_9, BPF_REG_1),
		CALL(BPF_FUNC_ktime_get_ns),
		COPY(BPF_REG_6, BPF_REG_0),
		ADD(BPF_REG_6, HOLD_UP),
		SET(BPF_REG_7, LOOKS),
		/* again: */
		COPY(BPF_REG_1, BPF_REG_9),
		COPY(BPF_REG_2, BPF_REG_10),
		ADD(BPF_REG_2, -STACK),
		SET(BPF_REG_3, STACK),
		SET(BPF_REG_4, 0),
		CALL(BPF_FUNC_get_stack),
		CALL(BPF_FUNC_ktime_get_ns),
		OP(BPF_JMP | BPF_JGE | BPF_X, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_6, .off = 2),
		ADD(BPF_REG_7, -1),
		OP(BPF_JMP | BPF_JNE | BPF_K, .dst_reg = BPF_REG_7, .imm = 0, .off = -10),
		SET(BPF_REG_0, 0),
		OP(BPF_JMP | BPF_EXIT),
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_PERF_EVENT,
		.insns = (unsigned long)program,
		.insn_cnt = sizeof(program) / sizeof(program[0]),
		.license = (unsigned long)"GPL",
	};

	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* Hold this process up whenever it has looked at a place in the kernel's memory. */
static bool watch(unsigned long place, unsigned long size, int hold_up)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = HW_BREAKPOINT_RW,
		.bp_addr = place,
		.bp_len = size,
		.sample_period = 1,
	};
	int event = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return event >= 0 && !ioctl(event, PERF_EVENT_IOC_SET_BPF, hold_up);
}

/* Watch the variables of a module that have from `smallest` to `largest` bytes; return how many that are. */
static int watch_variables(const char *module, unsigned long smallest, unsigned long largest, int most, int hold_up)
{
	const Elf64_Shdr *sections, *section, *table;
	const Elf64_Sym *symbol, *end;
	const Elf64_Ehdr *elf;
	unsigned long start;
	const char *base;
	char path[100];
	int watched = 0;

	snprintf(path, sizeof(path), "/root/%s.ko", module);
	base = content(path);
	if (!base)
		return 0;
	elf = (const void *)base;
	sections = (const void *)(base + elf->e_shoff);
	for (table = sections; table->sh_type != SHT_SYMTAB; table++)
		if (table == sections + elf->e_shnum - 1)
			return 0;
	symbol = (const void *)(base + table->sh_offset);
	end = (const void *)(base + table->sh_offset + table->sh_size);
	for (; symbol < end && watched < most; symbol++) {
		if (ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT || symbol->st_shndx >= elf->e_shnum ||
		    symbol->st_size < smallest || symbol->st_size > largest || symbol->st_size & (symbol->st_size - 1))
			continue;
		section = sections + symbol->st_shndx;
		if (!(section->sh_flags & SHF_WRITE) || !(section->sh_flags & SHF_ALLOC))
			continue;
		start = address(module, base + sections[elf->e_shstrndx].sh_offset + section->sh_name);
		if (start)
			watched += watch(start + symbol->st_value, symbol->st_size, hold_up);
	}
	return watched;
}

static void meet(struct meeting *meeting)
{
	double latest = now() + PATIENCE;

	atomic_fetch_add(&meeting->arrived, 1);
	while (atomic_load(&meeting->arrived) < 2 && now() < latest)
		;
}

/* Open and close; return an error that is not EBUSY, or 0. */
static int race(const char *path, struct meeting *meeting)
{
	double end = now() + SECONDS, leave;
	int file;

	while (now() < end && !atomic_load(&meeting->both)) {
		file = open(path, O_RDONLY | O_CLOEXEC);
		if (file < 0 && errno != EBUSY)
			return errno;
		if (file < 0)
			continue;
		if (atomic_fetch_add(&meeting->inside, 1))
			atomic_fetch_add(&meeting->both, 1);
		leave = now() + STAY;
		while (now() < leave)
			;
		atomic_fetch_sub(&meeting->inside, 1);
		close(file);
	}
	return 0;
}

int main(int count, char **words)
{
	int memory = open("/tmp/race", O_RDWR | O_CREAT | O_CLOEXEC, 0600), hold_up, watched, error;
	struct meeting *meeting;

	if (count != 3 || memory < 0 || ftruncate(memory, sizeof(*meeting)))
		return 2;
	meeting = mmap(NULL, sizeof(*meeting), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (meeting == MAP_FAILED)
		return 2;
	hold_up = load_hold_up();
	watched = watch_variables(words[2], 1, 4, WATCHPOINTS, hold_up);
	watch_variables(words[2], 8, 8, WATCHPOINTS - watched, hold_up);
	meet(meeting);
	error = race(words[1], meeting);
	if (error) {
		fprintf(stderr, "open: %s\n", strerror(error));
		return 1;
	}
	if (meeting->both)
		fprintf(stderr, "both have it open at the same time\n");
	return meeting->both != 0;
}
