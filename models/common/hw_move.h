/* SPDX-License-Identifier: BSD-2-Clause
 * hw_move.h - a device's data, in pieces that lie in one line of memory each.
 * Knows: lines, bytes. Must not know: how the address was found, when a piece is asked for. */
#ifndef HW_MOVE_H
#define HW_MOVE_H

#include "sim/iommu.h"
#include "sim/port.h"
#include "sim/record.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * hw_move_ask - make @access the next piece of @dma; access->done stays.
 * @pa: of the request's first byte. @n_moved: bytes moved so far.
 * Return: false if all are.
 */
static inline bool hw_move_ask(struct sim_access *access, const struct sim_dma *dma, uint64_t pa,
                               uint32_t n_moved)
{
    const uint32_t room = SIM_ACCESS_MAX_BYTES - (uint32_t)((pa + n_moved) % SIM_ACCESS_MAX_BYTES);
    const uint32_t left = dma->n_bytes - n_moved;

    if (left == 0)
        return false;
    access->pa = pa + n_moved;
    access->n_bytes = left < room ? left : room;
    access->op = dma->access & SIM_DMA_WRITE ? SIM_ACCESS_WRITE : SIM_ACCESS_READ;
    access->structure = SIM_S_OTHER;
    access->is_unsnooped = false;
    if (access->op == SIM_ACCESS_WRITE)
        memcpy(access->data, (const uint8_t *)dma->data + n_moved, access->n_bytes);
    return true;
}

/** hw_move_took - the piece is over, and good. Return: bytes moved by now. */
static inline uint32_t hw_move_took(const struct sim_access *access, const struct sim_dma *dma,
                                    uint32_t n_moved)
{
    if (access->op == SIM_ACCESS_READ)
        memcpy((uint8_t *)dma->data + n_moved, access->data, access->n_bytes);
    return n_moved + access->n_bytes;
}

#ifdef __cplusplus
}
#endif
#endif
