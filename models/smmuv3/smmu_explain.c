/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_explain.c - what a field's value means: sizes, counts, ranges, names.
 * Knows: layouts. Must not know: whether a value is legal (smmu_complain.c). */
#include "models/smmuv3/smmu_decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    PAGE_LOG2 = 12,
    VA_BITS = 64,
    SIZE_TEXT_BYTES = 32,
    ATC_ALL = 52,       /* ATC_INV.Size that covers every address */
    RANGE_ALL = 31,     /* CFGI_STE_RANGE.Range that makes it CFGI_ALL */
    ALLOC_OVERRIDE = 8, /* ALLOCCFG = 1RWT */
    MAIR_BITS = 8,
    OA_HIGH_BIT = 48, /* first address bit of OA_51_48 */
};

/* 2^@log2 bytes: "2 MiB". */
static const char *size_text(unsigned log2, char *buf)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    const unsigned unit = log2 / 10;

    if (unit < sizeof(units) / sizeof(units[0]))
        (void)snprintf(buf, SIZE_TEXT_BYTES, "%u %s", 1u << log2 % 10, units[unit]);
    else
        (void)snprintf(buf, SIZE_TEXT_BYTES, "2^%u bytes", log2);
    return buf;
}

/** struct ask - one field to explain; the answer goes into @text. */
struct ask {
    const struct hw_layout *layout;
    const struct hw_field *field;
    uint64_t value;
    const uint64_t *words;
    char *text;
    size_t n_bytes;
};

#define ANSWER(ask, ...) (void)snprintf((ask)->text, (ask)->n_bytes, __VA_ARGS__)

static void opcode(const struct ask *ask)
{
    ANSWER(ask, "%s", smmu_cmd_name(ask->value));
}

static void event_number(const struct ask *ask)
{
    ANSWER(ask, "%s", smmu_evt_name(ask->value));
}

static void span(const struct ask *ask)
{
    const unsigned n = smmu_l1std_stes(ask->value);

    if (n)
        ANSWER(ask, "%u STEs, %u bytes", n, n * SMMU_WORDS_STE * (unsigned)sizeof(uint64_t));
    else
        ANSWER(ask, "no table");
}

static void cd_max(const struct ask *ask)
{
    if (ask->value)
        ANSWER(ask, "%" PRIu64 " CDs", UINT64_C(1) << ask->value);
    else
        ANSWER(ask, "one CD, no substreams");
}

static void s1dss(const struct ask *ask)
{
    if (smmu_STE_S1CDMax(ask->words) == 0)
        ANSWER(ask, "no effect here, S1CDMax=0");
}

static void input_bits(const struct ask *ask)
{
    ANSWER(ask, "%u input bits", VA_BITS - (unsigned)ask->value);
}

static void start_level(const struct ask *ask)
{
    const int level = smmu_s2_start_level(ask->words);

    if (level == SMMU_NO_LEVEL)
        ANSWER(ask, "no start level");
    else
        ANSWER(ask, "walk starts at level %d", level);
}

static void alloc_hints(const struct ask *ask)
{
    const unsigned value = (unsigned)ask->value;

    if (value < ALLOC_OVERRIDE)
        ANSWER(ask, "incoming");
    else
        ANSWER(ask, "read-allocate %u, write-allocate %u, transient %u", value >> 2 & 1,
               value >> 1 & 1, value & 1);
}

/* The coding of stage 2 MemAttr (without FWB), used for every 4-bit memory type. */
static void memory_type(const struct ask *ask)
{
    static const char *const devices[] = {"Device-nGnRnE", "Device-nGnRE", "Device-nGRE",
                                          "Device-GRE"};
    static const char *const caches[] = {"?", "NC", "WT", "WB"};
    const unsigned outer = (unsigned)ask->value >> 2;
    const unsigned inner = (unsigned)ask->value & 3;

    if (outer == 0)
        ANSWER(ask, "%s", devices[inner]);
    else if (inner == 0)
        ANSWER(ask, "reserved, taken as Device-nGnRnE");
    else
        ANSWER(ask, "Normal, outer %s, inner %s", caches[outer], caches[inner]);
}

static const char *mair_name(unsigned byte)
{
    static const struct {
        unsigned byte;
        const char *name;
    } names[] = {
        {0x00, "Device-nGnRnE"},  {0x04, "Device-nGnRE"}, {0x08, "Device-nGRE"},
        {0x0c, "Device-GRE"},     {0x44, "Normal-NC"},    {0xbb, "Normal-WT"},
        {0xf4, "Normal-oWB-iNC"}, {0xff, "Normal-WB"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].byte == byte)
            return names[i].name;
    }
    return "another type";
}

static void mair(const struct ask *ask)
{
    const unsigned value = (unsigned)ask->value;

    ANSWER(ask, "%s, %s, %s, %s", mair_name(value & UINT8_MAX),
           mair_name(value >> MAIR_BITS & UINT8_MAX), mair_name(value >> 2 * MAIR_BITS & UINT8_MAX),
           mair_name(value >> 3 * MAIR_BITS));
}

