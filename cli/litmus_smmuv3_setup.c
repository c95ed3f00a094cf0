/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_smmuv3_setup.c - init ... done of a litmus test: an SMMU that is on, streams attached.
 * Knows: the order in which a driver sets an SMMU up. Must not know: runs. */
#include "cli/litmus_smmuv3.h"
#include "sim/diag.h"

#define ALL_STES 31u /* CFGI_STE_RANGE: everything */

/* A driver reads them first; whoever explores the stream learns them so. */
static int read_ids(struct litmus *litmus)
{
    struct smmu_ids ids;

    smmu_ids_default(&ids);
    for (size_t i = 0; i < litmus->config.n_ids; i++) {
        const struct config_id *id = &litmus->config.ids[i];

        if (!id->is_vtd)
            (void)smmu_ids_set(&ids, id->offset, (uint32_t)id->value);
    }
    {
        const uint32_t regs[][2] = {{SMMU_REG_IDR0, ids.idr0},
                                    {SMMU_REG_IDR1, ids.idr1},
                                    {SMMU_REG_IDR3, ids.idr3},
                                    {SMMU_REG_IDR5, ids.idr5},
                                    {SMMU_REG_AIDR, ids.aidr}};

        for (size_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
            struct sim_record *rec = litmus_record(litmus, SIM_R_MMIO_READ);

            if (!rec)
                return SIM_ENOMEM;
            rec->mmio_read.offset = regs[i][0];
            rec->mmio_read.value = regs[i][1];
        }
    }
    return 0;
}

int lsm_verb_init(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lsm *lsm = lsm_of(litmus);
    struct sim_record *rec;

    if (lsm->is_init || litmus->is_body)
        return sim_text_fail(text, stmt->verb, "a test has one init");
    lsm->is_init = true;
    lsm->next_page = LSM_TABLES;
    rec = litmus_record(litmus, SIM_R_META);
    if (!rec)
        return SIM_ENOMEM;
    rec->meta.key = (struct sim_str){"barriers", sizeof("barriers") - 1};
    rec->meta.value = (struct sim_str){"recorded", sizeof("recorded") - 1};
    rec = litmus_record(litmus, SIM_R_IOMMU);
    if (!rec)
        return SIM_ENOMEM;
    rec->unit.arch = SIM_ARCH_SMMUV3;
    rec->unit.base = UINT64_C(0x9050000);
    rec->unit.size = UINT64_C(0x20000);
    if (read_ids(litmus))
        return SIM_ENOMEM;
    if (litmus_memory(litmus, SIM_S_STE, LSM_STRTAB, LSM_PAGE) ||
        litmus_memory(litmus, SIM_S_QUEUE, LSM_CMDQ, LSM_PAGE) ||
        litmus_memory(litmus, SIM_S_QUEUE, LSM_EVTQ, LSM_PAGE))
        return SIM_ENOMEM;
    return 0;
}

/* A driver's first table aborts every stream. */
static int abort_all(struct litmus *litmus)
{
    struct lsm *lsm = lsm_of(litmus);
    int err = 0;

    for (unsigned i = 0; i < lsm->n_stes && !err; i++) {
        uint64_t words[SMMU_WORDS_STE] = {0};

        smmu_STE_put_V(words, 1);
        err = litmus_store(litmus, SIM_S_STE, lsm_ste_pa(litmus, lsm->stes[i].sid), words[0]);
    }
    return err ? err : lsm_link_stes(litmus);
}

static int set_cr0(struct litmus *litmus, uint64_t cr0)
{
    const int err = lsm_write_reg(litmus, "CR0", cr0);

    return err ? err : lsm_poll(litmus, true, SMMU_REG_CR0ACK, UINT32_MAX, cr0);
}

static int set_bases(struct litmus *litmus)
{
    uint64_t cr2 = 0;
    uint64_t strtab_cfg = 0;
    uint64_t cmdq = LSM_CMDQ;
    uint64_t evtq = LSM_EVTQ;
    int err;

    smmu_CR2_put_RECINVSID(&cr2, 1);
    smmu_CR2_put_PTM(&cr2, 1);
    smmu_STRTAB_BASE_CFG_put_LOG2SIZE(&strtab_cfg, LSM_SID_LOG2);
    if (lsm_of(litmus)->has_two_levels) {
        smmu_STRTAB_BASE_CFG_put_LOG2SIZE(&strtab_cfg, LSM_SID_LOG2_TWO);
        smmu_STRTAB_BASE_CFG_put_FMT(&strtab_cfg, SMMU_STRTAB_BASE_CFG_FMT_TWO);
        smmu_STRTAB_BASE_CFG_put_SPLIT(&strtab_cfg, LSM_SID_LOG2);
    }
    smmu_CMDQ_BASE_put_LOG2SIZE(&cmdq, LSM_CMDQ_LOG2);
    smmu_EVENTQ_BASE_put_LOG2SIZE(&evtq, LSM_EVTQ_LOG2);
    err = set_cr0(litmus, 0);
    err = err ? err : lsm_write_reg(litmus, "CR2", cr2);
    err = err ? err : lsm_write_reg(litmus, "STRTAB_BASE", LSM_STRTAB);
    err = err ? err : lsm_write_reg(litmus, "STRTAB_BASE_CFG", strtab_cfg);
    err = err ? err : lsm_write_reg(litmus, "CMDQ_BASE", cmdq);
    err = err ? err : lsm_write_reg(litmus, "CMDQ_PROD", 0);
    err = err ? err : lsm_write_reg(litmus, "CMDQ_CONS", 0);
    err = err ? err : lsm_write_reg(litmus, "EVENTQ_BASE", evtq);
    err = err ? err : lsm_write_reg(litmus, "EVENTQ_PROD", 0);
    return err ? err : lsm_write_reg(litmus, "EVENTQ_CONS", 0);
}

