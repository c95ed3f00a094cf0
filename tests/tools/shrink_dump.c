/* SPDX-License-Identifier: BSD-2-Clause
 * shrink_dump.c - keeps only some ranges of a guest memory dump, so that a test can ship it.
 *
 * Usage: shrink_dump DUMP OUT < RANGES      a range a line: physical address, bytes
 * Writes an ELF core with one PT_LOAD segment a range, with the bytes of the dump's segments. */
#include <elf.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RANGES 4096u
#define BLOCK_BYTES 4096u

struct range {
    uint64_t pa;
    uint64_t n_bytes;
};

static void die(const char *what)
{
    (void)fprintf(stderr, "shrink_dump: %s\n", what);
    exit(1);
}

static void *read_at(FILE *file, uint64_t offset, size_t n_bytes)
{
    void *bytes = malloc(n_bytes);

    if (!bytes || fseek(file, (long)offset, SEEK_SET) || fread(bytes, 1, n_bytes, file) != n_bytes)
        die("cannot read the dump");
    return bytes;
}

static size_t read_ranges(struct range *ranges)
{
    size_t n = 0;

    char line[128];

    while (n < MAX_RANGES && fgets(line, sizeof(line), stdin)) {
        char *end = NULL;

        ranges[n].pa = strtoull(line, &end, 0);
        ranges[n].n_bytes = strtoull(end, NULL, 0);
        if (ranges[n].n_bytes)
            n++;
    }
    return n;
}

static void copy_range(FILE *in, const Elf64_Phdr *headers, unsigned n_headers,
                       const struct range *range, FILE *out)
{
    for (unsigned i = 0; i < n_headers; i++) {
        const Elf64_Phdr *header = &headers[i];

        if (header->p_type != PT_LOAD || range->pa < header->p_paddr ||
            range->pa - header->p_paddr + range->n_bytes > header->p_filesz)
            continue;
        for (uint64_t at = 0; at < range->n_bytes; at += BLOCK_BYTES) {
            const uint64_t n_left = range->n_bytes - at;
            const size_t n = n_left < BLOCK_BYTES ? (size_t)n_left : BLOCK_BYTES;
            void *block = read_at(in, header->p_offset + (range->pa - header->p_paddr) + at, n);

            if (fwrite(block, 1, n, out) != n)
                die("cannot write");
            free(block);
        }
        return;
    }
    die("a range is not in the dump");
}

int main(int argc, char **argv)
{
    static struct range ranges[MAX_RANGES];
    FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL;
    FILE *out = in ? fopen(argv[2], "wb") : NULL;
    size_t n_ranges;
    uint64_t offset;
    Elf64_Ehdr *header;
    Elf64_Phdr *headers;
    unsigned n_headers;

    if (!out)
        die("usage: shrink_dump DUMP OUT < RANGES");
    n_ranges = read_ranges(ranges);
    header = read_at(in, 0, sizeof(*header));
    n_headers = header->e_phnum;
    headers = read_at(in, header->e_phoff, n_headers * sizeof(headers[0]));
    header->e_phoff = sizeof(*header);
    header->e_phnum = (Elf64_Half)n_ranges;
    header->e_shoff = 0;
    header->e_shnum = 0;
    header->e_shstrndx = 0;
    if (fwrite(header, sizeof(*header), 1, out) != 1)
        die("cannot write");
    offset = sizeof(*header) + n_ranges * sizeof(Elf64_Phdr);
    for (size_t i = 0; i < n_ranges; i++) {
        const Elf64_Phdr segment = {.p_type = PT_LOAD,
                                    .p_offset = offset,
                                    .p_paddr = ranges[i].pa,
                                    .p_filesz = ranges[i].n_bytes,
                                    .p_memsz = ranges[i].n_bytes};

        if (fwrite(&segment, sizeof(segment), 1, out) != 1)
            die("cannot write");
        offset += ranges[i].n_bytes;
    }
    for (size_t i = 0; i < n_ranges; i++)
        copy_range(in, headers, n_headers, &ranges[i], out);
    free(header);
    free(headers);
    (void)fclose(in);
    return fclose(out) ? 1 : 0;
}
