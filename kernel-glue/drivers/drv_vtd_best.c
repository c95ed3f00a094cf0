/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_best.c - the shortest switches that the architecture allows.
 * Knows: which bits of an entry are used, what hardware reads at once (16 bytes). Must not know:
 * who asked.
 *
 * A present entry changes in place if what both its old and its new use read differs in one chunk
 * only: chunks that the old one does not read are written and flushed before, then the one that
 * decides, in one store; what the new one does not read stays as it is. If two chunks differ, a
 * copy of the PASID table with the new entry takes the place of the table, by the 8 bytes of its
 * directory entry. All flushes of a switch go out together, with one wait:
 * hardware keeps their order. */
#include "kernel-glue/drivers/drv_vtd_private.h"

#include <string.h>

enum {
    CHUNK_WORDS = 2,
    CHUNK_BYTES = 16,
    N_CHUNKS = VTD_WORDS_PASID / CHUNK_WORDS,
    PASID_BYTES = 64,
    TABLE_ENTRIES = 64,
    N_TRIES = 2, /* to take an entry away */
};

/** struct change - of one entry; @directory, @table, @copy: if the table is exchanged. */
struct change {
    struct drv *drv;
    struct drv_device *device;
    uint32_t pasid;
    uint64_t pa;
    uint64_t old[HW_MAX_WORDS], new[HW_MAX_WORDS];
    bool was_present;
    uint64_t directory, table, copy;
};

static bool chunk_differs(const struct change *change, unsigned chunk, const uint64_t *used)
{
    uint64_t bits = 0;

    for (unsigned i = chunk * CHUNK_WORDS; i < (chunk + 1) * CHUNK_WORDS; i++)
        bits |= (change->old[i] ^ change->new[i]) & used[i];
    return bits != 0;
}

static void used_bits(const uint64_t *entry, uint64_t *used)
{
    memset(used, 0, HW_MAX_WORDS * sizeof(*used));
    hw_used(vtd_layout_PASID.fields, vtd_layout_PASID.n_fields, vtd_pasid_conditions(entry), used);
}

/* Chunks that differ in bits of @used, as a set. */
static unsigned differing(const struct change *change, const uint64_t *used)
{
    unsigned chunks = 0;

    for (unsigned i = 0; i < N_CHUNKS; i++)
        chunks |= (unsigned)chunk_differs(change, i, used) << i;
    return chunks;
}

static void put_chunk(const struct change *change, unsigned chunk)
{
    dvtd_store16(change->drv, SIM_S_PASID, change->pa + UINT64_C(1) * chunk * CHUNK_BYTES,
                 &change->new[(size_t)chunk * CHUNK_WORDS]);
}

static void put_chunks(const struct change *change, unsigned chunks)
{
    for (unsigned i = N_CHUNKS; i-- > 0;) {
        if (chunks >> i & 1)
            put_chunk(change, i);
    }
    dvtd_flush_table(change->drv, change->pa, PASID_BYTES);
}

/* ---- flushes ---- */

/* What may be left of @entry, which was present, in the unit and in the device. */
static void flush_translations(struct dvtd_batch *batch, const struct change *change,
                               const uint64_t *entry)
{
    const uint64_t type = vtd_PASID_PGTT(entry);
    const uint16_t did = (uint16_t)vtd_PASID_DID(entry);

    if (type == VTD_PASID_PGTT_FS || type == VTD_PASID_PGTT_PT) {
        dvtd_piotlb(batch, did, change->pasid);
        if (change->device->is_ats_on && change->pasid == 0)
            dvtd_fence(batch); /* nothing else keeps these two in order */
    } else {
        dvtd_iotlb_inv(batch, VTD_IOTLB_INV_G_domain, did);
    }
    if (change->device->is_ats_on)
        dvtd_devtlb(batch, change->device, change->pasid, 0, DVTD_ALL_PAGES);
}

static void flush_old(const struct change *change, bool drains)
{
    struct dvtd_batch batch;

    dvtd_batch_init(&batch, change->drv);
    batch.drains = drains;
    dvtd_pasid_inv(&batch, VTD_PC_INV_G_pasid, (uint16_t)vtd_PASID_DID(change->old), change->pasid);
    flush_translations(&batch, change, change->old);
    dvtd_batch_run(&batch);
}

