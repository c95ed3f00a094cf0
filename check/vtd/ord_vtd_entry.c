/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd_entry.c - rules of entries: root, context, PASID directory, PASID table.
 * Knows: what stores do to entries that hardware can reach. Must not know: page tables. */
#include "check/vtd/ord_vtd.h"

#include <inttypes.h>
#include <string.h>

#define PAGE_MASK UINT64_C(0xfff)
#define N_DEVFNS 256u
#define N_BUSES 256u
#define N_PASIDS 64u /* of one table */

struct view {
    enum ordv_kind kind;
    const struct hw_layout *layout;
    unsigned n_words;
    uint64_t pa; /* of the entry */
    uint32_t sid, pasid;
    uint64_t before[ORDV_WORDS], after[ORDV_WORDS];
};

/* ---- What an entry says ---------------------------------------------------------------------- */

static bool is_present(const struct view *view, const uint64_t *words)
{
    if (view->kind == ORDV_ROOT && view->layout == &vtd_layout_ROOT)
        return vtd_ROOT_LP(words) || vtd_ROOT_UP(words);
    return vtd_PASID_P(words) != 0; /* bit 0 of them all */
}

static uint32_t conditions(const struct view *view, const uint64_t *words)
{
    switch (view->kind) {
    case ORDV_PASID:
        return vtd_pasid_conditions(words);
    case ORDV_CTX:
        return vtd_ctx_conditions(words);
    case ORDV_CTX_LEGACY:
        return vtd_ctx_legacy_conditions(words);
    case ORDV_ROOT:
    case ORDV_DIR:
    case ORDV_PTE:
    case ORDV_BELOW:
    default:
        return VTD_USED_ALWAYS | VTD_USED_VALID | VTD_USED_LOWER | VTD_USED_UPPER;
    }
}

/* Bits that hardware acts upon, of either. FPD only says what is recorded. */
static void used_bits(const struct view *view, const uint64_t *words, uint64_t *used)
{
    hw_used(view->layout->fields, view->layout->n_fields, conditions(view, words), used);
    if (view->kind == ORDV_PASID)
        vtd_PASID_put_FPD(used, 0);
    else if (view->kind == ORDV_CTX)
        vtd_CTX_put_FPD(used, 0);
    else if (view->kind == ORDV_CTX_LEGACY)
        vtd_CTX_LEGACY_put_FPD(used, 0);
}

/* Words that differ in bits that count; two that only 16-byte stores changed are one. */
static unsigned n_changed(const struct view *view, const uint64_t *before, const uint64_t *after,
                          uint8_t atomic_pairs)
{
    uint64_t used[HW_MAX_WORDS] = {0};
    unsigned n = 0;

    used_bits(view, before, used);
    used_bits(view, after, used);
    for (unsigned i = 0; i < view->n_words; i += 2) {
        const bool low = ((before[i] ^ after[i]) & used[i]) != 0;
        const bool high =
            i + 1 < view->n_words && ((before[i + 1] ^ after[i + 1]) & used[i + 1]) != 0;

        n += low && high && (atomic_pairs & (1u << i / 2)) ? 1 : (unsigned)low + (unsigned)high;
    }
    return n;
}

static uint32_t did_of(const struct view *view, const uint64_t *words)
{
    if (view->kind == ORDV_PASID)
        return (uint32_t)vtd_PASID_DID(words);
    return view->kind == ORDV_CTX_LEGACY ? (uint32_t)vtd_CTX_LEGACY_DID(words) : 0;
}

/* ---- What a change needs (6.5.3.3) ----------------------------------------------------------- */

static void add_needs(const struct ordv *v, const struct ordv_unit *unit, const struct view *view,
                      struct ordv_duty *duty)
{
    switch (view->kind) {
    case ORDV_ROOT:
        duty->needs[ORDV_CC] = true;
        break;
    case ORDV_CTX_LEGACY:
        duty->needs[ORDV_CC] = true;
        duty->needs[ORDV_IOTLB] = true;
        duty->by_domain = !duty->is_cm;
        break;
    case ORDV_CTX:
        duty->needs[ORDV_CC] = true;
        break;
    case ORDV_DIR:
        duty->needs[ORDV_PC] = true;
        break;
    case ORDV_PASID:
        duty->needs[ORDV_PC] = true;
        duty->needs[ORDV_IOTLB] = true;
        duty->by_domain = ordv_needs_domain(view->before, view->after);
        break;
    case ORDV_PTE:
    case ORDV_BELOW:
    default:
        break;
    }
    duty->needs[ORDV_DEV] =
        duty->needs[ORDV_IOTLB] && ordv_has_ats(v, unit, view->sid) && !duty->is_cm;
}

