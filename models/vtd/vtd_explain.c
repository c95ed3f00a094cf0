/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_explain.c - what a field's value means: sizes, counts, offsets, names of faults.
 * Knows: layouts. Must not know: whether a value is legal (vtd_complain.c). */
#include "models/vtd/vtd_decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    PAGE_LOG2 = 12,
    SIZE_TEXT_BYTES = 32,
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

/* Every function below fills @text for one field; one that has nothing to say leaves it empty. */
#define EXPLAIN(name)                                                                              \
    static void name(uint64_t value, const uint64_t *words, char *text, size_t n_bytes)

EXPLAIN(bdf)
{
    (void)words;
    (void)snprintf(text, n_bytes, "%02x:%02x.%x", (unsigned)value >> 8, (unsigned)value >> 3 & 31,
                   (unsigned)value & 7);
}

EXPLAIN(address_mask)
{
    char size[SIZE_TEXT_BYTES];

    (void)words;
    (void)snprintf(text, n_bytes, "%" PRIu64 " page%s of 4 KiB, %s", UINT64_C(1) << value,
                   value ? "s" : "", size_text(PAGE_LOG2 + (unsigned)value, size));
}

EXPLAIN(cap_nd)
{
    (void)words;
    if (value < 7)
        (void)snprintf(text, n_bytes, "domain ids of %u bits", 4 + 2 * (unsigned)value);
    else
        (void)snprintf(text, n_bytes, "reserved");
}

EXPLAIN(cap_sagaw)
{
    static const struct {
        unsigned bit;
        const char *text;
    } widths[] = {{1, " 39-bit (3 levels)"}, {2, " 48-bit (4 levels)"}, {3, " 57-bit (5 levels)"}};
    size_t n = 0;

    (void)words;
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        if (value >> widths[i].bit & 1 && n < n_bytes)
            n += (size_t)snprintf(text + n, n_bytes - n, "%s%s", n ? "," : "",
                                  widths[i].text + (n == 0));
    }
    if (n == 0)
        (void)snprintf(text, n_bytes, "no second stage");
}

EXPLAIN(bits_plus_1)
{
    (void)words;
    (void)snprintf(text, n_bytes, "%u bits", (unsigned)value + 1);
}

EXPLAIN(offset_16)
{
    (void)words;
    (void)snprintf(text, n_bytes, "at 0x%x", (unsigned)value * 16);
}

EXPLAIN(count_plus_1)
{
    (void)words;
    (void)snprintf(text, n_bytes, "%u record%s", (unsigned)value + 1, value ? "s" : "");
}

EXPLAIN(index_mask)
{
    (void)words;
    (void)snprintf(text, n_bytes, "%" PRIu64 " interrupt entr%s", UINT64_C(1) << value,
                   value ? "ies" : "y");
}

static void queue_text(unsigned pages_log2, unsigned entry_log2, char *text, size_t n_bytes)
{
    (void)snprintf(text, n_bytes, "%u page%s of 4 KiB, %u entries of %u bytes", 1u << pages_log2,
                   pages_log2 ? "s" : "", 1u << (pages_log2 + PAGE_LOG2 - entry_log2),
                   1u << entry_log2);
}

EXPLAIN(iqa_qs)
{
    queue_text((unsigned)value, vtd_IQA_DW(words) == VTD_IQA_DW_256 ? 5 : 4, text, n_bytes);
}

EXPLAIN(pqa_pqs)
{
    (void)words;
    queue_text((unsigned)value, 5, text, n_bytes);
}

EXPLAIN(iq_index)
{
    (void)words;
    (void)snprintf(text, n_bytes, "128-bit descriptor %u", (unsigned)value);
    if (value % 2 == 0)
        (void)snprintf(text, n_bytes, "128-bit descriptor %u, or 256-bit descriptor %u",
                       (unsigned)value, (unsigned)value / 2);
}

EXPLAIN(pq_index)
{
    (void)words;
    (void)snprintf(text, n_bytes, "entry %u", (unsigned)value);
}

EXPLAIN(irta_s)
{
    (void)words;
    (void)snprintf(text, n_bytes, "%u interrupt entries", 1u << (value + 1));
}

EXPLAIN(ctx_pdts)
{
    (void)words;
    (void)snprintf(text, n_bytes, "%u directory entries, PASIDs below 2^%u", 1u << (value + 7),
                   (unsigned)value + 13);
}

EXPLAIN(pasid_pat)
{
    static const char *const types[] = {"UC", "WC", "?", "?", "WT", "WP", "WB", "UC-"};
    size_t n = 0;

    (void)words;
    for (unsigned i = 0; i < 8 && n < n_bytes; i++) {
        const unsigned type = (unsigned)(value >> 4 * i) & 15;

        n += (size_t)snprintf(text + n, n_bytes - n, "%s%s",
                              i ? " " : "types 0-7: ", type < 8 ? types[type] : "?");
    }
}

