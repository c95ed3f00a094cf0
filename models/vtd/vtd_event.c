/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_event.c - status registers and their messages (1.5).
 * Knows: IM, IP, MSI writes. Must not know: why somebody raises something. */
#include "models/vtd/vtd_control.h"

void vtd_event_init(struct vtd *vtd)
{
    (void)vtd;
}
void vtd_event_reset(struct vtd *vtd)
{
    (void)vtd;
}