static struct ordv_duty *add_duty(struct ordv *v, struct ordv_unit *unit, const struct view *view)
{
    struct ordv_duty *duty = ordv_duty_new(v, unit, view->kind);

    if (!duty)
        return NULL;
    duty->pa = view->pa;
    duty->sid = view->sid;
    duty->pasid = view->pasid;
    duty->did = did_of(view, view->before);
    memcpy(duty->before, view->before, sizeof(duty->before));
    add_needs(v, unit, view, duty);
    return duty;
}

/* ---- Several words of one entry -------------------------------------------------------------- */

static void tell_mixed(struct ordv *v, const struct ordv_unit *unit, const struct view *view,
                       enum chk_rule_id rule, const struct ord_since *since)
{
    ord_hit_since(v->order, rule, unit->iommu, since,
                  "%s 0x%" PRIx64 " of requester 0x%x: q0 0x%" PRIx64 " q1 0x%" PRIx64
                  " -> q0 0x%" PRIx64 " q1 0x%" PRIx64,
                  view->layout->name, view->pa, view->sid, view->before[0], view->before[1],
                  view->after[0], view->after[1]);
}

static enum chk_rule_id mixed_rule(const struct view *view, bool is)
{
    if (view->kind == ORDV_PASID)
        return is ? CHK_RULE_VTD_PASID_TORN : CHK_RULE_VTD_PASID_CLEAR_EARLY;
    return is ? CHK_RULE_VTD_CTX_TORN : CHK_RULE_VTD_CTX_CLEAR_EARLY;
}

static void note_pairs(struct ordv *v, struct ordv_duty *first, const struct ord_stored *stored)
{
    const bool is_atomic = (v->order->rec->flags & SIM_RF_ATOMIC) && stored->n_words == 2;

    for (unsigned i = 0; i < stored->n_words; i++) {
        const unsigned pair = (unsigned)((stored->pa + UINT64_C(8) * i - first->pa) / 16);

        if (is_atomic)
            first->atomic_pairs |= (uint8_t)(1u << pair);
        else
            first->plain_pairs |= (uint8_t)(1u << pair);
    }
}

static void check_mixed(struct ordv *v, struct ordv_unit *unit, const struct view *view,
                        const struct ord_stored *stored)
{
    struct ordv_duty *first = ordv_duty_of(unit, view->kind, view->pa);

    if (!first || first->is_cm || view->kind == ORDV_ROOT || view->kind == ORDV_DIR)
        return;
    note_pairs(v, first, stored);
    if (first->is_torn || n_changed(view, first->before, view->after,
                                    first->atomic_pairs & (uint8_t)~first->plain_pairs) < 2)
        return;
    first->is_torn = true;
    tell_mixed(v, unit, view, mixed_rule(view, is_present(view, view->after)), &first->since);
}

/* ---- An entry becomes present ---------------------------------------------------------------- */

/* The operation that the record at hand belongs to, by its record; 0 = none. */
static uint64_t mark_here(const struct ordv *v)
{
    const struct ord_cpu *cpu = ord_cpu_of(v->order, v->order->rec->cpu);

    return cpu && cpu->n_marks > 0 ? cpu->marks[cpu->n_marks - 1].seq : 0;
}

static void add_fresh(struct ordv *v, struct ordv_unit *unit, const struct view *view)
{
    void *fresh = unit->fresh;
    size_t n = 0;

    for (size_t i = 0; i < unit->n_fresh; i++) {
        if (unit->fresh[i].head == unit->queue.head && unit->fresh[i].pa != view->pa)
            unit->fresh[n++] = unit->fresh[i];
    }
    unit->n_fresh = n;
    if (!ord_room(v->order, &fresh, &unit->fresh_room, n, sizeof(*unit->fresh)))
        return;
    unit->fresh = fresh;
    unit->fresh[unit->n_fresh++] =
        (struct ordv_fresh){view->pa, unit->queue.head, v->order->seq, mark_here(v)};
}

