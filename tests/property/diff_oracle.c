/* SPDX-License-Identifier: BSD-2-Clause
 * diff_oracle.c - stream table entries and context descriptors, read and judged; records of events.
 * Knows: structures by bit number. Must not know: caches, time, the model. */
#include "tests/property/diff_private.h"

unsigned diff_size(uint64_t code)
{
    static const unsigned sizes[] = {32, 36, 40, 42, 44, 48, 52, 56};

    return sizes[code];
}

/* ---- the end of a request ---- */

static void put(struct diff_answer *answer, unsigned word, uint64_t value, uint64_t known)
{
    answer->record[word] |= value & known;
    answer->known[word] |= known;
}

static void begin_record(struct diff_ask *ask, unsigned number)
{
    const struct diff_request *request = ask->request;
    struct diff_answer *answer = ask->answer;
    const uint64_t ssid = request->ssv ? request->ssid : 0;

    answer->status = DIFF_ABORT;
    answer->event = number;
    answer->is_recorded = true;
    put(answer, 0, number | (uint64_t)request->sid << 32, UINT64_C(0xffffffff000000ff));
    if (number == DIFF_STREAM_DISABLED)
        return;
    put(answer, 0, ssid << 12, UINT64_C(0xfffff000));
    if (number != DIFF_BAD_SUBSTREAMID)
        put(answer, 0, (uint64_t)request->ssv << 11, UINT64_C(0x800));
}

static bool fail_config(struct diff_ask *ask, unsigned number)
{
    begin_record(ask, number);
    if (number == DIFF_BAD_STREAMID)
        ask->answer->is_recorded = diff_bits(ask->smmu->cr2, 1, 1);
    return false;
}

/* @n_words: of the structure; the address is that of any of them. */
static bool fail_fetch(struct diff_ask *ask, unsigned number, uint64_t pa, unsigned n_words)
{
    begin_record(ask, number);
    put(ask->answer, 3, pa, UINT64_C(0x0100000000000000) - 8 * (uint64_t)n_words);
    return false;
}

/* A, R of stage 1; R of stage 2. Nothing here stalls. */
static void respond(struct diff_ask *ask, bool is_s2)
{
    if (is_s2) {
        ask->answer->is_recorded = diff_bits(ask->ste[2], 58, 58);
        return;
    }
    ask->answer->is_recorded = diff_bits(ask->cd[0], 45, 45);
    if (!diff_bits(ask->cd[0], 46, 46))
        ask->answer->status = DIFF_RAZ_WI;
}

bool diff_fail(struct diff_ask *ask, const struct diff_fault *fault)
{
    struct diff_answer *answer = ask->answer;
    const uint64_t access = (uint64_t)ask->is_priv << 33 | (uint64_t)ask->is_inst << 34 |
                            (uint64_t)!ask->is_write << 35;

    begin_record(ask, fault->number);
    put(answer, 1, access | (uint64_t)fault->is_s2 << 39 | (uint64_t)fault->class << 40,
        UINT64_C(0x38e80000000));
    put(answer, 2, ask->request->address, UINT64_MAX);
    if (fault->number == DIFF_WALK_EABT)
        put(answer, 3, fault->address, UINT64_C(0x00fffffffffffff8));
    else if (fault->is_s2)
        put(answer, 3, fault->address, UINT64_C(0x00fffffffffff000));
    if (fault->number == DIFF_PERMISSION && fault->class == DIFF_TT)
        put(answer, 1, (uint64_t)!fault->is_table_write << 44, UINT64_C(1) << 44);
    if (fault->number != DIFF_WALK_EABT)
        respond(ask, fault->is_s2);
    return false;
}

/* What is skipped by stage 1 must still be an address. */
static bool fail_size(struct diff_ask *ask)
{
    const struct diff_fault fault = {DIFF_ADDR_SIZE, false, DIFF_IN, 0, false};

    (void)diff_fail(ask, &fault);
    ask->answer->status = DIFF_ABORT;
    ask->answer->is_recorded = true;
    return false;
}

/* ---- stream table ---- */

