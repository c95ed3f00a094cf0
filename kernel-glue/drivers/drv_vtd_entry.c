/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_entry.c - entries as Linux writes them: field by field, present last; gone first.
 * Knows: PASID and legacy context entries, what their change must flush. Must not know: who is
 * attached to what. */
#include "kernel-glue/drivers/drv_vtd_private.h"

enum { PASID_WORDS = VTD_WORDS_PASID, CONTEXT_BYTES = 16, PASID_BYTES = 64 };

/* Uses of the words that a nested domain brings (flags of the kernel's iommu_hwpt_vtd_s1). */
enum { GUEST_ROOT, GUEST_FLAGS, GUEST_WIDTH };
enum { GUEST_SRE = 1 << 0, GUEST_EAFE = 1 << 1, GUEST_WPE = 1 << 2 };
enum { WIDTH_5_LEVELS = 57, LEVELS_5 = 5 };

/* ---- fields ---- */

static void put_word(struct dvtd_entry *entry, uint8_t structure, unsigned word)
{
    if (entry->is_live)
        dvtd_store(entry->drv, structure, entry->pa + UINT64_C(1) * word * DVTD_ENTRY,
                   entry->words[word]);
}

/* A field of its own is a store of its own. */
#define PUT(entry, field, value)                                                                   \
    do {                                                                                           \
        vtd_PASID_put_##field((entry)->words, (value));                                            \
        put_word((entry), SIM_S_PASID, VTD_LSB_PASID_##field / 64);                                \
    } while (0)
#define PUT_CONTEXT(entry, field, value)                                                           \
    do {                                                                                           \
        vtd_CTX_LEGACY_put_##field((entry)->words, (value));                                       \
        put_word((entry), SIM_S_CTX, VTD_LSB_CTX_LEGACY_##field / 64);                             \
    } while (0)

static bool snoops_walks(const struct dvtd_entry *entry)
{
    return vtd_ECAP_SMPWCS(&entry->drv->ecap);
}

static void fill_first_stage(struct dvtd_entry *entry, const struct drv_domain *domain,
                             uint16_t did)
{
    PUT(entry, FSPTPTR, domain->root >> DVTD_PAGE_LOG2);
    if (domain->levels == LEVELS_5)
        PUT(entry, FSPM, VTD_PASID_FSPM_L5);
    if (domain->snoops)
        PUT(entry, PGSNP, 1);
    PUT(entry, DID, did);
    PUT(entry, AW, entry->drv->agaw);
    PUT(entry, PWSNP, snoops_walks(entry));
    PUT(entry, PGTT, VTD_PASID_PGTT_FS);
}

static void fill_second_stage(struct dvtd_entry *entry, const struct drv_domain *domain,
                              uint16_t did)
{
    PUT(entry, DID, did);
    PUT(entry, SSPTPTR, domain->root >> DVTD_PAGE_LOG2);
    PUT(entry, AW, domain->agaw);
    PUT(entry, PGTT, VTD_PASID_PGTT_SS);
    PUT(entry, FPD, 0);
    PUT(entry, PWSNP, snoops_walks(entry));
    if (domain->tracks_dirty)
        PUT(entry, SSADE, 1);
}

static void fill_pass_through(struct dvtd_entry *entry, uint16_t did)
{
    PUT(entry, DID, did);
    PUT(entry, AW, entry->drv->agaw);
    PUT(entry, PGTT, VTD_PASID_PGTT_PT);
    PUT(entry, FPD, 0);
    PUT(entry, PWSNP, snoops_walks(entry));
}

static void fill_nested(struct dvtd_entry *entry, const struct drv_domain *domain, uint16_t did)
{
    const struct drv_domain *parent = domain->spec.parent;
    const uint64_t *guest = domain->spec.guest;

    if (guest[GUEST_WIDTH] == WIDTH_5_LEVELS)
        PUT(entry, FSPM, VTD_PASID_FSPM_L5);
    PUT(entry, FSPTPTR, guest[GUEST_ROOT] >> DVTD_PAGE_LOG2);
    if (guest[GUEST_FLAGS] & GUEST_SRE) {
        PUT(entry, SRE, 1);
        if (guest[GUEST_FLAGS] & GUEST_WPE)
            PUT(entry, WPE, 1);
    }
    if (guest[GUEST_FLAGS] & GUEST_EAFE)
        PUT(entry, EAFE, 1);
    if (parent->snoops)
        PUT(entry, PGSNP, 1);
    PUT(entry, SSPTPTR, parent->root >> DVTD_PAGE_LOG2);
    PUT(entry, FPD, 0);
    PUT(entry, DID, did);
    PUT(entry, AW, parent->agaw);
    PUT(entry, PWSNP, snoops_walks(entry));
    if (parent->tracks_dirty)
        PUT(entry, SSADE, 1);
    PUT(entry, PGTT, VTD_PASID_PGTT_NESTED);
}

void dvtd_fill_pasid(struct dvtd_entry *entry, const struct drv_domain *domain, uint16_t did)
{
    if (domain->spec.kind == DRV_IDENTITY)
        fill_pass_through(entry, did);
    else if (domain->spec.kind == DRV_NESTED)
        fill_nested(entry, domain, did);
    else if (domain->stage == 1)
        fill_first_stage(entry, domain, did);
    else
        fill_second_stage(entry, domain, did);
}

void dvtd_fill_context(struct dvtd_entry *entry, const struct drv_device *device,
                       const struct drv_domain *domain, uint16_t did)
{
    const bool has_ats = dvtd_may_ats(entry->drv, device);

    PUT_CONTEXT(entry, DID, did);
    if (domain->spec.kind == DRV_IDENTITY) {
        PUT_CONTEXT(entry, AW, entry->drv->agaw);
        PUT_CONTEXT(entry, TT, VTD_CTX_LEGACY_TT_PT);
    } else {
        PUT_CONTEXT(entry, SSPTPTR, domain->root >> DVTD_PAGE_LOG2);
        PUT_CONTEXT(entry, AW, domain->agaw);
        PUT_CONTEXT(entry, TT, has_ats ? VTD_CTX_LEGACY_TT_SS_ATS : VTD_CTX_LEGACY_TT_SS);
    }
    PUT_CONTEXT(entry, FPD, 0);
}

/* ---- not present to present ---- */

static void clear(struct drv *drv, uint8_t structure, uint64_t pa, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        dvtd_store(drv, structure, pa + UINT64_C(1) * i * DVTD_ENTRY, 0);
}

static void setup_pasid(struct dvtd_att *att, struct dvtd_entry *entry)
{
    struct dvtd_batch batch;

    clear(entry->drv, SIM_S_PASID, entry->pa, PASID_WORDS);
    dvtd_fill_pasid(entry, att->domain, att->did);
    dvtd_barrier(entry->drv);
    PUT(entry, P, 1);
    dvtd_flush_table(entry->drv, entry->pa, PASID_BYTES);
    if (!vtd_CAP_CM(&entry->drv->cap)) {
        dvtd_write_buffer(entry->drv);
        return;
    }
    dvtd_batch_init(&batch, entry->drv);
    dvtd_pasid_inv(&batch, VTD_PC_INV_G_pasid, att->did, att->pasid);
    dvtd_batch_step(&batch);
    dvtd_piotlb(&batch, att->did, att->pasid);
    dvtd_batch_run(&batch);
}

static void setup_context(struct dvtd_att *att, struct dvtd_entry *entry)
{
    struct dvtd_batch batch;

    clear(entry->drv, SIM_S_CTX, entry->pa, VTD_WORDS_CTX_LEGACY);
    dvtd_fill_context(entry, att->device, att->domain, att->did);
    dvtd_barrier(entry->drv);
    PUT_CONTEXT(entry, P, 1);
    dvtd_flush_table(entry->drv, entry->pa, CONTEXT_BYTES);
    if (!vtd_CAP_CM(&entry->drv->cap)) {
        dvtd_write_buffer(entry->drv);
        return;
    }
    dvtd_batch_init(&batch, entry->drv);
    dvtd_context_inv(&batch, VTD_CC_INV_G_device, 0, att->device->info.requester);
    dvtd_batch_step(&batch);
    dvtd_iotlb_inv(&batch, VTD_IOTLB_INV_G_domain, att->did);
    dvtd_batch_run(&batch);
}

void dvtd_setup(struct dvtd_att *att, struct drv *drv, uint64_t pa)
{
    struct dvtd_entry entry = {.drv = drv, .pa = pa, .is_live = true};

    if (drv->is_scalable)
        setup_pasid(att, &entry);
    else
        setup_context(att, &entry);
}

/* ---- present to not present ---- */

static void flush_pasid(struct dvtd_att *att, struct drv *drv, const uint64_t *old)
{
    const uint16_t did = (uint16_t)vtd_PASID_DID(old);
    const uint64_t type = vtd_PASID_PGTT(old);
    struct dvtd_batch batch;

    dvtd_batch_init(&batch, drv);
    dvtd_pasid_inv(&batch, VTD_PC_INV_G_pasid, did, att->pasid);
    dvtd_batch_step(&batch);
    if (type == VTD_PASID_PGTT_FS || type == VTD_PASID_PGTT_PT)
        dvtd_piotlb(&batch, did, att->pasid);
    else
        dvtd_iotlb_inv(&batch, VTD_IOTLB_INV_G_domain, did);
    dvtd_batch_step(&batch);
    if (att->device->is_ats_on)
        dvtd_devtlb(&batch, att->device, att->pasid, 0, DVTD_ALL_PAGES);
    dvtd_batch_run(&batch);
}

/* @first: what word 0 has in the end. */
static void clear_pasid(struct drv *drv, uint64_t pa, uint64_t first)
{
    dvtd_store(drv, SIM_S_PASID, pa, first);
    clear(drv, SIM_S_PASID, pa + DVTD_ENTRY, PASID_WORDS - 1);
}

/* Return: it was present, and is flushed. */
static bool remove_pasid(struct dvtd_att *att, struct drv *drv, uint64_t pa, uint64_t first)
{
    const bool at_once = drv->policy->clears_at_once;
    uint64_t old[PASID_WORDS], word;

    dvtd_load_words(drv, pa, old, PASID_WORDS);
    if (!vtd_PASID_P(old))
        return false;
    if (at_once) {
        clear_pasid(drv, pa, first);
    } else {
        word = old[0];
        vtd_PASID_put_P(&word, 0);
        dvtd_store(drv, SIM_S_PASID, pa, word);
        dvtd_barrier(drv);
    }
    dvtd_flush_table(drv, pa, PASID_BYTES);
    flush_pasid(att, drv, old);
    if (!at_once) {
        clear_pasid(drv, pa, first);
        dvtd_flush_table(drv, pa, PASID_BYTES);
    }
    return true;
}

static void tear_down_pasid(struct dvtd_att *att, struct drv *drv, uint64_t pa)
{
    uint64_t word;

    if (!remove_pasid(att, drv, pa, 0)) {
        word = dvtd_load(drv, pa);
        if (!vtd_PASID_FPD(&word))
            return;
        clear_pasid(drv, pa, 0); /* of a process that is gone */
    }
    dvtd_drain(drv, att->device, att->pasid);
}

void dvtd_silence(struct dvtd_att *att, struct drv *drv, uint64_t pa)
{
    uint64_t silent = 0;

    vtd_PASID_put_FPD(&silent, 1);
    (void)remove_pasid(att, drv, pa, silent);
}

static void tear_down_context(struct dvtd_att *att, struct drv *drv, uint64_t pa)
{
    uint64_t old[VTD_WORDS_CTX_LEGACY], word;
    struct dvtd_batch batch;

    dvtd_load_words(drv, pa, old, VTD_WORDS_CTX_LEGACY);
    if (!vtd_CTX_LEGACY_P(old))
        return;
    word = old[0];
    vtd_CTX_LEGACY_put_P(&word, 0);
    dvtd_store(drv, SIM_S_CTX, pa, word);
    dvtd_barrier(drv);
    dvtd_flush_table(drv, pa, CONTEXT_BYTES);
    dvtd_batch_init(&batch, drv);
    dvtd_context_inv(&batch, VTD_CC_INV_G_device, (uint16_t)vtd_CTX_LEGACY_DID(old),
                     att->device->info.requester);
    dvtd_batch_step(&batch);
    dvtd_iotlb_inv(&batch, VTD_IOTLB_INV_G_domain, (uint16_t)vtd_CTX_LEGACY_DID(old));
    dvtd_batch_step(&batch);
    if (att->device->is_ats_on)
        dvtd_devtlb(&batch, att->device, 0, 0, DVTD_ALL_PAGES);
    dvtd_batch_run(&batch);
    clear(drv, SIM_S_CTX, pa, VTD_WORDS_CTX_LEGACY);
    dvtd_flush_table(drv, pa, CONTEXT_BYTES);
}

void dvtd_tear_down(struct dvtd_att *att, struct drv *drv, uint64_t pa)
{
    if (drv->is_scalable)
        tear_down_pasid(att, drv, pa);
    else
        tear_down_context(att, drv, pa);
}

/* ---- present to present, as Linux 6.13 to 6.19 did for PASIDs ---- */

void dvtd_copy_over(struct dvtd_att *att, struct drv *drv, uint64_t pa, uint16_t old_did)
{
    struct dvtd_entry entry = {.drv = drv, .pa = pa};
    struct dvtd_batch batch;

    dvtd_fill_pasid(&entry, att->domain, att->did);
    vtd_PASID_put_P(entry.words, 1);
    for (unsigned i = 0; i < PASID_WORDS; i++)
        dvtd_store(drv, SIM_S_PASID, pa + UINT64_C(1) * i * DVTD_ENTRY, entry.words[i]);
    dvtd_flush_table(drv, pa, PASID_BYTES);
    dvtd_batch_init(&batch, drv);
    dvtd_pasid_inv(&batch, VTD_PC_INV_G_pasid, old_did, att->pasid);
    dvtd_batch_step(&batch);
    dvtd_piotlb(&batch, old_did, att->pasid);
    dvtd_batch_step(&batch);
    if (att->device->is_ats_on)
        dvtd_devtlb(&batch, att->device, att->pasid, 0, DVTD_ALL_PAGES);
    dvtd_batch_run(&batch);
    dvtd_drain(drv, att->device, att->pasid);
}
