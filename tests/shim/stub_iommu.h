/* SPDX-License-Identifier: BSD-2-Clause
 * stub_iommu.h - the smallest model behind struct sim_iommu: proves the interfaces, models nothing.
 * Knows: port, event order, facts. Must not know: any architecture, any kernel around it.
 *
 * Registers, a ring of 16-byte commands that a doorbell starts, and a table of 8-byte entries,
 * one per 4 KiB page of IOVA, read in two atoms of 4 bytes. */
#ifndef TESTS_SHIM_STUB_IOMMU_H
#define TESTS_SHIM_STUB_IOMMU_H

#include "sim/iommu.h"
#include "sim/port.h"
#include "sim/tap.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum stub_reg {
    STUB_CTRL = 0x00, /* bit 0: enable; without it every DMA aborts and the ring rests */
    STUB_CMD_BASE = 0x08,
    STUB_CMD_TAIL = 0x10, /* doorbell */
    STUB_CMD_HEAD = 0x18, /* read only */
    STUB_TABLE_BASE = 0x20,
};

enum stub_opcode {
    STUB_OP_WAIT = 1, /* word 1: cycles */
    STUB_OP_SYNC = 2, /* word 0 bits 63:32 go to address word 1 as 8 bytes, then an interrupt */
};

#define STUB_CMD_BYTES 16u
#define STUB_CMD_ENTRIES 16u /* head == tail: empty */
#define STUB_TABLE_ENTRIES 512u
#define STUB_ENTRY_VALID 1u
#define STUB_MAX_SLOTS 8u

/**
 * struct stub_config - @queue, @port and @tap are kept, and borrowed until free.
 * @n_slots:     DMAs in flight, 1..STUB_MAX_SLOTS.
 * @exec_cycles: what every command costs.
 * @number:      port of the model's events, iommu of its facts.
 */
struct stub_config {
    struct sim_queue *queue;
    const struct sim_port *port;
    const struct sim_tap *tap;
    uint64_t period_ps;
    uint32_t n_slots;
    uint32_t exec_cycles;
    uint16_t number;
};

/** stub_iommu_new - Return: a model, its ops NULL without memory. */
struct sim_iommu stub_iommu_new(const struct stub_config *config);

#ifdef __cplusplus
}
#endif
#endif
