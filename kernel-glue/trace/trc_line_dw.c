/* SPDX-License-Identifier: BSD-2-Clause
 * trc_line_dw.c - the only file that uses libdw, if there is one. */
#include "kernel-glue/trace/trc_line_dw.h"

#ifndef IOMMUSIM_LIBDW

struct trc_dw *trc_dw_open(const char *path, struct sim_diag *diag)
{
    (void)path;
    (void)sim_diag_text(diag, SIM_EUNIMPL, 0, 0,
                        "source lines are not built in: libdw-dev was not there");
    return NULL;
}

void trc_dw_find(struct trc_dw *dw, uint64_t address, struct trc_place *place)
{
    (void)dw;
    (void)address;
    place->n = 0;
}

#else

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct trc_dw {
    Dwarf *dwarf;
};

static const char *check(Elf *elf)
{
    GElf_Ehdr header;

    if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
        return "not an ELF file";
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        return "not a linked program: an object file or a core has no addresses of instructions";
    return NULL;
}

struct trc_dw *trc_dw_open(const char *path, struct sim_diag *diag)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct trc_dw *dw = calloc(1, sizeof(*dw));
    const char *complaint;
    Elf *elf;

    if (fd < 0 || !dw) {
        (void)sim_diag_text(diag, fd < 0 ? SIM_EIO : SIM_ENOMEM, 0, 0, "cannot open it: %s",
                            strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        free(dw);
        return NULL;
    }
    (void)elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    complaint = check(elf);
    if (!complaint) {
        dw->dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
        complaint = dw->dwarf ? NULL : "no debug information in it (build with -g)";
    }
    if (!complaint)
        return dw;
    (void)sim_diag_text(diag, SIM_EFORMAT, 0, 0, "%s", complaint);
    free(dw);
    return NULL;
}

/* The unit of compilation of an address: by the index, or one by one. */
static bool find_unit(Dwarf *dwarf, uint64_t address, Dwarf_Die *unit)
{
    Dwarf_Off offset = 0;
    Dwarf_Off next;
    size_t header_bytes;

    if (dwarf_addrdie(dwarf, address, unit))
        return true;
    while (dwarf_nextcu(dwarf, offset, &next, &header_bytes, NULL, NULL, NULL) == 0) {
        if (dwarf_offdie(dwarf, offset + header_bytes, unit) && dwarf_haspc(unit, address) == 1)
            return true;
        offset = next;
    }
    return false;
}

static void set_file(struct trc_frame *frame, Dwarf_Die *unit, const char *path)
{
    Dwarf_Attribute attribute;
    const char *folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    const size_t n = folder ? strlen(folder) : 0;

    if (!path)
        path = "?";
    if (n && strncmp(path, folder, n) == 0 && path[n] == '/')
        path += n + 1;
    if (strlen(path) >= sizeof(frame->file)) /* its end says more */
        path += strlen(path) - sizeof(frame->file) + 1;
    (void)snprintf(frame->file, sizeof(frame->file), "%s", path);
}

/* Where a function was inlined. */
static void set_call(struct trc_frame *frame, Dwarf_Die *unit, Dwarf_Die *inlined)
{
    Dwarf_Attribute attribute;
    Dwarf_Files *files;
    Dwarf_Word line = 0;
    Dwarf_Word file = 0;
    size_t n_files;

    (void)dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line);
    (void)dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file);
    frame->line = (uint32_t)line;
    set_file(frame, unit,
             dwarf_getsrcfiles(unit, &files, &n_files) == 0 && file < n_files
                 ? dwarf_filesrc(files, file, NULL, NULL)
                 : NULL);
}

static void set_function(struct trc_frame *frame, Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attribute));

    (void)snprintf(frame->function, sizeof(frame->function), "%s", name ? name : "?");
}

/* From the innermost function outwards. @place has the line of the instruction in its first frame.
 */
static void climb(struct trc_place *place, Dwarf_Die *unit, Dwarf_Die *scopes, int n_scopes)
{
    for (int i = 0; i < n_scopes && place->n < TRC_MAX_FRAMES; i++) {
        const int tag = dwarf_tag(&scopes[i]);

        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
            continue;
        set_function(&place->frames[place->n++], &scopes[i]);
        if (tag == DW_TAG_subprogram)
            return;
        if (place->n < TRC_MAX_FRAMES)
            set_call(&place->frames[place->n], unit, &scopes[i]);
    }
}

void trc_dw_find(struct trc_dw *dw, uint64_t address, struct trc_place *place)
{
    Dwarf_Die *scopes = NULL;
    Dwarf_Die *parents = NULL;
    Dwarf_Line *line;
    Dwarf_Die unit;
    int number = 0;
    int n;

    memset(place, 0, sizeof(*place));
    if (!find_unit(dw->dwarf, address, &unit))
        return;
    line = dwarf_getsrc_die(&unit, address);
    if (line)
        (void)dwarf_lineno(line, &number);
    set_file(&place->frames[0], &unit, line ? dwarf_linesrc(line, NULL, NULL) : NULL);
    place->frames[0].line = number > 0 ? (uint32_t)number : 0;
    /* Those of an inlined function go on with where it was written; its parents are where it is. */
    n = dwarf_getscopes(&unit, address, &scopes);
    if (n > 0)
        n = dwarf_getscopes_die(&scopes[0], &parents);
    if (n > 0)
        climb(place, &unit, parents, n);
    free(scopes);
    free(parents);
}

#endif
