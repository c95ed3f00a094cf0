/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_vtd_setup.c - init ... done of a litmus test: a unit that is on, devices attached.
 * Knows: the order in which a driver sets a unit up (7.1). Must not know: runs. */
#include "cli/litmus_vtd.h"
#include "sim/diag.h"

enum { WORD_BYTES = 8, KERNEL_IDENTITY = 4 };

static int read_reg(struct litmus *litmus, uint64_t offset, uint8_t width, uint64_t value)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_MMIO_READ);

    if (!rec)
        return SIM_ENOMEM;
    rec->mmio_read.offset = offset;
    rec->mmio_read.width = width;
    rec->mmio_read.value = value;
    return 0;
}

/* A driver reads them first; whoever explores the stream learns them so. */
static int read_ids(struct litmus *litmus)
{
    struct vtd_ids ids;
    int err;

    lvt_ids(&litmus->config, &ids);
    err = read_reg(litmus, VTD_REG_VER, 4, ids.ver);
    err = err ? err : read_reg(litmus, VTD_REG_CAP, 8, ids.cap);
    return err ? err : read_reg(litmus, VTD_REG_ECAP, 8, ids.ecap);
}

int lvt_verb_init(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lvt *lvt = lvt_of(litmus);
    struct sim_record *rec;

    if (lvt->is_init || litmus->is_body)
        return sim_text_fail(text, stmt->verb, "a test has one init");
    lvt->is_init = true;
    lvt->next_page = LVT_TABLES;
    rec = litmus_record(litmus, SIM_R_META);
    if (!rec)
        return SIM_ENOMEM;
    rec->meta.key = (struct sim_str){"barriers", sizeof("barriers") - 1};
    rec->meta.value = (struct sim_str){"recorded", sizeof("recorded") - 1};
    rec = litmus_record(litmus, SIM_R_IOMMU);
    if (!rec)
        return SIM_ENOMEM;
    rec->unit.arch = SIM_ARCH_VTD;
    rec->unit.base = UINT64_C(0xfed90000);
    rec->unit.size = UINT64_C(0x1000);
    if (read_ids(litmus) || litmus_memory(litmus, SIM_S_ROOT, LVT_ROOT, LVT_PAGE) ||
        litmus_memory(litmus, SIM_S_CTX, LVT_CONTEXTS, LVT_PAGE) ||
        litmus_memory(litmus, SIM_S_QUEUE, LVT_QUEUE, LVT_PAGE) ||
        litmus_memory(litmus, SIM_S_OTHER, LVT_STATUS, LVT_PAGE))
        return SIM_ENOMEM;
    return 0;
}

/* ---- registers ---- */

static int command(struct litmus *litmus, uint64_t gcmd)
{
    struct lvt *lvt = lvt_of(litmus);
    const uint64_t mask = vtd_gcmd_wait_mask(lvt->gcmd, gcmd);
    const uint64_t value = vtd_gcmd_wait_value(lvt->gcmd, gcmd);
    const int err = lvt_write(litmus, VTD_REG_GCMD, 4, gcmd);

    lvt->gcmd = gcmd;
    vtd_GCMD_put_SRTP(&lvt->gcmd, 0);
    return err ? err : lvt_poll(litmus, VTD_REG_GSTS, mask, value);
}

static int flush(struct litmus *litmus, unsigned type, uint64_t granularity)
{
    uint64_t words[HW_MAX_WORDS] = {0};
    int err;

    vtd_CC_INV_put_TYPE(words, type); /* all have their type and G in the same places */
    vtd_CC_INV_put_G(words, granularity);
    err = lvt_command(litmus, words);
    return err ? err : lvt_sync(litmus);
}

static int set_up(struct litmus *litmus)
{
    struct lvt *lvt = lvt_of(litmus);
    uint64_t iqa = LVT_QUEUE;
    uint64_t root = LVT_ROOT;
    uint64_t gcmd = 0;
    int err;

    vtd_IQA_put_DW(&iqa, !lvt->is_legacy);
    if (!lvt->is_legacy)
        vtd_RTADDR_put_TTM(&root, VTD_RTADDR_TTM_SCALABLE);
    err = lvt_write(litmus, VTD_REG_IQT, 8, 0);
    err = err ? err : lvt_write(litmus, VTD_REG_IQA, 8, iqa);
    vtd_GCMD_put_QIE(&gcmd, 1);
    err = err ? err : command(litmus, gcmd);
    err = err ? err : lvt_write(litmus, VTD_REG_RTADDR, 8, root);
    vtd_GCMD_put_SRTP(&gcmd, 1);
    err = err ? err : command(litmus, gcmd);
    err = err ? err : flush(litmus, VTD_QI_CC_INV, VTD_CC_INV_G_global);
    if (!err && !lvt->is_legacy)
        err = flush(litmus, VTD_QI_PC_INV, VTD_PC_INV_G_global);
    err = err ? err : flush(litmus, VTD_QI_IOTLB_INV, VTD_IOTLB_INV_G_global);
    vtd_GCMD_put_SRTP(&gcmd, 0);
    vtd_GCMD_put_TE(&gcmd, 1);
    return err ? err : command(litmus, gcmd);
}

