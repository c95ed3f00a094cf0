/* SPDX-License-Identifier: BSD-2-Clause
 * trc_verify.h - rebuilds table memory from records and compares it with dumps of the guest.
 * Knows: stores, allocations, dumps. Must not know: what tables mean.
 *
 * Proves that a capture missed no store: 0 differing words at every mark. */
#ifndef TRC_VERIFY_H
#define TRC_VERIFY_H

#include "sim/diag.h"
#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TRC_VERIFY_MAX_MARKS 64u
#define TRC_VERIFY_MAX_LISTED 32u

/** struct trc_difference - one word. */
struct trc_difference {
    uint64_t pa;
    uint64_t in_trace;
    uint64_t in_dump;
    uint8_t structure;
};

/**
 * struct trc_verify_mark - one comparison.
 * @name, @dump:  as given to trc_verify_add (borrowed).
 * @is_found:     the stream has the mark. A mark that comes twice is compared the last time.
 * @n_areas, @n_bytes: table memory that was live and compared.
 * @n_skipped_bytes:   queues that only hardware writes.
 * @n_missing_bytes:   live, but not in the dump.
 * @differences:  the first of @n_different words.
 */
struct trc_verify_mark {
    const char *name;
    const char *dump;
    bool is_found;
    uint64_t n_areas;
    uint64_t n_bytes;
    uint64_t n_skipped_bytes;
    uint64_t n_missing_bytes;
    uint64_t n_different;
    struct trc_difference differences[TRC_VERIFY_MAX_LISTED];
};

/** struct trc_verify_totals - over the whole stream. @n_old_different: stores whose recorded old
 * value is not the one rebuilt; @n_outside: stores to memory that no MEMORY record announced. */
struct trc_verify_totals {
    uint64_t n_stores;
    uint64_t n_old_different;
    uint64_t n_outside;
};

struct trc_verify;

struct trc_verify *trc_verify_new(struct sim_diag *diag);
void trc_verify_free(struct trc_verify *verify);

/** trc_verify_add - compare with @dump when a MARK record says @name or "DUMP @name". Both strings
 * are borrowed. Return: 0, or SIM_EINVAL beyond TRC_VERIFY_MAX_MARKS. */
int trc_verify_add(struct trc_verify *verify, const char *name, const char *dump);

/** trc_verify_put - put of a struct sim_record_sink. Return: 0, SIM_ENOMEM, or why a dump cannot
 * be read. */
int trc_verify_put(void *verify, const struct sim_record *rec);

size_t trc_verify_n_marks(const struct trc_verify *verify);
const struct trc_verify_mark *trc_verify_get(const struct trc_verify *verify, size_t index);
const struct trc_verify_totals *trc_verify_get_totals(const struct trc_verify *verify);

#ifdef __cplusplus
}
#endif
#endif
