/* SPDX-License-Identifier: BSD-2-Clause
 * trc_ack.h - what software polls for after a register write.
 * Knows: the acknowledge pairs of both architectures (their layout tables). Must not know:
 * traces.*/
#ifndef TRC_ACK_H
#define TRC_ACK_H

#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

/** struct trc_ack - the write is done when (register @offset & @mask) == @value. */
struct trc_ack {
    uint64_t offset;
    uint64_t mask;
    uint64_t value;
};

/**
 * trc_ack_find - what answers a write?
 * @arch:   SIM_ARCH_SMMUV3 or SIM_ARCH_VTD.
 * @before: last value written to the same register.
 * Return: false if nothing does.
 */
bool trc_ack_find(uint8_t arch, uint64_t offset, uint64_t before, uint64_t value,
                  struct trc_ack *ack);

/** trc_ack_is_written - is this a register whose writes are answered, so that its last value must
 * be kept? */
bool trc_ack_is_command(uint8_t arch, uint64_t offset);

/** trc_is_sync_poll - is a read of this register, while a SYNC or wait is open, part of waiting? */
bool trc_is_sync_poll(uint8_t arch, uint64_t offset);

#ifdef __cplusplus
}
#endif
#endif
