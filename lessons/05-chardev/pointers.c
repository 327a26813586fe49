// SPDX-License-Identifier: MIT
/*
 * pointers: reads from and writes to a device with pointers that lead nowhere, and looks at what it holds then.
 *
 *	pointers PATH
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char text[] = "the old content";

static int fails;

static void expect_efault(const char *what, ssize_t result)
{
	if (result < 0 && errno == EFAULT)
		return;
	fails = 1;
	if (result < 0)
		fprintf(stderr, "%s fails with another error: %s\n", what, strerror(errno));
	else
		fprintf(stderr, "%s gives %zd instead of EFAULT\n", what, result);
}

int main(int count, char **words)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int file = count == 2 ? open(words[1], O_RDWR) : -1;
	char *edge = page + 4096 - 4, *nowhere = page + 4096, found[64] = "";

	if (file < 0 || page == MAP_FAILED || munmap(nowhere, 4096)) {
		perror("open");
		return 2;
	}
	memset(page, 'x', 4096);
	if (write(file, text, strlen(text)) != (ssize_t)strlen(text)) {
		perror("write");
		return 1;
	}
	expect_efault("read to NULL", pread(file, NULL, 8, 0));
	expect_efault("read to where no memory is", pread(file, nowhere, 8, 0));
	expect_efault("write from NULL", write(file, NULL, 8));
	expect_efault("write from where no memory is", write(file, nowhere, 8));
	expect_efault("write of 8 bytes of which 4 are there", write(file, edge, 8));
	if (pread(file, found, sizeof(found) - 1, 0) < 0) {
		perror("read");
		return 1;
	}
	if (strcmp(found, text)) {
		fprintf(stderr, "the content is not the old one any more\n");
		return 1;
	}
	return fails;
}
