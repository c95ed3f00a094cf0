/* SPDX-License-Identifier: BSD-2-Clause
 * arch_vtd.c - VT-d for check/: registers, and the chain from a source id to its target.
 * Knows: the model's decoders. Must not know: time, memory, the model's state.
 *
 * Caches of configuration find a root entry by its bus, a context entry by its source id, and what
 * PASID tables say by source id and PASID. */
#include "cli/arch_vtd.h"

#include "models/vtd/vtd_layout.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct arch_vtd_unit) <= sizeof(((struct chk_arch_unit *)0)->state),
              "the state of a unit is too small");

enum {
    NARROW_BYTES = 16, /* a descriptor with IQA.DW=0 */
    WIDE_BYTES = 32,
    PAGE_LOG2 = 12,
    HALF = 32,
    BUS_SHIFT = 8,
    UPPER_SHIFT = 8, /* key of a root entry: bus, and which half */
    UPPER_DEVFN = 128,
    FIELD_CONTEXT = 0, /* chk_target.field */
};

struct arch_vtd_unit *arch_vtd_state(struct chk_arch_unit *unit)
{
    return (struct arch_vtd_unit *)(void *)unit->state;
}

const struct arch_vtd_unit *arch_vtd_look(const struct chk_arch_unit *unit)
{
    return (const struct arch_vtd_unit *)(const void *)unit->state;
}

/* ---- registers ---- */

static void init(struct chk_arch_unit *unit)
{
    struct arch_vtd_unit *s = arch_vtd_state(unit);

    memset(unit, 0, sizeof(*unit));
    unit->slot_bytes = NARROW_BYTES;
    vtd_caps_parse(&s->ids, &s->caps);
}

static void set(struct chk_arch_unit *unit, uint64_t offset, uint64_t value)
{
    struct arch_vtd_unit *s = arch_vtd_state(unit);

    switch (offset) {
    case VTD_REG_VER:
        s->ids.ver = (uint32_t)value;
        break;
    case VTD_REG_CAP:
        s->ids.cap = value;
        unit->is_known = true;
        break;
    case VTD_REG_ECAP:
        s->ids.ecap = value;
        break;
    default:
        return;
    }
    vtd_caps_parse(&s->ids, &s->caps);
}

/* A 64-bit register may be written in halves. */
static void merge(uint64_t *reg, uint64_t reg_offset, uint64_t offset, uint32_t n_bytes,
                  uint64_t value)
{
    if (n_bytes == sizeof(uint64_t))
        *reg = value;
    else if (offset == reg_offset)
        *reg = (*reg >> HALF) << HALF | (uint32_t)value;
    else
        *reg = (uint32_t)*reg | value << HALF;
}

static enum chk_reg_effect write_gcmd(struct chk_arch_unit *unit, uint64_t value)
{
    struct arch_vtd_unit *s = arch_vtd_state(unit);
    const bool was_on = unit->is_on;
    const bool had_queue = unit->has_queue;

    s->last_gcmd = s->gcmd;
    s->gcmd = value;
    unit->is_on = vtd_GCMD_TE(&value) != 0;
    unit->has_queue = vtd_GCMD_QIE(&value) != 0;
    if (vtd_GCMD_SRTP(&value))
        s->latched = s->root;
    if (unit->is_on != was_on)
        return unit->is_on ? CHK_REG_ON : CHK_REG_OFF;
    if (vtd_GCMD_SRTP(&value))
        return CHK_REG_TABLE;
    return unit->has_queue != had_queue ? CHK_REG_QUEUE : CHK_REG_NONE;
}

