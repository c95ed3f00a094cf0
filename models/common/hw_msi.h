/* SPDX-License-Identifier: BSD-2-Clause
 * hw_msi.h - interrupts that are writes of 4 bytes: one of a kind is on its way at a time.
 * Knows: what is sent, what is to be sent again. Must not know: why, and what a refusal means. */
#ifndef HW_MSI_H
#define HW_MSI_H

#include "models/common/hw_bytes.h"
#include "sim/port.h"
#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

/** struct hw_msi - @go: how its write leaves @owner. access.done is the owner's: hw_msi_ended,
 * then hw_msi_again. */
struct hw_msi {
    void *owner;
    void (*go)(void *owner, struct sim_access *access);
    struct sim_access access;
    bool is_busy, is_again;
    bool is_stale; /* sent before a reset: nobody wants to know how it ends */
    uint64_t address;
    uint32_t data;
};

static inline void hw_msi_send(struct hw_msi *msi)
{
    const uint64_t data = msi->data;

    msi->is_busy = true;
    msi->access.pa = msi->address;
    msi->access.n_bytes = sizeof(msi->data);
    msi->access.op = SIM_ACCESS_WRITE;
    msi->access.structure = SIM_S_OTHER;
    hw_bytes_put(msi->access.data, &data, sizeof(msi->data));
    msi->go(msi->owner, &msi->access);
}

/** hw_msi_post - write @data to @address, now or, while the last is on its way, after it. */
static inline void hw_msi_post(struct hw_msi *msi, uint64_t address, uint32_t data)
{
    msi->address = address;
    msi->data = data;
    if (msi->is_busy)
        msi->is_again = true;
    else
        hw_msi_send(msi);
}

/** hw_msi_ended - the write is over. Return: false if it was refused and somebody cares. */
static inline bool hw_msi_ended(struct hw_msi *msi)
{
    const bool is_good = msi->access.status == SIM_ACCESS_OK || msi->is_stale;

    msi->is_busy = false;
    msi->is_stale = false;
    return is_good;
}

/** hw_msi_again - send what has been posted meanwhile. */
static inline void hw_msi_again(struct hw_msi *msi)
{
    if (!msi->is_again)
        return;
    msi->is_again = false;
    hw_msi_send(msi);
}

/** hw_msi_reset - send nothing more of what was to be sent. */
static inline void hw_msi_reset(struct hw_msi *msi)
{
    msi->is_stale = msi->is_busy;
    msi->is_again = false;
}

#ifdef __cplusplus
}
#endif
#endif
