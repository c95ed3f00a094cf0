// SPDX-License-Identifier: BSD-2-Clause
// agree_pages.cpp - maps and unmaps of agree_driver.h, with break-before-make.
#include "tests/property/agree/agree_driver.h"

namespace agree
{

namespace
{

constexpr uint64_t kPage = 0xf43, kBlock = 0xf41, kPageS2 = 0x7ff, kTable = 0x3;

uint64_t pte_address(unsigned domain, uint64_t iova)
{
    return root_of(domain) + (iova < kMiB2 ? 2 : 3) * kKiB4 + (iova % kMiB2) / kKiB4 * 8;
}

uint64_t pte_address_s2(unsigned parent, uint64_t iova)
{
    return root_of_parent(parent) + 2 * kKiB4 + (iova % kMiB2) / kKiB4 * 8;
}

uint64_t second_entry(unsigned domain)
{
    return root_of(domain) + kKiB4 + 8;
}

} // namespace

void Driver::tell_map(uint64_t domain, uint64_t iova, uint64_t pa, uint64_t size)
{
    sim_record &rec = out_.add(SIM_R_MAP);

    rec.map.domain = domain;
    rec.map.iova = iova;
    rec.map.pa = pa;
    rec.map.size = size;
}

void Driver::tell_unmap(uint64_t domain, uint64_t iova, uint64_t size)
{
    sim_record &rec = out_.add(SIM_R_UNMAP);

    rec.unmap.domain = domain;
    rec.unmap.iova = iova;
    rec.unmap.size = size;
    rec.unmap.unmapped = size;
}

// No two pages that ever were have the same address.
uint64_t Driver::new_page(unsigned domain, uint64_t iova)
{
    const uint64_t pa =
        (16 + domain) * kGiB + (generation_++ % 512 << 21) + (iova % kMiB2) / kKiB4 * kKiB4;

    out_.store(SIM_S_PTE, pte_address(domain, iova), pa | kPage);
    return pa;
}

void Driver::tlbi(unsigned kind, unsigned vmid, unsigned asid, uint64_t first, unsigned n_pages)
{
    const uint64_t space = uint64_t(vmid) << 32, tag = space | uint64_t(asid) << 48;

    switch (kind) {
    case 0:
        out_.command("TLBI_NH_ASID", 0x11 | tag, 0);
        break;
    case 1:
        out_.command("TLBI_NH_ALL", 0x10 | space, 0);
        break;
    case 2:
        out_.command("TLBI_NSNH_ALL", 0x30, 0);
        break;
    case 3:
        out_.command("TLBI_S12_VMALL", 0x28 | space, 0);
        break;
    case 4: // a range: TG 4 KiB, SCALE 0
        out_.command("TLBI_NH_VA range", 0x12 | tag | uint64_t(n_pages - 1) << 12, first | 1 << 10);
        break;
    case 5:
        for (unsigned i = 0; i < n_pages; i++)
            out_.command("TLBI_NH_VAA", 0x13 | space, (first + i * kKiB4) | 1);
        break;
    default:
        for (unsigned i = 0; i < n_pages; i++)
            out_.command("TLBI_NH_VA", 0x12 | tag, (first + i * kKiB4) | (kind == 6));
        break;
    }
}

// Whoever uses the domain: stage 1 alone has VMID 0, under stage 2 that of the parent.
void Driver::drop_range(unsigned domain, uint64_t first, unsigned n_pages, bool has_tables)
{
    static const unsigned with_tables[] = {0, 1, 2, 4, 7};
    const unsigned asid = (out_.slip(Slip::kWrongAsid) ? domain + 1 : domain) + 1;
    const unsigned vmid = out_.slip(Slip::kWrongVmid);
    const unsigned n = n_pages - (n_pages > 1 && out_.slip(Slip::kOneShort));
    const uint64_t at = first + (out_.slip(Slip::kWrongAddress) ? 2 * kKiB4 : 0);
    unsigned kind = has_tables ? with_tables[out_.below(5)] : out_.below(8);

    if (kind == 4 && n < 2 && !out_.slip(Slip::kBadRange)) // one page is no range
        kind = 7;

    if (has_tables && out_.slip(Slip::kLeafOnly))
        kind = 6;
    if (!out_.slip(Slip::kNoTlbi)) {
        tlbi(kind, vmid, asid, at, n);
        for (const Device &d : devices_) {
            if (d.kind == Kind::kNested && d.parent + 1 != vmid)
                tlbi(kind, d.parent + 1, asid, at, n);
        }
    }
    out_.sync();
}

void Driver::drop_atcs(uint64_t first, uint64_t bytes)
{
    const Device &d = devices_[0];
    uint64_t size = 0;

    if (!d.is_ats_on || out_.slip(Slip::kNoAtcInv))
        return;
    while ((kKiB4 << size) < bytes)
        size++;
    const uint64_t at = first & ~((kKiB4 << size) - 1);
    if (at + (kKiB4 << size) < first + bytes)
        size++;
    const uint64_t word1 = (first & ~((kKiB4 << size) - 1)) | size;
    out_.command("ATC_INV", 0x40 | uint64_t(kSids[0]) << 32, word1);
    for (const uint32_t ssid : kSsids)
        out_.command("ATC_INV", 0x40 | 1ull << 11 | uint64_t(ssid) << 12 | uint64_t(kSids[0]) << 32,
                     word1);
    out_.sync();
}

bool Driver::is_used(unsigned domain) const
{
    for (const Device &d : devices_) {
        if (d.kind == Kind::kS1 && d.domain[d.table][0] == int(domain))
            return true;
    }
    return false;
}

void Driver::map(unsigned domain)
{
    const uint64_t iova = (out_.below(2) ? kMiB2 : 0) + out_.below(kPages) * kKiB4;
    const bool has_table = iova < kMiB2 || (out_.word(second_entry(domain)) & 2);

    if (!has_table || out_.word(pte_address(domain, iova)))
        return;
    const size_t mark = stream_.records.size();
    out_.begin(SIM_OP_MAP, UINT32_MAX, UINT32_MAX, 0xa0 + domain, iova, kKiB4);
    const uint64_t pa = new_page(domain, iova);
    tell_map(0xa0 + domain, iova, pa, kKiB4);
    out_.barrier();
    out_.end(sim_record(stream_.records[mark]));
}

void Driver::unmap(unsigned domain)
{
    const unsigned n_pages = 1 + out_.below(3), first = out_.below(kPages - n_pages + 1);
    const uint64_t iova = (out_.below(2) ? kMiB2 : 0) + first * kKiB4;
    const bool has_table = iova < kMiB2 || (out_.word(second_entry(domain)) & 2);

    for (unsigned i = 0; i < n_pages; i++) {
        if (!has_table || !out_.word(pte_address(domain, iova + i * kKiB4)))
            return;
    }
    const size_t mark = stream_.records.size();
    const bool is_early = out_.slip(Slip::kInvalidateFirst);
    out_.begin(SIM_OP_UNMAP, UINT32_MAX, UINT32_MAX, 0xa0 + domain, iova, n_pages * kKiB4);
    tell_unmap(0xa0 + domain, iova, n_pages * kKiB4);
    if (is_early)
        drop_range(domain, iova, n_pages, false);
    if (out_.slip(Slip::kAtcFirst))
        drop_atcs(iova, n_pages * kKiB4);
    for (unsigned i = 0; i < n_pages; i++) {
        // What nobody uses is not judged.
        if (!is_used(domain) || depth_ || !out_.slip(Slip::kForgottenStore))
            out_.store(SIM_S_PTE, pte_address(domain, iova + i * kKiB4), 0);
    }
    out_.barrier();
    if (!is_early)
        drop_range(domain, iova, n_pages, false);
    drop_atcs(iova, n_pages * kKiB4);
    out_.end(sim_record(stream_.records[mark]));
}

void Driver::map_parent(unsigned parent)
{
    const uint64_t iova = kMiB2 + out_.below(kPages) * kKiB4;
    const uint64_t pa = (160 + parent) * kGiB + (generation_++ % 512 << 21) + iova % kMiB2;

    if (out_.word(pte_address_s2(parent, iova)))
        return;
    const size_t mark = stream_.records.size();
    out_.begin(SIM_OP_MAP, UINT32_MAX, UINT32_MAX, 0xb0 + parent, iova, kKiB4);
    out_.store(SIM_S_PTE, pte_address_s2(parent, iova), pa | kPageS2);
    tell_map(0xb0 + parent, iova, pa, kKiB4);
    out_.barrier();
    out_.end(sim_record(stream_.records[mark]));
}

void Driver::unmap_parent(unsigned parent)
{
    const uint64_t iova = kMiB2 + out_.below(kPages) * kKiB4;
    const uint64_t at = pte_address_s2(parent, iova);
    const uint64_t vmid = parent + 1 + out_.slip(Slip::kWrongVmid);
    const unsigned form = out_.below(3);

    if (!out_.word(at))
        return;
    const size_t mark = stream_.records.size();
    out_.begin(SIM_OP_UNMAP, UINT32_MAX, UINT32_MAX, 0xb0 + parent, iova, kKiB4);
    tell_unmap(0xb0 + parent, iova, kKiB4);
    out_.store(SIM_S_PTE, at, 0);
    out_.barrier();
    if (!out_.slip(Slip::kNoTlbi)) {
        if (form == 0)
            out_.command("TLBI_S12_VMALL", 0x28 | vmid << 32, 0);
        else
            out_.command("TLBI_S2_IPA", 0x2a | vmid << 32, iova | (form == 1));
        if (form != 0)
            out_.command("TLBI_NH_ALL", 0x10 | vmid << 32, 0);
    }
    out_.sync();
    drop_atcs(iova, kKiB4);
    out_.end(sim_record(stream_.records[mark]));
}

void Driver::make_block(unsigned domain)
{
    const uint64_t pa = (24 + domain) * kGiB + (generation_++ % 512 << 21);
    const size_t mark = stream_.records.size();

    out_.begin(SIM_OP_MAP, UINT32_MAX, UINT32_MAX, 0xa0 + domain, kMiB2, kMiB2);
    out_.store(SIM_S_PTE, second_entry(domain), pa | kBlock);
    tell_map(0xa0 + domain, kMiB2, pa, kMiB2);
    out_.barrier();
    out_.end(sim_record(stream_.records[mark]));
}

void Driver::make_table(unsigned domain)
{
    const uint64_t table = root_of(domain) + 3 * kKiB4;

    out_.memory(SIM_S_PTE, table, kKiB4);
    const size_t mark = stream_.records.size();
    out_.begin(SIM_OP_MAP, UINT32_MAX, UINT32_MAX, 0xa0 + domain, kMiB2, kPages * kKiB4);
    for (unsigned i = 0; i < kPages; i++) {
        const uint64_t iova = kMiB2 + i * kKiB4;
        tell_map(0xa0 + domain, iova, new_page(domain, iova), kKiB4);
    }
    out_.barrier();
    out_.store(SIM_S_PTE, second_entry(domain), table | kTable);
    out_.barrier();
    out_.end(sim_record(stream_.records[mark]));
}

// Everything of the second 2 MiB goes, and its table back to the allocator.
void Driver::remove_block(unsigned domain, bool is_block)
{
    const uint64_t table = root_of(domain) + 3 * kKiB4;
    const size_t mark = stream_.records.size();
    const bool is_early = !is_block && out_.slip(Slip::kFreedEarly);

    out_.begin(SIM_OP_UNMAP, UINT32_MAX, UINT32_MAX, 0xa0 + domain, kMiB2, kMiB2);
    for (unsigned i = 0; i < kPages && !is_block; i++) {
        if (out_.word(pte_address(domain, kMiB2 + i * kKiB4)))
            tell_unmap(0xa0 + domain, kMiB2 + i * kKiB4, kKiB4);
    }
    if (is_block)
        tell_unmap(0xa0 + domain, kMiB2, kMiB2);
    out_.store(SIM_S_PTE, second_entry(domain), 0);
    out_.barrier();
    for (unsigned pass = 0; pass < 2; pass++) {
        if (!is_block && (pass == 0) == is_early) {
            sim_record &rec = out_.add(SIM_R_FREE);
            rec.memfree.structure = SIM_S_PTE;
            rec.memfree.pa = table;
            rec.memfree.size = kKiB4;
        }
        if (pass == 0)
            drop_range(domain, kMiB2, kPages, true);
    }
    drop_atcs(kMiB2, kMiB2);
    out_.end(sim_record(stream_.records[mark]));
}

void Driver::swap_block(unsigned domain)
{
    const uint64_t entry = out_.word(second_entry(domain));
    const bool is_block = entry && !(entry & 2);

    if (entry && !(out_.below(2) && out_.slip(Slip::kNoBreak)))
        remove_block(domain, is_block);
    if (!is_block) {
        make_block(domain);
        return;
    }
    make_table(domain);
}

} // namespace agree
