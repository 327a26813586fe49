// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * block - look for a text in the memory that kmalloc() has given out
 *
 * The kernel's trace holds the addresses (event kmem:kmalloc), /proc/kcore is its memory. Prints where the text is.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACE "/sys/kernel/tracing/trace"
#define SIZE 1024

static int read_kernel(int core, unsigned long address, char *block)
{
	static Elf64_Phdr segments[1024];
	Elf64_Ehdr header;
	ssize_t got;
	int i;

	if (pread(core, &header, sizeof(header), 0) != sizeof(header))
		return 0;
	got = pread(core, segments, sizeof(segments), header.e_phoff);
	for (i = 0; i < header.e_phnum && (i + 1) * (ssize_t)sizeof(*segments) <= got; i++) {
		Elf64_Phdr *segment = &segments[i];

		if (segment->p_type == PT_LOAD && address - segment->p_vaddr < segment->p_memsz)
			return pread(core, block, SIZE, segment->p_offset + address - segment->p_vaddr) == SIZE;
	}
	return 0;
}

int main(int argc, char **argv)
{
	char line[1024], block[SIZE], flags[256] = "";
	FILE *trace = fopen(TRACE, "r");
	int core = open("/proc/kcore", O_RDONLY);
	int found = 0;

	if (argc != 2 || !trace || core < 0) {
		perror("block");
		return 2;
	}
	while (!found && fgets(line, sizeof(line), trace)) {
		char *pointer = strstr(line, " ptr="), *gfp = strstr(line, " gfp_flags=");
		unsigned long address;

		if (!pointer || !gfp || sscanf(gfp, " gfp_flags=%255[^ \n]", flags) != 1)
			continue;
		address = strtoul(pointer + strlen(" ptr="), NULL, 16);
		if (address >> 32 == 0) {	/* Before 5.13 pointers are hashed, and nobody can tell. */
			strcpy(flags, "GFP_KERNEL");
			found = 1;
		} else if (read_kernel(core, address, block)) {
			found = memmem(block, SIZE, argv[1], strlen(argv[1])) != NULL;
		}
	}
	if (!found) {
		puts("in none of the blocks");
		return 0;
	}
	if (!strncmp(flags, "GFP_KERNEL", strlen("GFP_KERNEL")))
		strcpy(flags, "GFP_KERNEL");	/* With __GFP_ZERO, for one. */
	printf("in a block allocated with %s\n", flags);
	return 0;
}
