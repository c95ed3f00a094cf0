/* SPDX-License-Identifier: BSD-2-Clause
 * scn.h - a scenario of iommusim-text/1 in memory: its lines, word by word.
 * Knows: lines, blocks. Must not know: what a verb does. Verbs: docs/text-language.md. */
#ifndef SCN_H
#define SCN_H

#include "sim/text.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCN_NAME_BYTES 64u
#define SCN_MAX_WORDS 24u
#define SCN_MAX_VALUES 8u
#define SCN_MAX_RESULTS 4u
#define SCN_LINE_FILE_BYTES 1024u /* of a file with one line, for tests */

/** struct scn_word - key, key=value or a value; @count of word*count, else 1. */
struct scn_word {
    char key[SCN_NAME_BYTES];
    char text[SCN_NAME_BYTES];
    bool is_number;
    uint64_t number;
    uint64_t values[SCN_MAX_VALUES];
    uint32_t n_values;
    uint64_t count;
};

struct scn_step {
    uint32_t line;
    char verb[SCN_NAME_BYTES];
    struct scn_word words[SCN_MAX_WORDS];
    uint32_t n_words;
    struct scn_word results[SCN_MAX_RESULTS];
    uint32_t n_results;
};

struct scn {
    struct scn_step *steps;
    size_t n_steps, room;
};

/** scn_read - all lines of a file. Return: 0, or SIM_E... with the place in @diag; scn_free is to
 * be called in any case. */
int scn_read(struct scn *scn, const char *path, struct sim_diag *diag);

/** scn_read_text - the same of what would stand in a file; @text is only read. */
int scn_read_text(struct scn *scn, char *text, struct sim_diag *diag);
void scn_free(struct scn *scn);

/** scn_is - has the line this verb? */
bool scn_is(const struct scn_step *step, const char *verb);
/** scn_key - the word of a key; NULL if it is not there. */
const struct scn_word *scn_key(const struct scn_step *step, const char *key);
uint64_t scn_number(const struct scn_step *step, const char *key, uint64_t otherwise);
/** scn_has - is there a word of this text, without a key? */
bool scn_has(const struct scn_step *step, const char *text);

/** scn_is_block - does the line head a block? scn_end - the index of its "done". */
bool scn_is_block(const struct scn_step *step);
size_t scn_end(const struct scn *scn, size_t head);

/**
 * scn_judge - did a line end as it says? Without a result, it must succeed.
 * @err: 0 or a negative errno. @got, @wanted: the words for it, for a message.
 */
bool scn_judge(const struct scn_step *step, int err, char got[SCN_NAME_BYTES], const char **wanted);

#ifdef __cplusplus
}
#endif
#endif
