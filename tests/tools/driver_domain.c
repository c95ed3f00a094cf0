/* SPDX-License-Identifier: BSD-2-Clause
 * driver_domain.c - what a device can be attached to: names, entries, page tables.
 * Knows: bits of STEs, CDs and descriptors. Must not know: in which order entries are written.
 *
 * All domains with tables map N_PAGES pages from IOVA on, each to another place:
 *   stage 1, space n            page i to  HOST + n * N_PAGES + i
 *   stage 2, table n            page i to  GUEST + n * N_PAGES + i
 *   guest's stage 1, space n    page i to page (i + n) mod N_PAGES of stage 2's input
 * Tables have 39 bits, pages 4 KiB. */
#include "models/smmuv3/smmu_layout.h"
#include "tests/tools/driver.h"

#include <string.h>

enum {
    N_SPACES = 2,
    N_GUEST_SPACES = 2, /* numbers 1 and 2 */
    N_S2 = 2,
    T0SZ = 25,
    S2_START_LEVEL1 = 1,
    ADDRESS_48 = SMMU_CD_IPS_B48,
    TYPE_PAGING = 1,
    TYPE_IDENTITY = 4,
    TYPE_BLOCKED = 0,
    FIRST_ID = 10,
};

#define N_PAGES UINT64_C(8)
#define IOVA UINT64_C(0x40000000) /* entry 1 of level 1, entry 0 of level 2 */
#define HOST UINT64_C(0x80000000)
#define GUEST UINT64_C(0xc0000000)
#define S1_TABLES UINT64_C(0x100000)
#define GUEST_TABLES UINT64_C(0x120000)
#define S2_TABLES UINT64_C(0x140000)
#define SPACE_BYTES (4 * DRIVER_PAGE)
#define MAIR UINT64_C(0xff)
#define OTHER_MAIR UINT64_C(0x44ff) /* what the pages use is the same */

/* Descriptors as a driver would build them (D8.3): AF, inner shareable, read and write. */
#define PTE_S1 UINT64_C(0xf43)
#define PTE_S2 UINT64_C(0x7ff)
#define PTE_S2_BLOCK UINT64_C(0x7fd)
#define PTE_TABLE UINT64_C(0x3)

#define SSID0 SMMU_STE_S1DSS_SSID0

/* clang-format off: a table */
static const struct driver_domain domains[] = {
    {.name = "void", .target = DRIVER_VOID},
    {.name = "abort", .target = DRIVER_BLOCKED},
    {.name = "identity", .target = DRIVER_IDENTITY},

    {.name = "s1a", .target = DRIVER_S1, .asid = 1, .space = 0, .dss = SSID0, .mair = MAIR},
    {.name = "s1b", .target = DRIVER_S1, .asid = 2, .space = 1, .dss = SSID0, .mair = MAIR},
    {.name = "s1b-mair",
     .target = DRIVER_S1,
     .asid = 2,
     .space = 1,
     .dss = SSID0,
     .mair = OTHER_MAIR},
    {.name = "s1a-asid", .target = DRIVER_S1, .asid = 3, .space = 0, .dss = SSID0, .mair = MAIR},
    {.name = "s1a-table", .target = DRIVER_S1, .asid = 1, .space = 1, .dss = SSID0, .mair = MAIR},
    {.name = "released",
     .target = DRIVER_S1,
     .cd = DRIVER_CD_RELEASED,
     .asid = 1,
     .dss = SSID0,
     .mair = MAIR},
    {.name = "no-cd", .target = DRIVER_S1, .cd = DRIVER_CD_VOID, .dss = SSID0},

    {.name = "s1a+pasids",
     .target = DRIVER_S1,
     .asid = 1,
     .space = 0,
     .dss = SSID0,
     .cd_max = 4,
     .mair = MAIR},
    {.name = "identity+pasids",
     .target = DRIVER_IDENTITY,
     .dss = SMMU_STE_S1DSS_BYPASS,
     .cd_max = 4},
    {.name = "abort+pasids",
     .target = DRIVER_BLOCKED,
     .dss = SMMU_STE_S1DSS_TERMINATE,
     .cd_max = 4},
    {.name = "s1a+ats",
     .target = DRIVER_S1,
     .asid = 1,
     .space = 0,
     .dss = SSID0,
     .mair = MAIR,
     .eats = SMMU_STE_EATS_FULL},

    {.name = "s2a", .target = DRIVER_S2, .vmid = 1, .s2 = 0},
    {.name = "s2b", .target = DRIVER_S2, .vmid = 2, .s2 = 1},
    {.name = "s2a-vmid", .target = DRIVER_S2, .vmid = 3, .s2 = 0},
    {.name = "s2a-table", .target = DRIVER_S2, .vmid = 1, .s2 = 1},
    {.name = "s2-vmid0", .target = DRIVER_S2, .vmid = 0, .s2 = 0},

    {.name = "nested-a", .target = DRIVER_NESTED, .cds = 1, .dss = SSID0, .vmid = 1, .s2 = 0},
    {.name = "nested-b", .target = DRIVER_NESTED, .cds = 2, .dss = SSID0, .vmid = 1, .s2 = 0},
    {.name = "nested-b+ats",
     .target = DRIVER_NESTED,
     .cds = 2,
     .dss = SSID0,
     .vmid = 1,
     .s2 = 0,
     .eats = SMMU_STE_EATS_FULL},
    {.name = "nested-b-dss",
     .target = DRIVER_NESTED,
     .cds = 2,
     .vmid = 1,
     .s2 = 0,
     .dss = SMMU_STE_S1DSS_TERMINATE},
    {.name = "nested-c", .target = DRIVER_NESTED, .cds = 1, .dss = SSID0, .vmid = 2, .s2 = 1},
};
/* clang-format on */

