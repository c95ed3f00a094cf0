// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_pages.cpp - see judge_vtd_random.h: maps and unmaps, and tables that are freed.
#include "tests/property/judge/judge_vtd_random.h"

#include "tests/property/judge/judge_vtd_records.h"

namespace judge::vtd
{

namespace
{

constexpr uint64_t kSs = kTables, kFs = kTables + 0x80000, kGuest = 0x40000;
constexpr uint64_t kSsDomain = 0xd1, kFsDomain = 0xd2, kBlock = 0x200000;
constexpr uint64_t kSsDid = 4, kNestedDid = 5, kFsDid = 7, kPwsnp = 1 << 23;
constexpr uint32_t kPasid = 5;

class Pages : Records
{
  public:
    explicit Pages(uint64_t seed) : Records(seed)
    {
    }
    Stream write();

  private:
    void table_mark(unsigned kind, unsigned op, uint64_t iova, uint64_t size);
    void put_pte(uint64_t at, uint64_t value);
    void map(uint64_t iova);
    void unmap(uint64_t iova);
    void unmap_block();
    void removed(uint64_t iova, uint64_t size);
    void attach(unsigned dev);
    void invalidate(uint64_t iova);
    void invalidate_second(uint64_t iova, uint64_t did);
    void invalidate_first(uint64_t iova, uint64_t pasid);
    void invalidate_devices(uint64_t iova);
    uint64_t page_of(uint64_t iova) const;

