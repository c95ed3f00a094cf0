/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd_conf.c - which entries translate, by which tables, under which domain (6.2.1, 6.3).
 * Knows: decoded entries. Must not know: how they are reached. */
#include "check/vtd/ord_vtd.h"

#include <inttypes.h>

void ordv_conf_drop(struct ordv_unit *unit, uint32_t sid, uint64_t pa)
{
    size_t n = 0;

    for (size_t i = 0; i < unit->n_confs; i++) {
        if (unit->confs[i].sid != sid || (pa && unit->confs[i].pa != pa))
            unit->confs[n++] = unit->confs[i];
    }
    unit->n_confs = n;
}

static void add(struct ordv *v, struct ordv_unit *unit, const struct ordv_conf *conf)
{
    void *confs = unit->confs;

    if (!ord_room(v->order, &confs, &unit->confs_room, unit->n_confs, sizeof(*unit->confs)))
        return;
    unit->confs = confs;
    unit->confs[unit->n_confs++] = *conf;
}

/* What an entry says. Return: false: nothing. */
static bool take_legacy(const struct ordv_unit *unit, const uint64_t *words, struct ordv_conf *conf)
{
    struct vtd_ctx_legacy ctx;

    if (!unit->has_caps || vtd_ctx_legacy_decode(words, &unit->caps, &ctx))
        return false;
    conf->did = ctx.did;
    conf->is_fs = ctx.is_pass;
    if (!ctx.is_pass) {
        conf->root[0] = ctx.ss.table;
        conf->levels[0] = ctx.ss.levels;
        conf->is_unsnooped = !ctx.ss.is_snooped;
    }
    return true;
}

static bool take_pasid(const struct ordv_unit *unit, const uint64_t *words, struct ordv_conf *conf)
{
    struct vtd_pasid pasid;

    if (!unit->has_caps || vtd_pasid_decode(words, &unit->caps, &pasid))
        return false;
    conf->did = pasid.did;
    conf->is_fs = pasid.pgtt == VTD_PGTT_FS || pasid.pgtt == VTD_PGTT_PT;
    if (pasid.pgtt == VTD_PGTT_SS || pasid.pgtt == VTD_PGTT_NESTED) {
        conf->root[0] = pasid.ss.table;
        conf->levels[0] = pasid.ss.levels;
        conf->is_unsnooped = !pasid.ss.is_snooped;
    }
    if (pasid.pgtt == VTD_PGTT_FS) { /* a guest's are not followed */
        conf->root[1] = pasid.fs.table;
        conf->levels[1] = pasid.fs.levels;
        conf->is_unsnooped = !pasid.fs.is_snooped;
    }
    return true;
}

void ordv_conf_legacy(struct ordv *v, struct ordv_unit *unit, uint32_t sid, uint64_t pa)
{
    struct ordv_conf conf = {.pa = pa, .sid = sid, .pasid = UINT32_MAX};
    uint64_t words[2];

    ordv_read(v, pa, words, 2);
    if (take_legacy(unit, words, &conf))
        add(v, unit, &conf);
}

bool ordv_conf_before(const struct ordv_unit *unit, const struct ordv_duty *duty,
                      struct ordv_conf *conf)
{
    *conf = (struct ordv_conf){.pa = duty->pa, .sid = duty->sid, .pasid = duty->pasid};
    if (duty->kind == ORDV_CTX_LEGACY)
        return take_legacy(unit, duty->before, conf);
    return duty->kind == ORDV_PASID && take_pasid(unit, duty->before, conf);
}

void ordv_conf_pasid(struct ordv *v, struct ordv_unit *unit, const struct ordv_table *table,
                     unsigned index)
{
    const uint64_t pa = table->page + (uint64_t)index * VTD_PASID_BYTES;
    struct ordv_conf conf = {.pa = pa, .sid = table->sid, .pasid = table->first + index};
    uint64_t words[ORDV_WORDS];

    ordv_read(v, pa, words, ORDV_WORDS);
    if (take_pasid(unit, words, &conf))
        add(v, unit, &conf);
}

/* ---- One domain, one meaning ----------------------------------------------------------------- */

static bool agree(const struct ordv_conf *a, const struct ordv_conf *b)
{
    if (a->is_fs != b->is_fs)
        return false;
    if (!a->is_fs)
        return a->root[0] == b->root[0] && a->levels[0] == b->levels[0];
    return a->pasid != b->pasid || a->root[1] == b->root[1];
}

void ordv_conf_check(struct ordv *v, const struct ordv_unit *unit, uint64_t pa)
{
    const struct ordv_conf *conf = NULL;

    for (size_t i = 0; i < unit->n_confs && !conf; i++)
        conf = unit->confs[i].pa == pa ? &unit->confs[i] : NULL;
    for (size_t i = 0; conf && i < unit->n_confs; i++) {
        const struct ordv_conf *other = &unit->confs[i];

        if (other->pa == pa || other->did != conf->did || agree(conf, other))
            continue;
        ord_hit(v->order, CHK_RULE_VTD_DID_SHARED, unit->iommu,
                "domain %u: requester 0x%x uses table 0x%" PRIx64 ", requester 0x%x uses 0x%" PRIx64
                " or another stage",
                conf->did, conf->sid, conf->root[0] | conf->root[1], other->sid,
                other->root[0] | other->root[1]);
        return;
    }
}
