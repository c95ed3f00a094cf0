/* SPDX-License-Identifier: BSD-2-Clause
 * hw_walk.h - what one step of a page table walk, or a whole walk, comes to.
 * Knows: reasons, levels, stages. Must not know: any descriptor format, event or fault record. */
#ifndef HW_WALK_H
#define HW_WALK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hw_walk_reason {
    HW_WALK_OK,          /* a leaf was found (and, after a check, it allows the access) */
    HW_WALK_TABLE,       /* not done: read the descriptor at address, then go on */
    HW_WALK_TRANSLATION, /* outside the input range, or no valid descriptor */
    HW_WALK_ADDR_SIZE,   /* the address of a table or of the output is too large */
    HW_WALK_ACCESS,      /* access flag clear */
    HW_WALK_PERMISSION,  /* the access is not allowed */
    HW_WALK_EABT,        /* a descriptor could not be read */
};

/**
 * struct hw_walk_result - reason, where in the tables, and the address that belongs to the reason.
 * @level:   as the architecture counts levels: that of the descriptor concerned.
 * @stage:   1 or 2.
 * @address: OK: the output. TABLE, EABT: the descriptor's. Else: the input of this stage.
 */
struct hw_walk_result {
    enum hw_walk_reason reason;
    int level;
    unsigned stage;
    uint64_t address;
};

#ifdef __cplusplus
}
#endif
#endif