/* Was it made present, and did nothing follow since? */
static const struct ordv_fresh *fresh_of(const struct ordv *v, const struct ordv_unit *unit,
                                         uint64_t pa)
{
    for (size_t i = 0; i < unit->n_fresh; i++) {
        if (unit->fresh[i].pa == pa && unit->fresh[i].head == unit->queue.head &&
            unit->fresh[i].mark == mark_here(v))
            return &unit->fresh[i];
    }
    return NULL;
}

static void check_legal(struct ordv *v, const struct ordv_unit *unit, const struct view *view)
{
    struct vtd_ctx_legacy legacy;
    struct vtd_pasid pasid;
    struct vtd_ctx ctx;
    const char *what = NULL;

    if (!unit->has_caps || !is_present(view, view->after))
        return;
    if (view->kind == ORDV_PASID && vtd_pasid_decode(view->after, &unit->caps, &pasid))
        what = pasid.rule;
    else if (view->kind == ORDV_CTX && vtd_ctx_decode(view->after, &unit->caps, &ctx))
        what = ctx.rule;
    else if (view->kind == ORDV_CTX_LEGACY &&
             vtd_ctx_legacy_decode(view->after, &unit->caps, &legacy))
        what = legacy.rule;
    if (what)
        ord_hit(v->order,
                view->kind == ORDV_PASID ? CHK_RULE_VTD_PASID_ILLEGAL : CHK_RULE_VTD_CTX_ILLEGAL,
                unit->iommu, "%s 0x%" PRIx64 ": q0 0x%" PRIx64 " q1 0x%" PRIx64 ": %s",
                view->layout->name, view->pa, view->after[0], view->after[1], what);
}

static void check_pri(struct ordv *v, const struct ordv_unit *unit, const struct view *view)
{
    if (view->kind == ORDV_CTX && vtd_CTX_PRE(view->after) && !vtd_CTX_PRE(view->before) &&
        !unit->has_pqa)
        ord_hit(v->order, CHK_RULE_VTD_PRE_EARLY, unit->iommu,
                "context entry 0x%" PRIx64 " has PRE=1, PQA was not written", view->pa);
}

static void became_present(struct ordv *v, struct ordv_unit *unit, const struct view *view)
{
    struct ordv_duty *duty;

    add_fresh(v, unit, view);
    if (!unit->has_caps || !unit->caps.cm || view->kind == ORDV_ROOT || view->kind == ORDV_DIR)
        return;
    if (view->kind != ORDV_CTX && did_of(view, view->after) == 0)
        ord_hit(v->order, CHK_RULE_VTD_CM_DID_ZERO, unit->iommu,
                "%s 0x%" PRIx64 " has domain 0, and CAP.CM is 1", view->layout->name, view->pa);
    duty = add_duty(v, unit, view);
    if (!duty)
        return;
    duty->is_cm = true;
    duty->by_domain = false;
    duty->needs[ORDV_DEV] = false;
}

/* ---- A change -------------------------------------------------------------------------------- */

static bool is_untouched(const struct ordv_duty *duty)
{
    for (unsigned i = 0; i < ORDV_N_STEPS; i++) {
        if (duty->index[i] != ORDV_NO_INDEX)
            return false;
    }
    return true;
}

static void was_present(struct ordv *v, struct ordv_unit *unit, const struct view *view)
{
    const struct ordv_fresh *fresh = fresh_of(v, unit, view->pa);
    const struct ordv_duty *open = ordv_duty_of(unit, view->kind, view->pa);
    struct ord_since since = {0};
    struct ordv_duty *duty;

    if (fresh && is_present(view, view->after) && view->kind != ORDV_ROOT &&
        view->kind != ORDV_DIR) {
        since.seq = fresh->seq;
        tell_mixed(v, unit, view,
                   view->kind == ORDV_PASID ? CHK_RULE_VTD_PASID_VALID_EARLY
                                            : CHK_RULE_VTD_CTX_VALID_EARLY,
                   &since);
        return;
    }
    if (open && !open->is_quiet && is_untouched(open))
        return;
    duty = add_duty(v, unit, view);
    if (duty)
        ordv_below_add(v, unit, duty, view->after);
}