enum { N_DOMAINS = sizeof(domains) / sizeof(domains[0]) };

const struct driver_domain *driver_domain_find(const char *name)
{
    for (size_t i = 0; i < N_DOMAINS; i++) {
        if (!strcmp(domains[i].name, name))
            return &domains[i];
    }
    return NULL;
}

uint64_t driver_domain_id(const struct driver_domain *domain)
{
    return FIRST_ID + (uint64_t)(domain - domains);
}

static bool has_targets(const struct driver_domain *domain)
{
    return (domain->target == DRIVER_S1 && domain->cd == DRIVER_CD_LIVE) ||
           domain->target == DRIVER_S2 || domain->target == DRIVER_NESTED;
}

uint64_t driver_domain_type(const struct driver_domain *domain)
{
    if (domain->target == DRIVER_IDENTITY)
        return TYPE_IDENTITY;
    return has_targets(domain) ? TYPE_PAGING : TYPE_BLOCKED;
}

/* ---- entries --------------------------------------------------------------------------------- */

static void ste_s1(const struct driver *driver, const struct driver_domain *domain, uint64_t *ste)
{
    const uint64_t at = DRIVER_CDS + domain->cds * DRIVER_PAGE;

    smmu_STE_put_S1ContextPtr(ste, at >> SMMU_LSB_STE_S1ContextPtr);
    smmu_STE_put_S1CDMax(ste, domain->cd_max);
    smmu_STE_put_S1DSS(ste, domain->dss);
    smmu_STE_put_S1CIR(ste, SMMU_STE_S1CIR_WBRA);
    smmu_STE_put_S1COR(ste, SMMU_STE_S1COR_WBRA);
    smmu_STE_put_S1CSH(ste, SMMU_STE_S1CSH_ISH);
    if (domain->target != DRIVER_NESTED && driver->rules.has_el2)
        smmu_STE_put_STRW(ste, SMMU_STE_STRW_EL2);
}

static void ste_s2(const struct driver_domain *domain, uint64_t *ste)
{
    smmu_STE_put_S2VMID(ste, domain->vmid);
    smmu_STE_put_S2T0SZ(ste, T0SZ);
    smmu_STE_put_S2SL0(ste, S2_START_LEVEL1);
    smmu_STE_put_S2IR0(ste, SMMU_STE_S2IR0_WBRA);
    smmu_STE_put_S2OR0(ste, SMMU_STE_S2OR0_WBRA);
    smmu_STE_put_S2SH0(ste, SMMU_STE_S2SH0_ISH);
    smmu_STE_put_S2PS(ste, ADDRESS_48);
    smmu_STE_put_S2AA64(ste, SMMU_STE_S2AA64_V8_64);
    smmu_STE_put_S2PTW(ste, 1);
    smmu_STE_put_S2R(ste, 1);
    smmu_STE_put_S2TTB(ste, (S2_TABLES + domain->s2 * SPACE_BYTES) >> (SMMU_LSB_STE_S2TTB % 64));
}

