/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_qi.c - the invalidation queue's consumer (4.3).
 * Knows: head and tail, errors. Must not know: what a descriptor does. */
#include "models/vtd/vtd_control.h"

void vtd_qi_init(struct vtd *vtd)
{
    (void)vtd;
}
void vtd_qi_reset(struct vtd *vtd)
{
    (void)vtd;
}
void vtd_qi_open(struct vtd *vtd)
{
    (void)vtd;
}
void vtd_qi_close(struct vtd *vtd)
{
    (void)vtd;
}
bool vtd_qi_is_idle(const struct vtd *vtd)
{
    (void)vtd;
    return true;
}
void vtd_qi_kick(struct vtd *vtd)
{
    (void)vtd;
}
