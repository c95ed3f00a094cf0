/* SPDX-License-Identifier: BSD-2-Clause
 * lines.c - source lines behind what is printed of a record. */
#include "cli/lines.h"

#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

int lines_open(const char *path, const char *slide, struct trc_lines **lines)
{
    struct sim_diag diag;
    uint64_t value = 0;

    *lines = NULL;
    if (slide && !cli_number(slide, &value)) {
        cli_error("--kaslr: '%s' is no number", slide);
        return CLI_USAGE;
    }
    if (slide && !path) {
        cli_error("--kaslr needs --vmlinux");
        return CLI_USAGE;
    }
    if (!path)
        return CLI_OK;
    sim_diag_init(&diag, path);
    *lines = trc_lines_open(path, value, &diag);
    return *lines ? CLI_OK : cli_report(&diag, false);
}

int lines_close(struct trc_lines *lines)
{
    const char *broken = lines ? trc_lines_broken(lines) : NULL;

    if (broken)
        cli_error("--vmlinux: %s", broken);
    trc_lines_close(lines);
    return broken ? CLI_BAD_INPUT : CLI_OK;
}

uint64_t lines_ip(const struct sim_record *rec)
{
    if (!(rec->flags & SIM_RF_IP))
        return 0;
    if (rec->kind == SIM_R_STORE)
        return rec->store.ip;
    if (rec->kind == SIM_R_MMIO_WRITE)
        return rec->mmio.ip;
    return rec->kind == SIM_R_MMIO_READ ? rec->mmio_read.ip : 0;
}

void lines_append(struct trc_lines *lines, uint64_t ip, char *text, size_t n_bytes)
{
    const struct trc_place *place = lines && ip ? trc_lines_find(lines, ip) : NULL;
    const size_t n = strlen(text);
    char words[512];

    if (place)
        (void)snprintf(text + n, n_bytes - n, "  <- %s",
                       trc_place_text(place, words, sizeof(words)));
}
