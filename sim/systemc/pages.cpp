// SPDX-License-Identifier: BSD-2-Clause
// pages.cpp - pages that were translated: for b_transport, and pointers into memory (DMI).
// Knows: who may use which page how, until something may have changed it. Must not know: what did.
#include "sim/event.h"
#include "sim/systemc/front.h"

#include <algorithm>

namespace iommusim_tlm
{

namespace
{

constexpr unsigned kPageLog2 = 12, kMaxLog2 = 30;

uint64_t page_of(uint64_t address)
{
    return address >> kPageLog2 << kPageLog2;
}

size_t slot_of(const who &key, uint64_t iova, size_t n)
{
    return static_cast<size_t>(front::hash_of(key, iova >> kPageLog2) % n);
}

bool is_same(const who &a, const who &b)
{
    return a.requester == b.requester && a.pasid == b.pasid && a.access == b.access &&
           a.kind == b.kind;
}

} // namespace

uint64_t front::hash_of(const who &key, uint64_t what)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = what * odd;

    x = (x ^ x >> 32 ^ (static_cast<uint64_t>(key.requester) << 32 | key.pasid)) * odd;
    x = (x ^ x >> 29 ^ key.access) * odd;
    return x >> 32;
}

const entry *front::find(const who &key, uint64_t iova) const
{
    const entry &e = pages[slot_of(key, iova, pages.size())];

    return e.epoch == epoch && e.iova == page_of(iova) && is_same(e.key, key) ? &e : nullptr;
}

/* Only what this kind of request has just been granted: a write may not follow from a read (a first
 * write sets the dirty state). */
void front::keep(const who &key, const sim_dma &dma, uint64_t seen)
{
    const uint64_t iova = page_of(dma.iova);

    if (key.kind != SIM_DMA_UNTRANSLATED || seen != epoch)
        return;
    entry &e = pages[slot_of(key, iova, pages.size())];
    e.key = key;
    e.iova = iova;
    e.pa = page_of(dma.pa);
    e.epoch = seen;
    e.page_log2 = dma.page_log2;
    e.granted = dma.granted;
}

/* Called for whatever may change an answer, before it does. */
void front::forget()
{
    epoch++;
    for (upstream_port &p : up) {
        if (!p.has_dmi)
            continue;
        p.has_dmi = false;
        stats.n_dmi_invalidations++;
        module->upstream[p.index]->invalidate_direct_mem_ptr(0, ~sc_dt::uint64{0});
    }
}

/* What of the platform's range lies in the page, as the device sees it. */
static bool clip(const entry &e, tlm::tlm_dmi &dmi)
{
    unsigned log2 = std::clamp<unsigned>(e.page_log2, kPageLog2, kMaxLog2);
    uint64_t mask = (UINT64_C(1) << log2) - 1;

    if ((e.iova & mask) != (e.pa & mask))
        mask = (UINT64_C(1) << kPageLog2) - 1;
    const uint64_t pa = e.pa & ~mask, iova = e.iova & ~mask;
    const uint64_t first = std::max<uint64_t>(dmi.get_start_address(), pa);
    const uint64_t last = std::min<uint64_t>(dmi.get_end_address(), pa | mask);

    if (first > last || first > e.pa || last < e.pa)
        return false;
    dmi.set_dmi_ptr(dmi.get_dmi_ptr() + (first - dmi.get_start_address()));
    dmi.set_start_address(iova + (first - pa));
    dmi.set_end_address(iova + (last - pa));
    return true;
}

bool upstream_port::get_direct_mem_ptr(tlm::tlm_generic_payload &trans, tlm::tlm_dmi &dmi)
{
    const bool is_read = trans.is_read();
    tlm::tlm_generic_payload sub;
    who key;

    dmi.init();
    dmi.set_start_address(page_of(trans.get_address()));
    dmi.set_end_address(page_of(trans.get_address()) | ((1u << kPageLog2) - 1));
    if (trans.get_command() == tlm::TLM_IGNORE_COMMAND)
        return false;
    f->read_key(*this, trans, &key);
    const entry *known = f->find(key, trans.get_address());
    if (!known)
        return false;
    sub.set_command(trans.get_command());
    sub.set_address(known->pa + (trans.get_address() - known->iova));
    tlm::tlm_dmi below;
    if (!f->module->downstream->get_direct_mem_ptr(sub, below) ||
        !(is_read ? below.is_read_allowed() : below.is_write_allowed()) || !clip(*known, below))
        return false;
    dmi = below;
    if (is_read)
        dmi.allow_read();
    else
        dmi.allow_write();
    dmi.set_read_latency(below.get_read_latency() + f->module->lt_hit);
    dmi.set_write_latency(below.get_write_latency() + f->module->lt_hit);
    has_dmi = true;
    f->stats.n_dmi_grants++;
    return true;
}

} // namespace iommusim_tlm