/* Words that a present entry does not use: a unit may have read them already. */
static void add_quiet(struct ordv *v, struct ordv_unit *unit, const struct view *view)
{
    struct ordv_duty *duty;

    if (view->kind != ORDV_PASID || memcmp(view->before, view->after, sizeof(view->before)) == 0 ||
        ordv_duty_of(unit, view->kind, view->pa))
        return;
    duty = add_duty(v, unit, view);
    if (!duty)
        return;
    memset(duty->needs, 0, sizeof(duty->needs));
    duty->needs[ORDV_PC] = true;
    duty->is_quiet = true;
}

/* A root entry has a half for each context table, present or not by itself. */
static bool root_changed(const struct view *view)
{
    return (vtd_ROOT_LP(view->before) && view->before[0] != view->after[0]) ||
           (vtd_ROOT_LP(view->before + 1) && view->before[1] != view->after[1]);
}

static void changed(struct ordv *v, struct ordv_unit *unit, const struct view *view,
                    const struct ord_stored *stored)
{
    const bool was = is_present(view, view->before);
    const bool is = is_present(view, view->after);

    if (is && memcmp(view->before, view->after, sizeof(view->before)) != 0) {
        check_legal(v, unit, view);
        check_pri(v, unit, view);
    }
    if (was && (view->kind == ORDV_ROOT ? root_changed(view)
                                        : n_changed(view, view->before, view->after, 0) != 0))
        was_present(v, unit, view);
    else if (was)
        add_quiet(v, unit, view);
    else if (is)
        became_present(v, unit, view);
    check_mixed(v, unit, view, stored);
}

/* ---- Where an entry is ----------------------------------------------------------------------- */

/* Context entries that the page at @page holds, by bus; false if none. */
static bool bus_of(const struct ordv *v, const struct ordv_unit *unit, uint64_t page, uint32_t *bus,
                   bool *is_upper)
{
    for (uint32_t i = 0; i < N_BUSES; i++) {
        uint64_t words[2];

        ordv_read(v, unit->root.table + UINT64_C(16) * i, words, 2);
        *bus = i;
        *is_upper =
            ordv_is_scalable(unit) && vtd_ROOT_UP(words) && vtd_ROOT_UCTP_addr(words) == page;
        if (*is_upper || (vtd_ROOT_LP(words) && vtd_ROOT_LCTP_addr(words) == page))
            return true;
    }
    return false;
}

static bool sid_of(const struct ordv *v, const struct ordv_unit *unit, uint64_t pa, uint32_t *sid)
{
    const unsigned bytes = ordv_is_scalable(unit) ? VTD_CTX_BYTES : VTD_CTX_LEGACY_BYTES;
    bool is_upper;
    uint32_t bus;

    if (!bus_of(v, unit, pa & ~PAGE_MASK, &bus, &is_upper))
        return false;
    *sid = bus << 8 | (uint32_t)((pa & PAGE_MASK) / bytes) | (is_upper ? N_DEVFNS / 2 : 0);
    return true;
}

/* ---- What hangs where ------------------------------------------------------------------------ */

static void drop_ctx(struct ordv_unit *unit, uint32_t sid)
{
    size_t n = 0;

    ordv_conf_drop(unit, sid, 0);
    for (size_t i = 0; i < unit->n_ctxs; i++) {
        if (unit->ctxs[i].sid != sid)
            unit->ctxs[n++] = unit->ctxs[i];
    }
    unit->n_ctxs = n;
    n = 0;
    for (size_t i = 0; i < unit->n_tables; i++) {
        if (unit->tables[i].sid != sid)
            unit->tables[n++] = unit->tables[i];
    }
    unit->n_tables = n;
}

static void add_table(struct ordv *v, struct ordv_unit *unit, const struct ordv_ctx *ctx,
                      uint32_t slot)
{
    const uint64_t entry = sim_mem_read64(v->order->mem, ctx->directory + UINT64_C(8) * slot);
    void *tables = unit->tables;

    if (!vtd_PASID_DIR_P(&entry) ||
        !ord_room(v->order, &tables, &unit->tables_room, unit->n_tables, sizeof(*unit->tables)))
        return;
    unit->tables = tables;
    unit->tables[unit->n_tables++] =
        (struct ordv_table){vtd_PASID_DIR_SMPTBLPTR_addr(&entry), ctx->sid, slot * N_PASIDS};
    for (unsigned i = 0; i < N_PASIDS; i++)
        ordv_conf_pasid(v, unit, &unit->tables[unit->n_tables - 1], i);
}

