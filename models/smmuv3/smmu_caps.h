/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_caps.h - what an SMMU offers, read once from its ID registers.
 * Knows: ID registers and what they limit. Must not know: time, memory, structures. */
#ifndef SMMU_CAPS_H
#define SMMU_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct smmu_idr - ID registers as software reads them (6.3.1-6.3.6). */
struct smmu_idr {
    uint32_t idr0, idr1, idr3, idr5;
};

/**
 * struct smmu_choices - what the architecture leaves to an implementation, as far as the meaning
 * of configuration structures depends on it. The default of each is false.
 * @is_ste_fetch_truncated:   address of an L1STD or STE beyond OAS (S08). false: F_STE_FETCH;
 *                            true: the bits above OAS are dropped.
 * @is_nested_cd_ptr_checked: S1ContextPtr or L1CD.L2Ptr beyond IAS while stage 2 translates it
 * (E08, C03). false: stage 2 reports it, on the fetch; true: C_BAD_STE or C_BAD_SUBSTREAMID.
 * @is_txsz_clamped:          CD.TxSZ outside its range (D08). false: C_BAD_CD; true: the nearest
 *                            legal value, which only SMMUv3.0 may do.
 */
struct smmu_choices {
    bool is_ste_fetch_truncated;
    bool is_nested_cd_ptr_checked;
    bool is_txsz_clamped;
};

/**
 * struct smmu_caps - features, in the words of the ID registers.
 * @httu:        SMMU_IDR0_HTTU_*
 * @ttendian:    SMMU_IDR0_TTENDIAN_*
 * @stall_model: SMMU_IDR0_STALL_MODEL_*
 * @bbml:        SMMU_IDR3_BBML_*
 * @term_model:  an abort is the only way to terminate.
 * @st_level:    stream tables may have two levels.
 * @ssid_bits:   0 = no substreams.
 * @ias_bits:    size of an intermediate physical address, derived from the formats and OAS (3.4).
 * @vax_bits:    virtual address bits of each half: 48, 52 or 56.
 * @choices:     all at their defaults after smmu_caps_parse(); the owner may change them.
 */
struct smmu_caps {
    bool s1p, s2p;
    bool ttf_lpae, ttf_v8_64;
    unsigned httu;
    bool hyp, ats, ns1ats;
    bool asid16, vmid16, cd2l;
    unsigned ttendian;
    unsigned stall_model;
    bool term_model;
    bool st_level;
    unsigned sid_bits, ssid_bits;
    bool attr_perms_ovr, attr_types_ovr;
    bool had, mpam, fwb, xnx, stt, ril, e0pd, dpt, epan;
    unsigned bbml;
    unsigned oas_bits, ias_bits, vax_bits;
    bool gran4k, gran16k, gran64k;
    bool ds;
    struct smmu_choices choices;
};

/** smmu_caps_parse - ID registers in plain words. Sizes above what the architecture allows are
 * capped. Pure, as is everything here. */
void smmu_caps_parse(const struct smmu_idr *raw, struct smmu_caps *caps);

/** smmu_caps_has_granule - may tables have granules of 2^@granule_log2 bytes? No for 0. */
bool smmu_caps_has_granule(const struct smmu_caps *caps, unsigned granule_log2);

/** smmu_caps_allows_endian - may tables be big-endian (or little-endian)? */
bool smmu_caps_allows_endian(const struct smmu_caps *caps, bool is_big_endian);

/** smmu_caps_txsz_max - largest legal S2T0SZ or TxSZ; that of 4 KiB for an unknown granule. */
unsigned smmu_caps_txsz_max(const struct smmu_caps *caps, unsigned granule_log2);

/** smmu_address_fits - is @address below 2^@n_bits? */
static inline bool smmu_address_fits(uint64_t address, unsigned n_bits)
{
    return n_bits >= 64 || address >> n_bits == 0;
}

#ifdef __cplusplus
}
#endif
#endif
