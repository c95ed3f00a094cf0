/* SPDX-License-Identifier: BSD-2-Clause
 * arch.c - comparing targets.
 * Knows: what makes two answers the same. Must not know: any layout. */
#include "check/arch.h"

#include <string.h>

bool chk_target_equal(const struct chk_target *a, const struct chk_target *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == CHK_REFUSED)
        return a->refusal == b->refusal;
    return a->n_tlbs == b->n_tlbs && memcmp(a->tlb, b->tlb, sizeof(a->tlb)) == 0 &&
           memcmp(a->field, b->field, sizeof(a->field)) == 0;
}
