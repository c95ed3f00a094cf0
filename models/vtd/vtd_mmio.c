/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_mmio.c - the register page (1).
 * Knows: widths, halves, what is writable. Must not know: what queues and translations do. */
#include "models/vtd/vtd_control.h"

void vtd_mmio_reset(struct vtd *vtd)
{
    (void)vtd;
}
uint64_t vtd_reg_read(void *model, uint64_t offset, uint32_t n_bytes)
{
    (void)model;
    (void)offset;
    (void)n_bytes;
    return 0;
}
void vtd_reg_write(void *model, uint64_t offset, uint32_t n_bytes, uint64_t value)
{
    (void)model;
    (void)offset;
    (void)n_bytes;
    (void)value;
}
