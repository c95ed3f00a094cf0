/* SPDX-License-Identifier: BSD-2-Clause
 * trc_elf.c - the only file that uses libelf. Program headers come from it; every offset is
 * compared with the size of the file before it is used. */
#include "kernel-glue/trace/trc_elf.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SEGMENTS 4096u

struct segment {
    uint64_t pa;
    uint64_t n_bytes;
    uint64_t offset;
};

struct trc_elf {
    int fd;
    size_t n_segments;
    struct segment *segments;
};

static int fail(struct sim_diag *diag, uint64_t offset, const char *what)
{
    return sim_diag_bytes(diag, SIM_EFORMAT, offset, "%s", what);
}

static int add_segments(struct trc_elf *core, Elf *elf, uint64_t n_file_bytes, size_t n_headers,
                        struct sim_diag *diag)
{
    for (size_t i = 0; i < n_headers; i++) {
        struct segment *segment = &core->segments[core->n_segments];
        GElf_Phdr header;

        if (!gelf_getphdr(elf, (int)i, &header))
            return fail(diag, 0, "a program header cannot be read");
        if (header.p_type != PT_LOAD || header.p_filesz == 0)
            continue;
        if (header.p_offset > n_file_bytes || header.p_filesz > n_file_bytes - header.p_offset)
            return fail(diag, header.p_offset, "a segment goes beyond the end of the file");
        if (header.p_paddr + (header.p_filesz - 1) < header.p_paddr)
            return fail(diag, header.p_offset, "a segment wraps around the address space");
        segment->pa = header.p_paddr;
        segment->n_bytes = header.p_filesz;
        segment->offset = header.p_offset;
        core->n_segments++;
    }
    return core->n_segments ? 0 : fail(diag, 0, "no segment with memory in it");
}

static int read_headers(struct trc_elf *core, struct sim_diag *diag)
{
    Elf *elf = elf_begin(core->fd, ELF_C_READ, NULL);
    GElf_Ehdr header;
    struct stat info = {0};
    size_t n_headers = 0;
    int err = 0;

    if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
        err = fail(diag, 0, "not an ELF file");
    else if (header.e_type != ET_CORE)
        err = fail(diag, 16, "not an ELF core (a dump of guest memory is one)");
    else if (header.e_ident[EI_DATA] != ELFDATA2LSB)
        err = fail(diag, EI_DATA, "not little-endian");
    else if (elf_getphdrnum(elf, &n_headers) || n_headers > MAX_SEGMENTS)
        err = fail(diag, 0, "its program headers are damaged, or more than 4096");
    else if (fstat(core->fd, &info))
        err = sim_diag_text(diag, SIM_EIO, 0, 0, "%s", strerror(errno));
    if (!err) {
        core->segments = calloc(n_headers + 1, sizeof(core->segments[0]));
        err = core->segments ? add_segments(core, elf, (uint64_t)info.st_size, n_headers, diag)
                             : sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory for its headers");
    }
    if (elf)
        (void)elf_end(elf);
    return err;
}

struct trc_elf *trc_elf_open(const char *path, struct sim_diag *diag)
{
    struct trc_elf *core = calloc(1, sizeof(*core));

    if (!core || elf_version(EV_CURRENT) == EV_NONE) {
        (void)sim_diag_text(diag, SIM_ENOMEM, 0, 0, "cannot start libelf");
        free(core);
        return NULL;
    }
    core->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (core->fd < 0) {
        (void)sim_diag_text(diag, SIM_EIO, 0, 0, "cannot open: %s", strerror(errno));
        free(core);
        return NULL;
    }
    if (read_headers(core, diag)) {
        trc_elf_close(core);
        return NULL;
    }
    return core;
}

void trc_elf_close(struct trc_elf *core)
{
    if (!core)
        return;
    (void)close(core->fd);
    free(core->segments);
    free(core);
}

int trc_elf_read(const struct trc_elf *core, uint64_t pa, void *data, size_t n_bytes)
{
    for (size_t i = 0; i < core->n_segments; i++) {
        const struct segment *segment = &core->segments[i];
        const uint64_t skip = pa - segment->pa;
        size_t n_read = 0;

        if (pa < segment->pa || skip >= segment->n_bytes || n_bytes > segment->n_bytes - skip)
            continue;
        while (n_read < n_bytes) {
            const ssize_t n = pread(core->fd, (char *)data + n_read, n_bytes - n_read,
                                    (off_t)(segment->offset + skip + n_read));

            if (n <= 0)
                return SIM_EIO;
            n_read += (size_t)n;
        }
        return 0;
    }
    return SIM_ERANGE;
}