static bool read_words(const struct diff_smmu *smmu, uint64_t pa, uint64_t *words, unsigned n_words)
{
    for (unsigned i = 0; i < n_words; i++) {
        if (!smmu->read(smmu->memory, pa + 8 * (uint64_t)i, &words[i]))
            return false;
    }
    return true;
}

/* Where the STE is; two levels. */
static bool find_ste2(struct diff_ask *ask, unsigned size, uint64_t base, uint64_t *pa)
{
    const unsigned split_code = (unsigned)diff_bits(ask->smmu->strtab_base_cfg, 10, 6);
    const unsigned split = split_code == 8 || split_code == 10 ? split_code : 6;
    const unsigned l1_bits = size > split ? size - split : 0;
    const uint64_t index = ask->request->sid & ((1u << split) - 1);
    const uint64_t l1 = (base & ~((UINT64_C(8) << (l1_bits > 3 ? l1_bits : 3)) - 1)) +
                        8 * (uint64_t)(ask->request->sid >> split);
    uint64_t word;
    unsigned span;

    if (!ask->smmu->read(ask->smmu->memory, l1, &word))
        return fail_fetch(ask, DIFF_STE_FETCH, l1, 1);
    span = (unsigned)diff_bits(word, 4, 0);
    if (span == 0 || span > 11 || span > split + 1 || index >> (span - 1))
        return fail_config(ask, DIFF_BAD_STREAMID);
    *pa = (diff_bits(word, 55, 6) << 6 & ~((UINT64_C(64) << (span - 1)) - 1)) + 64 * index;
    return true;
}

static bool read_ste(struct diff_ask *ask)
{
    const struct diff_smmu *smmu = ask->smmu;
    const unsigned sid_bits = (unsigned)diff_bits(smmu->idr1, 5, 0);
    const unsigned log2 = (unsigned)diff_bits(smmu->strtab_base_cfg, 5, 0);
    const unsigned size = log2 < sid_bits ? log2 : sid_bits;
    const uint64_t base = diff_bits(smmu->strtab_base, 55, 6) << 6;
    const bool has_levels = diff_bits(smmu->idr0, 28, 27) == 1;
    uint64_t pa = (base & ~((UINT64_C(64) << size) - 1)) + 64 * (uint64_t)ask->request->sid;

    if ((uint64_t)ask->request->sid >> size)
        return fail_config(ask, DIFF_BAD_STREAMID);
    if (has_levels && diff_bits(smmu->strtab_base_cfg, 17, 16) == 1 &&
        !find_ste2(ask, size, base, &pa))
        return false;
    if (pa >> ask->oas_bits || !read_words(smmu, pa, ask->ste, 8))
        return fail_fetch(ask, DIFF_STE_FETCH, pa, 8);
    return true;
}

static bool has_granule(const struct diff_smmu *smmu, unsigned granule)
{
    const unsigned bit = granule == 12 ? 4 : granule == 14 ? 5 : 6;

    return diff_bits(smmu->idr5, bit, bit);
}

/* Is the start level one for that many bits (4.4)? */
static bool is_start_good(unsigned granule, unsigned sl0, unsigned tsz)
{
    static const struct {
        uint8_t granule, sl0, low, high;
    } rows[] = {
        {12, 0, 30, 42}, {12, 1, 21, 33}, {12, 2, 16, 24}, {12, 3, 39, 48}, {14, 0, 35, 48},
        {14, 1, 24, 38}, {14, 2, 16, 27}, {16, 0, 31, 47}, {16, 1, 18, 34}, {16, 2, 12, 21},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].granule == granule && rows[i].sl0 == sl0)
            return tsz >= rows[i].low && tsz <= rows[i].high;
    }
    return false;
}

