/* SPDX-License-Identifier: BSD-2-Clause
 * cli.c - messages, JSON and progress. */
#include "cli/cli.h"

#include "api/settings/yaml_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COLUMNS 100
#define PROGRESS_NS UINT64_C(250000000)
#define PROGRESS_RECORDS 65536u /* how often to look at the clock */

bool cli_number(const char *text, uint64_t *value)
{
    return settings_number(text, value);
}

void cli_error(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)fputs("iommusim: ", stderr);
    (void)vfprintf(stderr, fmt, args);
    (void)fputc('\n', stderr);
    va_end(args);
}

int cli_report(const struct sim_diag *diag, bool is_warning)
{
    char text[1024];

    sim_diag_format(diag, text, sizeof(text));
    cli_error("%s%s", is_warning ? "warning: " : "", text);
    switch (diag->error) {
    case SIM_EIO:
        return CLI_INTERNAL;
    case SIM_ETRUNC:
        return is_warning ? CLI_INCONCLUSIVE : CLI_BAD_INPUT;
    default:
        return CLI_BAD_INPUT;
    }
}

int cli_json(json_t *json)
{
    const int err = json ? json_dumpf(json, stdout, JSON_INDENT(2)) : -1;

    if (!json) {
        cli_error("cannot make JSON: no memory, or a name in it is not UTF-8");
        return CLI_INTERNAL;
    }
    json_decref(json);
    if (err || putchar('\n') == EOF || fflush(stdout) != 0) {
        cli_error("cannot write JSON to standard output");
        return CLI_INTERNAL;
    }
    return CLI_OK;
}

json_t *cli_json_hex(uint64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "0x%" PRIx64, value);
    return json_string(text);
}

FILE *cli_temporary_file(char *path)
{
    const char *wanted = getenv("TMPDIR");
    const char *folder = wanted && *wanted ? wanted : P_tmpdir;
    char name[4096];
    FILE *file = NULL;
    int fd;

    (void)snprintf(name, sizeof(name), "%s/iommusim.XXXXXX", folder);
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) {
        (void)unlink(name);
        file = fdopen(fd, "w");
    }
    if (!file) {
        cli_error("cannot make a temporary file in %s: %s", folder, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return NULL;
    }
    (void)snprintf(path, CLI_FD_PATH_BYTES, "/dev/fd/%d", fd);
    return file;
}

static int copy(FILE *from, FILE *to)
{
    char block[65536];
    size_t n_read = 1;
    size_t n_written = 1;

    while (n_read && n_written == n_read) {
        n_read = fread(block, 1, sizeof(block), from);
        n_written = fwrite(block, 1, n_read, to);
    }
    return ferror(from) || ferror(to) || fflush(to) != 0 ? SIM_EIO : 0;
}

const char *cli_keep_input(const char *input, char *path, FILE **kept)
{
    const bool is_stdin = strcmp(input, "-") == 0;
    struct stat about;
    FILE *from = stdin;

    *kept = NULL;
    /* Only a pipe is gone once it is read. What is no input at all, its reader says best. */
    if (!is_stdin && (stat(input, &about) != 0 || !S_ISFIFO(about.st_mode)))
        return input;
    if (!is_stdin)
        from = fopen(input, "re");
    if (!from)
        return input;
    *kept = cli_temporary_file(path);
    if (*kept && copy(from, *kept)) {
        cli_error("cannot copy %s to a temporary file: %s", is_stdin ? "standard input" : input,
                  strerror(errno));
        (void)fclose(*kept);
        *kept = NULL;
    }
    if (!is_stdin)
        (void)fclose(from);
    return *kept ? path : NULL;
}

static uint64_t now_ns(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now))
        return 0;
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void cli_progress_start(struct cli_progress *progress, const char *what,
                        const struct sim_record_sink *sink)
{
    progress->sink = sink;
    progress->what = what;
    progress->n_records = 0;
    progress->is_terminal = isatty(STDERR_FILENO) == 1;
    progress->has_printed = false;
    progress->next_ns = progress->is_terminal ? now_ns() + PROGRESS_NS : 0;
}

int cli_progress_put(void *ctx, const struct sim_record *rec)
{
    struct cli_progress *progress = ctx;

    if (++progress->n_records % PROGRESS_RECORDS == 0 && progress->is_terminal &&
        now_ns() >= progress->next_ns) {
        (void)fprintf(stderr, "\r%s: %" PRIu64 " records", progress->what, progress->n_records);
        progress->has_printed = true;
        progress->next_ns = now_ns() + PROGRESS_NS;
    }
    return progress->sink->put(progress->sink->ctx, rec);
}

void cli_progress_end(struct cli_progress *progress)
{
    if (progress->has_printed)
        (void)fputs("\r\033[K", stderr);
}

/* ---- text ---- */

void cli_wrap(FILE *out, int column, int indent, const char *text)
{
    bool is_first = true;

    text += strspn(text, " ");
    while (*text) {
        const int n = (int)strcspn(text, " ");

        if (!is_first && column + 1 + n > COLUMNS) {
            (void)fprintf(out, "\n%*s", indent, "");
            column = indent;
            is_first = true;
        }
        column += fprintf(out, "%s%.*s", is_first ? "" : " ", n, text);
        is_first = false;
        text += n;
        text += strspn(text, " ");
    }
    (void)fputc('\n', out);
}