/* A not-present entry became present: only caching mode and write buffers know the old one. What
 * refused is kept under DID 0; Linux names the new one. */
static void flush_absent(const struct change *change)
{
    const uint16_t did = (uint16_t)vtd_PASID_DID(change->new);
    struct dvtd_batch batch;

    if (!vtd_CAP_CM(&change->drv->cap)) {
        dvtd_write_buffer(change->drv);
        return;
    }
    dvtd_batch_init(&batch, change->drv);
    dvtd_pasid_inv(&batch, VTD_PC_INV_G_pasid, 0, change->pasid);
    dvtd_piotlb(&batch, did, change->pasid);
    dvtd_batch_run(&batch);
}

/* ---- another PASID table ---- */

static int make_copy(struct change *change)
{
    struct drv *drv = change->drv;
    const uint64_t index = change->pasid / TABLE_ENTRIES;
    uint64_t word;
    int err = dvtd_alloc(drv, DVTD_PAGE, true, &change->copy);

    if (err)
        return err;
    change->directory = change->device->directory + index * DVTD_ENTRY;
    word = dvtd_load(drv, change->directory);
    change->table = vtd_PASID_DIR_SMPTBLPTR_addr(&word);
    for (uint64_t at = 0; at < DVTD_PAGE; at += DVTD_ENTRY) {
        const uint64_t place = change->table + at - change->pa;
        const uint64_t value = place < PASID_BYTES ? change->new[place / DVTD_ENTRY]
                                                   : dvtd_load(drv, change->table + at);

        if (value)
            dvtd_store(drv, SIM_S_PASID, change->copy + at, value);
    }
    dvtd_flush_table(drv, change->copy, DVTD_PAGE);
    dvtd_barrier(drv);
    dvtd_write_buffer(drv);
    return 0;
}

/* Every PASID of the table is read from another place now, and hardware may have kept where the
 * table was for those, too, that have nothing: no descriptor names them. */
static void flush_table(const struct change *change, const uint64_t *was)
{
    struct dvtd_batch batch;

    dvtd_batch_init(&batch, change->drv);
    dvtd_pasid_inv(&batch, VTD_PC_INV_G_global, 0, 0);
    flush_translations(&batch, change, was);
    dvtd_batch_run(&batch);
}

static void point_to(const struct change *change, uint64_t table)
{
    uint64_t word = table;

    vtd_PASID_DIR_put_P(&word, 1);
    dvtd_store(change->drv, SIM_S_PASID_DIR, change->directory, word);
    dvtd_flush_table(change->drv, change->directory, DVTD_ENTRY);
}

static int exchange_table(struct change *change)
{
    struct drv *drv = change->drv;
    int err = make_copy(change);

    if (err)
        return err;
    point_to(change, change->copy);
    flush_table(change, change->old);
    err = dvtd_take_error(drv);
    if (err) { /* what was looked up meanwhile has the new domain's number */
        point_to(change, change->table);
        flush_table(change, change->new);
    }
    drv->port.free(drv->port.ctx, err ? change->copy : change->table, DVTD_PAGE);
    return err;
}

/* ---- a PASID entry ---- */

/* What is left of the new entry, if its flush failed. */
static void take_back(struct change *change, unsigned chunks)
{
    struct change back = *change;

    memcpy(back.new, change->old, sizeof(back.new));
    memcpy(back.old, change->new, sizeof(back.old));
    put_chunks(&back, chunks);
    flush_old(&back, false);
    (void)dvtd_take_error(change->drv);
}

static int change_in_place(struct change *change, unsigned deciding, unsigned others)
{
    struct dvtd_batch batch;
    int err;

    if (others) {
        put_chunks(change, others);
        dvtd_batch_init(&batch, change->drv);
        dvtd_pasid_inv(&batch, VTD_PC_INV_G_pasid, (uint16_t)vtd_PASID_DID(change->old),
                       change->pasid);
        dvtd_batch_run(&batch);
        err = dvtd_take_error(change->drv);
        if (err)
            return err; /* nothing that is used has changed */
    }
    put_chunks(change, deciding);
    flush_old(change, false);
    err = dvtd_take_error(change->drv);
    if (err)
        take_back(change, deciding);
    return err;
}

