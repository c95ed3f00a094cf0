/* SPDX-License-Identifier: BSD-2-Clause
 * ord_tag.c - which tables are configured, and under which ASIDs and VMIDs.
 * Knows: decoded STEs and CDs. Must not know: page tables. */
#include "check/smmuv3/ord_smmu.h"

#include <inttypes.h>
#include <string.h>

#define MAX_CDS 1024u /* of one stream that are followed */

static bool is_same_tag(const struct ord_conf *conf, bool is_s2, uint32_t vmid, uint32_t asid)
{
    return conf->is_s2 == is_s2 && conf->vmid == vmid && (is_s2 || conf->asid == asid);
}

static struct ord_tag *tag_of(struct ord_unit *unit, const struct ord_conf *conf)
{
    for (size_t i = 0; i < unit->n_tags; i++) {
        const struct ord_tag *tag = &unit->tags[i];

        if (is_same_tag(conf, tag->is_s2, tag->vmid, tag->asid))
            return &unit->tags[i];
    }
    return NULL;
}

/* ---- Building ----------------------------------------------------------------------------------
 */

static int8_t start_level(unsigned tsz, unsigned granule_log2)
{
    const unsigned per_level = granule_log2 - 3;
    const unsigned bits = 64 - tsz - granule_log2;

    return (int8_t)(4 - (int)((bits + per_level - 1) / per_level));
}

/* What must agree in all CDs of one ASID: faults may be reported differently. */
static void sign_cd(const uint64_t *words, struct ord_conf *conf)
{
    uint64_t used[ORD_WORDS] = {0};

    hw_used(smmu_layout_CD.fields, smmu_layout_CD.n_fields, smmu_cd_conditions(words), used);
    smmu_CD_put_A(used, 0);
    smmu_CD_put_R(used, 0);
    smmu_CD_put_S(used, 0);
    for (unsigned i = 0; i < 4; i++)
        conf->sign[i] = words[i] & used[i];
}

static void sign_s2(const uint64_t *words, struct ord_conf *conf)
{
    uint64_t used[ORD_WORDS] = {0}, own[ORD_WORDS];

    hw_used(smmu_layout_STE.fields, smmu_layout_STE.n_fields, SMMU_USED_S2, used);
    smmu_STE_put_S2S(used, 0);
    smmu_STE_put_S2R(used, 0);
    memcpy(own, words, sizeof(own));
    conf->sign[0] = smmu_STE_S2FWB(own);
    conf->sign[1] = own[2] & used[2];
    conf->sign[2] = own[3] & used[3];
}

static bool conf_of_cd(const struct ord_smmu *smmu, const struct ord_unit *unit,
                       const struct ord_ste *live, uint32_t ssid, struct ord_conf *conf)
{
    uint64_t words[ORD_WORDS];
    struct smmu_cd cd;

    memset(conf, 0, sizeof(*conf));
    conf->pa = ord_cd_address(smmu, live, ssid);
    if (!conf->pa)
        return false;
    ord_read(smmu, conf->pa, words, ORD_WORDS);
    if (!smmu_CD_V(words) || smmu_cd_decode(words, &live->ste, &unit->caps, &cd) || cd.is_lpae)
        return false;
    conf->sid = live->sid;
    conf->vmid = live->ste.world == SMMU_WORLD_NS_EL1 ? live->ste.vmid : ORD_EL2;
    conf->asid = cd.asid;
    for (unsigned i = 0; i < SMMU_CD_HALVES; i++) {
        const struct smmu_half *half = &cd.half[i];

        conf->has_half[i] = half->is_enabled;
        if (!half->is_enabled)
            continue;
        conf->root[i] = half->ttb;
        conf->tsz[i] = (uint8_t)half->tsz;
        conf->granule_log2[i] = (uint8_t)half->granule_log2;
        conf->level[i] = start_level(half->tsz, half->granule_log2);
    }
    sign_cd(words, conf);
    return cd.half[0].is_enabled || cd.half[1].is_enabled;
}

static bool conf_of_s2(const struct ord_smmu *smmu, const struct ord_ste *live,
                       struct ord_conf *conf)
{
    const struct smmu_s2 *s2 = &live->ste.s2;
    uint64_t words[ORD_WORDS];

    memset(conf, 0, sizeof(*conf));
    if (!live->ste.has_s2 || s2->is_lpae)
        return false;
    conf->pa = live->pa;
    conf->sid = live->sid;
    conf->is_s2 = true;
    conf->is_nested = live->ste.has_s1;
    conf->vmid = live->ste.vmid;
    conf->has_half[0] = true;
    conf->root[0] = s2->ttb;
    conf->tsz[0] = (uint8_t)s2->t0sz;
    conf->level[0] = (int8_t)s2->start_level;
    conf->granule_log2[0] = (uint8_t)s2->granule_log2;
    ord_read(smmu, live->pa, words, ORD_WORDS);
    sign_s2(words, conf);
    return true;
}

/* ---- Coming into use ---------------------------------------------------------------------------
 */

/* Two that share a tag must agree. Return: false if they do not. */
static bool check_shared(struct ord_smmu *smmu, const struct ord_unit *unit,
                         const struct ord_conf *conf)
{
    for (size_t i = 0; i < unit->n_confs; i++) {
        const struct ord_conf *other = &unit->confs[i];

        if (other->is_old || other->pa == conf->pa ||
            !is_same_tag(conf, other->is_s2, other->vmid, other->asid) ||
            memcmp(other->sign, conf->sign, sizeof(conf->sign)) == 0)
            continue;
        ord_hit(smmu->order, conf->is_s2 ? CHK_RULE_VMID_SHARED : CHK_RULE_ASID_SHARED, unit->iommu,
                "%s %u: StreamID 0x%x uses table 0x%" PRIx64 ", StreamID 0x%x uses 0x%" PRIx64
                " or another format",
                conf->is_s2 ? "VMID" : "ASID", conf->is_s2 ? conf->vmid : conf->asid, conf->sid,
                conf->root[0], other->sid, other->root[0]);
        return false;
    }
    return true;
}