static int turn_on(struct litmus *litmus)
{
    uint64_t cfgi[SMMU_WORDS_CFGI_STE_RANGE] = {0};
    uint64_t tlbi[SMMU_WORDS_TLBI_NSNH_ALL] = {0};
    uint64_t cr0 = 0;
    int err;

    smmu_CFGI_STE_RANGE_put_op(cfgi, SMMU_CMD_CFGI_STE_RANGE);
    smmu_CFGI_STE_RANGE_put_Range(cfgi, ALL_STES);
    smmu_TLBI_NSNH_ALL_put_op(tlbi, SMMU_CMD_TLBI_NSNH_ALL);
    smmu_CR0_put_CMDQEN(&cr0, 1);
    err = set_cr0(litmus, cr0);
    err = err ? err : lsm_command(litmus, cfgi);
    err = err ? err : lsm_sync(litmus);
    err = err ? err : lsm_command(litmus, tlbi);
    err = err ? err : lsm_sync(litmus);
    smmu_CR0_put_EVENTQEN(&cr0, 1);
    smmu_CR0_put_ATSCHK(&cr0, litmus_smmuv3.has(&litmus->config, "IDR0.ATS", 1) == 1);
    err = err ? err : set_cr0(litmus, cr0);
    smmu_CR0_put_SMMUEN(&cr0, 1);
    return err ? err : set_cr0(litmus, cr0);
}

static int invalidate_ste(struct litmus *litmus, uint32_t sid)
{
    uint64_t words[SMMU_WORDS_CFGI_STE] = {0};
    int err;

    smmu_CFGI_STE_put_op(words, SMMU_CMD_CFGI_STE);
    smmu_CFGI_STE_put_SID(words, sid);
    smmu_CFGI_STE_put_Leaf(words, SMMU_CFGI_STE_Leaf_LAST);
    err = lsm_command(litmus, words);
    return err ? err : lsm_sync(litmus);
}

/* From abort to what the test says, as a driver does it: the words that abort ignores, then q0. */
static int attach(struct litmus *litmus, const struct lsm_ste *ste, uint32_t dev)
{
    const uint64_t pa = lsm_ste_pa(litmus, ste->sid);
    const struct sim_rec_mark outer = {
        .dev = dev, .pasid = UINT32_MAX, .a = ste->domain, .op = SIM_OP_ATTACH};
    const struct sim_rec_mark inner = {.dev = dev,
                                       .pasid = UINT32_MAX,
                                       .domain = ste->domain,
                                       .a = ste->type,
                                       .op = SIM_OP_DRV_ATTACH};
    int err = ste->is_quiet ? 0 : litmus_mark(litmus, true, &outer);

    if (!err && !ste->is_quiet)
        err = litmus_mark(litmus, true, &inner);
    for (unsigned i = 1; i < SMMU_WORDS_STE && !err; i++)
        err = ste->words[i]
                  ? litmus_store(litmus, SIM_S_STE, pa + i * sizeof(uint64_t), ste->words[i])
                  : 0;
    err = err ? err : invalidate_ste(litmus, ste->sid);
    err = err ? err : litmus_store(litmus, SIM_S_STE, pa, ste->words[0]);
    err = err ? err : invalidate_ste(litmus, ste->sid);
    if (err || ste->is_quiet)
        return err;
    err = litmus_mark(litmus, false, &inner);
    return err ? err : litmus_mark(litmus, false, &outer);
}

/* The CDs of PASIDs are there already: nothing could reach them before the STE. */
static int attach_pasids(struct litmus *litmus, const struct lsm_ste *ste, uint32_t dev)
{
    const struct lsm *lsm = lsm_of(litmus);
    int err = 0;

    for (unsigned i = 0; i < lsm->n_pasids && !err; i++) {
        const struct sim_rec_mark what = {.dev = dev,
                                          .pasid = lsm->pasids[i].pasid,
                                          .domain = lsm->pasids[i].domain,
                                          .op = SIM_OP_SET_PASID};

        if (smmu_STE_S1ContextPtr_addr(ste->words) != lsm->pasids[i].cds->pa)
            continue;
        err = litmus_mark(litmus, true, &what);
        if (!err)
            err = litmus_mark(litmus, false, &what);
    }
    return err;
}

int lsm_verb_done(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lsm *lsm = lsm_of(litmus);
    int err;

    if (!lsm->is_init)
        return sim_text_fail(text, stmt->verb, "no init is open");
    err = abort_all(litmus);
    err = err ? err : set_bases(litmus);
    err = err ? err : turn_on(litmus);
    for (unsigned i = 0; i < lsm->n_stes && !err; i++) {
        err = attach(litmus, &lsm->stes[i], i);
        err = err ? err : attach_pasids(litmus, &lsm->stes[i], i);
    }
    lsm->is_init = false;
    litmus->is_body = true;
    return err ? err : litmus_add(litmus, LITMUS_ACT_START) ? 0 : SIM_ENOMEM;
}