static int change_present(struct change *change)
{
    uint64_t before[HW_MAX_WORDS], after[HW_MAX_WORDS], both[HW_MAX_WORDS];
    unsigned deciding, others;

    used_bits(change->old, before);
    used_bits(change->new, after);
    for (unsigned i = 0; i < HW_MAX_WORDS; i++)
        both[i] = before[i] & after[i];
    deciding = differing(change, both);
    others = differing(change, after) & ~deciding;
    if (!deciding)
        return 0;
    if (deciding & (deciding - 1))
        return exchange_table(change);
    return change_in_place(change, deciding, others);
}

/* With caching mode, a chunk may have been kept with the refusal: it goes before P is seen. */
static int put_unused(struct change *change, unsigned chunks)
{
    struct dvtd_batch batch;

    put_chunks(change, chunks);
    if (!vtd_CAP_CM(&change->drv->cap))
        return 0;
    dvtd_batch_init(&batch, change->drv);
    dvtd_pasid_inv(&batch, VTD_PC_INV_G_pasid, 0, change->pasid);
    dvtd_batch_run(&batch);
    return dvtd_take_error(change->drv);
}

static int change_absent(struct change *change)
{
    uint64_t used[HW_MAX_WORDS];
    unsigned others;
    int err = 0;

    used_bits(change->new, used);
    others = differing(change, used) & ~1U;
    if (others)
        err = put_unused(change, others);
    if (err)
        return err;
    put_chunks(change, 1);
    flush_absent(change);
    err = dvtd_take_error(change->drv);
    if (err)
        take_back(change, 1);
    return err;
}

static void remove_entry(struct change *change, bool drains)
{
    uint64_t word = change->old[0];

    if (!change->was_present) { /* of a process that is gone: FPD is all that is left */
        dvtd_store(change->drv, SIM_S_PASID, change->pa, 0);
        dvtd_flush_table(change->drv, change->pa, PASID_BYTES);
        if (drains)
            dvtd_drain(change->drv, change->device, change->pasid);
        return;
    }
    vtd_PASID_put_P(&word, 0);
    dvtd_store(change->drv, SIM_S_PASID, change->pa, word);
    dvtd_flush_table(change->drv, change->pa, PASID_BYTES);
    flush_old(change, drains);
}

/* ---- a context entry of legacy mode ---- */

static void flush_context(const struct change *change, uint64_t did, uint64_t old_did)
{
    struct dvtd_batch batch;

    dvtd_batch_init(&batch, change->drv);
    dvtd_context_inv(&batch, VTD_CC_INV_G_device, (uint16_t)did, change->device->info.requester);
    dvtd_iotlb_inv(&batch, VTD_IOTLB_INV_G_domain, (uint16_t)old_did);
    if (change->device->is_ats_on)
        dvtd_devtlb(&batch, change->device, 0, 0, DVTD_ALL_PAGES);
    dvtd_batch_run(&batch);
}

static void put_context(const struct change *change, const uint64_t *words)
{
    dvtd_store16(change->drv, SIM_S_CTX, change->pa, words);
    dvtd_flush_table(change->drv, change->pa, CHUNK_BYTES);
}

static int change_context(struct change *change)
{
    const uint64_t did = vtd_CTX_LEGACY_DID(change->new);
    const uint64_t old_did = vtd_CTX_LEGACY_DID(change->old);
    int err;

    put_context(change, change->new);
    if (change->was_present)
        flush_context(change, old_did, old_did);
    else if (vtd_CAP_CM(&change->drv->cap))
        flush_context(change, 0, did);
    else
        dvtd_write_buffer(change->drv);
    err = dvtd_take_error(change->drv);
    if (err) {
        put_context(change, change->old);
        flush_context(change, did, did);
        (void)dvtd_take_error(change->drv);
    }
    return err;
}

static void remove_context(struct change *change)
{
    const uint64_t did = vtd_CTX_LEGACY_DID(change->old);
    uint64_t word = change->old[0];

    vtd_CTX_LEGACY_put_P(&word, 0);
    dvtd_store(change->drv, SIM_S_CTX, change->pa, word);
    dvtd_flush_table(change->drv, change->pa, CHUNK_BYTES);
    flush_context(change, did, did);
}

/* ---- the switch ---- */

