/* SPDX-License-Identifier: BSD-2-Clause
 * iommu.h - all that anybody sees of a model.
 * Knows: registers by offset, DMA requests, time. Must not know: the architecture behind it. */
#ifndef SIM_IOMMU_H
#define SIM_IOMMU_H

#include "sim/event.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sim_dma_kind {
    SIM_DMA_UNTRANSLATED,
    SIM_DMA_TRANSLATED,          /* ATS: the address is a PA (or IPA) already */
    SIM_DMA_TRANSLATION_REQUEST, /* ATS: asks, moves no data */
};

enum sim_dma_access {
    SIM_DMA_READ = 1u << 0,
    SIM_DMA_WRITE = 1u << 1,
    SIM_DMA_EXECUTE = 1u << 2,
    SIM_DMA_PRIVILEGED = 1u << 3,
};

/** enum sim_dma_status - how the fabric answers the requester. */
enum sim_dma_status {
    SIM_DMA_PENDING,
    SIM_DMA_OK,
    SIM_DMA_ABORT,  /* bus error, completer abort for a translation request */
    SIM_DMA_UR,     /* unsupported request */
    SIM_DMA_RAZ_WI, /* reads zero, write dropped, no error */
};

/**
 * struct sim_dma - one request of a device and its answer; owned by the requester.
 * @n_bytes:    none of them in another page of 4 KiB than @iova: whoever splits a transfer does so.
 * @requester:  StreamID or requester-id.
 * @tbu:        which upstream port it enters by; counted round if the model has fewer.
 * @data:       NULL: only the translation is wanted, no byte moves. Else n_bytes bytes that the
 *              model reads or writes through its port after translating.
 * @pa, @page_log2, @granted: the answer (granted: SIM_DMA_* bits of the page).
 * @event:      for observers: code of the event or fault that it caused, recorded or not; 0 = none.
 * @done:       called as an event, when the fabric answers. The requester sets fn and ctx.
 */
struct sim_dma {
    uint64_t iova;
    uint32_t n_bytes;
    uint32_t requester;
    uint32_t pasid;
    bool has_pasid;
    uint8_t kind;
    uint8_t access;
    uint8_t tbu;
    void *data;

    uint64_t pa;
    uint8_t page_log2;
    uint8_t granted;
    uint8_t status;
    uint32_t event;
    struct sim_event done;
};

/** struct sim_page_request - a device's PRI message. */
struct sim_page_request {
    uint64_t address;
    uint32_t requester;
    uint32_t pasid;
    bool has_pasid;
    uint16_t group;
    uint8_t access; /* SIM_DMA_* bits; none with is_last = stop marker */
    bool is_last;
};

struct sim_iommu_ops {
    /* Registers. @n_bytes is 4 or 8. What the architecture says of a wrong width or offset
     * happens (usually RAZ/WI, and a fact). Takes no time: software's cost is not the model's. */
    uint64_t (*reg_read)(void *model, uint64_t offset, uint32_t n_bytes);
    void (*reg_write)(void *model, uint64_t offset, uint32_t n_bytes, uint64_t value);
    /* Return: false if no slot is free; the requester tries again later (back-pressure). */
    bool (*submit)(void *model, struct sim_dma *dma);
    /* The endpoint's answer to sim_ats_inv, and its page requests. */
    void (*ats_complete)(void *model, uint32_t itag);
    void (*page_request)(void *model, const struct sim_page_request *request);
    void (*reset)(void *model);
    /* Time. SIM_TIME_NEVER: nothing will happen until somebody calls again. */
    uint64_t (*next_event_ps)(void *model);
    void (*advance)(void *model, uint64_t until_ps);
    /* Nothing of the model may be in flight, or its queue never runs again. */
    void (*free)(void *model);
    /* Software's answer to a page request or to a stalled request: the two words of the command
     * that has it, given past the queue, whose slots belong to somebody else's software. Any
     * other command, and one that is illegal, does nothing. NULL: the model has no such answers. */
    void (*answer)(void *model, const uint64_t words[2]);
};

/** struct sim_iommu - a model: its operations and itself. */
struct sim_iommu {
    const struct sim_iommu_ops *ops;
    void *model;
};

#ifdef __cplusplus
}
#endif
#endif
