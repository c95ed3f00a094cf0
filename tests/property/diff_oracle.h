/* SPDX-License-Identifier: BSD-2-Clause
 * diff_oracle.h - what the architecture answers to one request, from memory alone: no cache, no
 * time. Knows: ID registers, two registers of tables, memory. Must not know: the model.
 *
 * Written from the architecture's tables a second time, with bit positions typed as numbers: it is
 * worth something only as long as it shares nothing with the model, not even the layout tables. */
#ifndef TESTS_PROPERTY_DIFF_ORACLE_H
#define TESTS_PROPERTY_DIFF_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DIFF_MAX_UPDATES 64u

/** struct diff_smmu - registers as software reads them. @read: one aligned word; false is an
 * external abort. */
struct diff_smmu {
    uint32_t idr0, idr1, idr3, idr5;
    uint64_t strtab_base;
    uint32_t strtab_base_cfg, cr2;
    bool (*read)(void *memory, uint64_t pa, uint64_t *word);
    void *memory;
};

struct diff_request {
    uint32_t sid, ssid;
    bool ssv;
    bool is_write, is_inst, is_priv;
    uint64_t address;
};

enum diff_status { DIFF_OK, DIFF_ABORT, DIFF_RAZ_WI };
enum diff_right { DIFF_R = 1, DIFF_W = 2, DIFF_X = 4 };

/** struct diff_update - bits of a descriptor that hardware sets and clears. @is_free: it need not,
 * since an entry for several descriptors may have served. */
struct diff_update {
    uint64_t pa, set, clear;
    bool is_free;
};

/**
 * struct diff_answer - @page_log2: the smallest of all leaves passed; @group_log2: the same if
 * contiguous ones count as one. @rights: of that page, for this request's privilege. @is_managed:
 * hardware keeps the dirty state, and an entry from before the first write may still withhold the
 * right to write. @event: 0 none; @record, @known: its words, and which bits of them are
 * determined.
 */
struct diff_answer {
    enum diff_status status;
    uint64_t pa;
    unsigned page_log2, group_log2;
    unsigned rights;
    bool is_managed;
    unsigned event;
    bool is_recorded;
    uint64_t record[4], known[4];
    unsigned n_updates;
    struct diff_update updates[DIFF_MAX_UPDATES];
};

/** diff_oracle_ask - untranslated, SMMU enabled, no stalls. */
void diff_oracle_ask(const struct diff_smmu *smmu, const struct diff_request *request,
                     struct diff_answer *answer);

/** diff_oracle_start_level, diff_oracle_index_low - of a stage 1 walk; lowest bit of an index. */
unsigned diff_oracle_start_level(unsigned granule_log2, unsigned tsz);
unsigned diff_oracle_index_low(unsigned granule_log2, unsigned level);

#ifdef __cplusplus
}
#endif
#endif