static void take_scalable(const struct ordv *v, uint64_t pa, struct ordv_ctx *ctx)
{
    uint64_t words[4];

    ordv_read(v, pa, words, 4);
    ctx->directory = vtd_CTX_PASIDDIRPTR_addr(words);
    ctx->limit = UINT32_C(1) << (vtd_CTX_PDTS(words) + 13);
    ctx->rid_pasid = (uint32_t)vtd_CTX_RID_PASID(words);
    ctx->has_ats = vtd_CTX_DTE(words) != 0;
    ctx->has_pri = vtd_CTX_PRE(words) != 0;
}

static void refresh_ctx(struct ordv *v, struct ordv_unit *unit, uint32_t sid, uint64_t pa)
{
    struct ordv_ctx ctx = {.sid = sid, .pa = pa, .is_legacy = !ordv_is_scalable(unit)};
    void *ctxs = unit->ctxs;
    uint64_t words[2];

    drop_ctx(unit, sid);
    ordv_read(v, pa, words, 2);
    if (!vtd_CTX_P(words) ||
        !ord_room(v->order, &ctxs, &unit->ctxs_room, unit->n_ctxs, sizeof(*unit->ctxs)))
        return;
    unit->ctxs = ctxs;
    if (ctx.is_legacy)
        ctx.has_ats = vtd_CTX_LEGACY_TT(words) == 1;
    else
        take_scalable(v, pa, &ctx);
    unit->ctxs[unit->n_ctxs++] = ctx;
    if (ctx.is_legacy)
        ordv_conf_legacy(v, unit, sid, pa);
    for (uint32_t i = 0; !ctx.is_legacy && i < ctx.limit / N_PASIDS; i++)
        add_table(v, unit, &ctx, i);
}

static void rescan_table(struct ordv *v, struct ordv_unit *unit, uint32_t first_sid, uint64_t table)
{
    const bool is_wide = ordv_is_scalable(unit);
    const unsigned n = is_wide ? N_DEVFNS / 2 : N_DEVFNS;

    for (unsigned i = 0; i < n; i++) {
        const uint64_t pa = table + (uint64_t)i * (is_wide ? VTD_CTX_BYTES : VTD_CTX_LEGACY_BYTES);
        const uint64_t word = sim_mem_read64(v->order->mem, pa);

        if (vtd_CTX_P(&word))
            refresh_ctx(v, unit, first_sid + i, pa);
    }
}

void ordv_entry_rescan(struct ordv *v, struct ordv_unit *unit)
{
    unit->n_ctxs = 0;
    unit->n_tables = 0;
    unit->n_confs = 0;
    if (!unit->has_root || (unit->root.mode != VTD_MODE_LEGACY && !ordv_is_scalable(unit)))
        return;
    for (uint32_t bus = 0; bus < N_BUSES; bus++) {
        uint64_t words[2];

        ordv_read(v, unit->root.table + UINT64_C(16) * bus, words, 2);
        if (vtd_ROOT_LP(words))
            rescan_table(v, unit, bus << 8, vtd_ROOT_LCTP_addr(words));
        if (ordv_is_scalable(unit) && vtd_ROOT_UP(words))
            rescan_table(v, unit, bus << 8 | N_DEVFNS / 2, vtd_ROOT_UCTP_addr(words));
    }
}

/* ---- Stores ---------------------------------------------------------------------------------- */

static void take_words(const struct ordv *v, const struct ord_stored *stored, struct view *view)
{
    ordv_read(v, view->pa, view->after, view->n_words);
    memcpy(view->before, view->after, sizeof(view->before));
    for (unsigned i = 0; i < stored->n_words; i++) {
        const uint64_t word = (stored->pa - view->pa) / 8 + i;

        if (word < view->n_words)
            view->before[word] = stored->before[i];
    }
}

