// SPDX-License-Identifier: MIT
/*
 * modctl: what a lesson does to the guest's kernel, one system call each, with the error as a number.
 *
 *	modctl load FILE [PARAMETERS]		finit_module(2); prints where the code is: `SECTION ADDRESS` lines
 *	modctl unload NAME			delete_module(2)
 *	modctl write PATH BYTES [TIMES]		write(2), once; BYTES in hexadecimal, repeated TIMES
 *	modctl read PATH SIZE OFFSET		read(2), or pread(2) at another offset than 0, once; prints what came
 *	modctl look PATH...			stat(2) and the content of regular files
 *	modctl log				what is new in the kernel's log, read from standard input
 *	modctl traces TEXTS CACHES		the objects of slab CACHES allocated through a stack that holds one of TEXTS
 *	modctl audit TEXTS CACHES CHECKED TASKS	has the slab caches CHECKED, shows the names of what is there, all tasks but
 *						TASKS, and, after a line `@@@`, traces and areas that hold one of TEXTS
 *	modctl together COMMAND...		shell commands at the same time, each on a CPU of its own where there are
 *	modctl console DEVICE			shells on a terminal, one after another, in the background
 *
 * Arguments with a name in the plural are lists of lines; those two are in audit.c.
 *
 * An error is told on standard error as `errno NUMBER` (read and write name the call: `open: errno NUMBER`), what read
 * and write return as `count NUMBER`. The tools of kmod and busybox hide errors behind words of their own, try again, or
 * take three times as long to start.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONTENT_LIMIT	(64 << 10)	/* bytes of a file that `look` shows */
#define OUTPUT_LIMIT	(64 << 10)	/* bytes of each output that `together` shows */
#define MOST_TOGETHER	16

static int failed(const char *call)
{
	fprintf(stderr, "%serrno %d\n", call, errno);
	return 1;
}

static int counted(ssize_t count)
{
	fprintf(stderr, "count %zd\n", count);
	return 0;
}

/* The sections of a loaded module that hold code; the name of its file is its own. */
static void show_sections(const char *path)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	char folder[128], name[320], address[32], *letter;
	struct dirent *entry;
	DIR *sections;
	ssize_t length;
	int file;

	snprintf(folder, sizeof(folder), "/sys/module/%.*s/sections", (int)strcspn(base, "."), base);
	for (letter = folder; *letter; letter++)
		if (*letter == '-')
			*letter = '_';
	sections = opendir(folder);
	while (sections && (entry = readdir(sections))) {
		if (!strstr(entry->d_name, "text"))
			continue;
		snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name);
		file = open(name, O_RDONLY | O_CLOEXEC);
		length = read(file, address, sizeof(address) - 1);
		close(file);
		if (length > 0)
			printf("%s %.*s", entry->d_name, (int)length, address);
	}
}

static int load(const char *path, const char *parameters)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);

	if (file < 0)
		return failed("");
	if (syscall(SYS_finit_module, file, parameters, 0))
		return failed("");
	show_sections(path);
	return 0;
}

static int unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? failed("") : 0;
}

static int write_once(const char *path, const char *digits, size_t times)
{
	size_t length = strlen(digits) / 2, i, total = length * times;
	char *bytes = malloc(total + 1);
	ssize_t count;
	int file;

	if (!bytes)
		return failed("malloc: ");
	for (i = 0; i < length; i++)
		sscanf(digits + 2 * i, "%2hhx", (unsigned char *)&bytes[i]);
	for (; i < total; i++)
		bytes[i] = bytes[i - length];
	file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return failed("open: ");
	count = write(file, bytes, total);
	if (count < 0)
		return failed("write: ");
	counted(count);
	return close(file) ? failed("close: ") : 0;
}

static int read_once(const char *path, size_t size, off_t offset)
{
	char *bytes = malloc(size + 1);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t count;

	if (!bytes)
		return failed("malloc: ");
	if (file < 0)
		return failed("open: ");
	count = offset ? pread(file, bytes, size, offset) : read(file, bytes, size);
	if (count < 0)
		return failed("read: ");
	fwrite(bytes, 1, (size_t)count < size ? (size_t)count : size, stdout);
	return counted(count);
}

static char kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return 'f';
	case S_IFDIR:
		return 'd';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	default:
		return 's';
	}
}

/* The content of a regular file, at most CONTENT_LIMIT bytes of it; -1 when it cannot be read. */
static ssize_t content(const char *path, char *bytes)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t length = 0, count;

	if (file < 0)
		return -1;
	do {
		count = read(file, bytes + length, CONTENT_LIMIT - length);
		length += count > 0 ? count : 0;
	} while (count > 0 && length < CONTENT_LIMIT);
	close(file);
	return count < 0 ? -1 : length;
}

/* For each path a line `KIND MODE MAJOR MINOR LENGTH` and LENGTH bytes; KIND is `-` when nothing is there. */
static int look(char **paths)
{
	static char bytes[CONTENT_LIMIT];
	struct stat status;
	ssize_t length;

	for (; *paths; paths++) {
		if (stat(*paths, &status)) {
			puts("- 0 0 0 -1");
			continue;
		}
		length = S_ISREG(status.st_mode) ? content(*paths, bytes) : -1;
		printf("%c %04o %u %u %zd\n", kind(status.st_mode), status.st_mode & 07777,
		       major(status.st_rdev), minor(status.st_rdev), length);
		if (length > 0)
			fwrite(bytes, 1, (size_t)length, stdout);
	}
	return 0;
}