static void mair_byte(const struct ask *ask)
{
    ANSWER(ask, "%s", mair_name((unsigned)ask->value));
}

static void attr_index(const struct ask *ask)
{
    ANSWER(ask, "MAIR%u, byte %u", (unsigned)ask->value / 4, (unsigned)ask->value % 4);
}

/* One answer for the three fields of a range, given at TG. */
static void tlbi_granule(const struct ask *ask)
{
    uint64_t n_bytes;

    if (smmu_tlbi_range(ask->words, &n_bytes))
        ANSWER(ask, "range of %" PRIu64 " bytes (0x%" PRIx64 ")", n_bytes, n_bytes);
}

static void tlbi_units(const struct ask *ask)
{
    if (smmu_TLBI_NH_VA_TG(ask->words))
        ANSWER(ask, "%" PRIu64 " units", ask->value + 1);
}

static void tlbi_scale(const struct ask *ask)
{
    if (smmu_TLBI_NH_VA_TG(ask->words))
        ANSWER(ask, "%" PRIu64 " granules a unit", UINT64_C(1) << ask->value);
}

/* 16 KiB tables have leaves at level 1 only with DS. */
static void tlbi_level(const struct ask *ask)
{
    const uint64_t code = smmu_TLBI_NH_VA_TG(ask->words);
    const unsigned granule = smmu_tlbi_tg_log2(code);
    const unsigned level = (unsigned)ask->value;
    char buf[SIZE_TEXT_BYTES];

    if (granule == 0 || level == 0)
        return;
    ANSWER(ask, "leaves of %s%s", size_text(granule + (3 - level) * (granule - 3), buf),
           code == SMMU_TLBI_NH_VA_TG_G16K && level == 1 ? " (any level without DS)" : "");
}

static void atc_size(const struct ask *ask)
{
    char buf[SIZE_TEXT_BYTES];

    if (ask->value >= ATC_ALL)
        ANSWER(ask, "every address");
    else
        ANSWER(ask, "%s", size_text(PAGE_LOG2 + (unsigned)ask->value, buf));
}

static void ste_range(const struct ask *ask)
{
    if (ask->value == RANGE_ALL)
        ANSWER(ask, "every STE: CFGI_ALL");
    else
        ANSWER(ask, "%" PRIu64 " StreamIDs", UINT64_C(2) << ask->value);
}

static void stride(const struct ask *ask)
{
    char buf[SIZE_TEXT_BYTES];

    ANSWER(ask, "every %s", size_text(PAGE_LOG2 + (unsigned)ask->value, buf));
}

static void power(const struct ask *ask)
{
    ANSWER(ask, "%" PRIu64, UINT64_C(1) << ask->value);
}

static void largest_queue(const struct ask *ask)
{
    ANSWER(ask, "%" PRIu64 " entries", UINT64_C(1) << ask->value);
}

/* Of the queues, only the event queue has entries of 32 bytes. */
static void queue_size(const struct ask *ask)
{
    const bool is_event = ask->layout == &smmu_layout_EVENTQ_BASE;
    const unsigned n_words = is_event ? SMMU_WORDS_F_TRANSLATION : SMMU_WORDS_CMD_SYNC;

    ANSWER(ask, "%" PRIu64 " entries, %" PRIu64 " bytes", UINT64_C(1) << ask->value,
           (UINT64_C(1) << ask->value) * n_words * sizeof(uint64_t));
}

static void strtab_size(const struct ask *ask)
{
    ANSWER(ask, "StreamIDs below 0x%" PRIx64, UINT64_C(1) << ask->value);
}

static void split(const struct ask *ask)
{
    const bool is_known = ask->value == 6 || ask->value == 8 || ask->value == 10;

    if (smmu_STRTAB_BASE_CFG_FMT(ask->words) == SMMU_STRTAB_BASE_CFG_FMT_TWO)
        ANSWER(ask, "%u STEs in a second-level table%s", is_known ? 1u << ask->value : 1u << 6,
               is_known ? "" : " (acts as 6)");
    else
        ANSWER(ask, "no effect, linear");
}

static void implementer(const struct ask *ask)
{
    if (ask->value == 0x43b)
        ANSWER(ask, "Arm");
}

static void product(const struct ask *ask)
{
    if (ask->value == 0x483)
        ANSWER(ask, "MMU-600");
    else if (ask->value == 0x487)
        ANSWER(ask, "MMU-700");
}

static void minor_version(const struct ask *ask)
{
    ANSWER(ask, "SMMUv3.%" PRIu64, ask->value);
}

