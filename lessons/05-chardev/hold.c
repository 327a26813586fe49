// SPDX-License-Identifier: MIT
/*
 * hold: opens a device, and keeps it open in the background until it is killed.
 *
 *	hold PATH	returns when it is open; /run/hold has the number of the process that has it
 *	hold kill	kills that process, and returns when it is gone
 *
 * The process that opens it reads a little and hands it down to a child, which is how a shell's redirection works. So
 * it is closed once and still open.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOTE "/run/hold"

static int failed(const char *call)
{
	fprintf(stderr, "%s: %s\n", call, strerror(errno));
	return 1;
}

static int kill_holder(void)
{
	FILE *note = fopen(NOTE, "r");
	struct pollfd gone = { .events = POLLIN };
	int holder;

	if (!note || fscanf(note, "%d", &holder) != 1)
		return failed(NOTE);
	gone.fd = syscall(SYS_pidfd_open, holder, 0);
	if (gone.fd < 0 || kill(holder, SIGKILL))
		return failed("kill");
	return poll(&gone, 1, -1) == 1 ? 0 : failed("poll");
}

static int hold(const char *path)
{
	FILE *note = fopen(NOTE, "w");
	int file = open(path, O_RDWR);
	char byte;
	pid_t holder;

	if (file < 0)
		return failed("open");
	if (read(file, &byte, 1) < 0)
		return failed("read");
	holder = fork();
	if (!holder) {
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		for (;;)
			pause();
	}
	if (holder < 0 || !note || fprintf(note, "%d\n", holder) < 0 || fclose(note))
		return failed("fork");
	return 0;
}

int main(int count, char **words)
{
	if (count != 2)
		return 2;
	return strcmp(words[1], "kill") ? hold(words[1]) : kill_holder();
}
