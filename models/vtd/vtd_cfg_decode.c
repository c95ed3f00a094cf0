/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_cfg_decode.c - the way to a PASID entry: mode, root, context, PASID directory.
 * Knows: layouts, features, the rules of validity. Must not know: time, memory, a model's state. */
#include "models/vtd/vtd_cfg_private.h"

#include <string.h>

enum {
    CTX_TABLE_HALF = 128, /* entries of a scalable-mode context table */
    PASID_TABLE_LOG2 = 6, /* entries of a PASID table */
    PASID_LIMIT_LOG2 = 13,
    AW_39 = VTD_CTX_LEGACY_AW_39,
    BITS_39 = 39,
    BITS_PER_LEVEL = 9,
};

bool vtd_cfg_is_reserved(const struct hw_layout *layout, size_t n_words, const uint64_t *entry,
                         const uint64_t *also)
{
    uint64_t bits[8];

    if (hw_reserved_set(layout, entry, bits))
        return true;
    for (size_t i = 0; i < n_words; i++) {
        if (entry[i] & also[i])
            return true;
    }
    return false;
}

uint64_t vtd_cfg_above(unsigned n_bits)
{
    return n_bits >= 64 ? 0 : UINT64_MAX << n_bits;
}

void vtd_cfg_second_stage(const struct vtd_caps *caps, uint64_t aw, uint64_t table,
                          struct vtd_ss *out)
{
    const unsigned width = BITS_39 + BITS_PER_LEVEL * ((unsigned)aw - AW_39);

    out->table = table;
    out->levels = vtd_caps_aw_levels(caps, aw);
    out->input_bits = width < caps->mgaw_bits ? width : caps->mgaw_bits;
}

/* ---- root ------------------------------------------------------------------------------------*/

static enum vtd_mode mode_of(const uint64_t *rtaddr, const struct vtd_caps *caps)
{
    switch (vtd_RTADDR_TTM(rtaddr)) {
    case VTD_RTADDR_TTM_LEGACY:
        return vtd_RTADDR_SSIRWE(rtaddr) ? VTD_MODE_INVALID : VTD_MODE_LEGACY;
    case VTD_RTADDR_TTM_SCALABLE:
        return caps->smts ? VTD_MODE_SCALABLE : VTD_MODE_INVALID;
    case VTD_RTADDR_TTM_ABORT:
        return caps->adms ? VTD_MODE_ABORT : VTD_MODE_INVALID;
    default:
        return VTD_MODE_INVALID;
    }
}

void vtd_root_parse(uint64_t rtaddr, const struct vtd_caps *caps, struct vtd_root *out)
{
    out->mode = mode_of(&rtaddr, caps);
    out->table = vtd_RTADDR_RTA_addr(&rtaddr);
    out->ssirwe = caps->ssirws && vtd_RTADDR_SSIRWE(&rtaddr);
}

int vtd_root_refuses(const struct vtd_root *root, const struct vtd_caps *caps,
                     const struct vtd_request *request)
{
    static const unsigned first_without_exec = 8; /* major version */

    switch (root->mode) {
    case VTD_MODE_INVALID:
        return VTD_F_30h;
    case VTD_MODE_ABORT:
        return VTD_F_33h;
    case VTD_MODE_LEGACY:
        if (request->kind == VTD_REQUEST_PAGE)
            return VTD_F_32h;
        if (request->has_pasid)
            return VTD_F_31h;
        break;
    case VTD_MODE_SCALABLE:
    default:
        break;
    }
    if (request->is_exec && request->kind == VTD_REQUEST_TRANSLATION &&
        caps->ver_max >= first_without_exec)
        return VTD_F_34h;
    return 0;
}

uint64_t vtd_root_address(const struct vtd_root *root, uint16_t source_id)
{
    return root->table + (uint64_t)(source_id >> 8) * VTD_ROOT_BYTES;
}

static int decode_root_legacy(const uint64_t *entry, uint16_t source_id,
                              const struct vtd_caps *caps, uint64_t *address)
{
    const uint64_t also[2] = {vtd_cfg_above(caps->haw_bits), 0};

    if (!vtd_ROOT_LEGACY_P(entry))
        return VTD_F_01h;
    if (vtd_cfg_is_reserved(&vtd_layout_ROOT_LEGACY, VTD_WORDS_ROOT_LEGACY, entry, also))
        return VTD_F_0Ah;
    *address =
        vtd_ROOT_LEGACY_CTP_addr(entry) + (uint64_t)(source_id & 0xffu) * VTD_CTX_LEGACY_BYTES;
    return 0;
}