static int change_init(struct change *change, struct drv *drv, struct drv_device *device,
                       uint32_t pasid)
{
    const unsigned n = drv->is_scalable ? VTD_WORDS_PASID : VTD_WORDS_CTX_LEGACY;
    int err;

    memset(change, 0, sizeof(*change));
    change->drv = drv;
    change->device = device;
    change->pasid = pasid;
    err = dvtd_att_at(drv, device, pasid, &change->pa);
    if (err)
        return err;
    dvtd_load_words(drv, change->pa, change->old, n);
    change->was_present = vtd_PASID_P(change->old); /* P of a context entry is there, too */
    return 0;
}

static void make_new(struct change *change, const struct drv_domain *domain, uint16_t did)
{
    struct dvtd_entry entry = {.drv = change->drv};

    if (change->drv->is_scalable) {
        dvtd_fill_pasid(&entry, domain, did);
        vtd_PASID_put_P(entry.words, 1);
    } else {
        dvtd_fill_context(&entry, change->device, domain, did);
        vtd_CTX_LEGACY_put_P(entry.words, 1);
    }
    memcpy(change->new, entry.words, sizeof(change->new));
}

/* Nobody can refuse that a device goes, and what it used is freed next: a flush that did not end is
 * sent again. */
static int remove_surely(struct change *change, bool drains)
{
    struct drv *drv = change->drv;

    for (int i = 0; i < N_TRIES; i++) {
        int err;

        if (drv->is_scalable)
            remove_entry(change, drains);
        else
            remove_context(change);
        err = dvtd_take_error(drv);
        if (!err || i + 1 == N_TRIES)
            return err;
    }
    return 0;
}

static int best_leave(struct change *change, struct dvtd_att *att)
{
    struct drv *drv = change->drv;
    struct drv_domain *old = att->domain;
    int err;

    if (!drv->is_scalable)
        dvtd_set_ats(drv, att->device, false, false); /* legacy: a refusal would be an error */
    dvtd_att_unlink(att);
    err = remove_surely(change, att->device->is_pri_on && dvtd_wants_faults(old));
    dvtd_did_put(drv, old);
    dvtd_att_free(att);
    return err;
}

static int change_entry(struct change *change, const struct drv_domain *domain)
{
    struct drv *drv = change->drv;
    const bool wants_ats = dvtd_may_ats(drv, change->device) && domain->spec.kind == DRV_PAGING;
    int err;

    if (drv->is_scalable)
        return change->was_present ? change_present(change) : change_absent(change);
    if (!wants_ats)
        dvtd_set_ats(drv, change->device, false, false);
    err = change_context(change);
    if (!err && wants_ats)
        dvtd_set_ats(drv, change->device, true, false);
    return err;
}

static int best_enter(struct change *change, struct dvtd_att *att, struct drv_domain *domain)
{
    struct drv *drv = change->drv;
    struct drv_domain *old = att->domain;
    uint16_t did;
    int err = dvtd_did_get(drv, domain, &did);

    if (err)
        return err;
    make_new(change, domain, did);
    err = change_entry(change, domain);
    if (err) {
        dvtd_did_put(drv, domain);
        return err;
    }
    if (old) {
        dvtd_att_unlink(att);
        dvtd_did_put(drv, old);
    }
    dvtd_att_link(att, domain, did);
    return 0;
}

int dvtd_best_switch(struct drv *drv, struct drv_device *device, uint32_t pasid,
                     struct drv_domain *domain)
{
    struct dvtd_att *att = dvtd_att_find(device, pasid);
    const bool is_blocked = domain->spec.kind == DRV_BLOCKED;
    struct change change;
    int err = pasid ? dvtd_check_pasid(drv, device, pasid, domain) : 0;

    if (!err && !is_blocked && !dvtd_fits(drv, domain, device))
        err = -EINVAL;
    if (err || (!att && is_blocked) || (att && att->domain == domain))
        return err;
    err = change_init(&change, drv, device, pasid);
    if (err)
        return err;
    if (is_blocked)
        return best_leave(&change, att);
    if (!att)
        att = dvtd_att_new(device, pasid);
    if (!att)
        return -ENOMEM;
    err = best_enter(&change, att, domain);
    if (err && !att->domain)
        dvtd_att_free(att);
    return err;
}