static void add_tag_duty(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_conf *conf,
                         const struct ord_tag *tag)
{
    struct ord_duty *duty;

    for (size_t i = 0; i < unit->n_duties; i++) {
        duty = &unit->duties[i];
        if (duty->kind == ORD_DUTY_TAG && duty->index == ORD_NO_INDEX &&
            is_same_tag(conf, duty->key_s2, duty->vmid, duty->asid))
            return;
    }
    duty = ord_duty_new(smmu, unit, ORD_DUTY_TAG);
    if (!duty)
        return;
    duty->pa = conf->pa;
    duty->key_s2 = conf->is_s2;
    duty->vmid = conf->vmid;
    duty->asid = conf->asid;
    duty->before[0] = tag->root[0];
    duty->before[1] = conf->root[0];
}

static void use_tag(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_conf *conf)
{
    struct ord_tag *tag = tag_of(unit, conf);
    void *tags = unit->tags;

    if (!tag) {
        if (!ord_room(smmu->order, &tags, &unit->tags_room, unit->n_tags, sizeof(*unit->tags)))
            return;
        unit->tags = tags;
        tag = &unit->tags[unit->n_tags++];
        tag->is_s2 = conf->is_s2;
        tag->vmid = conf->vmid;
        tag->asid = conf->asid;
    } else if (tag->is_dirty && memcmp(tag->root, conf->root, sizeof(tag->root)) != 0) {
        add_tag_duty(smmu, unit, conf, tag);
    }
    memcpy(tag->root, conf->root, sizeof(tag->root));
    tag->is_dirty = true;
    tag->clean_index = ORD_NO_INDEX;
    tag->gone_pa = conf->pa;
}

static void add_conf(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_conf *conf)
{
    void *confs = unit->confs;

    for (size_t i = 0; i < unit->n_confs; i++) {
        struct ord_conf *old = &unit->confs[i];

        if (!old->is_old || old->pa != conf->pa || old->sid != conf->sid ||
            !is_same_tag(conf, old->is_s2, old->vmid, old->asid) ||
            memcmp(old->sign, conf->sign, sizeof(conf->sign)) != 0)
            continue;
        old->is_old = false; /* as it was */
        return;
    }
    if (check_shared(smmu, unit, conf))
        use_tag(smmu, unit, conf);
    if (!ord_room(smmu->order, &confs, &unit->confs_room, unit->n_confs, sizeof(*unit->confs)))
        return;
    unit->confs = confs;
    unit->confs[unit->n_confs++] = *conf;
}

static void drop_old(struct ord_smmu *smmu, struct ord_unit *unit)
{
    size_t n = 0;

    for (size_t i = 0; i < unit->n_confs; i++) {
        if (!unit->confs[i].is_old)
            unit->confs[n++] = unit->confs[i];
        else
            ord_ats_moved(smmu, unit, unit->confs[i].sid);
    }
    unit->n_confs = n;
}

void ord_conf_refresh(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t sid)
{
    const struct ord_ste *live = NULL;
    struct ord_conf conf;

    for (size_t i = 0; i < unit->n_confs; i++)
        unit->confs[i].is_old |= unit->confs[i].sid == sid;
    for (size_t i = 0; i < unit->n_stes && !live; i++)
        live = unit->stes[i].sid == sid ? &unit->stes[i] : NULL;
    if (live && live->ste.has_s1 && !live->ste.has_s2) {
        const uint32_t n = live->ste.s1_cd_max < 10 ? 1u << live->ste.s1_cd_max : MAX_CDS;

        for (uint32_t i = 0; i < n; i++) {
            if (conf_of_cd(smmu, unit, live, i, &conf))
                add_conf(smmu, unit, &conf);
        }
    }
    if (live && conf_of_s2(smmu, live, &conf))
        add_conf(smmu, unit, &conf);
    drop_old(smmu, unit);
}

/* ---- Invalidations -----------------------------------------------------------------------------
 */

static bool is_in_use(const struct ord_unit *unit, const struct ord_tag *tag)
{
    for (size_t i = 0; i < unit->n_confs; i++) {
        if (is_same_tag(&unit->confs[i], tag->is_s2, tag->vmid, tag->asid))
            return true;
    }
    return false;
}

void ord_tag_command(struct ord_unit *unit, const struct ord_command *command)
{
    if (!ord_tlbi_is(smmu_UNKNOWN_CMD_op(command->words)))
        return;
    for (size_t i = 0; i < unit->n_tags; i++) {
        struct ord_tag *tag = &unit->tags[i];

        if (tag->is_dirty && tag->clean_index == ORD_NO_INDEX &&
            ord_tlbi_drops_tag(command->words, tag->is_s2, tag->vmid, tag->asid) &&
            !is_in_use(unit, tag) && ord_is_settled(unit, tag->gone_pa))
            tag->clean_index = command->index;
    }
}

void ord_tag_complete(struct ord_unit *unit)
{
    for (size_t i = 0; i < unit->n_tags; i++) {
        if (unit->tags[i].clean_index < unit->cmdq.done)
            unit->tags[i].is_dirty = false;
    }
}
