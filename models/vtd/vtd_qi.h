/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_qi.h - the invalidation queue inside the model, device-TLB invalidations, page requests.
 * Knows: shapes. Must not know: what an invalidation drops, how a translation works. */
#ifndef VTD_QI_H
#define VTD_QI_H

#include "sim/event.h"
#include "sim/iommu.h"
#include "sim/port.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vtd;

enum {
    VTD_MAX_QI_SLOTS = 64,
    VTD_MAX_PENDING = 64, /* descriptors fetched and not complete */
    VTD_MAX_DEVTLB = 64,
    VTD_MAX_PRQ_SLOTS = 64,
    VTD_DESCRIPTOR_WORDS = 4,
};

/* control's own: complete these as needed */
struct vtd_qi_state {
    bool is_stopped; /* IQE or ITE */
};
struct vtd_devtlb {
    uint32_t n_sent;
};
struct vtd_prq_state {
    uint32_t n_writing;
};

#ifdef __cplusplus
}
#endif
#endif