/* Only the half that is asked for must be present and clean. */
static int decode_root_scalable(const uint64_t *entry, uint16_t source_id,
                                const struct vtd_caps *caps, uint64_t *address)
{
    const unsigned devfn = source_id & 0xffu;
    const bool is_upper = devfn >= CTX_TABLE_HALF;
    uint64_t half[2] = {is_upper ? 0 : entry[0], is_upper ? entry[1] : 0};
    const uint64_t also[2] = {vtd_cfg_above(caps->haw_bits), vtd_cfg_above(caps->haw_bits)};
    const uint64_t table = is_upper ? vtd_ROOT_UCTP_addr(half) : vtd_ROOT_LCTP_addr(half);

    if (!(is_upper ? vtd_ROOT_UP(half) : vtd_ROOT_LP(half)))
        return VTD_F_39h;
    if (vtd_cfg_is_reserved(&vtd_layout_ROOT, VTD_WORDS_ROOT, half, also))
        return VTD_F_3Ah;
    *address = table + (uint64_t)(devfn % CTX_TABLE_HALF) * VTD_CTX_BYTES;
    return 0;
}

int vtd_root_decode(const uint64_t *entry, const struct vtd_root *root, uint16_t source_id,
                    const struct vtd_caps *caps, uint64_t *address)
{
    if (root->mode == VTD_MODE_SCALABLE)
        return decode_root_scalable(entry, source_id, caps, address);
    return decode_root_legacy(entry, source_id, caps, address);
}

/* ---- legacy context --------------------------------------------------------------------------*/

static const char *check_ctx_legacy(const uint64_t *entry, const struct vtd_caps *caps)
{
    const uint64_t aw = vtd_CTX_LEGACY_AW(entry);

    switch (vtd_CTX_LEGACY_TT(entry)) {
    case VTD_CTX_LEGACY_TT_SS:
        break;
    case VTD_CTX_LEGACY_TT_SS_ATS:
        if (!caps->dt)
            return "TT=01 without ECAP.DT";
        break;
    case VTD_CTX_LEGACY_TT_PT:
        if (!caps->pt)
            return "TT=10 without ECAP.PT";
        return aw == vtd_caps_aw_max(caps) ? NULL : "TT=10, and AW is not the largest of CAP.SAGAW";
    default:
        return "TT=11";
    }
    return vtd_caps_aw_levels(caps, aw) ? NULL : "AW is not in CAP.SAGAW";
}

int vtd_ctx_legacy_decode(const uint64_t *entry, const struct vtd_caps *caps,
                          struct vtd_ctx_legacy *out)
{
    const uint64_t tt = vtd_CTX_LEGACY_TT(entry);
    uint64_t also[2] = {0};

    memset(out, 0, sizeof(*out));
    out->fpd = vtd_CTX_LEGACY_FPD(entry) != 0;
    if (!vtd_CTX_LEGACY_P(entry)) {
        out->rule = "P=0";
        return VTD_F_02h;
    }
    if (tt != VTD_CTX_LEGACY_TT_PT)
        also[0] = vtd_cfg_above(caps->haw_bits);
    vtd_CTX_LEGACY_put_DID(also, vtd_cfg_above(caps->did_bits));
    if (vtd_cfg_is_reserved(&vtd_layout_CTX_LEGACY, VTD_WORDS_CTX_LEGACY, entry, also)) {
        out->rule = "a reserved bit is set";
        return VTD_F_0Bh;
    }
    out->rule = check_ctx_legacy(entry, caps);
    if (out->rule)
        return VTD_F_03h;
    out->is_pass = tt == VTD_CTX_LEGACY_TT_PT;
    out->is_ats = tt == VTD_CTX_LEGACY_TT_SS_ATS;
    out->did = (uint32_t)vtd_CTX_LEGACY_DID(entry);
    if (!out->is_pass) {
        vtd_cfg_second_stage(caps, vtd_CTX_LEGACY_AW(entry), vtd_CTX_LEGACY_SSPTPTR_addr(entry),
                             &out->ss);
        out->ss.is_snooped = caps->coherent;
    }
    return 0;
}

static bool is_ats(const struct vtd_request *request)
{
    return request->kind == VTD_REQUEST_TRANSLATION || request->kind == VTD_REQUEST_TRANSLATED;
}

int vtd_ctx_legacy_refuses(const struct vtd_ctx_legacy *ctx, const struct vtd_request *request)
{
    return is_ats(request) && !ctx->is_ats ? VTD_F_0Dh : 0;
}

/* ---- scalable-mode context -------------------------------------------------------------------*/

