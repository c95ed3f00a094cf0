/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_fault.c - fault records (5.2, 5.3).
 * Knows: records, overflow. Must not know: why a translation failed. */
#include "models/vtd/vtd_control.h"

void vtd_fault_init(struct vtd *vtd)
{
    (void)vtd;
}
void vtd_fault_reset(struct vtd *vtd)
{
    (void)vtd;
}
void vtd_fault_put(struct vtd *vtd, const struct vtd_request *request, int code, bool fpd,
                   unsigned access_bits, uint64_t address)
{
    (void)vtd;
    (void)request;
    (void)code;
    (void)fpd;
    (void)access_bits;
    (void)address;
}
