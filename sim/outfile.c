/* SPDX-License-Identifier: BSD-2-Clause
 * outfile.c - temporary file, fsync, rename. */
#include "sim/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".XXXXXX"

struct sim_outfile {
    FILE *stream;
    char *path;
    char *temporary; /* NULL: written directly */
};

static int fail(struct sim_diag *diag, const char *path, const char *what)
{
    return sim_diag_text(diag, SIM_EIO, 0, 0, "cannot %s %s: %s", what, path, strerror(errno));
}

static bool is_special(const char *path)
{
    struct stat info;

    return strcmp(path, "-") == 0 || (stat(path, &info) == 0 && !S_ISREG(info.st_mode));
}

static FILE *open_direct(const char *path)
{
    return strcmp(path, "-") == 0 ? fdopen(dup(STDOUT_FILENO), "w") : fopen(path, "we");
}

/* A file of a new name, locked as long as somebody writes it: so that others see who died. Who
 * looked between the two steps may have removed it; then there is another. */
static int open_locked(const struct sim_outfile *out)
{
    static const char suffix[] = SUFFIX;
    const size_t n_path = strlen(out->path);

    for (;;) {
        struct stat info;
        int fd;

        memcpy(out->temporary, out->path, n_path);
        memcpy(out->temporary + n_path, suffix, sizeof(suffix));
        fd = mkostemp(out->temporary, O_CLOEXEC);
        if (fd < 0)
            return fd;
        (void)flock(fd, LOCK_EX); /* where there are no locks, nobody removes anything */
        if (fstat(fd, &info) != 0 || info.st_nlink > 0)
            return fd;
        (void)close(fd);
    }
}

static FILE *open_temporary(struct sim_outfile *out)
{
    const mode_t mask = umask(0);
    FILE *stream;
    int fd;

    (void)umask(mask);
    out->temporary = malloc(strlen(out->path) + sizeof(SUFFIX));
    if (!out->temporary)
        return NULL;
    fd = open_locked(out);
    if (fd < 0)
        return NULL;
    stream = fchmod(fd, 0666 & ~mask) == 0 ? fdopen(fd, "w") : NULL;
    if (!stream) {
        (void)close(fd);
        (void)unlink(out->temporary);
    }
    return stream;
}

struct sim_outfile *sim_outfile_open(const char *path, struct sim_diag *diag)
{
    struct sim_outfile *out = calloc(1, sizeof(*out));

    if (out)
        out->path = strdup(path);
    if (!out || !out->path) {
        (void)sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory to write %s", path);
        goto fail;
    }
    out->stream = is_special(path) ? open_direct(path) : open_temporary(out);
    if (!out->stream) {
        (void)fail(diag, path, "create");
        goto fail;
    }
    return out;
fail:
    if (out) {
        free(out->path);
        free(out->temporary);
    }
    free(out);
    return NULL;
}

FILE *sim_outfile_stream(const struct sim_outfile *out)
{
    return out->stream;
}

static void discard(struct sim_outfile *out)
{
    if (out->stream)
        (void)fclose(out->stream);
    if (out->temporary)
        (void)unlink(out->temporary);
    free(out->path);
    free(out->temporary);
    free(out);
}

/* The name first, then the end of the lock: before it, nobody takes the file for a dead one's. */
int sim_outfile_commit(struct sim_outfile *out, struct sim_diag *diag)
{
    FILE *stream = out->stream;
    bool ok = fflush(stream) == 0 && !ferror(stream);

    if (ok && out->temporary)
        ok = fsync(fileno(stream)) == 0 && rename(out->temporary, out->path) == 0;
    out->stream = NULL;
    if (fclose(stream) != 0)
        ok = false;
    if (!ok) {
        (void)fail(diag, out->path, "write");
        discard(out);
        return SIM_EIO;
    }
    free(out->path);
    free(out->temporary);
    free(out);
    return 0;
}

void sim_outfile_abort(struct sim_outfile *out)
{
    if (out)
        discard(out);
}

bool sim_outfile_remove_stale(const char *path)
{
    const int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat info;
    bool is_removed = false;

    if (fd < 0)
        return false;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0)
        is_removed = unlink(path) == 0;
    (void)close(fd);
    return is_removed;
}
