/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_caps.h - what a remapping unit offers, read once from its capability registers.
 * Knows: VER, CAP, ECAP and what they limit. Must not know: time, memory, structures. */
#ifndef VTD_CAPS_H
#define VTD_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vtd_ids - capability registers as software reads them (11.4). */
struct vtd_ids {
    uint32_t ver;
    uint64_t cap, ecap;
};

/**
 * struct vtd_choices - what the architecture leaves to an implementation, or what revisions see
 * differently, as far as the meaning of structures depends on it. The default of each is false.
 * @is_aw_checked_always: PASID entries for pass-through and first stage: AW must be supported too
 *                        (older revisions). false: AW is read for SS and nested alone.
 * @is_aw_ignored_without_ss: a unit without a second stage does not look at AW, as some do that
 *                        software has always written it for. false: reserved, 5Ah.
 * @is_pt_sre_checked:    pass-through refuses supervisor requests with SRE=0 (?).
 * @is_ss_root_fault_03:  legacy: an unreadable second-stage root table is 03h instead of 07h (?).
 */
struct vtd_choices {
    bool is_aw_checked_always;
    bool is_aw_ignored_without_ss;
    bool is_pt_sre_checked;
    bool is_ss_root_fault_03;
};

/**
 * struct vtd_caps - features, in the words of the registers.
 * @ver_max:      major version; decides between old and new behaviour.
 * @sagaw:        CAP.SAGAW as it is: bit 1 39 bits, bit 2 48 bits, bit 3 57 bits.
 * @mgaw_bits:    widest second-stage input.
 * @haw_bits:     host address width: no register tells it; MGAW until the owner sets it.
 * @n_frcd:       fault records.
 * @ss_2m, @ss_1g: second-stage large pages.
 * @pasid_bits:   0 = requests with PASID are not supported.
 * @choices:      all at their defaults after vtd_caps_parse(); the owner may change them.
 */
struct vtd_caps {
    unsigned ver_max;
    unsigned did_bits;
    bool afl, rwbf, plmr, phmr, cm, zlr;
    unsigned sagaw;
    unsigned mgaw_bits, haw_bits;
    uint32_t frcd_offset, iotlb_offset;
    unsigned n_frcd;
    bool ss_2m, ss_1g;
    bool psi;
    unsigned mamv;
    bool dwd, drd;
    bool fs_1g, fs_5_level;
    bool esirtps, esrtps;
    bool coherent, qi, dt, ir, eim, pt, sc, mts, nest, prs, srs, nwfs, eafs;
    unsigned mhmv;
    unsigned pasid_bits;
    bool dit, pds, smts, ssads, ssts, fsts, smpwcs, rps, adms, rprivs, hpts, ptrs, ssirws, sms;
    struct vtd_choices choices;
};

/** vtd_caps_parse - capability registers in plain words. A feature counts only if those that it
 * needs are there (1.2: nesting needs SMTS, FSTS and SSTS). Pure, as is everything here. */
void vtd_caps_parse(const struct vtd_ids *raw, struct vtd_caps *caps);

/** vtd_caps_aw_levels - levels of a second-stage table whose AW field is @aw (1, 2, 3: 3, 4, 5
 * levels), or 0 if CAP.SAGAW does not offer it. */
unsigned vtd_caps_aw_levels(const struct vtd_caps *caps, uint64_t aw);

/** vtd_caps_aw_max - the AW code of the widest second stage, or 0 without any. */
unsigned vtd_caps_aw_max(const struct vtd_caps *caps);

/** vtd_address_fits - is @address below 2^@n_bits? */
static inline bool vtd_address_fits(uint64_t address, unsigned n_bits)
{
    return n_bits >= 64 || address >> n_bits == 0;
}

#ifdef __cplusplus
}
#endif
#endif
