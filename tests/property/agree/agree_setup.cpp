// SPDX-License-Identifier: BSD-2-Clause
// agree_setup.cpp - the machine of a stream before anything is changed: IHI 0070, chapters 5 and 6.
#include "tests/property/agree/agree_driver.h"

#include "sim/text.h"

namespace agree
{

namespace
{

constexpr uint64_t kCr0 = 0x20, kCr0Ack = 0x24, kCr1 = 0x28, kCr2 = 0x2c, kIrqCtrl = 0x50;
constexpr uint64_t kIrqAck = 0x54, kStrtabBase = 0x80, kStrtabCfg = 0x88, kCmdqBase = 0x90;
constexpr uint64_t kCmdqProd = 0x98, kCmdqCons = 0x9c, kEventqBase = 0xa0, kEventqProd = 0x100a8;
constexpr uint64_t kEventqCons = 0x100ac;

// S2P, S1P, TTF AArch64, COHACC, ATS, ASID16, VMID16, CD2L, TTENDIAN little, TERM_MODEL,
// STALL_MODEL terminate, ST_LEVEL two.
constexpr uint64_t kIdr0 = 0x3 | 2 << 2 | 1 << 4 | 1 << 10 | 1 << 12 | 1 << 18 | 1 << 19 | 2 << 21 |
                           1 << 24 | 1 << 26 | 1 << 27;
constexpr uint64_t kIdr1 = 8 | 8 << 6 | 8 << 16 | 8 << 21; // SIDSIZE, SSIDSIZE, EVENTQS, CMDQS
constexpr uint64_t kIdr3 = 1 << 10;                        // RIL
constexpr uint64_t kIdr5 = 0x15;                           // OAS 48 bits, 4 KiB
// STE word 1: S1CIR, S1COR write-back, S1CSH inner, SHCFG incoming.
constexpr uint64_t kSte1 = 1ull << 2 | 1ull << 4 | 3ull << 6 | 1ull << 44;
constexpr unsigned kEats = 28;
// STE word 2: S2T0SZ 25, S2SL0 1, S2IR0 and S2OR0 1, S2SH0 3, S2PS 5, S2AA64, S2R.
constexpr uint64_t kSte2 = 25ull << 32 | 1ull << 38 | 1ull << 40 | 1ull << 42 | 3ull << 44 |
                           5ull << 48 | 1ull << 51 | 1ull << 58;
// CD word 0: T0SZ 25, IR0, OR0, SH0, EPD1, V, IPS 5, AA64, R, A, ASET.
constexpr uint64_t kCd0 = 25 | 1ull << 8 | 1ull << 10 | 3ull << 12 | 1ull << 30 | 1ull << 31 |
                          5ull << 32 | 1ull << 41 | 1ull << 45 | 1ull << 46 | 1ull << 47;
constexpr uint64_t kBlock = 0xf41, kBlockS2 = 0x7fd, kPageS2 = 0x7ff, kTable = 0x3;

} // namespace

uint64_t Driver::ste_address(unsigned dev) const
{
    const uint64_t sid = kSids[dev];

    if (!has_two_levels_)
        return kStrtab + sid * 64;
    return kStrtabSecond + (sid >> 6) * kKiB4 + (sid & 63) * 64;
}

uint64_t Driver::cd_address(unsigned dev, unsigned table, uint32_t ssid) const
{
    const uint64_t base = cd_table(dev, table);

    if (!has_cd_levels_)
        return base + uint64_t(ssid) * 64;
    return base + kKiB4 + (ssid >> 6) * kKiB4 + (ssid & 63) * 64;
}

Words Driver::ste_words(unsigned dev) const
{
    static const uint64_t configs[] = {0, 4, 5, 6, 7};
    const Device &d = devices_[dev];
    const bool has_s1 = d.kind == Kind::kS1 || d.kind == Kind::kNested;
    const bool has_s2 = d.kind == Kind::kS2 || d.kind == Kind::kNested;
    Words words = {1 | configs[unsigned(d.kind)] << 1, kSte1, 0, 0};

    if (has_s1) {
        words[0] |= uint64_t(has_cd_levels_) << 4 | cd_table(dev, d.table) | 7ull << 59;
        words[1] |= d.s1dss;
    }
    if (d.is_ats_on)
        words[1] |= 1ull << kEats;
    if (has_s2) {
        words[2] = kSte2 | (d.parent + 1);
        words[3] = root_of_parent(d.parent);
    }
    return words;
}

Words Driver::cd_words(unsigned domain, unsigned asid) const
{
    return {kCd0 | uint64_t(asid) << 48, root_of(domain), 0, 0xff};
}

void Driver::set_up_ids()
{
    static const char *const names[] = {"0000:00:04.0", "0000:00:05.0", "0000:00:06.0"};
    sim_record &meta = out_.add(SIM_R_META);

    meta.meta.key = {"barriers", 8};
    meta.meta.value = {stream_.is_recorded ? "recorded" : "implied", stream_.is_recorded ? 8u : 7u};
    sim_record &unit = out_.add(SIM_R_IOMMU);
    unit.unit.arch = SIM_ARCH_SMMUV3;
    unit.unit.base = 0x9050000;
    unit.unit.size = 0x20000;
    for (unsigned dev = 0; dev < kDevices; dev++) {
        sim_record &device = out_.add(SIM_R_DEVICE);
        device.device.dev = dev;
        device.device.name = {names[dev], 12};
        device.device.requester = kSids[dev];
    }
    out_.id(0x0, kIdr0);
    out_.id(0x4, kIdr1);
    out_.id(0xc, kIdr3);
    out_.id(0x14, kIdr5);
}

void Driver::set_up_domain(unsigned domain)
{
    const uint64_t root = root_of(domain), id = 0xa0 + domain;

    out_.memory(SIM_S_PTE, root, 4 * kKiB4);
    out_.store(SIM_S_PTE, root, (root + kKiB4) | kTable);
    out_.store(SIM_S_PTE, root + 8, (8 + domain) * kGiB | kBlock);
    out_.store(SIM_S_PTE, root + kKiB4, (root + 2 * kKiB4) | kTable);
    out_.store(SIM_S_PTE, root + kKiB4 + 8, (root + 3 * kKiB4) | kTable);
    tell_map(id, kGiB, (8 + domain) * kGiB, kGiB);
    for (unsigned i = 0; i < 2 * kPages; i++) {
        const uint64_t iova = (i / kPages) * kMiB2 + (i % kPages) * kKiB4;
        if (out_.below(4) == 0)
            continue;
        const uint64_t pa = new_page(domain, iova);
        tell_map(id, iova, pa, kKiB4);
    }
}

// 2 MiB to itself, for tables; pages; blocks for whatever stage 1 leads to.
void Driver::set_up_parent(unsigned parent)
{
    const uint64_t root = root_of_parent(parent), id = 0xb0 + parent;

    out_.memory(SIM_S_PTE, root, 3 * kKiB4);
    out_.store(SIM_S_PTE, root, (root + kKiB4) | kTable);
    out_.store(SIM_S_PTE, root + kKiB4, kBlockS2);
    out_.store(SIM_S_PTE, root + kKiB4 + 8, (root + 2 * kKiB4) | kTable);
    tell_map(id, 0, 0, kMiB2);
    for (unsigned block = 1; block < 32; block++) {
        if (block > 1 && block < 8)
            continue;
        const uint64_t pa = (64 + 32 * parent + block) * kGiB;
        out_.store(SIM_S_PTE, root + 8 * block, pa | kBlockS2);
        tell_map(id, block * kGiB, pa, kGiB);
    }
    for (unsigned page = 0; page < kPages; page++) {
        const uint64_t pa = (160 + parent) * kGiB + (generation_++ << 21) + page * kKiB4;
        out_.store(SIM_S_PTE, root + 2 * kKiB4 + 8 * page, pa | kPageS2);
        tell_map(id, kMiB2 + page * kKiB4, pa, kKiB4);
    }
}

void Driver::set_up_registers()
{
    out_.handshake(kCr0, kCr0Ack, 0, 0x1f);
    out_.reg(kCr1, 0xd75);  // tables and queues: inner shareable, write-back
    out_.reg(kCr2, 1 << 2); // PTM: no broadcast of CPUs
    out_.reg(kStrtabBase, kStrtab, 8);
    out_.reg(kStrtabCfg, 7 | (has_two_levels_ ? 1 << 16 | 6 << 6 : 0));
    out_.reg(kCmdqBase, kQueue | 7, 8);
    out_.reg(kCmdqProd, 0);
    out_.reg(kCmdqCons, 0);
    out_.handshake(kCr0, kCr0Ack, 0x8, 0x1f);
    out_.command("CFGI_ALL", 0x4, 31);
    out_.sync();
    out_.command("TLBI_NSNH_ALL", 0x30, 0);
    out_.sync();
    out_.reg(kEventqBase, kEvents | 7, 8);
    out_.reg(kEventqProd, 0);
    out_.reg(kEventqCons, 0);
    out_.handshake(kCr0, kCr0Ack, 0xc, 0x1f);
    out_.handshake(kIrqCtrl, kIrqAck, 0x5, 0x7); // events and global errors are answered
    out_.handshake(kCr0, kCr0Ack, 0xd, 0x1f);
}

void Driver::set_up()
{
    set_up_ids();
    out_.memory(SIM_S_STE, kStrtab, 0x6000);
    out_.memory(SIM_S_QUEUE, kQueue, kKiB4);
    out_.memory(SIM_S_QUEUE, kEvents, kKiB4);
    out_.memory(SIM_S_CD, kCdTables, kDevices * kCdTablesEach * kCdTableBytes);
    for (unsigned domain = 0; domain < kDomains; domain++)
        set_up_domain(domain);
    for (unsigned parent = 0; parent < kParents; parent++)
        set_up_parent(parent);
    if (has_two_levels_)
        out_.store(SIM_S_L1STD, kStrtab, kStrtabSecond | 7);
    for (unsigned dev = 0; dev < kDevices; dev++) {
        const Words words = ste_words(dev);
        if (has_two_levels_ && kSids[dev] >= 64)
            continue;
        out_.store(SIM_S_STE, ste_address(dev) + 8, words[1]);
        out_.store(SIM_S_STE, ste_address(dev), words[0]);
    }
    set_up_registers();
}

} // namespace agree
