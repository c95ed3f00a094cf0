/* SPDX-License-Identifier: BSD-2-Clause
 * lat_inval.c - what invalidations and CMD_SYNC cost: by scope, size of the TLB, number, load.
 * Knows: commands. Must not know: where the points go. */
#include "bench/latency/lat.h"
#include "models/smmuv3/smmu_layout.h"

enum {
    SID = 0x20,
    N_WARM = 256, /* pages that are in use when an invalidation comes */
    PAGE_LOG2 = 12,
    NUM_BITS = 5, /* of a range: up to 32 units */
};

#define IOVA UINT64_C(0x40000000)

/* ---- scope ---- */

enum scope {
    SCOPE_NONE,
    SCOPE_CFGI_CD,
    SCOPE_CFGI_STE,
    SCOPE_CFGI_ALL,
    SCOPE_PAGE,
    SCOPE_16_PAGES,
    SCOPE_RANGE,
    SCOPE_ASID,
    SCOPE_VMID,
    SCOPE_EVERYTHING,
    N_SCOPES,
};

static const char *const scope_names[N_SCOPES] = {
    "CMD_SYNC alone", "CFGI_CD",          "CFGI_STE",     "CFGI_ALL",    "TLBI_NH_VA",
    "16 TLBI_NH_VA",  "TLBI_NH_VA range", "TLBI_NH_ASID", "TLBI_NH_ALL", "TLBI_NSNH_ALL",
};

static void put_va(struct lat_machine *m, uint64_t iova, unsigned num, unsigned scale)
{
    uint64_t words[SMMU_WORDS_TLBI_NH_VA] = {0};

    smmu_TLBI_NH_VA_put_op(words, SMMU_CMD_TLBI_NH_VA);
    smmu_TLBI_NH_VA_put_VMID(words, 1);
    smmu_TLBI_NH_VA_put_ASID(words, 1);
    smmu_TLBI_NH_VA_put_Leaf(words, SMMU_TLBI_NH_VA_Leaf_LAST);
    words[SMMU_LSB_TLBI_NH_VA_Addr / 64] |= iova;
    if (num || scale) { /* one granule at any level is no range (4.4.1) */
        smmu_TLBI_NH_VA_put_TG(words, SMMU_TLBI_NH_VA_TG_G4K);
        smmu_TLBI_NH_VA_put_NUM(words, num);
        smmu_TLBI_NH_VA_put_SCALE(words, scale);
    }
    lat_command(m, words);
}

/* As few as there can be: from the lowest bits that are set, five at a time. */
unsigned lat_invalidate(struct lat_machine *m, uint64_t iova, uint64_t n_pages, bool is_range)
{
    unsigned n = 0;

    while (n_pages) {
        const unsigned scale = is_range ? (unsigned)__builtin_ctzll(n_pages) : 0;
        const uint64_t units = is_range ? n_pages >> scale & ((1u << NUM_BITS) - 1) : 1;

        put_va(m, iova, (unsigned)units - 1, scale);
        iova += units << scale << PAGE_LOG2;
        n_pages -= units << scale;
        n++;
    }
    return n;
}

static void put_cfgi(struct lat_machine *m, enum scope scope)
{
    uint64_t words[SMMU_WORDS_CFGI_STE] = {0};

    if (scope == SCOPE_CFGI_CD) {
        smmu_CFGI_CD_put_op(words, SMMU_CMD_CFGI_CD);
        smmu_CFGI_CD_put_SID(words, SID);
        smmu_CFGI_CD_put_Leaf(words, SMMU_CFGI_CD_Leaf_LAST);
    } else if (scope == SCOPE_CFGI_STE) {
        smmu_CFGI_STE_put_op(words, SMMU_CMD_CFGI_STE);
        smmu_CFGI_STE_put_SID(words, SID);
        smmu_CFGI_STE_put_Leaf(words, SMMU_CFGI_STE_Leaf_LAST);
    } else { /* 4.3.2: every bit of the StreamID is in the range */
        smmu_CFGI_STE_RANGE_put_op(words, SMMU_CMD_CFGI_STE_RANGE);
        smmu_CFGI_STE_RANGE_put_Range(words, 31);
    }
    lat_command(m, words);
}