static void store_root(struct ordv *v, struct ordv_unit *unit, const struct ord_stored *stored)
{
    struct view view = {.kind = ORDV_ROOT, .n_words = 2};

    if (stored->pa < unit->root.table || stored->pa > unit->root.table + PAGE_MASK)
        return;
    view.layout = ordv_is_scalable(unit) ? &vtd_layout_ROOT : &vtd_layout_ROOT_LEGACY;
    view.pa = stored->pa & ~(uint64_t)(VTD_ROOT_BYTES - 1);
    view.sid = (uint32_t)((view.pa - unit->root.table) / VTD_ROOT_BYTES) << 8;
    take_words(v, stored, &view);
    changed(v, unit, &view, stored);
    ordv_entry_rescan(v, unit);
}

static void store_ctx(struct ordv *v, struct ordv_unit *unit, const struct ord_stored *stored)
{
    const bool is_wide = ordv_is_scalable(unit);
    struct view view = {.kind = is_wide ? ORDV_CTX : ORDV_CTX_LEGACY, .n_words = is_wide ? 4 : 2};

    view.layout = is_wide ? &vtd_layout_CTX : &vtd_layout_CTX_LEGACY;
    view.pa = stored->pa & ~(uint64_t)(is_wide ? VTD_CTX_BYTES - 1 : VTD_CTX_LEGACY_BYTES - 1);
    if (!sid_of(v, unit, view.pa, &view.sid))
        return;
    take_words(v, stored, &view);
    changed(v, unit, &view, stored);
    refresh_ctx(v, unit, view.sid, view.pa);
    if (!is_wide)
        ordv_conf_check(v, unit, view.pa);
}

static void store_dir(struct ordv *v, struct ordv_unit *unit, const struct ord_stored *stored)
{
    struct view view = {.kind = ORDV_DIR, .layout = &vtd_layout_PASID_DIR, .n_words = 1};

    for (size_t i = 0; i < unit->n_ctxs; i++) {
        const struct ordv_ctx ctx = unit->ctxs[i];
        const uint64_t bytes = (uint64_t)ctx.limit / N_PASIDS * VTD_PASID_DIR_BYTES;

        if (ctx.is_legacy || stored->pa < ctx.directory || stored->pa >= ctx.directory + bytes)
            continue;
        view.pa = stored->pa;
        view.sid = ctx.sid;
        view.pasid = (uint32_t)((stored->pa - ctx.directory) / VTD_PASID_DIR_BYTES) * N_PASIDS;
        take_words(v, stored, &view);
        changed(v, unit, &view, stored);
        refresh_ctx(v, unit, ctx.sid, ctx.pa);
        return;
    }
}

static void store_pasid(struct ordv *v, struct ordv_unit *unit, const struct ord_stored *stored)
{
    struct view view = {.kind = ORDV_PASID, .layout = &vtd_layout_PASID, .n_words = ORDV_WORDS};

    for (size_t i = 0; i < unit->n_tables; i++) {
        const struct ordv_table *table = &unit->tables[i];
        const unsigned index = (unsigned)((stored->pa & PAGE_MASK) / VTD_PASID_BYTES);

        if (table->page != (stored->pa & ~PAGE_MASK))
            continue;
        view.pa = stored->pa & ~(uint64_t)(VTD_PASID_BYTES - 1);
        view.sid = table->sid;
        view.pasid = table->first + index;
        take_words(v, stored, &view);
        changed(v, unit, &view, stored);
        ordv_conf_drop(unit, table->sid, view.pa);
        ordv_conf_pasid(v, unit, table, index);
        ordv_conf_check(v, unit, view.pa);
        return;
    }
}

void ordv_entry_store(struct ordv *v, const struct sim_rec_store *rec,
                      const struct ord_stored *stored)
{
    for (size_t i = 0; i < ORDV_MAX_UNITS; i++) {
        struct ordv_unit *unit = &v->units[i];

        if (!unit->is_used || !ordv_is_on(unit) || !unit->has_root)
            continue;
        if (rec->structure == SIM_S_ROOT)
            store_root(v, unit, stored);
        else if (rec->structure == SIM_S_CTX)
            store_ctx(v, unit, stored);
        else if (rec->structure == SIM_S_PASID_DIR)
            store_dir(v, unit, stored);
        else if (rec->structure == SIM_S_PASID)
            store_pasid(v, unit, stored);
    }
}