static enum chk_reg_effect write_queue_base(struct chk_arch_unit *unit, uint64_t offset,
                                            uint32_t n_bytes, uint64_t value)
{
    struct arch_vtd_unit *s = arch_vtd_state(unit);
    unsigned n_pages_log2;

    merge(&s->iqa, VTD_REG_IQA, offset, n_bytes, value);
    n_pages_log2 = (unsigned)vtd_IQA_QS(&s->iqa);
    unit->slot_bytes = vtd_IQA_DW(&s->iqa) ? WIDE_BYTES : NARROW_BYTES;
    unit->queue_log2 = (uint8_t)(n_pages_log2 + (vtd_IQA_DW(&s->iqa) ? 7 : 8));
    unit->queue_base = vtd_IQA_IQA_addr(&s->iqa);
    return CHK_REG_QUEUE;
}

/* The tail is a place without a wrap bit; going back means going round. */
static enum chk_reg_effect write_tail(struct chk_arch_unit *unit, uint64_t value)
{
    struct arch_vtd_unit *s = arch_vtd_state(unit);
    const uint32_t size = (uint32_t)1 << unit->queue_log2;
    const uint32_t index = (uint32_t)(vtd_IQT_QT_addr(&value) / unit->slot_bytes) & (size - 1);

    if (index < (unit->prod & (size - 1)))
        s->is_wrapped = !s->is_wrapped;
    if (!unit->has_queue)
        s->is_wrapped = false;
    unit->prod = index | (s->is_wrapped ? size : 0);
    return CHK_REG_PROD;
}

/* CCMD, IVA, and IOTLB behind it: what they start is in arch_vtd_reg.c. */
static void write_inval(struct chk_arch_unit *unit, uint64_t offset, uint32_t n_bytes,
                        uint64_t value)
{
    struct arch_vtd_unit *s = arch_vtd_state(unit);
    const uint64_t place = offset & ~(uint64_t)(sizeof(uint64_t) - 1);

    if (place == VTD_REG_CCMD)
        merge(&s->ccmd, place, offset, n_bytes, value);
    else if (place == s->caps.iotlb_offset + VTD_REG_IVA)
        merge(&s->iva, place, offset, n_bytes, value);
    else if (place == s->caps.iotlb_offset + VTD_REG_IOTLB)
        merge(&s->iotlb, place, offset, n_bytes, value);
}

static enum chk_reg_effect write(struct chk_arch_unit *unit, uint64_t offset, uint32_t n_bytes,
                                 uint64_t value)
{
    struct arch_vtd_unit *s = arch_vtd_state(unit);

    s->is_half = n_bytes < sizeof(uint64_t);
    switch (offset) {
    case VTD_REG_GCMD:
        return write_gcmd(unit, value);
    case VTD_REG_RTADDR:
    case VTD_REG_RTADDR + 4:
        merge(&s->root, VTD_REG_RTADDR, offset, n_bytes, value);
        return CHK_REG_NONE;
    case VTD_REG_IQA:
    case VTD_REG_IQA + 4:
        return write_queue_base(unit, offset, n_bytes, value);
    case VTD_REG_IQT:
        return write_tail(unit, value);
    default:
        write_inval(unit, offset, n_bytes, value);
        return CHK_REG_NONE;
    }
}

/* Roots, contexts, directories and PASID entries; queues and status words always are snooped. */
static bool is_unsnooped(const struct chk_arch_unit *unit)
{
    return !arch_vtd_look(unit)->caps.coherent;
}

/* In scalable mode each PASID entry says if walks are snooped (PWSNP). */
static bool may_be_unsnooped(const struct chk_arch_unit *unit)
{
    return is_unsnooped(unit) || arch_vtd_look(unit)->caps.smts;
}

static bool is_buffered(const struct chk_arch_unit *unit)
{
    return arch_vtd_look(unit)->caps.rwbf;
}

/* IQH passes a descriptor that was fetched, which need not have acted: it tells nothing. */
static bool queue_is_past(const struct chk_arch_unit *unit, uint64_t offset, uint64_t value,
                          uint32_t *read_pointer)
{
    (void)unit;
    (void)offset;
    (void)value;
    (void)read_pointer;
    return false;
}

/* ---- structures ---- */

