/* SPDX-License-Identifier: BSD-2-Clause
 * explore_words.h - how each architecture calls what the explorer found.
 * Knows: names of layouts, tags. Must not know: how outcomes were found. */
#ifndef CLI_EXPLORE_WORDS_H
#define CLI_EXPLORE_WORDS_H

#include "check/explore.h"
#include "models/common/hw_field.h"

/** explore_layout - of a structure that was met, NULL if it has none. */
const struct hw_layout *explore_layout(const struct xpl_words *words);

/** explore_used - into @mask: the bits of a structure that count for what it says. */
void explore_used(const struct chk_arch *arch, const struct xpl_words *words, uint64_t *mask);

/** explore_ids - the numbers that invalidations call a tag by; CHK_NO_ID: none. @space: VMID,
 * domain. @id: ASID, PASID. */
void explore_ids(const struct chk_arch *arch, const struct chk_tag *tag, uint32_t *space,
                 uint32_t *id);

/** explore_tables - entry @i of a target in words, into @text. Return: characters. */
size_t explore_tables(const struct chk_arch *arch, const struct chk_target *target, unsigned i,
                      char *text, size_t n_bytes);

/** explore_run_name - whose changed page-table entries these are: ", domain 4". */
void explore_run_name(const struct chk_arch *arch, const struct chk_tag *tag, char *text,
                      size_t n_bytes);

/** explore_requester_word, explore_pasid_word - "StreamID", "SubstreamID". */
const char *explore_requester_word(const struct chk_arch *arch);
const char *explore_pasid_word(const struct chk_arch *arch);

/** explore_place_name - which structure: "CD[0x1] of StreamID 0x3". */
void explore_place_name(const struct chk_arch *arch, const struct xpl_words *words, char *text,
                        size_t n_bytes);

#endif