static void put_tlbi(struct lat_machine *m, uint64_t opcode)
{
    uint64_t words[SMMU_WORDS_TLBI_NH_ASID] = {0};

    smmu_TLBI_NH_ASID_put_op(words, opcode);
    if (opcode != SMMU_CMD_TLBI_NSNH_ALL)
        smmu_TLBI_NH_ASID_put_VMID(words, 1);
    if (opcode == SMMU_CMD_TLBI_NH_ASID)
        smmu_TLBI_NH_ASID_put_ASID(words, 1);
    lat_command(m, words);
}

static void put_scope(struct lat_machine *m, enum scope scope)
{
    switch (scope) {
    case SCOPE_CFGI_CD:
    case SCOPE_CFGI_STE:
    case SCOPE_CFGI_ALL:
        put_cfgi(m, scope);
        return;
    case SCOPE_PAGE:
        (void)lat_invalidate(m, IOVA, 1, false);
        return;
    case SCOPE_16_PAGES:
        (void)lat_invalidate(m, IOVA, 16, false);
        return;
    case SCOPE_RANGE:
        (void)lat_invalidate(m, IOVA, 16, true);
        return;
    case SCOPE_ASID:
        put_tlbi(m, SMMU_CMD_TLBI_NH_ASID);
        return;
    case SCOPE_VMID:
        put_tlbi(m, SMMU_CMD_TLBI_NH_ALL);
        return;
    case SCOPE_EVERYTHING:
        put_tlbi(m, SMMU_CMD_TLBI_NSNH_ALL);
        return;
    case SCOPE_NONE:
    case N_SCOPES:
        return;
    }
}

/* Every page once, one after the other. */
static uint64_t pass(struct lat_machine *m)
{
    uint64_t ps = 0;

    for (unsigned i = 0; i < N_WARM; i++)
        ps += lat_ask(m, 0, IOVA + (uint64_t)i * LAT_PAGE);
    return ps;
}

static void put_scope_points(const struct lat_out *out, enum scope scope)
{
    struct lat_plan plan;
    struct lat_machine *m;
    uint64_t before_ps;
    uint64_t after_ps;
    uint64_t ps;
    uint64_t n_reads;

    lat_plan_init(&plan, out->preset);
    m = lat_new(&plan);
    lat_map_pages(m, IOVA, N_WARM);
    (void)pass(m);
    before_ps = pass(m);
    put_scope(m, scope);
    lat_put_sync(m);
    ps = lat_ring(m);
    lat_put(out, &(struct lat_point){"command and CMD_SYNC", scope_names[scope], scope, ps, 1, 0});
    n_reads = lat_reads(m);
    after_ps = pass(m);
    lat_put(out, &(struct lat_point){"256 pages used again", scope_names[scope], scope,
                                     after_ps > before_ps ? after_ps - before_ps : 0, 1,
                                     lat_reads(m) - n_reads});
    lat_free(m);
}

void lat_run_scope(const struct lat_out *out)
{
    for (unsigned scope = 0; scope < N_SCOPES; scope++)
        put_scope_points(out, (enum scope)scope);
}

/* ---- size of the TLB ---- */

uint64_t lat_time_invalidation(const struct lat_plan *plan, uint64_t n_pages, bool is_range)
{
    struct lat_machine *m = lat_new(plan);
    uint64_t ps;

    (void)lat_invalidate(m, IOVA, n_pages, is_range);
    lat_put_sync(m);
    ps = lat_ring(m);
    lat_free(m);
    return ps;
}

