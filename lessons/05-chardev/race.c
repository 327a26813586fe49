// SPDX-License-Identifier: MIT
/*
 * race: two processes open and close a device as fast as they can, each on a CPU of its own.
 *
 *	race PATH MODULE
 *
 * It fails when both have it open at the same time, when opening fails with anything but EBUSY, and when it is busy
 * still after both have closed it.
 *
 * A look at a variable and the change of it that should have been one step with it are some nanoseconds apart. So that
 * a race is not a matter of luck, watchpoints hold up whoever has just looked. Watched are the words of the module's
 * memory that are one thing while the device is closed and another while it is open, wherever they are; the hold-up is
 * a BPF program that takes its time. A kernel without all that is raced all the same.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RACERS		2
#define ROUNDS		150	/* that one of them has it open ... */
#define UNAIDED_ROUNDS	2000	/* ... or this many, where nothing is watched ... */
#define SECONDS		2.0	/* ... or until this time is over ... */
#define STUCK		0.3	/* ... or nobody has it open for so many seconds, and still it is busy */
#define STAY		600e-6	/* seconds between open and close */
#define HOLD_UP		300000	/* nanoseconds at a watchpoint ... */
#define LOOKS		100	/* ... or as long as this many looks at the stack take */
#define STACK		128	/* bytes of the stack that are looked at */
#define WATCHPOINTS	4	/* that a processor has */
#define AREAS		64	/* of the module's memory, at most */
#define REACH		4096	/* bytes of what a pointer of the module's leads to */
#define IMAGE		0xffffffff80000000UL	/* from here on are the kernel itself and its modules */

#define OP(operation, ...) { .code = operation, __VA_ARGS__ }
#define SET(to, value) OP(BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = to, .imm = value)
#define ADD(to, value) OP(BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = to, .imm = value)
#define COPY(to, from) OP(BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from)
#define CALL(function) OP(BPF_JMP | BPF_CALL, .imm = function)

typedef unsigned long word;

enum state { CLOSED, OPEN, CLOSED_AGAIN, STATES };

/* Some words of the kernel's memory, and what they were. */
struct area {
	word start, count;
	word *seen[STATES];
};

struct race {
	atomic_int arrived;
	atomic_int inside;		/* have it open now */
	atomic_int both;		/* times that one came in while the other was there */
	atomic_int error;		/* that opening has failed with */
	atomic_int rounds;
};

static struct area areas[AREAS];
static int area_count;
static int kcore;
static struct race *race;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Read the kernel's memory; /proc/kcore is an ELF file of all of it. */
static bool peek(word from, word *to, word count)
{
	static Elf64_Phdr parts[64];
	static Elf64_Ehdr elf;
	word size = count * sizeof(*to);
	int i;

	if (!elf.e_phnum && (pread(kcore, &elf, sizeof(elf), 0) != sizeof(elf) || elf.e_phnum > 64 ||
			     pread(kcore, parts, elf.e_phnum * sizeof(*parts), elf.e_phoff) < 0))
		return false;
	for (i = 0; i < elf.e_phnum; i++)
		if (parts[i].p_type == PT_LOAD && from >= parts[i].p_vaddr &&
		    from + size <= parts[i].p_vaddr + parts[i].p_memsz)
			return pread(kcore, to, size, parts[i].p_offset + (from - parts[i].p_vaddr)) == (ssize_t)size;
	return false;
}

