// SPDX-License-Identifier: BSD-2-Clause
// agree_driver.cpp - see agree_driver.h. Configuration; pages are in agree_pages.cpp.
#include "tests/property/agree/agree_driver.h"

#include <algorithm>

namespace agree
{

namespace
{

constexpr uint64_t kAllPages = 0x34; // size of an ATC_INV of everything

unsigned ssid_index(uint32_t ssid)
{
    unsigned index = 0;

    while (index < 3 && kSsids[index] != ssid)
        index++;
    return index + 1;
}

} // namespace

Driver::Driver(Stream &stream, uint64_t seed) : stream_(stream), out_(stream, seed)
{
    stream.is_recorded = out_.below(2) != 0;
    has_two_levels_ = out_.below(3) == 0;
    has_cd_levels_ = out_.below(3) == 0;
    devices_[0].has_ats = out_.below(3) == 0;
    set_up();
    out_.slip_permille = out_.below(3) ? 20 + out_.below(150) : 0;
    out_.has_requests = true;
}

void Driver::run(unsigned n_operations)
{
    // Nothing changes: from here on each device has an operation that its requests belong to.
    for (unsigned dev = 0; dev < kDevices; dev++) {
        const size_t mark = stream_.records.size();
        out_.begin(SIM_OP_DRV_ATTACH, dev, UINT32_MAX, 0xd0, 0, 0);
        out_.end(sim_record(stream_.records[mark]));
    }
    for (unsigned i = 0; i < n_operations; i++) {
        out_.cpu = uint16_t(out_.below(4) == 0);
        operation();
    }
}

void Driver::operation()
{
    switch (out_.below(8)) {
    case 0:
    case 1:
    case 2:
        attach(out_.below(kDevices));
        break;
    case 3:
    case 4:
        change_pasid(out_.below(kDevices));
        break;
    default:
        small_operation();
        break;
    }
}

void Driver::small_operation()
{
    switch (out_.below(8)) {
    case 0:
    case 1:
        map(out_.below(kDomains));
        break;
    case 2:
    case 3:
    case 4:
        unmap(out_.below(kDomains));
        break;
    case 5:
        swap_block(out_.below(kDomains));
        break;
    case 6:
        unmap_parent(out_.below(kParents));
        break;
    default:
        map_parent(out_.below(kParents));
        break;
    }
}

unsigned Driver::asid_of(unsigned domain)
{
    return (out_.slip(Slip::kSharedTag) ? (domain + 1) % kDomains : domain) + 1;
}

bool Driver::is_live(const Entry &entry, const Words &words) const
{
    if (!(words[0] & 1) && entry.what == What::kSte)
        return false;
    if (entry.what == What::kCd)
        return words[0] >> 31 & 1;
    return (words[0] >> 1 & 7) > 4; // neither abort nor bypass
}

void Driver::put_word(const Entry &entry, unsigned word, uint64_t value)
{
    if (out_.slip(Slip::kForgottenStore))
        return;
    out_.store(entry.what == What::kSte ? SIM_S_STE : SIM_S_CD, entry.address + 8 * word, value);
}

void Driver::drop_entry(const Entry &entry)
{
    const uint64_t sid = out_.slip(Slip::kWrongSid) ? kSids[(entry.sid + 1) % kDevices] : entry.sid;
    const uint64_t ssid = out_.slip(Slip::kWrongSsid) ? entry.ssid + 1 : entry.ssid;
    const unsigned form = out_.below(8);

    if (!out_.slip(Slip::kNoCfgi)) {
        if (form == 0)
            out_.command("CFGI_ALL", 0x4, 31);
        else if (entry.what == What::kSte)
            out_.command("CFGI_STE", 0x3 | sid << 32, form != 1);
        else if (form == 2)
            out_.command("CFGI_CD_ALL", 0x6 | sid << 32, 0);
        else
            out_.command("CFGI_CD", 0x5 | ssid << 12 | sid << 32, form != 1);
        if (form == 3)
            out_.command("PREFETCH_CONFIG", 0x1 | sid << 32, 0);
    }
    out_.sync();
    if (depth_ == 0 && out_.below(16) == 0) { // another CPU is at work meanwhile
        depth_++;
        out_.cpu ^= 1;
        small_operation();
        out_.cpu ^= 1;
        depth_--;
    }
}

void Driver::store_words(const Entry &entry, const Words &now, const Words &target, unsigned from)
{
    for (unsigned word = from; word < 4; word++) {
        if (now[word] != target[word])
            put_word(entry, word, target[word]);
    }
    out_.barrier();
}

void Driver::store_torn(const Entry &entry, const Words &now, const Words &target)
{
    const unsigned first = out_.below(4);

    for (unsigned i = 0; i < 4; i++) {
        const unsigned word = (first + i) % 4;
        if (now[word] != target[word])
            put_word(entry, word, target[word]);
    }
    out_.barrier();
    drop_entry(entry);
}

// Both what is there and what shall be there use more than one word.
void Driver::update_live(const Entry &entry, const Words &now, const Words &target)
{
    Words broken = now;
    unsigned n_different = 0;

    for (unsigned word = 0; word < 4; word++)
        n_different += now[word] != target[word];
    if (now[2] == target[2] && now[3] == target[3] && n_different == 2 && out_.below(4) == 0) {
        out_.store_pair(entry.what == What::kSte ? SIM_S_STE : SIM_S_CD, entry.address, target[0],
                        target[1]);
        out_.barrier();
        drop_entry(entry);
        return;
    }
    if (n_different > 1 && !out_.slip(Slip::kNoBreak)) {
        broken[0] = 0;
        put_word(entry, 0, 0);
        out_.barrier();
        drop_entry(entry);
    }
    store_words(entry, broken, target, 1);
    if (n_different > 1)
        drop_entry(entry);
    if (broken[0] == target[0])
        return;
    put_word(entry, 0, target[0]);
    out_.barrier();
    drop_entry(entry);
}

void Driver::update(const Entry &entry, Words target)
{
    Words now;
    bool is_first_last;

    for (unsigned word = 0; word < 4; word++)
        now[word] = out_.word(entry.address + 8 * word);
    if (now == target)
        return;
    if (out_.slip(Slip::kTorn)) {
        store_torn(entry, now, target);
        return;
    }
    if (out_.slip(Slip::kInvalidateFirst)) {
        drop_entry(entry);
        store_words(entry, now, target, 0);
        return;
    }
    if (is_live(entry, now) && is_live(entry, target)) {
        update_live(entry, now, target);
        return;
    }
    is_first_last = is_live(entry, target) != out_.slip(Slip::kOtherOrder);
    if (!is_first_last && now[0] != target[0]) {
        put_word(entry, 0, target[0]);
        out_.barrier();
        drop_entry(entry);
    }
    store_words(entry, now, target, 1);
    if (is_first_last)
        drop_entry(entry);
    if (is_first_last && now[0] != target[0]) {
        put_word(entry, 0, target[0]);
        out_.barrier();
        drop_entry(entry);
    }
}

void Driver::drop_atc(uint32_t sid, uint32_t pasid)
{
    const uint64_t ssv = pasid == UINT32_MAX ? 0 : 1ull << 11 | uint64_t(pasid) << 12;

    if (out_.slip(Slip::kNoAtcInv))
        return;
    out_.command("ATC_INV", 0x40 | ssv | uint64_t(sid) << 32, kAllPages);
    out_.sync();
}

void Driver::install_l1std(unsigned dev)
{
    const uint64_t address = kStrtab + 8 * (kSids[dev] >> 6);
    const uint64_t sid = kSids[dev];

    if (!has_two_levels_ || out_.word(address))
        return;
    out_.store(SIM_S_STE, ste_address(dev) + 8, ste_words(dev)[1]);
    out_.store(SIM_S_STE, ste_address(dev), 1);
    out_.barrier();
    out_.store(SIM_S_L1STD, address, (kStrtabSecond + (sid >> 6) * kKiB4) | 7);
    out_.barrier();
    if (!out_.slip(Slip::kNoCfgi))
        out_.command("CFGI_STE", 0x3 | sid << 32, out_.slip(Slip::kLeafOnly));
    out_.sync();
}

void Driver::install_l1cd(unsigned dev, unsigned table)
{
    const uint64_t address = cd_table(dev, table) + 8;
    const uint64_t sid = kSids[dev];

    if (!has_cd_levels_ || out_.word(address))
        return;
    out_.store(SIM_S_L1CD, address, (cd_table(dev, table) + 2 * kKiB4) | 1);
    out_.barrier();
    if (!out_.slip(Slip::kNoCfgi))
        out_.command("CFGI_CD", 0x5 | 65ull << 12 | sid << 32, out_.slip(Slip::kLeafOnly));
    out_.sync();
}

void Driver::choose(Device &next)
{
    static const Kind kinds[] = {Kind::kAbort, Kind::kBypass, Kind::kS1, Kind::kS1,
                                 Kind::kS1,    Kind::kS1,     Kind::kS2, Kind::kNested};

    next.kind = kinds[out_.below(8)];
    if (out_.below(4) == 0)
        next.table ^= 1;
    if (out_.below(4) == 0)
        next.s1dss = 1 + out_.below(2);
    if (next.kind == Kind::kS2 || next.kind == Kind::kNested)
        next.parent = out_.below(kParents);
    next.is_ats_on = next.has_ats && (next.kind == Kind::kS1 || next.kind == Kind::kS2);
}

// The CD of requests without a PASID; nothing leads to a table that is not in use.
void Driver::prepare_table(unsigned dev, const Device &next)
{
    const Device &old = devices_[dev];
    const bool was_s1 = old.kind == Kind::kS1 || old.kind == Kind::kNested;
    const unsigned domain = out_.below(kDomains);
    const Entry entry = {What::kCd, cd_address(dev, next.table, 0), kSids[dev], 0};
    const Words words = cd_words(domain, asid_of(domain));

    if (has_cd_levels_ && !out_.word(cd_table(dev, next.table))) {
        out_.store(SIM_S_L1CD, cd_table(dev, next.table), (cd_table(dev, next.table) + kKiB4) | 1);
        out_.barrier();
    }
    if (was_s1 && old.table == next.table) {
        update(entry, words);
    } else {
        for (unsigned word = 4; word-- > 0;)
            out_.store(SIM_S_CD, entry.address + 8 * word, words[word]);
        out_.barrier();
    }
    devices_[dev].domain[next.table][0] = int(domain);
}

void Driver::attach(unsigned dev)
{
    static const uint64_t ids[] = {0xd0, 0xe0, 0xa0, 0xb0, 0xc0},
                          types[] = {0, 4, 1, 1, kGuestDomain};
    Device next = devices_[dev];
    const bool had_ats = next.is_ats_on;

    choose(next);
    if (next.kind != Kind::kS1 || next.table != devices_[dev].table) {
        remove_pasids(dev);
        std::copy(&devices_[dev].domain[0][0], &devices_[dev].domain[0][0] + 2 * 4,
                  &next.domain[0][0]);
    }
    const size_t mark = stream_.records.size();
    const uint64_t id = ids[unsigned(next.kind)] + (next.kind == Kind::kS2 ? next.parent : 0);
    out_.begin(SIM_OP_DRV_ATTACH, dev, UINT32_MAX, id, types[unsigned(next.kind)], 0);
    install_l1std(dev);
    if (next.kind == Kind::kS1 || next.kind == Kind::kNested) {
        prepare_table(dev, next);
        std::copy(&devices_[dev].domain[0][0], &devices_[dev].domain[0][0] + 2 * 4,
                  &next.domain[0][0]);
    }
    if (next.kind == Kind::kS1)
        stream_.records[mark].mark.domain = 0xa0 + unsigned(next.domain[next.table][0]);
    if (had_ats && !next.is_ats_on) {
        out_.add(SIM_R_ATS).ats.dev = dev;
        drop_atc(kSids[dev], UINT32_MAX);
    }
    if (had_ats && next.is_ats_on && out_.slip(Slip::kAtcFirst))
        drop_atc(kSids[dev], UINT32_MAX);
    devices_[dev] = next;
    update({What::kSte, ste_address(dev), kSids[dev], 0}, ste_words(dev));
    if (had_ats && next.is_ats_on)
        drop_atc(kSids[dev], UINT32_MAX);
    if (!had_ats && next.is_ats_on) {
        sim_record &ats = out_.add(SIM_R_ATS);
        ats.ats.dev = dev;
        ats.ats.on = 1;
    }
    out_.end(sim_record(stream_.records[mark]));
}

// @domain: kNoDomain removes it.
void Driver::put_pasid(unsigned dev, uint32_t ssid, int domain)
{
    Device &d = devices_[dev];
    int &now = d.domain[d.table][ssid_index(ssid)];
    const bool is_removed = domain == kNoDomain;
    const unsigned op = now == kNoDomain ? SIM_OP_SET_PASID
                        : is_removed     ? SIM_OP_REMOVE_PASID
                                         : SIM_OP_REPLACE_PASID;
    const size_t mark = stream_.records.size();
    Words words = {0, 0, 0, 0};

    out_.begin(op, dev, ssid, is_removed ? 0xd0 : 0xa0 + uint64_t(domain), 0, 0);
    out_.pasids.push_back({kSids[dev], ssid});
    if (ssid >= 64)
        install_l1cd(dev, d.table);
    if (!is_removed)
        words = cd_words(unsigned(domain), asid_of(unsigned(domain)));
    update({What::kCd, cd_address(dev, d.table, ssid), kSids[dev], ssid}, words);
    if (d.is_ats_on && now != kNoDomain)
        drop_atc(kSids[dev], ssid);
    now = domain;
    out_.end(sim_record(stream_.records[mark]));
}

void Driver::change_pasid(unsigned dev)
{
    while (devices_[dev].kind != Kind::kS1 && dev + 1 < kDevices)
        dev++;
    const Device &d = devices_[dev];
    const uint32_t ssid = kSsids[out_.below(2) ? out_.below(3) : 0];
    const bool is_there = d.domain[d.table][ssid_index(ssid)] != kNoDomain;
    const int domain = int(out_.below(kDomains));

    if (d.kind == Kind::kS1)
        put_pasid(dev, ssid, is_there && out_.below(3) == 0 ? kNoDomain : domain);
}

// Before a device's configuration or table of CDs changes to one that has them not.
void Driver::remove_pasids(unsigned dev)
{
    const Device &d = devices_[dev];

    for (const uint32_t ssid : kSsids) {
        if (d.domain[d.table][ssid_index(ssid)] != kNoDomain && !out_.slip(Slip::kPasidLeft))
            put_pasid(dev, ssid, kNoDomain);
    }
}

} // namespace agree
