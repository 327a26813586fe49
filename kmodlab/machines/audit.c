// SPDX-License-Identifier: MIT
/*
 * What modctl shows of the whole kernel, so that what a module has left behind can be found. Compiled with modctl.c.
 *
 * Without KVM it is above all code that runs for the first time, and starting programs, that takes long; so this does
 * alone what many small programs could do together, and leaves out at once what nobody asks for.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_LIMIT	(4 << 20)	/* bytes of a file that are read */
#define PIECE		(64 << 10)	/* and at once: below /proc/sys nothing can be read in pieces of 4 MiB */
#define SLABS		"/sys/kernel/slab"
#define AREAS		"/proc/vmallocinfo"

/* Whose entries are shown; INNER is the place within each entry whose own entries are shown, too. */
static const struct place {
	const char *folder, *inner;
} places[] = {
	{ "/dev" }, { "/proc" }, { "/proc/driver" }, { "/proc/sys" }, { "/proc/sys/kernel" }, { "/proc/sys/dev" },
	{ "/sys" }, { "/sys/bus", "/drivers" }, { "/sys/class", "" }, { "/sys/devices" }, { "/sys/devices/platform" },
	{ "/sys/kernel" }, { "/sys/kernel/debug" }, { SLABS }, { "/sys/module" },
};

/* All of a file, ended by a zero byte; an empty text when it cannot be read. Good until the next call. */
static char *text_of(const char *path)
{
	static char bytes[FILE_LIMIT + 1];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = 0, count;

	while (length <= FILE_LIMIT - PIECE && (count = read(file, bytes + length, PIECE)) > 0)
		length += count;
	close(file);
	bytes[length] = 0;
	return bytes;
}

/* The next of a list of lines, and its LENGTH; NULL after the last. */
static const char *next(const char **list, size_t *length)
{
	const char *line = *list + strspn(*list, "\n");

	*length = strcspn(line, "\n");
	*list = line + *length;
	return *length ? line : NULL;
}

static bool is_among(const char *name, const char *list)
{
	const char *line;
	size_t length;

	while ((line = next(&list, &length)))
		if (!strncmp(name, line, length) && !name[length])
			return true;
	return false;
}

static bool holds_one_of(const char *list, const char *start, const char *end)
{
	const char *line;
	size_t length;

	while ((line = next(&list, &length)))
		if (memmem(start, end - start, line, length))
			return true;
	return false;
}

/* Calls ACT for each of CACHES; `NAME*` stands for all whose names begin so. */
static void for_each(const char *caches, void (*act)(const char *cache, const char *wanted), const char *wanted)
{
	struct dirent *entry;
	const char *line;
	char cache[256];
	size_t length;
	DIR *all;

	while ((line = next(&caches, &length))) {
		if (line[length - 1] != '*') {
			snprintf(cache, sizeof(cache), "%.*s", (int)length, line);
			act(cache, wanted);
			continue;
		}
		all = opendir(SLABS);
		while (all && (entry = readdir(all)))
			if (!strncmp(entry->d_name, line, length - 1))
				act(entry->d_name, wanted);
		if (all)
			closedir(all);
	}
}

static bool has_blocks;		/* of kmalloc(), perhaps */

static void tell(const char *cache, const char *file)
{
	char path[320];
	int descriptor;

	snprintf(path, sizeof(path), SLABS "/%s/%s", cache, file);
	descriptor = open(path, O_WRONLY | O_CLOEXEC);
	write(descriptor, "1", 1);
	close(descriptor);
}

/* A trace is a line about the objects, a line for each level of the stack that allocated them, and an empty line. */
static void show_wanted_traces(const char *cache, const char *wanted)
{
	char path[320], *trace, *stack, *end;

	if (!has_blocks && !strncmp(cache, "kmalloc-", 8))
		return;
	tell(cache, "shrink");		/* what KASAN keeps in quarantine is freed, and would count as allocated */
	snprintf(path, sizeof(path), "/sys/kernel/debug/slab/%s/alloc_traces", cache);
	for (trace = text_of(path); (stack = strchr(trace, '\n')) && (end = strstr(stack, "\n\n")); trace = end + 2)
		if (holds_one_of(wanted, stack, end))
			printf("%s:\n%.*s\n\n", cache, (int)(end - trace), trace);
}

static void check(const char *cache, const char *unused)
{
	tell(cache, "validate");
}

static void show_task(const char *number)
{
	char path[320];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%s/stat", number);
	line = text_of(path);
	if (*line)
		printf("task %s", line);
}

static void show_place(const struct place *place, const char *known_tasks)
{
	DIR *entries = opendir(place->folder);
	struct dirent *entry;
	char path[512];

	while (entries && (entry = readdir(entries))) {
		const char *name = entry->d_name;

		if (isdigit(*name) && !strcmp(place->folder, "/proc")) {
			if (!is_among(name, known_tasks))
				show_task(name);
		} else if (*name != '.') {
			printf("%s/%s\n", place->folder, name);
			if (place->inner) {
				snprintf(path, sizeof(path), "%s/%s%s", place->folder, name, place->inner);
				show_place(&(struct place){ path }, known_tasks);
			}
		}
	}
	if (entries)
		closedir(entries);
}

static void show_wanted_areas(const char *wanted)
{
	char *line, *end;

	for (line = text_of(AREAS); (end = strchr(line, '\n')); line = end + 1)
		if (holds_one_of(wanted, line, end))
			printf(AREAS ":%.*s\n", (int)(end - line), line);
}

/* What is wanted is the code of modules that the lab's own one watches: it knows when there is no block of theirs. */
int traces(const char *wanted, const char *caches)
{
	has_blocks = strcmp(text_of("/sys/module/kmodlab/parameters/blocks"), "0\n");
	for_each(caches, show_wanted_traces, wanted);
	return 0;
}

int audit(const char *wanted, const char *caches, const char *checked, const char *known_tasks)
{
	static char buffer[1 << 16];
	size_t i;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	for_each(checked, check, NULL);
	for (i = 0; i < sizeof(places) / sizeof(*places); i++)
		show_place(&places[i], known_tasks);
	fputs(text_of("/proc/sys/kernel/tainted"), stdout);
	fputs(text_of("/proc/modules"), stdout);
	fputs(text_of("/proc/devices"), stdout);
	puts("@@@");
	traces(wanted, caches);
	show_wanted_areas(wanted);
	return 0;
}