static void look(enum state state)
{
	struct area *area;

	for (area = areas; area < areas + area_count; area++)
		if (!peek(area->start, area->seen[state], area->count))
			area->count = 0;
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
static word address(const char *module, const char *section)
{
	char path[200];
	word found = 0;
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

static void add_area(word start, word size)
{
	struct area *area = areas + area_count;
	int i;

	for (i = 0; i < area_count; i++)
		if (start >= areas[i].start && start < areas[i].start + areas[i].count * sizeof(word))
			return;
	if (area_count == AREAS)
		return;
	area->start = start;
	area->count = (size + sizeof(word) - 1) / sizeof(word);
	for (i = 0; i < STATES; i++)
		area->seen[i] = calloc(area->count, sizeof(word));
	area_count++;
}

/* Find the module's variables. */
static void add_variables(const char *module)
{
	const Elf64_Shdr *sections, *section, *end;
	const Elf64_Ehdr *elf;
	const char *base, *name;
	char path[100];
	word start;

	snprintf(path, sizeof(path), "/root/%s.ko", module);
	base = content(path);
	if (!base)
		return;
	elf = (const void *)base;
	sections = (const void *)(base + elf->e_shoff);
	end = sections + elf->e_shnum;
	for (section = sections; section < end; section++) {
		name = base + sections[elf->e_shstrndx].sh_offset + section->sh_name;
		if (section->sh_flags & SHF_WRITE && strcmp(name, ".gnu.linkonce.this_module")) {
			start = address(module, name);
			if (start)
				add_area(start, section->sh_size);
		}
	}
}

/* Find what the variables point to, unless that is code or somebody's variables. */
static void add_allocations(void)
{
	int variables = area_count, i;
	word *place, *end;

	look(CLOSED);
	for (i = 0; i < variables; i++) {
		end = areas[i].seen[CLOSED] + areas[i].count;
		for (place = areas[i].seen[CLOSED]; place < end; place++)
			if (*place >> 56 == 0xff && *place < IMAGE && *place % sizeof(word) == 0)
				add_area(*place, REACH);
	}
}

/* Whether a word says that the device is open. The kernel's own count of references does, too: it goes from 1 to 2. */
static bool tells(const struct area *area, word i)
{
	word closed = area->seen[CLOSED][i], open = area->seen[OPEN][i];
	bool is_count = (unsigned int)closed && closed + 1 == open;

	return closed == area->seen[CLOSED_AGAIN][i] && closed != open && !is_count;
}

/* Find the words that say whether the device is open; return how many that are. */
static int find(const char *path, const char *module, word *found)
{
	struct area *area;
	int file, count = 0;
	word i;

	kcore = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	if (kcore < 0)
		return 0;
	add_variables(module);
	add_allocations();
	close(open(path, O_RDONLY | O_CLOEXEC)); /* the first time, the kernel takes notes of its own */
	look(CLOSED);
	file = open(path, O_RDONLY | O_CLOEXEC);
	look(OPEN);
	close(file);
	look(CLOSED_AGAIN);
	for (area = areas; area < areas + area_count; area++)
		for (i = 0; i < area->count && count < WATCHPOINTS; i++)
			if (tells(area, i))
				found[count++] = area->start + i * sizeof(word);
	return count;
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

/* Hold this process up whenever it has used a word of the kernel's memory. */
static bool watch(word place, int hold_up)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = HW_BREAKPOINT_RW,
		.bp_addr = place,
		.bp_len = sizeof(word),
		.sample_period = 1,
	};
	int event = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return event >= 0 && !ioctl(event, PERF_EVENT_IOC_SET_BPF, hold_up);
}

/* Open and close the device, again and again, together with the other process. */
static void run(const char *path, int number, const word *found, int count)
{
	cpu_set_t processor;
	int hold_up = load_hold_up(), rounds = UNAIDED_ROUNDS, file, i;
	double end, leave, latest;

	CPU_ZERO(&processor);
	CPU_SET(number, &processor);
	sched_setaffinity(0, sizeof(processor), &processor);
	for (i = 0; i < count; i++)
		if (watch(found[i], hold_up))
			rounds = ROUNDS;
	end = now() + SECONDS;
	atomic_fetch_add(&race->arrived, 1);
	while (atomic_load(&race->arrived) < RACERS && now() < end)
		;
	latest = now() + STUCK;
	while (now() < end && race->rounds < rounds && !race->both && !race->error) {
		file = open(path, O_RDONLY | O_CLOEXEC);
		if (file < 0 && errno != EBUSY)
			race->error = errno;
		if (file < 0 && !race->inside && now() > latest)
			break;
		if (file >= 0 || race->inside)
			latest = now() + STUCK;
		if (file < 0)
			continue;
		if (atomic_fetch_add(&race->inside, 1))
			race->both++;
		race->rounds++;
		leave = now() + STAY;
		while (now() < leave)
			;
		atomic_fetch_sub(&race->inside, 1);
		close(file);
	}
}

int main(int count, char **words)
{
	word found[WATCHPOINTS];
	int i, known;

	race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (count != 3 || race == MAP_FAILED)
		return 2;
	known = find(words[1], words[2], found);
	for (i = 0; i < RACERS; i++) {
		if (fork() == 0) {
			run(words[1], i, found, known);
			return 0;
		}
	}
	while (wait(NULL) > 0)
		;
	if (race->error) {
		fprintf(stderr, "open: %s\n", strerror(race->error));
		return 1;
	}
	if (race->both)
		fprintf(stderr, "both have it open at the same time\n");
	else if (open(words[1], O_RDONLY | O_CLOEXEC) < 0)
		fprintf(stderr, "nobody has it open any more, and still opening fails: %s\n", strerror(errno));
	else
		return 0;
	return 1;
}
