/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_pasid_decode.c - a PASID table entry: what is wrong with it, else what it says (9.6).
 * Knows: its layout, features. Must not know: time, memory, how an entry is found. */
#include "models/vtd/vtd_cfg_private.h"

#include <string.h>

enum { N_WORDS = VTD_PASID_BYTES / 8 };

/* A field without its capability must be 0. */
static void reserved_of_pasid(const struct vtd_caps *caps, uint64_t also[N_WORDS])
{
    const uint64_t above = vtd_cfg_above(caps->haw_bits) >> VTD_LSB_PASID_SSPTPTR;
    const bool has_aw = caps->ssts || caps->choices.is_aw_ignored_without_ss;

    memset(also, 0, N_WORDS * sizeof(*also));
    vtd_PASID_put_SSPTPTR(also, caps->ssts ? above : UINT64_MAX);
    vtd_PASID_put_AW(also, has_aw ? 0 : UINT64_MAX);
    vtd_PASID_put_SSADE(also, !caps->ssads);
    vtd_PASID_put_DID(also, vtd_cfg_above(caps->did_bits));
    vtd_PASID_put_PWSNP(also, !caps->smpwcs);
    vtd_PASID_put_PGSNP(also, !caps->sc);
    vtd_PASID_put_CD(also, !caps->mts);
    vtd_PASID_put_EMTE(also, !caps->mts);
    vtd_PASID_put_PAT(also, caps->mts ? 0 : UINT64_MAX);
    vtd_PASID_put_SRE(also, !caps->srs);
    vtd_PASID_put_FSPM(also, caps->fsts ? 0 : UINT64_MAX);
    vtd_PASID_put_WPE(also, !caps->fsts);
    vtd_PASID_put_EAFE(also, !caps->eafs);
    vtd_PASID_put_FSPTPTR(also, caps->fsts ? 0 : UINT64_MAX);
    if (!caps->hpts) {
        vtd_PASID_put_HPTSZ(also, UINT64_MAX);
        vtd_PASID_put_HPTPFD(also, UINT64_MAX);
        vtd_PASID_put_HPTPTR(also, UINT64_MAX);
        vtd_PASID_put_HPTDID(also, UINT64_MAX);
    }
}

static bool pgtt_of(const uint64_t *entry, const struct vtd_caps *caps, enum vtd_pgtt *pgtt)
{
    switch (vtd_PASID_PGTT(entry)) {
    case VTD_PASID_PGTT_FS:
        *pgtt = VTD_PGTT_FS;
        return caps->fsts;
    case VTD_PASID_PGTT_SS:
        *pgtt = VTD_PGTT_SS;
        return caps->ssts;
    case VTD_PASID_PGTT_NESTED:
        *pgtt = VTD_PGTT_NESTED;
        return caps->nest;
    case VTD_PASID_PGTT_PT:
        *pgtt = VTD_PGTT_PT;
        return caps->pt;
    default:
        return false;
    }
}

static const char *decode_ss(const uint64_t *entry, const struct vtd_caps *caps,
                             struct vtd_pasid *out)
{
    const uint64_t aw = vtd_PASID_AW(entry);

    if (!vtd_caps_aw_levels(caps, aw))
        return "AW is not in CAP.SAGAW";
    vtd_cfg_second_stage(caps, aw, vtd_PASID_SSPTPTR_addr(entry), &out->ss);
    out->ss.is_ad_on = vtd_PASID_SSADE(entry) != 0;
    out->ss.is_snooped = vtd_PASID_PWSNP(entry) != 0;
    out->ss.has_memory_type = vtd_PASID_EMTE(entry) != 0;
    return NULL;
}

static const char *decode_fs(const uint64_t *entry, const struct vtd_caps *caps,
                             struct vtd_pasid *out)
{
    const uint64_t mode = vtd_PASID_FSPM(entry);

    if (mode != VTD_PASID_FSPM_L4 && !(mode == VTD_PASID_FSPM_L5 && caps->fs_5_level))
        return "FSPM is not supported";
    out->fs.levels = mode == VTD_PASID_FSPM_L5 ? 5 : 4;
    out->fs.table = vtd_PASID_FSPTPTR_addr(entry);
    out->fs.sre = vtd_PASID_SRE(entry) != 0;
    out->fs.wpe = vtd_PASID_WPE(entry) != 0;
    out->fs.eafe = vtd_PASID_EAFE(entry) != 0;
    out->fs.is_snooped = vtd_PASID_PWSNP(entry) != 0;
    return NULL;
}

static const char *decode_stages(const uint64_t *entry, const struct vtd_caps *caps,
                                 struct vtd_pasid *out)
{
    const bool has_ss = out->pgtt == VTD_PGTT_SS || out->pgtt == VTD_PGTT_NESTED;
    const bool has_fs = out->pgtt == VTD_PGTT_FS || out->pgtt == VTD_PGTT_NESTED;
    const char *rule = NULL;

    if (has_ss)
        rule = decode_ss(entry, caps, out);
    else if (caps->choices.is_aw_checked_always && !vtd_caps_aw_levels(caps, vtd_PASID_AW(entry)))
        rule = "AW is not in CAP.SAGAW";
    if (!rule && has_fs)
        rule = decode_fs(entry, caps, out);
    if (!rule && out->pgtt == VTD_PGTT_NESTED &&
        !vtd_address_fits(out->fs.table, out->ss.input_bits))
        rule = "FSPTPTR is above the input limit of the second stage";
    return rule;
}

static const char *decode_present(const uint64_t *entry, const struct vtd_caps *caps,
                                  struct vtd_pasid *out)
{
    if (!pgtt_of(entry, caps, &out->pgtt))
        return "PGTT is invalid or not supported";
    out->did = (uint32_t)vtd_PASID_DID(entry);
    out->is_page_snooped = vtd_PASID_PGSNP(entry) != 0;
    if (out->pgtt != VTD_PGTT_SS) {
        out->is_uncached = vtd_PASID_CD(entry) != 0;
        out->pat = (uint32_t)vtd_PASID_PAT(entry);
    }
    if (out->pgtt == VTD_PGTT_PT)
        out->fs.sre = vtd_PASID_SRE(entry) != 0;
    return decode_stages(entry, caps, out);
}

/* The address of a first-stage table is the host's only without a second stage below it. */
static bool is_fs_table_reserved(const uint64_t *entry, const struct vtd_caps *caps)
{
    return vtd_PASID_PGTT(entry) == VTD_PASID_PGTT_FS &&
           !vtd_address_fits(vtd_PASID_FSPTPTR_addr(entry), caps->haw_bits);
}

int vtd_pasid_decode(const uint64_t *entry, const struct vtd_caps *caps, struct vtd_pasid *out)
{
    const bool fpd = vtd_PASID_FPD(entry) != 0;
    uint64_t also[N_WORDS];
    const char *rule = NULL;
    int fault = 0;

    memset(out, 0, sizeof(*out));
    reserved_of_pasid(caps, also);
    if (!vtd_PASID_P(entry)) {
        rule = "P=0";
        fault = VTD_F_59h;
    } else if (vtd_cfg_is_reserved(&vtd_layout_PASID, VTD_WORDS_PASID, entry, also) ||
               is_fs_table_reserved(entry, caps)) {
        rule = "a reserved bit is set";
        fault = VTD_F_5Ah;
    } else {
        rule = decode_present(entry, caps, out);
        fault = rule ? VTD_F_5Bh : 0;
    }
    if (rule)
        memset(out, 0, sizeof(*out));
    out->rule = rule;
    out->fpd = fpd;
    return fault;
}
