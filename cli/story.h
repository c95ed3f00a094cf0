/* SPDX-License-Identifier: BSD-2-Clause
 * story.h - one record in one line that a person reads.
 * Knows: records and both architectures' tables. Must not know: where records come from. */
#ifndef CLI_STORY_H
#define CLI_STORY_H

#include "sim/record.h"

#define STORY_LINE_BYTES 2048u

struct story;

/** story_new - nothing known yet. Return: NULL without memory. */
struct story *story_new(void);
void story_free(struct story *story);

/**
 * story_line - what @rec says, without a line end, into @line (STORY_LINE_BYTES).
 * Records must come in order: entries are shown with their old and new contents. Return: 0, or
 * SIM_ENOMEM if the tables of the stream need too much memory.
 */
int story_line(struct story *story, const struct sim_record *rec, char *line);

#endif