EXPLAIN(devtlb_addr)
{
    char size[SIZE_TEXT_BYTES];
    uint64_t base;
    unsigned n_log2;

    (void)value;
    if (!vtd_devtlb_range(words, &base, &n_log2))
        return;
    if (n_log2 + PAGE_LOG2 == 64)
        (void)snprintf(text, n_bytes, "the whole address space");
    else
        (void)snprintf(text, n_bytes, "%" PRIu64 " page%s of 4 KiB (%s) at 0x%" PRIx64,
                       UINT64_C(1) << n_log2, n_log2 ? "s" : "",
                       size_text(n_log2 + PAGE_LOG2, size), base);
}

EXPLAIN(mip)
{
    (void)words;
    if (value == 0)
        (void)snprintf(text, n_bytes, "32");
}

static void pfsid_text(unsigned hi, unsigned lo, char *text, size_t n_bytes)
{
    const unsigned n_low = VTD_MSB_DEVTLB_INV_PFSID_LO - VTD_LSB_DEVTLB_INV_PFSID_LO + 1;
    const unsigned pfsid = hi << n_low | lo;

    (void)snprintf(text, n_bytes, "PFSID 0x%x, %02x:%02x.%x", pfsid, pfsid >> 8, pfsid >> 3 & 31,
                   pfsid & 7);
}

EXPLAIN(devtlb_pfsid)
{
    pfsid_text((unsigned)value, (unsigned)vtd_DEVTLB_INV_PFSID_LO(words), text, n_bytes);
}

EXPLAIN(pdevtlb_pfsid)
{
    pfsid_text((unsigned)value, (unsigned)vtd_PDEVTLB_INV_PFSID_LO(words), text, n_bytes);
}

static void fault_text(unsigned code, char *text, size_t n_bytes)
{
    static const char *const answers[] = {[VTD_ATS_NONE] = "",
                                          [VTD_ATS_UR] = ", ATS: UR",
                                          [VTD_ATS_CA] = ", ATS: CA",
                                          [VTD_ATS_S0] = ", ATS: success without rights",
                                          [VTD_ATS_SE] = ", ATS: success with the rights there are",
                                          [VTD_ATS_ANY] = ", ATS: not known"};
    const struct vtd_fault *fault = vtd_fault_find(code);

    if (fault)
        (void)snprintf(text, n_bytes, "%s (%s): %s; %s%s%s", fault->name, fault->id, fault->cause,
                       fault->rec == VTD_FAULT_N ? "always recorded" : "recorded unless FPD",
                       answers[fault->ats], fault->is_sure ? "" : " (?)");
}

EXPLAIN(fault_code)
{
    (void)words;
    fault_text((unsigned)value, text, n_bytes);
}

/* FI of an interrupt fault is an index: its top 16 bits. */
EXPLAIN(frcd_fi)
{
    const uint64_t code = vtd_FRCD_FR(words);

    if (code >= VTD_F_20h && code <= VTD_F_29h)
        (void)snprintf(text, n_bytes, "interrupt index %u",
                       (unsigned)(value >> (VTD_MSB_FRCD_FI - VTD_LSB_FRCD_FI + 1 - 16)));
}

EXPLAIN(frcd_t1)
{
    static const char *const types[] = {"write", "page request", "read", "atomic"};

    (void)snprintf(text, n_bytes, "with T2: %s", types[value << 1 | vtd_FRCD_T2(words)]);
}

EXPLAIN(prq_lpig)
{
    if (value && !vtd_PRQ_R(words) && !vtd_PRQ_W(words))
        (void)snprintf(text, n_bytes, "R=W=0: stop marker, no answer expected");
}

EXPLAIN(posted_address)
{
    const unsigned n_skip = 6; /* a posted descriptor has 64 bytes */

    (void)snprintf(text, n_bytes, "posted descriptor at 0x%" PRIx64,
                   vtd_IRTE_POSTED_PDA_HI(words) << 32 | value << n_skip);
}

EXPLAIN(irte_dst)
{
    (void)words;
    (void)snprintf(text, n_bytes, "xAPIC id 0x%x or x2APIC id 0x%x", (unsigned)value >> 8 & 0xff,
                   (unsigned)value);
}

/* Present bits: what a request meets if they are 0. */
#define ABSENT(function, code)                                                                     \
    EXPLAIN(function)                                                                              \
    {                                                                                              \
        (void)words;                                                                               \
        if (!value)                                                                                \
            (void)snprintf(text, n_bytes, "a request faults with %s", vtd_fault_find(code)->name); \
    }