static uint64_t config_of(const struct driver_domain *domain)
{
    if (domain->cd_max || domain->target == DRIVER_S1)
        return SMMU_STE_Config_S1;
    switch (domain->target) {
    case DRIVER_IDENTITY:
        return SMMU_STE_Config_BYPASS;
    case DRIVER_S2:
        return SMMU_STE_Config_S2;
    case DRIVER_NESTED:
        return SMMU_STE_Config_NESTED;
    case DRIVER_VOID:
    case DRIVER_BLOCKED:
    case DRIVER_S1:
    default:
        return SMMU_STE_Config_ABORT;
    }
}

/* Only where no stage 1 follows does the driver say that shareability is the incoming one. */
void driver_domain_ste(const struct driver *driver, const struct driver_domain *domain,
                       uint64_t *ste)
{
    const uint64_t config = config_of(domain);
    const bool has_s2 = config == SMMU_STE_Config_S2 || config == SMMU_STE_Config_NESTED;
    const bool has_s1 = config == SMMU_STE_Config_S1 || config == SMMU_STE_Config_NESTED;

    memset(ste, 0, DRIVER_ENTRY_BYTES);
    if (domain->target == DRIVER_VOID)
        return;
    smmu_STE_put_V(ste, 1);
    smmu_STE_put_Config(ste, config);
    smmu_STE_put_EATS(ste, domain->eats);
    smmu_STE_put_MEV(ste, config == SMMU_STE_Config_NESTED);
    if ((has_s2 || domain->target == DRIVER_IDENTITY) && !driver->rules.no_overrides)
        smmu_STE_put_SHCFG(ste, SMMU_STE_SHCFG_INCOMING);
    if (has_s1)
        ste_s1(driver, domain, ste);
    if (has_s2)
        ste_s2(domain, ste);
}

/* @tables: three levels, the first one first. */
static void cd_of(uint64_t *cd, uint64_t tables, uint64_t asid, uint64_t mair)
{
    memset(cd, 0, DRIVER_ENTRY_BYTES);
    smmu_CD_put_T0SZ(cd, T0SZ);
    smmu_CD_put_IR0(cd, SMMU_CD_IR0_WBWA);
    smmu_CD_put_OR0(cd, SMMU_CD_OR0_WBWA);
    smmu_CD_put_SH0(cd, SMMU_CD_SH0_ISH);
    smmu_CD_put_EPD1(cd, 1);
    smmu_CD_put_V(cd, 1);
    smmu_CD_put_IPS(cd, ADDRESS_48);
    smmu_CD_put_AA64(cd, SMMU_CD_AA64_V8_64);
    smmu_CD_put_R(cd, 1);
    smmu_CD_put_A(cd, 1);
    smmu_CD_put_ASET(cd, 1);
    smmu_CD_put_ASID(cd, asid);
    smmu_CD_put_TTB0(cd, tables >> (SMMU_LSB_CD_TTB0 % 64));
    cd[SMMU_LSB_CD_MAIR0 / 64] = mair;
}

/* What is not of the host's stage 1 has no CD there. Of a process that is gone, the table is gone.
 */
void driver_domain_cd(const struct driver_domain *domain, uint64_t *cd)
{
    memset(cd, 0, DRIVER_ENTRY_BYTES);
    if (domain->target != DRIVER_S1 || domain->cd == DRIVER_CD_VOID)
        return;
    cd_of(cd, S1_TABLES + domain->space * SPACE_BYTES, domain->asid, domain->mair);
    if (domain->cd != DRIVER_CD_RELEASED)
        return;
    smmu_CD_put_EPD0(cd, 1);
    smmu_CD_put_R(cd, 0);
    smmu_CD_put_T0SZ(cd, 0);
    smmu_CD_put_IR0(cd, 0);
    smmu_CD_put_OR0(cd, 0);
    smmu_CD_put_SH0(cd, 0);
    smmu_CD_put_TTB0(cd, 0);
}

/* ---- page tables ----------------------------------------------------------------------------- */

