/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_cfg_decode.h - what remapping structures mean: root, context, PASID directory, PASID entry.
 * Knows: layouts, features, the rules of validity. Must not know: time, memory, a model's state.
 *
 * Every function is pure: raw words in, plain words out. A fault is its reason code (VTD_F_59h).
 *
 * The order of one lookup (7.1.3, 3.4), up to the start of translation:
 *   vtd_root_parse, vtd_root_refuses, vtd_root_address, vtd_root_decode,
 *   legacy mode:   vtd_ctx_legacy_decode, vtd_ctx_legacy_refuses;
 *   scalable mode: vtd_ctx_decode, vtd_ctx_refuses, vtd_pasid_dir_address, vtd_pasid_dir_decode,
 *                  vtd_pasid_decode.
 * Whoever cannot read an entry uses the codes of "access error" instead of calling the decoder. */
#ifndef VTD_CFG_DECODE_H
#define VTD_CFG_DECODE_H

#include "models/vtd/vtd_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the structures in memory. */
enum {
    VTD_ROOT_BYTES = 16,
    VTD_CTX_LEGACY_BYTES = 16,
    VTD_CTX_BYTES = 32,
    VTD_PASID_DIR_BYTES = 8,
    VTD_PASID_BYTES = 64,
    VTD_ATOM_BYTES = 16, /* what hardware reads in one piece (9) */
};

/** enum vtd_request_kind - what a device asks for. */
enum vtd_request_kind {
    VTD_REQUEST_UNTRANSLATED,
    VTD_REQUEST_TRANSLATION, /* ATS translation request */
    VTD_REQUEST_TRANSLATED,  /* ATS translated request */
    VTD_REQUEST_PAGE,        /* page request */
};

/** struct vtd_request - as far as structures decide about it. @source_id: bus and devfn.
 * @is_exec: a translation request that asks for execute permission. */
struct vtd_request {
    uint16_t source_id;
    enum vtd_request_kind kind;
    bool has_pasid;
    uint32_t pasid;
    bool is_exec;
};

/* ---- root (11.4.5, 9.1, 9.2) ---------------------------------------------------------------- */

enum vtd_mode {
    VTD_MODE_LEGACY,
    VTD_MODE_SCALABLE,
    VTD_MODE_ABORT,
    VTD_MODE_INVALID, /* every request: 30h */
};

/** struct vtd_root - RTADDR as it was latched. @ssirwe: internal R/W bits of the second stage. */
struct vtd_root {
    enum vtd_mode mode;
    uint64_t table;
    bool ssirwe;
};

/** vtd_root_parse - from the value of RTADDR that SRTP latched. */
void vtd_root_parse(uint64_t rtaddr, const struct vtd_caps *caps, struct vtd_root *out);

/** vtd_root_refuses - 0, or the reason why the mode alone refuses @request: 30h, 31h, 32h, 33h,
 * 34h. */
int vtd_root_refuses(const struct vtd_root *root, const struct vtd_caps *caps,
                     const struct vtd_request *request);

/** vtd_root_address - where the root entry of a source is. */
uint64_t vtd_root_address(const struct vtd_root *root, uint16_t source_id);

/**
 * vtd_root_decode - does a root entry lead to the context entry of @source_id?
 * @entry:   2 words.
 * @address: where that context entry is; written only on success.
 *
 * Return: 0, or 01h, 0Ah; in scalable mode 39h, 3Ah.
 */
int vtd_root_decode(const uint64_t *entry, const struct vtd_root *root, uint16_t source_id,
                    const struct vtd_caps *caps, uint64_t *address);

/* ---- second stage, as an entry names it ------------------------------------------------------*/

/** struct vtd_ss - @levels: 3, 4 or 5. @input_bits: min(MGAW, width of AW). @is_ad_on: SSADE.
 * @is_snooped: table reads snoop. */
struct vtd_ss {
    uint64_t table;
    unsigned levels;
    unsigned input_bits;
    bool is_ad_on;
    bool is_snooped;
    bool has_memory_type; /* EMTE */
};

/* ---- legacy context (9.3) --------------------------------------------------------------------*/

/**
 * struct vtd_ctx_legacy - a decoded context entry of legacy mode.
 * @rule:    NULL, or what is wrong; then only @fpd is set.
 * @fpd:     qualified faults are not recorded; also of an entry that is not present.
 * @is_pass: pass-through; @ss has no meaning then.
 * @is_ats:  translation requests and translated requests are allowed.
 */
