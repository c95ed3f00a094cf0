/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_pool.c - words and sums.
 * Knows: uthash, XXH3. Must not know: grids, points. */
#define HASH_NONFATAL_OOM 1
#include "cli/sweep_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>
#include <xxhash.h>

#define BLOCK_BYTES 65536u

struct word {
    UT_hash_handle hh;
    bool is_looked_at; /* the file that it may name */
    char sum[SWEEP_SUM_CHARS];
    char text[];
};

struct sweep_pool {
    struct word *words;
};

struct sweep_pool *sweep_pool_new(void)
{
    return calloc(1, sizeof(struct sweep_pool));
}

void sweep_pool_free(struct sweep_pool *pool)
{
    struct word *word = pool ? pool->words : NULL;

    if (!pool)
        return;
    HASH_CLEAR(hh, pool->words); /* the table; its elements still form a list */
    while (word) {
        struct word *next = word->hh.next;

        free(word);
        word = next;
    }
    free(pool);
}

static struct word *find(const struct sweep_pool *pool, const char *text)
{
    struct word *word;

    HASH_FIND_STR(pool->words, text, word);
    return word;
}

static struct word *add(struct sweep_pool *pool, const char *text)
{
    const size_t n_bytes = strlen(text) + 1;
    struct word *word = find(pool, text);

    if (word)
        return word;
    word = calloc(1, sizeof(*word) + n_bytes);
    if (!word)
        return NULL;
    memcpy(word->text, text, n_bytes);
    HASH_ADD_KEYPTR(hh, pool->words, word->text, n_bytes - 1, word);
    if (word->hh.tbl)
        return word;
    free(word);
    return NULL;
}

const char *sweep_pool_add(struct sweep_pool *pool, const char *text)
{
    const struct word *word = add(pool, text);

    return word ? word->text : NULL;
}

/* ---- sums ------------------------------------------------------------------------------------ */

static void print_sum(XXH128_hash_t hash, char *sum)
{
    (void)snprintf(sum, SWEEP_SUM_CHARS, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
                   (uint64_t)hash.low64);
}

void sweep_bytes_sum(const void *bytes, size_t n_bytes, char *sum)
{
    print_sum(XXH3_128bits(bytes, n_bytes), sum);
}

static int sum_stream(int fd, XXH3_state_t *state)
{
    uint8_t block[BLOCK_BYTES];
    ssize_t n;

    do {
        n = read(fd, block, sizeof(block));
        if (n > 0)
            (void)XXH3_128bits_update(state, block, (size_t)n);
    } while (n > 0 || (n < 0 && errno == EINTR));
    return n < 0 ? SIM_EIO : 0;
}

int sweep_file_sum(const char *path, char *sum, struct sim_diag *diag)
{
    XXH3_state_t *state = XXH3_createState();
    const int fd = state ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    int err = SIM_EIO;

    if (!state)
        return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory");
    if (fd >= 0) {
        (void)XXH3_128bits_reset(state);
        err = sum_stream(fd, state);
    }
    if (err)
        (void)sim_diag_text(diag, err, 0, 0, "cannot read %s: %s", path, strerror(errno));
    else
        print_sum(XXH3_128bits_digest(state), sum);
    if (fd >= 0)
        (void)close(fd);
    (void)XXH3_freeState(state);
    return err;
}

int sweep_pool_file_sum(struct sweep_pool *pool, const char *text, char *sum, struct sim_diag *diag)
{
    struct word *word = add(pool, text);
    struct stat about;
    int err = 0;

    if (!word)
        return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory");
    if (!word->is_looked_at && stat(text, &about) == 0 && S_ISREG(about.st_mode))
        err = sweep_file_sum(text, word->sum, diag);
    word->is_looked_at = !err;
    memcpy(sum, word->sum, SWEEP_SUM_CHARS);
    return err;
}