/* Leaf sizes are where the address field ends; a 64 KiB granule has its top bits apart. */
static void output_address(const struct ask *ask)
{
    const struct hw_field *high = hw_field_find(ask->layout, "OA_51_48");
    uint64_t address = ask->value << ask->field->lsb;
    char buf[SIZE_TEXT_BYTES];

    if (high)
        address |= hw_get(ask->words, high->msb, high->lsb) << OA_HIGH_BIT;
    if (hw_field_find(ask->layout, "SW_LOW"))
        ANSWER(ask, "0x%" PRIx64, address);
    else if (ask->layout == &smmu_layout_S1_BLOCK || ask->layout == &smmu_layout_S2_BLOCK)
        ANSWER(ask, "0x%" PRIx64 ", size unknown", address);
    else
        ANSWER(ask, "0x%" PRIx64 ", %s", address, size_text(ask->field->lsb, buf));
}

static void prefetch_count(const struct ask *ask)
{
    ANSWER(ask, "%" PRIu64 " translations", UINT64_C(1) << ask->value);
}

static void page_span(const struct ask *ask)
{
    ANSWER(ask, "%" PRIu64 " bytes", ask->value << PAGE_LOG2);
}

static void stop_marker(const struct ask *ask)
{
    if (ask->value && !smmu_PRI_R(ask->words) && !smmu_PRI_W(ask->words))
        ANSWER(ask, "stop marker: never answered");
}

static void vatos_page(const struct ask *ask)
{
    ANSWER(ask, "at offset 0x%" PRIx64, UINT64_C(0x20000) + (ask->value << 16));
}

/** struct explanation - who explains a field; @layout NULL = whatever layout it is in. */
struct explanation {
    const char *layout, *field;
    void (*explain)(const struct ask *ask);
};

/* clang-format off: a table */
static const struct explanation explanations[] = {
    {NULL, "op", opcode},
    {NULL, "number", event_number},
    {NULL, "TG", tlbi_granule},
    {NULL, "NUM", tlbi_units},
    {NULL, "SCALE", tlbi_scale},
    {NULL, "TTL", tlbi_level},
    {NULL, "OA", output_address},
    {NULL, "AttrIndx", attr_index},
    {NULL, "MemAttr", memory_type},
    {NULL, "ALLOCCFG", alloc_hints},
    {"L1STD", "Span", span},
    {"STE", "S1CDMax", cd_max},
    {"STE", "S1DSS", s1dss},
    {"STE", "CONT", power},
    {"STE", "S2T0SZ", input_bits},
    {"STE", "S2SL0", start_level},
    {"CD", "T0SZ", input_bits},
    {"CD", "T1SZ", input_bits},
    {"CD", "MAIR0", mair},
    {"CD", "MAIR1", mair},
    {"ATC_INV", "Size", atc_size},
    {"CFGI_STE_RANGE", "Range", ste_range},
    {"PREFETCH_ADDR", "Size", prefetch_count},
    {"PREFETCH_ADDR", "Stride", stride},
    {"CMD_SYNC", "MSIAttr", memory_type},
    {"E_PAGE_REQUEST", "Span", page_span},
    {"PRI", "Last", stop_marker},
    {"IDR1", "PRIQS", largest_queue},
    {"IDR1", "EVENTQS", largest_queue},
    {"IDR1", "CMDQS", largest_queue},
    {"IDR1", "SIDSIZE", strtab_size},
    {"IDR1", "SSIDSIZE", power},
    {"IDR2", "BA_VATOS", vatos_page},
    {"IDR6", "CMDQ_CONTROL_PAGE_LOG2NUMQ", power},
    {"IDR6", "CMDQ_CONTROL_PAGE_LOG2NUMP", power},
    {"IIDR", "Implementer", implementer},
    {"IIDR", "ProductID", product},
    {"AIDR", "ArchMinorRev", minor_version},
    {"STRTAB_BASE_CFG", "LOG2SIZE", strtab_size},
    {"STRTAB_BASE_CFG", "SPLIT", split},
    {"CMDQ_BASE", "LOG2SIZE", queue_size},
    {"EVENTQ_BASE", "LOG2SIZE", queue_size},
    {"PRIQ_BASE", "LOG2SIZE", queue_size},
    {"ECMDQ_BASE", "LOG2SIZE", queue_size},
    {"GATOS_PAR", "ATTR", mair_byte},
    {"GATOS_PAR_FAULT", "FAULTCODE", event_number},
};
/* clang-format on */

void smmu_explain(const struct hw_layout *layout, const struct hw_field *field, uint64_t value,
                  const uint64_t *words, char *text, size_t n_bytes)
{
    const struct ask ask = {layout, field, value, words, text, n_bytes};

    text[0] = '\0';
    for (size_t i = 0; i < sizeof(explanations) / sizeof(explanations[0]); i++) {
        const struct explanation *e = &explanations[i];

        if (strcmp(e->field, field->name) != 0)
            continue;
        if (e->layout && strcmp(e->layout, layout->name) != 0)
            continue;
        e->explain(&ask);
        return;
    }
}
#undef ANSWER