    bool is_first_stage_ = false, has_guest_ = false;
    uint64_t root_ = kSs, domain_ = kSsDomain;
};

void Pages::table_mark(unsigned kind, unsigned op, uint64_t iova, uint64_t size)
{
    sim_record &rec = add(kind);

    if (kind == SIM_R_BEGIN) {
        rec.mark.op = uint8_t(op);
        rec.mark.dev = rec.mark.pasid = UINT32_MAX;
        rec.mark.domain = domain_;
        rec.mark.a = iova;
        rec.mark.b = size;
    } else {
        rec.mark_end.op = uint8_t(op);
        rec.mark_end.dev = rec.mark_end.pasid = UINT32_MAX;
        rec.mark_end.domain = domain_;
        rec.mark_end.a = iova;
        rec.mark_end.b = size;
    }
}

void Pages::put_pte(uint64_t at, uint64_t value)
{
    store(at, value, is_first_stage_ ? SIM_S_PTE_S1 : SIM_S_PTE_S2);
}

// Where the descriptor of a page lies: tables of pages at 3 and 4 pages behind the root.
uint64_t Pages::page_of(uint64_t iova) const
{
    return root_ + (iova >= kBlock ? 0x4000 : 0x3000) + 8 * (iova >> 12 & 0x1ff);
}

void Pages::map(uint64_t iova)
{
    const uint64_t flags = is_first_stage_ ? 0x27 : 3;

    table_mark(SIM_R_BEGIN, SIM_OP_MAP, iova, 0x1000);
    put_pte(root_, (root_ + 0x1000) | flags);
    put_pte(root_ + 0x1000, (root_ + 0x2000) | flags);
    put_pte(root_ + 0x2000 + (iova >= kBlock ? 8 : 0),
            (root_ + (iova >= kBlock ? 0x4000 : 0x3000)) | flags);
    put_pte(page_of(iova), (0x80000000 + iova) | flags | (is_first_stage_ ? 0x40 : 0));
    sim_record &rec = add(SIM_R_MAP);
    rec.map.domain = domain_;
    rec.map.iova = iova;
    rec.map.pa = 0x80000000 + iova;
    rec.map.size = 0x1000;
    table_mark(SIM_R_END, SIM_OP_MAP, iova, 0x1000);
}

void Pages::removed(uint64_t iova, uint64_t size)
{
    sim_record &rec = add(SIM_R_UNMAP);

    rec.unmap.domain = domain_;
    rec.unmap.iova = iova;
    rec.unmap.size = rec.unmap.unmapped = size;
}

void Pages::unmap(uint64_t iova)
{
    table_mark(SIM_R_BEGIN, SIM_OP_UNMAP, iova, 0x1000);
    if (random_.is(95))
        put_pte(page_of(iova), 0);
    invalidate(iova);
    removed(iova, 0x1000);
    table_mark(SIM_R_END, SIM_OP_UNMAP, iova, 0x1000);
}

// The table of the last page goes with it, back to the allocator.
void Pages::unmap_block()
{
    const uint64_t iova = kBlock + 0x1000, table = root_ + 0x4000;
    const bool is_early = random_.is(15);
    const auto give_back = [&] {
        sim_record &rec = add(SIM_R_FREE);
        rec.memfree.structure = SIM_S_PAGES;
        rec.memfree.pa = table;
        rec.memfree.size = 0x1000;
    };

    table_mark(SIM_R_BEGIN, SIM_OP_UNMAP, iova, 0x1000);
    if (random_.is(70))
        put_pte(page_of(iova), 0);
    put_pte(root_ + 0x2008, 0);
    if (is_early)
        give_back();
    invalidate(iova);
    if (!is_early)
        give_back();
    removed(iova, 0x1000);
    table_mark(SIM_R_END, SIM_OP_UNMAP, iova, 0x1000);
}

void Pages::invalidate_second(uint64_t iova, uint64_t did)
{
    const uint64_t am = random_.below(3), hint = random_.is(30) ? 0x40 : 0;
    // All that a guest has of the domain goes with any page; the explorer does not see that.
    const bool is_right = did == kNestedDid || random_.is(92);
    const uint64_t page = (is_right ? iova : iova + 0x4000) & ~((UINT64_C(0x1000) << am) - 1);

    switch (random_.below(8)) {
    case 0:
        descriptor(0xd2, 0);
        break;
    case 1:
    case 2:
        descriptor(0xe2 | did << 16, 0);
        break;
    case 3:
        if (is_scalable_) {
            descriptor(0x26 | did << 16, 0);
            break;
        }
        [[fallthrough]];
    default:
        descriptor(0xf2 | did << 16, page | hint | am);
        break;
    }
}

void Pages::invalidate_first(uint64_t iova, uint64_t pasid)
{
    const uint64_t hint = random_.is(30) ? 0x40 : 0;

    switch (random_.below(6)) {
    case 0:
        descriptor(0xe2 | kFsDid << 16, 0);
        break;
    case 1:
        descriptor(0xf2 | kFsDid << 16, iova | hint);
        break;
    case 2:
        descriptor(0x26 | kFsDid << 16 | pasid << 32, 0);
        break;
    default:
        descriptor(0x36 | kFsDid << 16 | pasid << 32, iova | hint);
        break;
    }
}

void Pages::invalidate_devices(uint64_t iova)
{
    const bool is_whole = random_.is(40);

    for (const uint64_t sid : kSids) {
        if (random_.is(90))
            descriptor(0x3 | sid << 32, is_whole ? UINT64_C(0x7ffffffffffff001) : iova);
        if (is_scalable_ && random_.is(90))
            descriptor(0x8 | sid << 16 | uint64_t{kPasid} << 32,
                       is_whole ? UINT64_C(0x7ffffffffffff800) : iova);
    }
}

void Pages::invalidate(uint64_t iova)
{
    const unsigned percent = random_.is(50) ? 100 : 85;

    cpu_ = random_.is(15);
    if (is_first_stage_) {
        for (const uint64_t pasid : {UINT64_C(0), uint64_t{kPasid}}) {
            if (random_.is(percent))
                invalidate_first(iova, pasid);
        }
    } else {
        if (random_.is(percent))
            invalidate_second(iova, kSsDid);
        if (has_guest_ && random_.is(percent))
            invalidate_second(iova, kNestedDid);
    }
    if (has_ats_) {
        if (random_.is(60))
            wait();
        invalidate_devices(iova);
    }
    if (random_.is(percent))
        wait();
    cpu_ = 0;
}

// The first stage's domain has requests with PASID 5 and without, the second's a guest, at times.
void Pages::attach(unsigned dev)
{
    const uint64_t pasids = kPasids + dev * kPerDevice;
    const uint64_t tt = has_ats_ ? 4 : 0;
    const bool is_guest = has_guest_ && dev == 1;

    if (!is_scalable_) {
        store(kContexts + kSids[dev] * 16 + 8, kSsDid << 8 | 2, SIM_S_CTX);
        store(kContexts + kSids[dev] * 16, kSs | 1 | tt, SIM_S_CTX);
        return;
    }
    for (const uint64_t at : {pasids, pasids + kPasid * 64}) {
        if (is_first_stage_) {
            store(at + 16, kFs, SIM_S_PASID);
            store(at + 8, kFsDid | kPwsnp, SIM_S_PASID);
            store(at, 0x49, SIM_S_PASID);
        } else {
            store(at + 16, is_guest ? kGuest | 1 : 0, SIM_S_PASID);
            store(at + 8, (is_guest ? kNestedDid : kSsDid) | kPwsnp, SIM_S_PASID);
            store(at, kSs | (is_guest ? 0xc9 : 0x89), SIM_S_PASID);
        }
    }
}

Stream Pages::write()
{
    is_scalable_ = random_.is(80);
    has_ats_ = random_.is(25);
    is_first_stage_ = is_scalable_ && random_.is(40);
    has_guest_ = is_scalable_ && !is_first_stage_ && random_.is(40);
    if (is_first_stage_) {
        root_ = kFs;
        domain_ = kFsDomain;
    }
    set_up_unit();
    for (const uint64_t iova : {UINT64_C(0x1000), UINT64_C(0x2000), kBlock + 0x1000})
        map(iova);
    for (unsigned dev = 0; dev < kDevices; dev++)
        attach(dev);
    switch_on();
    const size_t n_setup = records_.size();
    if (random_.is(30))
        map(0x5000);
    if (random_.is(50))
        unmap_block();
    else
        unmap(0x1000);
    return stream_of(records_, n_setup);
}

} // namespace

Stream random_pages(uint64_t seed)
{
    return Pages(seed).write();
}

} // namespace judge::vtd