static void reserved_of_ctx(const struct vtd_caps *caps, uint64_t also[4])
{
    memset(also, 0, 4 * sizeof(*also));
    also[0] = vtd_cfg_above(caps->haw_bits);
    vtd_CTX_put_DTE(also, !caps->dt);
    vtd_CTX_put_PASIDE(also, caps->pasid_bits == 0);
    vtd_CTX_put_PRE(also, !caps->prs);
    vtd_CTX_put_HPTE(also, !caps->hpts);
    vtd_CTX_put_EPTR(also, !caps->ptrs);
    if (!caps->rps)
        vtd_CTX_put_RID_PASID(also, UINT64_MAX);
    vtd_CTX_put_RID_PRIV(also, !caps->rprivs);
}

static const char *check_ctx(const struct vtd_ctx *ctx)
{
    if (ctx->pre && !ctx->dte)
        return "PRE=1 with DTE=0";
    if (ctx->eptr && !ctx->paside)
        return "EPTR=1 with PASIDE=0";
    if (ctx->rid_pasid >= ctx->pasid_limit)
        return "RID_PASID beyond the PASID directory";
    return NULL;
}

int vtd_ctx_decode(const uint64_t *entry, const struct vtd_caps *caps, struct vtd_ctx *out)
{
    uint64_t also[4];

    memset(out, 0, sizeof(*out));
    out->fpd = vtd_CTX_FPD(entry) != 0;
    if (!vtd_CTX_P(entry)) {
        out->rule = "P=0";
        return VTD_F_41h;
    }
    reserved_of_ctx(caps, also);
    if (vtd_cfg_is_reserved(&vtd_layout_CTX, VTD_WORDS_CTX, entry, also)) {
        out->rule = "a reserved bit is set";
        return VTD_F_42h;
    }
    out->dte = vtd_CTX_DTE(entry) != 0;
    out->paside = vtd_CTX_PASIDE(entry) != 0;
    out->pre = vtd_CTX_PRE(entry) != 0;
    out->hpte = vtd_CTX_HPTE(entry) != 0;
    out->eptr = vtd_CTX_EPTR(entry) != 0;
    out->directory = vtd_CTX_PASIDDIRPTR_addr(entry);
    out->pasid_limit = 1u << (vtd_CTX_PDTS(entry) + PASID_LIMIT_LOG2);
    out->rid_pasid = (uint32_t)vtd_CTX_RID_PASID(entry);
    out->rid_priv = vtd_CTX_RID_PRIV(entry) != 0;
    out->rule = check_ctx(out);
    return out->rule ? VTD_F_43h : 0;
}

static int refuses_pasid(const struct vtd_ctx *ctx, const struct vtd_caps *caps,
                         const struct vtd_request *request)
{
    if (!ctx->paside)
        return VTD_F_45h;
    if (request->pasid >> caps->pasid_bits)
        return VTD_F_89h;
    if (request->pasid >= ctx->pasid_limit)
        return VTD_F_46h;
    if (request->pasid == ctx->rid_pasid)
        return VTD_F_48h;
    if (request->kind == VTD_REQUEST_TRANSLATED && !ctx->eptr)
        return VTD_F_49h;
    return 0;
}

int vtd_ctx_refuses(const struct vtd_ctx *ctx, const struct vtd_caps *caps,
                    const struct vtd_request *request, uint32_t *pasid)
{
    int fault = 0;

    if (is_ats(request) && !ctx->dte)
        return VTD_F_44h;
    if (request->kind == VTD_REQUEST_PAGE && !ctx->pre)
        return VTD_F_47h;
    if (request->has_pasid)
        fault = refuses_pasid(ctx, caps, request);
    if (!fault)
        *pasid = request->has_pasid ? request->pasid : ctx->rid_pasid;
    return fault;
}

/* ---- PASID directory -------------------------------------------------------------------------*/

uint64_t vtd_pasid_dir_address(const struct vtd_ctx *ctx, uint32_t pasid)
{
    return ctx->directory + (uint64_t)(pasid >> PASID_TABLE_LOG2) * VTD_PASID_DIR_BYTES;
}

int vtd_pasid_dir_decode(uint64_t entry, uint32_t pasid, const struct vtd_caps *caps, bool *fpd,
                         uint64_t *address)
{
    const uint64_t also[1] = {vtd_cfg_above(caps->haw_bits)};
    const uint32_t index = pasid & ((1u << PASID_TABLE_LOG2) - 1);

    *fpd = vtd_PASID_DIR_FPD(&entry) != 0;
    if (!vtd_PASID_DIR_P(&entry))
        return VTD_F_51h;
    if (vtd_cfg_is_reserved(&vtd_layout_PASID_DIR, VTD_WORDS_PASID_DIR, &entry, also))
        return VTD_F_52h;
    *address = vtd_PASID_DIR_SMPTBLPTR_addr(&entry) + (uint64_t)index * VTD_PASID_BYTES;
    return 0;
}