static unsigned greater(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static unsigned max_tsz(const struct diff_smmu *smmu, unsigned granule)
{
    return !diff_bits(smmu->idr3, 9, 9) ? 39 : granule == 16 ? 47 : 48;
}

static bool is_s2_form_good(const struct diff_ask *ask)
{
    static const unsigned granules[] = {12, 16, 14, 0};
    const uint64_t q2 = ask->ste[2];
    const unsigned tsz = (unsigned)diff_bits(q2, 37, 32);
    const unsigned granule = granules[diff_bits(q2, 47, 46)];
    const unsigned ps = diff_size(diff_bits(q2, 50, 48));
    const unsigned out_bits = ps < ask->oas_bits ? ps : ask->oas_bits;

    if (!granule || !has_granule(ask->smmu, granule))
        return false;
    if (tsz < greater(granule == 16 ? 12 : 16, 64 - ask->oas_bits) ||
        tsz > max_tsz(ask->smmu, granule))
        return false;
    if (diff_bits(ask->ste[3], 55, 4) << 4 >> out_bits)
        return false;
    return is_start_good(granule, (unsigned)diff_bits(q2, 39, 38), tsz);
}

static bool is_s2_good(const struct diff_ask *ask)
{
    const uint64_t idr0 = ask->smmu->idr0, q2 = ask->ste[2];
    const unsigned stalls = (unsigned)diff_bits(idr0, 25, 24),
                   httu = (unsigned)diff_bits(idr0, 7, 6);
    const bool is_stalling = diff_bits(q2, 57, 57);
    const unsigned endian = (unsigned)diff_bits(idr0, 22, 21);

    if (!diff_bits(idr0, 0, 0) || !diff_bits(q2, 51, 51))
        return false;
    if (is_stalling ? stalls == 1 : stalls == 2)
        return false;
    if ((diff_bits(q2, 56, 55) && !httu) || (diff_bits(q2, 55, 55) && httu == 1))
        return false;
    if (diff_bits(q2, 52, 52) ? endian == 2 : endian == 3)
        return false;
    return is_s2_form_good(ask);
}

static bool is_s1_good(const struct diff_ask *ask)
{
    const struct diff_smmu *smmu = ask->smmu;
    const unsigned ssid_bits = (unsigned)diff_bits(smmu->idr1, 10, 6);

    if (!diff_bits(smmu->idr0, 1, 1))
        return false;
    if (diff_bits(ask->ste[1], 27, 27) && diff_bits(smmu->idr0, 25, 24))
        return false;
    if (ssid_bits && diff_bits(ask->ste[0], 63, 59) > ssid_bits)
        return false;
    return ask->has_s2 || !(diff_bits(ask->ste[0], 55, 6) << 6 >> ask->oas_bits);
}

static bool is_ats_good(const struct diff_ask *ask)
{
    const unsigned eats = (unsigned)diff_bits(ask->ste[1], 29, 28);
    const bool is_stalling = diff_bits(ask->ste[2], 57, 57);

    if (!diff_bits(ask->smmu->idr0, 10, 10))
        return true;
    if (eats == 2)
        return ask->has_s1 && ask->has_s2 && !is_stalling && !diff_bits(ask->smmu->idr0, 11, 11);
    return !(eats == 1 && ask->has_s2 && is_stalling);
}

static bool is_ste_good(struct diff_ask *ask)
{
    const bool has_hyp = diff_bits(ask->smmu->idr0, 9, 9);
    const unsigned strw = (unsigned)diff_bits(ask->ste[1], 31, 30);

    if (!ask->has_s1 && !ask->has_s2)
        return true;
    if (ask->has_s1 && !ask->has_s2 && has_hyp) {
        if (strw & 1)
            return false;
        if (strw == 2)
            ask->world = ask->smmu->cr2 & 1 ? DIFF_E2H : DIFF_EL2;
    }
    if (!is_ats_good(ask) || (ask->has_s1 && !is_s1_good(ask)) || (ask->has_s2 && !is_s2_good(ask)))
        return false;
    return ask->world != DIFF_EL1 || !diff_bits(ask->smmu->idr0, 0, 0) ||
           diff_bits(ask->smmu->idr0, 18, 18) || !diff_bits(ask->ste[2], 15, 8);
}

static void override(struct diff_ask *ask)
{
    const unsigned priv = (unsigned)diff_bits(ask->ste[1], 49, 48);
    const unsigned inst = (unsigned)diff_bits(ask->ste[1], 51, 50);

    if (!diff_bits(ask->smmu->idr1, 26, 26))
        return;
    if (priv >= 2)
        ask->is_priv = priv == 3;
    if (inst >= 2 && !ask->is_write)
        ask->is_inst = inst == 3;
}

/* ---- context descriptors ---- */

/* One fetch for a CD; through stage 2 if there is one. */
static bool read_for_cd(struct diff_ask *ask, uint64_t address, uint64_t *words, unsigned n_words)
{
    if (ask->has_s2 && !diff_stage2(ask, DIFF_CD, DIFF_R, &address))
        return false;
    if (read_words(ask->smmu, address, words, n_words))
        return true;
    return fail_fetch(ask, DIFF_CD_FETCH, address, n_words);
}

static bool read_cd(struct diff_ask *ask, uint32_t ssid)
{
    const unsigned cd_max =
        (unsigned)diff_bits(ask->smmu->idr1, 10, 6) ? (unsigned)diff_bits(ask->ste[0], 63, 59) : 0;
    const unsigned format = (unsigned)diff_bits(ask->ste[0], 5, 4);
    const unsigned split = format == 1 ? 6 : 10;
    const uint64_t base = diff_bits(ask->ste[0], 55, 6) << 6;
    uint64_t address = (base & ~((UINT64_C(64) << cd_max) - 1)) + 64 * (uint64_t)ssid;

    if (cd_max && (format == 1 || format == 2)) {
        const unsigned bits = cd_max > split ? cd_max - split : 0;
        uint64_t word;

        address =
            (base & ~((UINT64_C(8) << (bits > 3 ? bits : 3)) - 1)) + 8 * (uint64_t)(ssid >> split);
        if (!read_for_cd(ask, address, &word, 1))
            return false;
        address = diff_bits(word, 55, 12) << 12;
        if (!(word & 1) || (!ask->has_s2 && address >> ask->oas_bits))
            return fail_config(ask, DIFF_BAD_SUBSTREAMID);
        if (split == 10)
            address &= ~UINT64_C(0xffff);
        address += 64 * (uint64_t)(ssid & ((1u << split) - 1));
    }
    return read_for_cd(ask, address, ask->cd, 8);
}

static bool is_half_good(const struct diff_ask *ask, bool is_upper)
{
    static const unsigned granules[2][4] = {{12, 16, 14, 0}, {0, 14, 12, 16}};
    const uint64_t q0 = ask->cd[0];
    const unsigned tsz = (unsigned)(is_upper ? diff_bits(q0, 21, 16) : diff_bits(q0, 5, 0));
    const unsigned granule =
        granules[is_upper][is_upper ? diff_bits(q0, 23, 22) : diff_bits(q0, 7, 6)];
    const unsigned ips = diff_size(diff_bits(q0, 34, 32));
    const unsigned out_bits = ips < ask->oas_bits ? ips : ask->oas_bits;

    if (!granule || !has_granule(ask->smmu, granule))
        return false;
    if (tsz < 16 || tsz > max_tsz(ask->smmu, granule))
        return false;
    return !(diff_bits(ask->cd[is_upper ? 2 : 1], 55, 4) << 4 >> out_bits);
}

static bool is_cd_good(const struct diff_ask *ask)
{
    const uint64_t idr0 = ask->smmu->idr0, q0 = ask->cd[0];
    const unsigned stalls = (unsigned)diff_bits(idr0, 25, 24),
                   httu = (unsigned)diff_bits(idr0, 7, 6);
    const unsigned endian = (unsigned)diff_bits(idr0, 22, 21);
    const bool has_lower = ask->world == DIFF_EL2 || !diff_bits(q0, 14, 14);
    const bool has_upper = ask->world != DIFF_EL2 && !diff_bits(q0, 30, 30);
    const bool is_stalling = diff_bits(q0, 44, 44);

    if (!diff_bits(q0, 31, 31) || !diff_bits(q0, 41, 41)) /* V, AA64 */
        return false;
    if (is_stalling ? stalls == 1 || (stalls == 0 && diff_bits(ask->ste[1], 27, 27)) : stalls == 2)
        return false;
    if (diff_bits(idr0, 26, 26) && !diff_bits(q0, 46, 46))
        return false;
    if ((diff_bits(q0, 43, 42) && !httu) || (diff_bits(q0, 42, 42) && httu == 1))
        return false;
    if (!diff_bits(idr0, 12, 12) && diff_bits(q0, 63, 56))
        return false;
    if ((has_lower || has_upper) && (diff_bits(q0, 15, 15) ? endian == 2 : endian == 3))
        return false;
    return (!has_lower || is_half_good(ask, false)) && (!has_upper || is_half_good(ask, true));
}

/* ---- a request ---- */

/* Which CD, if any (3.2). Return: false if the answer is final. */
static bool choose_cd(struct diff_ask *ask, uint32_t *ssid)
{
    const struct diff_request *request = ask->request;
    const bool has_ssids =
        ask->has_s1 && diff_bits(ask->smmu->idr1, 10, 6) && diff_bits(ask->ste[0], 63, 59);
    const unsigned dss = (unsigned)diff_bits(ask->ste[1], 1, 0);

    *ssid = request->ssv ? request->ssid : 0;
    if (!has_ssids)
        return !request->ssv || fail_config(ask, DIFF_BAD_SUBSTREAMID);
    if (!request->ssv) {
        if (dss == 0 || dss == 3)
            return fail_config(ask, DIFF_STREAM_DISABLED);
        ask->has_s1 = dss == 2;
        return true;
    }
    if ((uint64_t)request->ssid >> diff_bits(ask->ste[0], 63, 59))
        return fail_config(ask, DIFF_BAD_SUBSTREAMID);
    if (request->ssid == 0 && dss == 2)
        return fail_config(ask, DIFF_STREAM_DISABLED);
    return true;
}

/* Rights in the words of a request: what its reads and fetches become is what they need. */
static void name_rights(struct diff_ask *ask)
{
    const unsigned inst = (unsigned)diff_bits(ask->ste[1], 51, 50);
    const unsigned from = inst == 2 ? DIFF_R : DIFF_X;
    unsigned *rights = &ask->answer->rights;

    if (!diff_bits(ask->smmu->idr1, 26, 26) || inst < 2)
        return;
    *rights = (*rights & DIFF_W) | (*rights & from ? DIFF_R | DIFF_X : 0);
}

static bool translate(struct diff_ask *ask)
{
    uint64_t address = ask->request->address;
    uint32_t ssid;

    if (!read_ste(ask))
        return false;
    if (!diff_bits(ask->ste[0], 0, 0))
        return fail_config(ask, DIFF_BAD_STE);
    ask->answer->status = DIFF_ABORT;
    if (!diff_bits(ask->ste[0], 3, 3))
        return false;
    ask->has_s1 = diff_bits(ask->ste[0], 1, 1);
    ask->has_s2 = diff_bits(ask->ste[0], 2, 2);
    if (!is_ste_good(ask))
        return fail_config(ask, DIFF_BAD_STE);
    override(ask);
    if (!choose_cd(ask, &ssid))
        return false;
    if (!ask->has_s1 && address >> ask->oas_bits)
        return fail_size(ask);
    if (ask->has_s1) {
        if (!read_cd(ask, ssid))
            return false;
        if (!is_cd_good(ask))
            return fail_config(ask, DIFF_BAD_CD);
        if (!diff_stage1(ask, &address))
            return false;
    }
    if (ask->has_s2 && !diff_stage2(ask, DIFF_IN,
                                    ask->is_write  ? DIFF_W
                                    : ask->is_inst ? DIFF_X
                                                   : DIFF_R,
                                    &address))
        return false;
    ask->answer->pa = address;
    name_rights(ask);
    return true;
}

void diff_oracle_ask(const struct diff_smmu *smmu, const struct diff_request *request,
                     struct diff_answer *answer)
{
    struct diff_ask ask = {
        .smmu = smmu,
        .request = request,
        .answer = answer,
        .is_write = request->is_write,
        .is_inst = request->is_inst && !request->is_write,
        .is_priv = request->is_priv,
        .oas_bits = diff_size(diff_bits(smmu->idr5, 2, 0)),
    };

    *answer =
        (struct diff_answer){.page_log2 = 63, .group_log2 = 63, .rights = DIFF_R | DIFF_W | DIFF_X};
    if (translate(&ask))
        answer->status = DIFF_OK;
}