/* The upper two levels, to the leaves in the third table. */
static uint64_t upper_levels(struct stream *stream, uint64_t tables)
{
    stream_memory(stream, SIM_S_PAGES, tables, SPACE_BYTES);
    stream_store(stream, SIM_S_PTE, tables + sizeof(uint64_t), (tables + DRIVER_PAGE) | PTE_TABLE);
    stream_store(stream, SIM_S_PTE, tables + DRIVER_PAGE, (tables + 2 * DRIVER_PAGE) | PTE_TABLE);
    return tables + 2 * DRIVER_PAGE;
}

static void leaves(struct stream *stream, uint64_t table, uint64_t first, uint64_t rotate,
                   uint64_t bits)
{
    for (uint64_t i = 0; i < N_PAGES; i++)
        stream_store(stream, SIM_S_PTE, table + i * sizeof(uint64_t),
                     (first + (i + rotate) % N_PAGES * DRIVER_PAGE) | bits);
}

static void guest(struct stream *stream, uint64_t n)
{
    const uint64_t tables = GUEST_TABLES + n * SPACE_BYTES;
    const uint64_t at = DRIVER_CDS + n * DRIVER_PAGE;
    uint64_t cd[DRIVER_WORDS];

    leaves(stream, upper_levels(stream, tables), IOVA, n, PTE_S1);
    cd_of(cd, tables, n, MAIR);
    stream_memory(stream, SIM_S_CD, at, DRIVER_PAGE);
    for (unsigned i = 0; i < DRIVER_WORDS; i++) {
        if (cd[i])
            stream_store(stream, SIM_S_CD, at + i * sizeof(*cd), cd[i]);
    }
}

/* What the guest keeps in memory lies where the guest thinks. */
static void stage2(struct stream *stream, uint64_t n)
{
    const uint64_t tables = S2_TABLES + n * SPACE_BYTES;
    const uint64_t low = tables + 3 * DRIVER_PAGE;

    leaves(stream, upper_levels(stream, tables), GUEST + n * N_PAGES * DRIVER_PAGE, 0, PTE_S2);
    stream_store(stream, SIM_S_PTE, tables, low | PTE_TABLE);
    stream_store(stream, SIM_S_PTE, low, PTE_S2_BLOCK);
}

/* ---- what is promised ------------------------------------------------------------------------ */

static uint64_t target_of(const struct driver_domain *domain, uint64_t page)
{
    if (domain->target == DRIVER_S1)
        return HOST + (domain->space * N_PAGES + page) * DRIVER_PAGE;
    if (domain->target == DRIVER_NESTED)
        page = (page + domain->cds) % N_PAGES;
    return GUEST + (domain->s2 * N_PAGES + page) * DRIVER_PAGE;
}

static void promise(struct stream *stream, const struct driver_domain *domain)
{
    const struct stream_mark mark = {
        .op = SIM_OP_MAP,
        .dev = SIM_NO_DEV,
        .domain = driver_domain_id(domain),
        .a = IOVA,
        .b = N_PAGES * DRIVER_PAGE,
    };
    struct sim_record rec = stream_record(SIM_R_MAP);

    stream_begin(stream, &mark);
    for (uint64_t i = 0; i < N_PAGES; i++) {
        rec.map.domain = mark.domain;
        rec.map.iova = IOVA + i * DRIVER_PAGE;
        rec.map.pa = target_of(domain, i);
        rec.map.size = DRIVER_PAGE;
        rec.map.prot = SIM_PROT_RW;
        rec.flags |= SIM_RF_PROT;
        stream_put(stream, &rec);
    }
    stream_end(stream, &mark);
}

void driver_tables(struct driver *driver)
{
    struct stream *stream = driver->stream;

    for (uint64_t n = 0; n < N_SPACES; n++) {
        const uint64_t table = upper_levels(stream, S1_TABLES + n * SPACE_BYTES);

        leaves(stream, table, HOST + n * N_PAGES * DRIVER_PAGE, 0, PTE_S1);
    }
    for (uint64_t n = 1; n <= N_GUEST_SPACES; n++)
        guest(stream, n);
    for (uint64_t n = 0; n < N_S2; n++)
        stage2(stream, n);
    for (size_t i = 0; i < N_DOMAINS; i++) {
        if (has_targets(&domains[i]))
            promise(stream, &domains[i]);
    }
}
