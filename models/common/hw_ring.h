/* SPDX-License-Identifier: BSD-2-Clause
 * hw_ring.h - positions in a circular queue of 2^log2 entries that carry a wrap bit above the
 * index. Knows: arithmetic. Must not know: who reads, who writes, what lies in the entries. */
#ifndef HW_RING_H
#define HW_RING_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** hw_ring_pos - index and wrap bit of a pointer; higher bits are dropped. */
static inline uint32_t hw_ring_pos(uint64_t pointer, unsigned log2)
{
    return (uint32_t)(pointer & ((UINT64_C(2) << log2) - 1));
}

/** hw_ring_index - which entry. */
static inline uint32_t hw_ring_index(uint64_t pointer, unsigned log2)
{
    return (uint32_t)(pointer & ((UINT64_C(1) << log2) - 1));
}

/** hw_ring_next - the position after, wrap bit included. */
static inline uint32_t hw_ring_next(uint32_t pos, unsigned log2)
{
    return hw_ring_pos((uint64_t)pos + 1, log2);
}

/** hw_ring_used - entries from @cons up to @prod: 0 is empty, 2^log2 full; more means that the
 * pointers do not fit together. */
static inline uint32_t hw_ring_used(uint32_t prod, uint32_t cons, unsigned log2)
{
    return hw_ring_pos((uint64_t)prod - cons, log2);
}

#ifdef __cplusplus
}
#endif
#endif