struct vtd_ctx_legacy {
    const char *rule;
    bool fpd;
    bool is_pass;
    bool is_ats;
    uint32_t did;
    struct vtd_ss ss;
};

/** vtd_ctx_legacy_decode - 2 words. Return: 0, or 02h, 0Bh, 03h. @out: always written. */
int vtd_ctx_legacy_decode(const uint64_t *entry, const struct vtd_caps *caps,
                          struct vtd_ctx_legacy *out);

/** vtd_ctx_legacy_refuses - 0, or 0Dh: an ATS request, but TT does not allow it. */
int vtd_ctx_legacy_refuses(const struct vtd_ctx_legacy *ctx, const struct vtd_request *request);

/* ---- scalable-mode context (9.4) -------------------------------------------------------------*/

/**
 * struct vtd_ctx - a decoded context entry of scalable mode.
 * @rule, @fpd:  as in struct vtd_ctx_legacy.
 * @pasid_limit: PASIDs below it have a place in the directory.
 * @rid_pasid:   PASID of requests that carry none; @rid_priv: they are supervisor requests.
 */
struct vtd_ctx {
    const char *rule;
    bool fpd;
    bool dte, paside, pre, hpte, eptr;
    uint64_t directory;
    uint32_t pasid_limit;
    uint32_t rid_pasid;
    bool rid_priv;
};

/** vtd_ctx_decode - 4 words. Return: 0, or 41h, 42h, 43h. @out: always written. */
int vtd_ctx_decode(const uint64_t *entry, const struct vtd_caps *caps, struct vtd_ctx *out);

/**
 * vtd_ctx_refuses - may the request go on to the PASID directory?
 * @pasid: the one to look up; written only on success.
 *
 * Return: 0, or 44h (ATS), 47h (page request), 45h, 89h, 46h, 48h, 49h (PASID).
 */
int vtd_ctx_refuses(const struct vtd_ctx *ctx, const struct vtd_caps *caps,
                    const struct vtd_request *request, uint32_t *pasid);

/* ---- PASID directory and table (9.5, 9.6) ----------------------------------------------------*/

/** vtd_pasid_dir_address - where the directory entry of @pasid is. */
uint64_t vtd_pasid_dir_address(const struct vtd_ctx *ctx, uint32_t pasid);

/**
 * vtd_pasid_dir_decode - does a directory entry lead to the entry of @pasid?
 * @fpd:     always written.
 * @address: where the PASID entry is; written only on success.
 *
 * Return: 0, or 51h, 52h.
 */
int vtd_pasid_dir_decode(uint64_t entry, uint32_t pasid, const struct vtd_caps *caps, bool *fpd,
                         uint64_t *address);

enum vtd_pgtt {
    VTD_PGTT_FS,
    VTD_PGTT_SS,
    VTD_PGTT_NESTED,
    VTD_PGTT_PT,
};

/** struct vtd_fs - first stage. @table: a guest address if nested. @levels: 4 or 5. @sre:
 * supervisor requests are allowed. @wpe: supervisor writes honour read-only pages. @eafe: the
 * extended accessed flag is kept. @is_snooped: table reads snoop. */
struct vtd_fs {
    uint64_t table;
    unsigned levels;
    bool sre, wpe, eafe;
    bool is_snooped;
};

/**
 * struct vtd_pasid - a decoded PASID entry. What @pgtt leaves unused reads 0, but that fs.sre is
 * told for pass-through too (vtd_choices).
 * @rule, @fpd:     as in struct vtd_ctx_legacy.
 * @is_page_snooped: PGSNP: the final access snoops.
 * @is_uncached, @pat: memory types, with ECAP.MTS.
 */
struct vtd_pasid {
    const char *rule;
    bool fpd;
    enum vtd_pgtt pgtt;
    uint32_t did;
    bool is_page_snooped;
    bool is_uncached;
    uint32_t pat;
    struct vtd_fs fs;
    struct vtd_ss ss;
};

/** vtd_pasid_decode - 8 words. Return: 0, or 59h, 5Ah, 5Bh. @out: always written. */
int vtd_pasid_decode(const uint64_t *entry, const struct vtd_caps *caps, struct vtd_pasid *out);

/** vtd_qi_is_well_formed - has the descriptor @words (4) no reserved bit or value, whatever the
 * mode (4, 4.3)? Else it raises IQE and does nothing. In vtd_qi_check.c. */
bool vtd_qi_is_well_formed(const struct vtd_caps *caps, const uint64_t *words);

#ifdef __cplusplus
}
#endif
#endif