void lat_run_size(const struct lat_out *out)
{
    enum {
        KEEP = 0,
    };
    static const struct {
        const char *series;
        uint32_t per_cycle;
    } sweeps[] = {{"as the preset has it", KEEP},
                  {"1 entry a cycle", 1},
                  {"4 entries a cycle", 4},
                  {"16 entries a cycle", 16},
                  {"64 entries a cycle", 64}};
    struct lat_plan plan;

    for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++) {
        for (uint32_t n = 64; n <= 65536; n *= 2) {
            lat_plan_init(&plan, out->preset);
            (void)lat_set(&plan, lat_tlb_size(&plan), n);
            if (sweeps[i].per_cycle != KEEP)
                (void)lat_set(&plan, "sweep_per_cycle", sweeps[i].per_cycle);
            lat_put(out, &(struct lat_point){sweeps[i].series, "", n,
                                             lat_time_invalidation(&plan, 1, false), 1, 0});
        }
    }
}

/* ---- number of commands ---- */

static void put_commands(const struct lat_out *out, const char *series, uint64_t n, bool is_range)
{
    struct lat_plan plan;

    lat_plan_init(&plan, out->preset);
    lat_put(out,
            &(struct lat_point){series, "", n, lat_time_invalidation(&plan, n, is_range), 1, 0});
}

void lat_run_commands(const struct lat_out *out)
{
    for (uint64_t n = 1; n <= 4096; n *= 2)
        put_commands(out, "one TLBI a page", n, false);
    for (uint64_t n = 1; n <= 4096; n *= 2)
        put_commands(out, "ranges for 2^k pages", n, true);
    for (uint64_t n = 2; n <= 4096; n *= 2) /* the worst that a number of pages can be */
        put_commands(out, "ranges for 2^k - 1 pages", n - 1, true);
}

/* ---- CMD_SYNC under load ---- */

enum {
    N_PAGES = 8192,
    N_SYNCS = 32,
};

/* Pages in an order that no TLB of these sizes has an answer for. */
static uint64_t next_page(void *ctx, unsigned tbu)
{
    uint64_t *n = ctx;

    (void)tbu;
    return IOVA + LAT_PAGE * ((*n)++ % N_PAGES);
}

static struct lat_machine *loaded_machine(const char *preset)
{
    struct lat_plan plan;
    struct lat_machine *m;

    lat_plan_init(&plan, preset);
    m = lat_new(&plan);
    lat_map_pages(m, IOVA, N_PAGES);
    lat_warm(m);
    return m;
}

/* All of them begin, and at the same moment software waits. */
static void put_burst(const struct lat_out *out, unsigned n_requests)
{
    struct lat_machine *m = loaded_machine(out->preset);

    for (unsigned i = 0; i < n_requests; i++)
        lat_send(m, i, 0, IOVA + (uint64_t)i * LAT_PAGE);
    lat_put_sync(m);
    lat_put(out,
            &(struct lat_point){"misses that have just begun", "", n_requests, lat_ring(m), 1, 0});
    lat_free(m);
}

/* As many all the time. */
static void put_stream(const struct lat_out *out, unsigned n_requests)
{
    struct lat_machine *m = loaded_machine(out->preset);
    uint64_t n = 0;
    struct lat_load load = {.n_tbus = 1,
                            .n_in_flight = n_requests,
                            .n_requests = n_requests ? UINT32_MAX : 0,
                            .next = next_page,
                            .ctx = &n};
    uint64_t ps = 0;

    lat_start(m, &load);
    lat_wait(m, 10 * LAT_MEM_PS);
    for (unsigned i = 0; i < N_SYNCS; i++) {
        lat_put_sync(m);
        ps += lat_ring(m);
        lat_wait(m, LAT_MEM_PS + (uint64_t)i * 1000); /* at another point of the walks each time */
    }
    lat_stop(&load);
    lat_put(out,
            &(struct lat_point){"misses that follow each other", "", n_requests, ps, N_SYNCS, 0});
    lat_free(m);
}

void lat_run_sync(const struct lat_out *out)
{
    static const unsigned n[] = {0, 1, 2, 4, 8, 16, 32, 64};

    for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++)
        put_burst(out, n[i]);
    for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++)
        put_stream(out, n[i]);
}
