/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd_below.c - what hangs below an entry: cached with it when it goes, and read through it
 * when memory is given back.
 * Knows: what is reached, duties. Must not know: how a descriptor ends one. */
#include "check/vtd/ord_vtd.h"

#include <inttypes.h>
#include <string.h>

#define PAGE_MASK UINT64_C(0xfff)
#define N_PASIDS 64u
#define DEVFN_LOG2 8u
#define UPPER_DEVFN 128u

/* ---- Duties ---------------------------------------------------------------------------------- */

/* Caches of second-stage tables are filed by domain: when the entry goes, when its domain gets
 * other tables, when dirty tracking is switched on. */
bool ordv_needs_domain(const uint64_t *before, const uint64_t *after)
{
    const bool is_gone = !vtd_PASID_P(after);
    const bool is_reused = vtd_PASID_DID(before) == vtd_PASID_DID(after) &&
                           vtd_PASID_SSPTPTR(before) != vtd_PASID_SSPTPTR(after);
    const bool is_tracked = !vtd_PASID_SSADE(before) && vtd_PASID_SSADE(after);

    return (is_gone || is_reused || is_tracked) &&
           (vtd_PASID_PGTT(before) == VTD_PASID_PGTT_SS ||
            vtd_PASID_PGTT(before) == VTD_PASID_PGTT_NESTED);
}

/* Does the change of a context entry change where it leads? */
static bool is_moved(const uint64_t *before, const uint64_t *after)
{
    return !vtd_CTX_P(after) || vtd_CTX_PASIDDIRPTR(before) != vtd_CTX_PASIDDIRPTR(after) ||
           vtd_CTX_PDTS(before) != vtd_CTX_PDTS(after) ||
           vtd_CTX_RID_PASID(before) != vtd_CTX_RID_PASID(after);
}

/* Of a root entry in scalable mode: its half for @sid. */
static bool is_of_half(const struct ordv_unit *unit, const struct ordv_duty *root,
                       const uint64_t *after, uint32_t sid)
{
    const unsigned word = ordv_is_scalable(unit) && (sid & UPPER_DEVFN) != 0;

    return root->before[word] != after[word];
}

static bool is_below(const struct ordv_unit *unit, const struct ordv_duty *above,
                     const uint64_t *after, const struct ordv_conf *conf)
{
    switch (above->kind) {
    case ORDV_CTX:
        return conf->sid == above->sid;
    case ORDV_DIR:
        return conf->sid == above->sid && conf->pasid - above->pasid < N_PASIDS;
    case ORDV_ROOT:
        return conf->sid >> DEVFN_LOG2 == above->sid >> DEVFN_LOG2 &&
               is_of_half(unit, above, after, conf->sid);
    case ORDV_CTX_LEGACY:
    case ORDV_PASID:
    case ORDV_PTE:
    case ORDV_BELOW:
    default:
        return false;
    }
}

/* Does a directory entry lead to the same words for a PASID as before, in another table? Then where
 * it is read changes, and what it says does not. */
static bool is_copied(const struct ordv *v, const struct ordv_duty *above, const uint64_t *after,
                      uint32_t pasid)
{
    const uint64_t at = UINT64_C(1) * (pasid % N_PASIDS) * sizeof(uint64_t[ORDV_WORDS]);
    uint64_t was[ORDV_WORDS], is[ORDV_WORDS];

    if (above->kind != ORDV_DIR || !vtd_PASID_DIR_P(after))
        return false;
    ordv_read(v, vtd_PASID_DIR_SMPTBLPTR_addr(above->before) + at, was, ORDV_WORDS);
    ordv_read(v, vtd_PASID_DIR_SMPTBLPTR_addr(after) + at, is, ORDV_WORDS);
    return memcmp(was, is, sizeof(was)) == 0;
}

static void add(struct ordv *v, struct ordv_unit *unit, const struct ordv_duty *above,
                const struct ordv_conf *conf, bool is_same)
{
    struct ordv_duty *duty = ordv_duty_new(v, unit, ORDV_BELOW);

    if (!duty)
        return;
    duty->pa = above->pa;
    duty->sid = conf->sid;
    duty->pasid = conf->pasid;
    duty->did = conf->did;
    duty->before[0] = above->before[0];
    duty->before[1] = above->before[1];
    duty->by_domain = conf->root[0] != 0;
    duty->needs[ORDV_CC] = above->kind != ORDV_DIR;
    duty->needs[ORDV_PC] = ordv_is_scalable(unit);
    duty->needs[ORDV_IOTLB] = !is_same;
    duty->needs[ORDV_DEV] = !is_same && ordv_has_ats(v, unit, conf->sid);
}