/* ---- tables ---- */

static int link_device(struct litmus *litmus, const struct lvt_device *device)
{
    uint64_t directory = device->pasids; /* addresses are in place */
    uint64_t context[VTD_WORDS_CTX] = {device->directory};
    const uint64_t pa = LVT_CONTEXTS + (uint64_t)device->sid * sizeof(context);
    int err;

    vtd_PASID_DIR_put_P(&directory, 1);
    vtd_CTX_put_P(context, 1);
    vtd_CTX_put_PASIDE(context, 1);
    vtd_CTX_put_DTE(context, litmus->arch->has(&litmus->config, "ECAP.DT", 1) == 1);
    err = litmus_store(litmus, SIM_S_PASID_DIR, device->directory, directory);
    err = err ? err : litmus_barrier(litmus);
    return err ? err : litmus_store(litmus, SIM_S_CTX, pa, context[0]);
}

static int link_all(struct litmus *litmus)
{
    const struct lvt *lvt = lvt_of(litmus);
    uint64_t root = LVT_CONTEXTS;
    int err;

    vtd_ROOT_LEGACY_put_P(&root, 1); /* the lower half, in scalable mode */
    err = litmus_store(litmus, SIM_S_ROOT, LVT_ROOT, root);
    for (unsigned i = 0; i < lvt->n_devices && !err && !lvt->is_legacy; i++)
        err = link_device(litmus, &lvt->devices[i]);
    return err ? err : litmus_barrier(litmus);
}

/* What is not present gets its other words first, then the one with P. */
static int fill(struct litmus *litmus, const struct lvt_entry *entry)
{
    const struct lvt *lvt = lvt_of(litmus);
    const uint64_t pa = lvt_entry_pa(lvt, entry->dev, entry->pasid);
    int err = 0;

    for (unsigned w = lvt->is_legacy ? VTD_WORDS_CTX_LEGACY : VTD_WORDS_PASID; w-- > 0 && !err;) {
        if (!w)
            err = litmus_barrier(litmus);
        if (entry->words[w] && !err)
            err = litmus_store(litmus, lvt->is_legacy ? SIM_S_CTX : SIM_S_PASID,
                               pa + (uint64_t)w * WORD_BYTES, entry->words[w]);
    }
    return err ? err : litmus_barrier(litmus);
}

/* Set-up is as it must be: where a unit reads past the caches, lines are flushed. */
static bool is_unsnooped(const struct litmus *litmus)
{
    const struct lvt *lvt = lvt_of(litmus);

    for (unsigned i = 0; i < lvt->n_entries && !lvt->is_legacy; i++) {
        if (vtd_PASID_P(lvt->entries[i].words) && !vtd_PASID_PWSNP(lvt->entries[i].words))
            return true;
    }
    return litmus->arch->has(&litmus->config, "ECAP.C", 0) == 1;
}

static int attach(struct litmus *litmus, const struct lvt_entry *entry)
{
    const bool is_pasid = entry->pasid != UINT32_MAX;
    const uint64_t domain = entry->table ? entry->table->domain : entry->is_pass ? 1 : 0;
    const struct sim_rec_mark outer = {.dev = entry->dev,
                                       .pasid = entry->pasid,
                                       .domain = is_pasid ? domain : 0,
                                       .a = is_pasid ? 0 : domain,
                                       .op = is_pasid ? SIM_OP_SET_PASID : SIM_OP_ATTACH};
    const struct sim_rec_mark inner = {.dev = entry->dev,
                                       .pasid = UINT32_MAX,
                                       .domain = domain,
                                       .a = entry->table ? 1 : KERNEL_IDENTITY,
                                       .op = SIM_OP_DRV_ATTACH};
    int err;

    if (entry->is_none)
        return 0;
    err = litmus_mark(litmus, true, &outer);
    if (!err && !is_pasid)
        err = litmus_mark(litmus, true, &inner);
    err = err ? err : fill(litmus, entry);
    if (!err && is_unsnooped(litmus))
        err = lvt_flush(litmus);
    if (!err && !is_pasid)
        err = litmus_mark(litmus, false, &inner);
    return err ? err : litmus_mark(litmus, false, &outer);
}

int lvt_verb_done(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lvt *lvt = lvt_of(litmus);
    int err;

    if (!lvt->is_init)
        return sim_text_fail(text, stmt->verb, "no init is open");
    err = link_all(litmus);
    if (!err && is_unsnooped(litmus))
        err = lvt_flush(litmus);
    err = err ? err : set_up(litmus);
    for (unsigned i = 0; i < lvt->n_entries && !err; i++)
        err = attach(litmus, &lvt->entries[i]);
    lvt->is_init = false;
    litmus->is_body = true;
    return err ? err : litmus_add(litmus, LITMUS_ACT_START) ? 0 : SIM_ENOMEM;
}