int traces(const char *wanted, const char *caches);
int audit(const char *wanted, const char *caches, const char *checked, const char *known_tasks);

struct job {
	pid_t pid;
	int out, err;		/* memory files that take its output */
	int status;
	double seconds;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void start(struct job *job, const char *command, int number, const int *gate)
{
	cpu_set_t cpus;
	char byte;

	job->out = memfd_create("out", MFD_CLOEXEC);
	job->err = memfd_create("err", MFD_CLOEXEC);
	job->pid = fork();
	if (job->pid)
		return;
	CPU_ZERO(&cpus);
	CPU_SET(number % sysconf(_SC_NPROCESSORS_ONLN), &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	dup2(job->out, STDOUT_FILENO);
	dup2(job->err, STDERR_FILENO);
	close(gate[1]);
	while (read(gate[0], &byte, 1) > 0)
		;	/* until the parent closes the other end, which lets all of them go at once */
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

static void finished(struct job *jobs, int count, double began)
{
	int status, i;
	pid_t pid = wait(&status);

	for (i = 0; i < count; i++) {
		if (jobs[i].pid == pid) {
			jobs[i].status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
			jobs[i].seconds = now() - began;
		}
	}
}

static off_t shown(off_t length)
{
	return length < OUTPUT_LIMIT ? length : OUTPUT_LIMIT;
}

static void show(int file, off_t length)
{
	static char bytes[OUTPUT_LIMIT];
	ssize_t count = pread(file, bytes, shown(length), 0);

	if (count > 0)
		fwrite(bytes, 1, (size_t)count, stdout);
}

/* For each job a line `STATUS SECONDS OUT ERR CUT` and its OUT + ERR bytes of output; CUT were left out. */
static int together(char **commands, int count)
{
	struct job jobs[MOST_TOGETHER];
	int gate[2], i;
	double began;

	if (count > MOST_TOGETHER || pipe2(gate, O_CLOEXEC))
		return failed("pipe: ");
	for (i = 0; i < count; i++) {
		start(&jobs[i], commands[i], i, gate);
		if (jobs[i].pid < 0)
			return failed("fork: ");
	}
	began = now();
	close(gate[1]);
	for (i = 0; i < count; i++)
		finished(jobs, count, began);
	for (i = 0; i < count; i++) {
		off_t out = lseek(jobs[i].out, 0, SEEK_END), err = lseek(jobs[i].err, 0, SEEK_END);

		printf("%d %.6f %ld %ld %ld\n", jobs[i].status, jobs[i].seconds, (long)shown(out),
		       (long)shown(err), (long)(out - shown(out) + err - shown(err)));
		show(jobs[i].out, out);
		show(jobs[i].err, err);
	}
	return 0;
}

/* What an open /dev/kmsg, standard input, still holds; it remembers how far it was read. */
static int show_log(void)
{
	static char record[8192];
	ssize_t length;

	fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	while ((length = read(STDIN_FILENO, record, sizeof(record))) > 0 || errno == EPIPE) {
		if (length > 0)
			fwrite(record, 1, (size_t)length, stdout);
		errno = 0;
	}
	return 0;
}

/* What a shell puts into the background ignores SIGINT, and so does all that it starts: ctrl+C would stop nothing. */
static int console(const char *device)
{
	pid_t pid = fork();
	int file;

	if (pid)
		return pid < 0 ? failed("fork: ") : 0;
	prctl(PR_SET_NAME, "console");
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	for (file = 0; file < 16; file++)	/* the agent's, of which it is told that they have ended */
		close(file);
	while ((pid = fork()) >= 0) {
		if (!pid) {
			setsid();
			open(device, O_RDWR);	/* which makes it the terminal of the session */
			dup(STDIN_FILENO);
			dup(STDIN_FILENO);
			if (!chdir("/root"))
				execl("/bin/sh", "sh", "-l", NULL);
			_exit(127);
		}
		waitpid(pid, NULL, 0);
		sleep(1);
	}
	_exit(1);
}

int main(int count, char **words)
{
	const char *verb = count > 2 ? words[1] : "";

	prctl(PR_SET_NAME, "modctl");	/* the agent calls it by a descriptor's number */
	if (count == 2 && !strcmp(words[1], "log"))
		return show_log();
	if (!strcmp(verb, "load"))
		return load(words[2], count > 3 ? words[3] : "");
	if (!strcmp(verb, "unload"))
		return unload(words[2]);
	if (!strcmp(verb, "write") && count > 3)
		return write_once(words[2], words[3], count > 4 ? strtoul(words[4], NULL, 10) : 1);
	if (!strcmp(verb, "read") && count > 4)
		return read_once(words[2], strtoul(words[3], NULL, 10), strtol(words[4], NULL, 10));
	if (!strcmp(verb, "look"))
		return look(words + 2);
	if (!strcmp(verb, "traces") && count > 3)
		return traces(words[2], words[3]);
	if (!strcmp(verb, "audit") && count > 5)
		return audit(words[2], words[3], words[4], words[5]);
	if (!strcmp(verb, "together"))
		return together(words + 2, count - 2);
	if (!strcmp(verb, "console"))
		return console(words[2]);
	fprintf(stderr, "modctl: see modctl.c for what it takes\n");
	return 2;
}