ABSENT(absent_root_legacy, VTD_F_01h)
ABSENT(absent_ctx_legacy, VTD_F_02h)
ABSENT(absent_root, VTD_F_39h)
ABSENT(absent_ctx, VTD_F_41h)
ABSENT(absent_pasid_dir, VTD_F_51h)
ABSENT(absent_pasid, VTD_F_59h)
ABSENT(absent_pte_fs, VTD_F_71h)
ABSENT(absent_irte, VTD_F_22h)
#undef ABSENT

EXPLAIN(version)
{
    (void)snprintf(text, n_bytes, "version %u.%u", (unsigned)value, (unsigned)vtd_VER_MIN(words));
}
#undef EXPLAIN

/* A NULL layout stands for every layout that has the field. */
static const struct {
    const struct hw_layout *layout;
    const char *field;
    void (*fn)(uint64_t value, const uint64_t *words, char *text, size_t n_bytes);
} explainers[] = {
    {NULL, "SID", bdf},
    {NULL, "RID", bdf},
    {NULL, "ITESID", bdf},
    {NULL, "ICESID", bdf},
    {NULL, "AM", address_mask},
    {NULL, "MIP", mip},
    {&vtd_layout_VER, "MAX", version},
    {&vtd_layout_CAP, "ND", cap_nd},
    {&vtd_layout_CAP, "SAGAW", cap_sagaw},
    {&vtd_layout_CAP, "MGAW", bits_plus_1},
    {&vtd_layout_CAP, "FRO", offset_16},
    {&vtd_layout_CAP, "NFR", count_plus_1},
    {&vtd_layout_CAP, "MAMV", address_mask},
    {&vtd_layout_ECAP, "IRO", offset_16},
    {&vtd_layout_ECAP, "MHMV", index_mask},
    {&vtd_layout_ECAP, "PSS", bits_plus_1},
    {&vtd_layout_IQH, "QH", iq_index},
    {&vtd_layout_IQT, "QT", iq_index},
    {&vtd_layout_IQA, "QS", iqa_qs},
    {&vtd_layout_IRTA, "S", irta_s},
    {&vtd_layout_PQH, "PQH", pq_index},
    {&vtd_layout_PQT, "PQT", pq_index},
    {&vtd_layout_PQA, "PQS", pqa_pqs},
    {&vtd_layout_ROOT_LEGACY, "P", absent_root_legacy},
    {&vtd_layout_ROOT, "LP", absent_root},
    {&vtd_layout_ROOT, "UP", absent_root},
    {&vtd_layout_CTX_LEGACY, "P", absent_ctx_legacy},
    {&vtd_layout_CTX, "P", absent_ctx},
    {&vtd_layout_CTX, "PDTS", ctx_pdts},
    {&vtd_layout_PASID_DIR, "P", absent_pasid_dir},
    {&vtd_layout_PASID, "P", absent_pasid},
    {&vtd_layout_PASID, "PAT", pasid_pat},
    {&vtd_layout_PTE_FS, "P", absent_pte_fs},
    {&vtd_layout_IEC_INV, "IM", index_mask},
    {&vtd_layout_DEVTLB_INV, "ADDR", devtlb_addr},
    {&vtd_layout_DEVTLB_INV, "PFSID_HI", devtlb_pfsid},
    {&vtd_layout_PDEVTLB_INV, "ADDR", devtlb_addr},
    {&vtd_layout_PDEVTLB_INV, "PFSID_HI", pdevtlb_pfsid},
    {&vtd_layout_FRCD, "FI", frcd_fi},
    {&vtd_layout_FRCD, "FR", fault_code},
    {&vtd_layout_FRCD, "T1", frcd_t1},
    {&vtd_layout_FAULT, "CODE", fault_code},
    {&vtd_layout_PRQ, "LPIG", prq_lpig},
    {&vtd_layout_IRTE, "P", absent_irte},
    {&vtd_layout_IRTE, "DST", irte_dst},
    {&vtd_layout_IRTE_POSTED, "P", absent_irte},
    {&vtd_layout_IRTE_POSTED, "PDA_LO", posted_address},
};

void vtd_explain(const struct hw_layout *layout, const struct hw_field *field, uint64_t value,
                 const uint64_t *words, char *text, size_t n_bytes)
{
    text[0] = '\0';
    for (size_t i = 0; i < sizeof(explainers) / sizeof(explainers[0]); i++) {
        if ((!explainers[i].layout || explainers[i].layout == layout) &&
            strcmp(explainers[i].field, field->name) == 0) {
            explainers[i].fn(value, words, text, n_bytes);
            return;
        }
    }
}
