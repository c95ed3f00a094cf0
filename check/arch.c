/* SPDX-License-Identifier: BSD-2-Clause
 * arch.c - comparing targets.
 * Knows: what makes two answers the same. Must not know: any layout. */
#include "check/arch.h"

#include <string.h>

bool chk_tag_meets(const struct chk_tag *a, const struct chk_tag *b)
{
    return a->world == b->world && a->space == b->space && a->id == b->id &&
           a->requester == b->requester && a->stage == b->stage;
}

bool chk_target_equal(const struct chk_target *a, const struct chk_target *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == CHK_REFUSED)
        return a->refusal == b->refusal;
    return a->n_tlbs == b->n_tlbs && a->n_shared == b->n_shared &&
           memcmp(a->tlb, b->tlb, sizeof(a->tlb)) == 0 &&
           memcmp(a->field, b->field, sizeof(a->field)) == 0;
}
