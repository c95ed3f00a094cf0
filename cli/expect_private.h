/* SPDX-License-Identifier: BSD-2-Clause
 * expect_private.h - expectations, as expect.c reads them and expect_compare.c holds them against a
 * report.
 * Knows: what can be expected. Must not know: YAML. */
#ifndef CLI_EXPECT_PRIVATE_H
#define CLI_EXPECT_PRIVATE_H

#include "cli/expect.h"

#include <stdbool.h>

#define EXPECT_WORD_BYTES 64u
#define EXPECT_MAX_COUNTS 24u
#define EXPECT_MAX_PARTS 8u
#define EXPECT_MAX_DEFAULTS 16u
#define EXPECT_ANY UINT64_MAX /* one or more */

/* "{CD: 3, STE: any}": names that are not in it must not occur. */
struct expect_counts {
    bool is_given;
    size_t n;
    struct {
        char name[EXPECT_WORD_BYTES];
        uint64_t n;
    } of[EXPECT_MAX_COUNTS];
};

struct expect_part {
    uint64_t op;
    struct expect_counts stores, commands;
    bool has_syncs;
    uint64_t syncs;
};

/* A yes or a no, if one is expected. */
struct expect_flag {
    bool is_given;
    bool is_set;
};

/* One operation. Empty texts and what is not given match everything. @line: where it stands.
 * @number: of the report; 0: the next one of this kind. */
struct expect_op {
    uint32_t line;
    uint64_t op;
    uint64_t number;
    char device[EXPECT_WORD_BYTES];
    char verdict[EXPECT_WORD_BYTES];
    bool has_ret;
    int64_t ret;
    struct expect_flag safe, hitless, inconclusive;
    struct expect_counts stores, commands, events;
    bool has_syncs;
    uint64_t syncs;
    struct expect_part parts[EXPECT_MAX_PARTS];
    size_t n_parts;
};

struct expect {
    char file[256];
    struct expect_op *ops;
    size_t n_ops;
    struct {
        uint64_t op;
        char verdict[EXPECT_WORD_BYTES];
    } defaults[EXPECT_MAX_DEFAULTS];
    size_t n_defaults;
    bool has_lost, has_rules;
    uint64_t lost;
    uint64_t rules[CHK_N_RULES]; /* hits of each; complete */
};

#endif