bool arch_vtd_is_scalable(const struct chk_arch_unit *unit)
{
    const struct arch_vtd_unit *s = arch_vtd_look(unit);
    struct vtd_root root;

    vtd_root_parse(s->latched, &s->caps, &root);
    return root.mode == VTD_MODE_SCALABLE;
}

static unsigned n_words(unsigned structure)
{
    switch (structure) {
    case SIM_S_ROOT:
        return VTD_WORDS_ROOT;
    case SIM_S_CTX:
        return VTD_WORDS_CTX;
    case SIM_S_PASID_DIR:
        return VTD_WORDS_PASID_DIR;
    case SIM_S_PASID:
        return VTD_WORDS_PASID;
    default:
        return 0;
    }
}

static void used(const struct chk_arch_unit *unit, unsigned structure, const uint64_t *words,
                 uint64_t *mask)
{
    const bool is_scalable = arch_vtd_is_scalable(unit);
    const struct hw_layout *layout = NULL;
    uint32_t conditions = VTD_USED_ALWAYS | VTD_USED_VALID | VTD_USED_LOWER | VTD_USED_UPPER;

    memset(mask, 0, n_words(structure) * sizeof(*mask));
    switch (structure) {
    case SIM_S_ROOT:
        layout = is_scalable ? &vtd_layout_ROOT : &vtd_layout_ROOT_LEGACY;
        break;
    case SIM_S_CTX:
        layout = is_scalable ? &vtd_layout_CTX : &vtd_layout_CTX_LEGACY;
        conditions = is_scalable ? vtd_ctx_conditions(words) : vtd_ctx_legacy_conditions(words);
        break;
    case SIM_S_PASID_DIR:
        layout = &vtd_layout_PASID_DIR;
        break;
    case SIM_S_PASID:
        layout = &vtd_layout_PASID;
        conditions = vtd_pasid_conditions(words);
        break;
    default:
        return;
    }
    hw_used(layout->fields, layout->n_fields, conditions, mask);
}

bool arch_vtd_is_root_present(const struct chk_key *key, const uint64_t *words)
{
    return key->index >> UPPER_SHIFT ? vtd_ROOT_UP(words) != 0 : vtd_ROOT_LP(words) != 0;
}

/* Real hardware keeps nothing that faulted (CAP.CM=0). What is wrong beyond the first 16 bytes is
 * seen when they are put together. */
static bool keeps(const struct chk_arch_unit *unit, const struct chk_key *key,
                  const uint64_t *words)
{
    const struct arch_vtd_unit *s = arch_vtd_look(unit);
    const bool is_scalable = arch_vtd_is_scalable(unit);
    struct vtd_ctx_legacy legacy;
    struct vtd_pasid pasid;
    struct vtd_ctx ctx;

    switch (key->structure) {
    case SIM_S_ROOT:
        return s->caps.cm || arch_vtd_is_root_present(key, words);
    case SIM_S_CTX:
        if (s->caps.cm)
            return true;
        return is_scalable ? !vtd_ctx_decode(words, &s->caps, &ctx)
                           : !vtd_ctx_legacy_decode(words, &s->caps, &legacy);
    case SIM_S_PASID_DIR:
        return s->caps.cm || vtd_PASID_DIR_P(words);
    case SIM_S_PASID:
        return s->caps.cm || !vtd_pasid_decode(words, &s->caps, &pasid);
    default:
        return true;
    }
}

/* P=0 ends a fetch. With caching mode that is kept as any result is. */
static bool is_present(const struct chk_arch_unit *unit, const struct chk_key *key,
                       const uint64_t *words)
{
    if (arch_vtd_look(unit)->caps.cm)
        return true;
    if (key->structure == SIM_S_CTX) /* of legacy mode: read at once */
        return !arch_vtd_is_scalable(unit) || vtd_CTX_P(words) != 0;
    return key->structure != SIM_S_PASID || vtd_PASID_P(words) != 0;
}

