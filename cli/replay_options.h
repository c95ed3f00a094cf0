/* SPDX-License-Identifier: BSD-2-Clause
 * replay_options.h - what the words of a command line said: options of iommusim replay.
 * Knows: their values. Must not know: what is done with them. */
#ifndef CLI_REPLAY_OPTIONS_H
#define CLI_REPLAY_OPTIONS_H

#include "check/chk_order.h"
#include "cli/replay.h"
#include "cli/view.h"

enum story_choice {
    STORY_WORST,
    STORY_NONE,
    STORY_NUMBER,
};

struct replay_options {
    const char *input;
    const char *name; /* of it for people, NULL: its path */
    const char *config;
    const char *preset;
    const char *cpu_time;
    const char *seed;
    const char *csv;
    const char *plots;
    struct view_paths views;
    const char *expect;
    const char *vmlinux;
    const char *kaslr;
    const char *program;
    const char *sets[REPLAY_MAX_SETS];
    size_t n_sets;
    const char *const *profile; /* settings below those */
    size_t n_profile;
    const char *allows[CHK_N_RULES];
    size_t n_allows;
    enum story_choice story;
    uint64_t story_number; /* from 1 */
    bool wants_json;
    bool wants_list;
    bool wants_no_probes;
    bool wants_all_ops;
};

#endif
