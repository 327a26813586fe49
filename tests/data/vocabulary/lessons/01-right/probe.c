// SPDX-License-Identifier: MIT
/* probe twice: opens the box twice. probe fault: writes from an address that is none. Each tells the error. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words)
{
	int file = open("/dev/box", O_RDWR);

	if (file < 0 || count < 2)
		return 2;
	if (!strcmp(words[1], "twice"))
		printf("%s\n", open("/dev/box", O_RDWR) < 0 ? strerrorname_np(errno) : "opened twice");
	else
		printf("%s\n", write(file, (void *)1, 1) < 0 ? strerrorname_np(errno) : "written");
	return 0;
}