/* ---- chains ---- */

static void refuse(struct chk_chain *chain, int fault, const char *rule)
{
    chain->is_over = true;
    chain->target.kind = CHK_REFUSED;
    chain->target.refusal = CHK_REFUSAL_LOST;
    chain->target.event = (uint32_t)fault;
    chain->target.rule = rule ? rule : vtd_fault_find((unsigned)fault)->cause;
}

static void ask(struct chk_chain *chain, unsigned structure, uint32_t index, unsigned n_words_of,
                uint64_t address)
{
    chain->key.structure = structure;
    chain->key.requester = structure == SIM_S_ROOT ? 0 : chain->request.requester;
    chain->key.index = index;
    chain->n_words = (uint8_t)n_words_of;
    chain->address = address;
}

static struct vtd_request request_of(const struct chk_chain *chain)
{
    const bool has_pasid = chain->request.pasid != CHK_NO_PASID;

    return (struct vtd_request){
        .source_id = (uint16_t)chain->request.requester,
        .kind = VTD_REQUEST_UNTRANSLATED,
        .has_pasid = has_pasid,
        .pasid = has_pasid ? chain->request.pasid : 0,
    };
}

/* Whatever the structures say, the IOTLB may know an answer. */
static void look_in_iotlb(struct chk_chain *chain)
{
    chain->target.n_tlbs = 1;
    chain->target.tlb[0].tag = (struct chk_tag){
        .world = ARCH_VTD_IOTLB,
        .space = CHK_NO_ID,
        .id = chain->request.pasid == CHK_NO_PASID ? CHK_NO_ID : chain->request.pasid,
        .requester = chain->request.requester,
        .stage = 1,
    };
}

static void begin(const struct chk_arch_unit *unit, const struct chk_request *request,
                  struct chk_chain *chain)
{
    const struct arch_vtd_unit *s = arch_vtd_look(unit);
    struct vtd_request asked;
    struct vtd_root root;
    bool is_upper;
    int fault;

    memset(chain, 0, sizeof(*chain));
    chain->request = *request;
    if (!unit->is_on) {
        chain->is_over = true;
        chain->target.kind = CHK_BYPASS;
        return;
    }
    asked = request_of(chain);
    vtd_root_parse(s->latched, &s->caps, &root);
    fault = vtd_root_refuses(&root, &s->caps, &asked);
    if (fault) {
        refuse(chain, fault, NULL);
        return;
    }
    look_in_iotlb(chain);
    is_upper = root.mode == VTD_MODE_SCALABLE &&
               (request->requester & (2 * UPPER_DEVFN - 1)) >= UPPER_DEVFN;
    ask(chain, SIM_S_ROOT, request->requester >> BUS_SHIFT | (uint32_t)is_upper << UPPER_SHIFT,
        VTD_WORDS_ROOT, vtd_root_address(&root, asked.source_id));
}

static void after_root(const struct arch_vtd_unit *s, struct chk_chain *chain,
                       const uint64_t *words)
{
    struct vtd_root root;
    uint64_t address = 0;
    int fault;

    vtd_root_parse(s->latched, &s->caps, &root);
    fault = vtd_root_decode(words, &root, (uint16_t)chain->request.requester, &s->caps, &address);
    if (fault)
        refuse(chain, fault, NULL);
    else
        ask(chain, SIM_S_CTX, 0,
            root.mode == VTD_MODE_SCALABLE ? VTD_WORDS_CTX : VTD_WORDS_CTX_LEGACY, address);
}

static void after_legacy(const struct chk_arch_unit *unit, struct chk_chain *chain,
                         const uint64_t *words)
{
    struct vtd_ctx_legacy ctx;
    const int fault = vtd_ctx_legacy_decode(words, &arch_vtd_look(unit)->caps, &ctx);

    if (fault) {
        refuse(chain, fault, ctx.rule);
        return;
    }
    if (ctx.is_ats)
        chain->target.ats = CHK_ATS_ANSWERS | CHK_ATS_PASSES;
    arch_vtd_legacy_target(unit, &ctx, chain);
}