/* Of a directory entry all that is cached hangs below it. */
void ordv_below_add(struct ordv *v, struct ordv_unit *unit, struct ordv_duty *above,
                    const uint64_t *after)
{
    const struct ordv_duty of = *above; /* the list may move */
    const size_t n = unit->n_confs;

    for (size_t i = 0; i < n && of.kind == ORDV_DIR; i++)
        above->needs[ORDV_PC] =
            above->needs[ORDV_PC] && !is_below(unit, &of, after, &unit->confs[i]);
    if (of.is_cm || (of.kind == ORDV_CTX && !is_moved(of.before, after)))
        return;
    for (size_t i = 0; i < n; i++) {
        const struct ordv_conf conf = unit->confs[i];

        if (is_below(unit, &of, after, &conf))
            add(v, unit, &of, &conf, is_copied(v, &of, after, conf.pasid));
    }
}

/* ---- Memory that is given back --------------------------------------------------------------- */

static bool is_in(uint64_t pa, uint64_t size, const struct sim_rec_memfree *rec)
{
    return pa < rec->pa + rec->size && rec->pa < pa + size;
}

static void tell(struct ordv *v, const struct ordv_unit *unit, const struct sim_rec_memfree *rec,
                 const char *what, uint32_t sid)
{
    ord_hit(v->order, CHK_RULE_VTD_FREED_LINKED, unit->iommu,
            "0x%" PRIx64 " is the %s of requester 0x%" PRIx32, rec->pa, what, sid);
}

static uint64_t directory_bytes(const struct ordv_ctx *ctx)
{
    return (uint64_t)ctx->limit / N_PASIDS * VTD_PASID_DIR_BYTES;
}

static bool tell_linked(struct ordv *v, const struct ordv_unit *unit,
                        const struct sim_rec_memfree *rec)
{
    if (unit->has_root && is_in(unit->root.table, PAGE_MASK + 1, rec)) {
        tell(v, unit, rec, "root table", 0);
        return true;
    }
    for (size_t i = 0; i < unit->n_ctxs; i++) {
        const struct ordv_ctx *ctx = &unit->ctxs[i];

        if (is_in(ctx->pa & ~PAGE_MASK, PAGE_MASK + 1, rec)) {
            tell(v, unit, rec, "context table", ctx->sid);
            return true;
        }
        if (!ctx->is_legacy && is_in(ctx->directory, directory_bytes(ctx), rec)) {
            tell(v, unit, rec, "PASID directory", ctx->sid);
            return true;
        }
    }
    for (size_t i = 0; i < unit->n_tables; i++) {
        if (is_in(unit->tables[i].page, PAGE_MASK + 1, rec)) {
            tell(v, unit, rec, "PASID table", unit->tables[i].sid);
            return true;
        }
    }
    return false;
}

/* Where the entry led before it changed. */
static uint64_t led_to(const struct ordv_duty *duty)
{
    if (duty->kind == ORDV_CTX)
        return vtd_CTX_PASIDDIRPTR_addr(duty->before);
    if (duty->kind == ORDV_DIR)
        return vtd_PASID_DIR_SMPTBLPTR_addr(duty->before);
    return duty->kind == ORDV_ROOT ? vtd_ROOT_LCTP_addr(duty->before) : 0;
}

static void tell_early(struct ordv *v, const struct ordv_unit *unit,
                       const struct sim_rec_memfree *rec)
{
    for (size_t i = 0; i < unit->n_duties; i++) {
        const struct ordv_duty *duty = &unit->duties[i];

        if (!led_to(duty) || duty->is_cm || !is_in(led_to(duty), PAGE_MASK + 1, rec))
            continue;
        ord_hit_since(v->order, CHK_RULE_VTD_FREED_EARLY, unit->iommu, &duty->since,
                      "the entry 0x%" PRIx64 " led to 0x%" PRIx64
                      ", and nobody saw its invalidation complete",
                      duty->pa, led_to(duty));
        return;
    }
}

void ordv_below_free(struct ordv *v, const struct sim_rec_memfree *rec)
{
    for (size_t i = 0; i < ORDV_MAX_UNITS; i++) {
        struct ordv_unit *unit = &v->units[i];

        if (unit->is_used && ordv_is_on(unit) && !tell_linked(v, unit, rec))
            tell_early(v, unit, rec);
    }
}

/* ---- What a unit reads ----------------------------------------------------------------------- */

bool ordv_entry_is_read(const struct ordv *v, const struct ordv_unit *unit, uint64_t pa)
{
    const struct sim_rec_memfree at = {.pa = pa, .size = 1};

    (void)v;
    if (unit->has_root && is_in(unit->root.table, PAGE_MASK + 1, &at))
        return true;
    for (size_t i = 0; i < unit->n_ctxs; i++) {
        const struct ordv_ctx *ctx = &unit->ctxs[i];

        if (is_in(ctx->pa & ~PAGE_MASK, PAGE_MASK + 1, &at) ||
            (!ctx->is_legacy && is_in(ctx->directory, directory_bytes(ctx), &at)))
            return true;
    }
    for (size_t i = 0; i < unit->n_tables; i++) {
        if (is_in(unit->tables[i].page, PAGE_MASK + 1, &at))
            return true;
    }
    return false;
}