static void after_context(const struct arch_vtd_unit *s, struct chk_chain *chain,
                          const uint64_t *words)
{
    const struct vtd_request asked = request_of(chain);
    struct vtd_ctx ctx;
    uint32_t pasid = 0;
    int fault = vtd_ctx_decode(words, &s->caps, &ctx);

    if (fault) {
        refuse(chain, fault, ctx.rule);
        return;
    }
    if (ctx.dte) /* translated requests pass whatever the PASID entry says */
        chain->target.ats = CHK_ATS_ANSWERS | CHK_ATS_PASSES;
    fault = vtd_ctx_refuses(&ctx, &s->caps, &asked, &pasid);
    if (fault) {
        refuse(chain, fault, NULL);
        return;
    }
    chain->target.field[FIELD_CONTEXT] = ctx.rid_priv && !asked.has_pasid;
    ask(chain, SIM_S_PASID_DIR, pasid, VTD_WORDS_PASID_DIR, vtd_pasid_dir_address(&ctx, pasid));
}

static void after_directory(const struct arch_vtd_unit *s, struct chk_chain *chain,
                            const uint64_t *words)
{
    uint64_t address = 0;
    bool fpd = false;
    const int fault = vtd_pasid_dir_decode(words[0], chain->key.index, &s->caps, &fpd, &address);

    if (fault)
        refuse(chain, fault, NULL);
    else
        ask(chain, SIM_S_PASID, chain->key.index, VTD_WORDS_PASID, address);
}

static void after_pasid(const struct chk_arch_unit *unit, struct chk_chain *chain,
                        const uint64_t *words)
{
    struct vtd_pasid pasid;
    const int fault = vtd_pasid_decode(words, &arch_vtd_look(unit)->caps, &pasid);

    if (fault)
        refuse(chain, fault, pasid.rule);
    else
        arch_vtd_pasid_target(unit, &pasid, chain);
}

static void next(const struct chk_arch_unit *unit, struct chk_chain *chain, const uint64_t *words)
{
    const struct arch_vtd_unit *s = arch_vtd_look(unit);

    switch (chain->key.structure) {
    case SIM_S_ROOT:
        after_root(s, chain, words);
        break;
    case SIM_S_CTX:
        if (arch_vtd_is_scalable(unit))
            after_context(s, chain, words);
        else
            after_legacy(unit, chain, words);
        break;
    case SIM_S_PASID_DIR:
        after_directory(s, chain, words);
        break;
    default:
        after_pasid(unit, chain, words);
        break;
    }
}

static const char *event(uint32_t code)
{
    const struct vtd_fault *fault = vtd_fault_find(code);

    return fault ? fault->name : "no fault";
}

const struct chk_arch arch_vtd = {
    .arch = SIM_ARCH_VTD,
    .last_level = 4, /* as arch_vtd_pte.c counts them */
    .reads_16 = true,
    .is_in_order = true,
    .is_queue_in_order = true,
    .passes_when_off = true,
    .init = init,
    .set = set,
    .write = write,
    .started = arch_vtd_started,
    .is_finished = arch_vtd_is_finished,
    .n_words = n_words,
    .used = used,
    .begin = begin,
    .next = next,
    .command = arch_vtd_command,
    .drops_config = arch_vtd_drops_config,
    .names = arch_vtd_names,
    .keeps = keeps,
    .is_present = is_present,
    .drops_tlb = arch_vtd_drops_tlb,
    .roots = arch_vtd_roots,
    .pte = arch_vtd_pte,
    .queue_is_past = queue_is_past,
    .is_unsnooped = is_unsnooped,
    .may_be_unsnooped = may_be_unsnooped,
    .is_buffered = is_buffered,
    .event = event,
};
