// SPDX-License-Identifier: BSD-2-Clause
// smmuv3_facts.cpp - the sequences of smmuv3_facts.h.
#include "tests/unit/kernel-glue/drivers/smmuv3_facts.h"

#include <functional>

namespace facts
{

namespace
{

using Fields = std::set<Field>;

uint64_t at(const Entry &entry, int word, const char *name)
{
    const auto found = entry.find({word, name});

    return found == entry.end() ? 0 : found->second;
}

Entry without_zeros(const Entry &entry)
{
    Entry result;

    for (const auto &[field, value] : entry) {
        if (value)
            result[field] = value;
    }
    return result;
}

// What can influence hardware, as Linux has it: bit 0 of Config is stage 1, bit 1 stage 2.
Fields used_of_ste(const Entry &ste, bool is_7)
{
    const uint64_t config = at(ste, 0, "Config");
    Fields used = {{0, "V"}};

    if (!at(ste, 0, "V"))
        return used;
    used.insert({0, "Config"});
    if (config == 4)
        used.insert({1, "SHCFG"});
    if (config < 5)
        return used;
    for (const char *name : {"S1ContextPtr", "S1CDMax", "S1Fmt"})
        if (config & 1)
            used.insert({0, name});
    for (const char *name : {"S1DSS", "S1C", "S1STALLD", "STRW"})
        if (config & 1)
            used.insert({1, name});
    used.insert({{1, "EATS"}, {2, "S2VMID"}});
    if (config & 2 || at(ste, 1, "S1DSS") == 1)
        used.insert({1, "SHCFG"});
    if (is_7)
        used.insert({1, "MEV"});
    if (config & 2)
        used.insert({{2, "VTCR"}, {2, "AA64"}, {2, "PTW"}, {2, "R"}, {3, "S2TTB"}});
    if (config & 2 && is_7)
        used.insert({1, "S2FWB"});
    return used;
}

Fields used_of_cd(const Entry &cd)
{
    if (!at(cd, 0, "V"))
        return {{0, "V"}};
    return {{0, "V"}, {0, "TCR"}, {0, "ASID"}, {1, "TTB0"}, {3, "MAIR"}};
}

// Where both read it and either value does no harm beside the other's rest.
Fields safe_of_ste(const Entry &from, const Entry &to)
{
    Fields safe = {{1, "MEV"}};

    if (at(from, 1, "EATS") < 2 && at(to, 1, "EATS") < 2)
        safe.insert({1, "EATS"});
    return safe;
}

struct Change {
    Entry now;
    std::function<void(int)> store;
    std::function<void()> sync;

    void write(const Entry &to, const std::set<int> &words)
    {
        bool has_changed = false;

        for (const int word : words) {
            Entry had, gets;

            for (const auto &[field, value] : now)
                if (field.first == word)
                    had[field] = value;
            for (const auto &[field, value] : to)
                if (field.first == word)
                    gets[field] = value;
            if (had == gets)
                continue;
            for (const auto &[field, value] : had)
                now.erase(field);
            now.insert(gets.begin(), gets.end());
            store(word);
            has_changed = true;
        }
        if (has_changed)
            sync();
    }
};

std::set<int> words_but(int critical)
{
    std::set<int> words;

    for (int word = 0; word < 8; word++)
        if (word != critical)
            words.insert(word);
    return words;
}

// Words that differ in what both read decide: none or one, and the change is hitless.
void change(Change *change, const Entry &target, const Fields &used, const Fields &wanted,
            const Fields &safe)
{
    const Entry to = without_zeros(target), from = without_zeros(change->now);
    std::set<int> critical;
    Entry between = to;

    for (const Field &field : used) {
        if (safe.count(field) && wanted.count(field))
            continue;
        between.erase(field);
        if (from.count(field))
            between[field] = from.at(field);
    }
    for (const Field &field : wanted)
        if (at(between, field.first, field.second.c_str()) !=
            at(to, field.first, field.second.c_str()))
            critical.insert(field.first);
    if (critical.empty()) {
        change->write(to, words_but(-1));
    } else if (critical.size() == 1) {
        change->write(between, words_but(*critical.begin()));
        change->write(to, critical);
        change->write(to, words_but(-1));
    } else {
        change->write({}, {0});
        change->write(to, words_but(0));
        change->write(to, {0});
    }
}

std::string hex(uint64_t value)
{
    char text[20];

    (void)snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

const Domain *owner(const Domain *domain)
{
    if (!domain || domain->kind == BLOCKED || domain->kind == IDENTITY)
        return nullptr;
    return domain->kind == NESTED ? domain->parent : domain;
}

bool is_plain(const Domain &domain)
{
    return domain.kind == BLOCKED || domain.kind == IDENTITY;
}

} // namespace

/* ---- entries ---- */

Entry Oracle::table_ste(const Device &device, uint64_t s1dss, bool ats) const
{
    const bool two = smmu_.two_levels && device.ssid_bits > 10;

    return {{{0, "V"}, 1},
            {{0, "Config"}, 5},
            {{0, "S1ContextPtr"}, device.sid},
            {{0, "S1CDMax"}, device.ssid_bits},
            {{0, "S1Fmt"}, two ? 2U : 0U},
            {{1, "S1DSS"}, s1dss},
            {{1, "S1C"}, 1},
            {{1, "S1STALLD"}, smmu_.forbids_stalls},
            {{1, "EATS"}, ats},
            {{1, "SHCFG"}, s1dss == 1 && smmu_.overrides}};
}

Entry Oracle::s2_ste(const Domain &domain, bool ats) const
{
    return {{{0, "V"}, 1},
            {{0, "Config"}, 6},
            {{1, "EATS"}, ats},
            {{1, "SHCFG"}, smmu_.overrides},
            {{1, "S2FWB"}, domain.is_parent},
            {{2, "S2VMID"}, domain.tag},
            {{2, "VTCR"}, 1},
            {{3, "S2TTB"}, 0x100 + domain.tag}};
}

Entry Oracle::ste_of(const Device &device, const Domain &domain, bool ats) const
{
    if (is_plain(domain) && !device.pasids.empty())
        return table_ste(device, domain.kind == IDENTITY ? 1 : 0, ats);
    switch (domain.kind) {
    case BLOCKED:
        return {{{0, "V"}, 1}};
    case IDENTITY:
        return {{{0, "V"}, 1}, {{0, "Config"}, 4}, {{1, "SHCFG"}, smmu_.overrides}};
    case S1:
        return table_ste(device, 2, ats);
    case S2:
        return s2_ste(domain, ats);
    default:
        break;
    }
    Entry ste = s2_ste(*domain.parent, ats);

    ste[{0, "Config"}] = 7;
    ste[{0, "S1ContextPtr"}] = domain.ptr;
    ste[{1, "S1DSS"}] = domain.s1dss;
    ste[{1, "S1C"}] = 1;
    ste[{1, "MEV"}] = 1;
    return ste;
}

void Oracle::write_ste(Device *device, const Entry &to)
{
    Change of = {device->ste,
                 [this](int word) { lines_.push_back("STE.q" + std::to_string(word)); },
                 [&] {
                     lines_.push_back("CFGI_STE SID=" + hex(device->sid) + " Leaf=1");
                     lines_.emplace_back("SYNC");
                 }};

    change(&of, to, used_of_ste(device->ste, smmu_.is_7), used_of_ste(to, smmu_.is_7),
           smmu_.is_7 ? safe_of_ste(device->ste, to) : Fields());
    device->ste = of.now;
    lines_.push_back("PREFETCH_CONFIG SID=" + hex(device->sid));
}

void Oracle::write_cd(Device *device, uint32_t ssid, const Entry &to)
{
    Entry &cd = device->cds[ssid];
    Change of = {cd, [this](int word) { lines_.push_back("CD.q" + std::to_string(word)); },
                 [&] {
                     lines_.push_back("CFGI_CD SID=" + hex(device->sid) +
                                      " SSID=" + std::to_string(ssid) + " Leaf=1");
                     lines_.emplace_back("SYNC");
                 }};

    change(&of, to, used_of_cd(cd), used_of_cd(to), {});
    cd = of.now;
}

void Oracle::need_cd(Device *device, uint32_t ssid)
{
    device->has_table = true;
    if (!smmu_.two_levels || device->ssid_bits <= 10 || !device->l1.insert(ssid >> 10).second)
        return;
    lines_.emplace_back("L1CD");
    lines_.push_back("CFGI_CD SID=" + hex(device->sid) + " SSID=" + std::to_string(ssid) +
                     " Leaf=0");
    lines_.emplace_back("SYNC");
}

void Oracle::clear_cd(Device *device, uint32_t ssid)
{
    const bool two = smmu_.two_levels && device->ssid_bits > 10;

    if (device->has_table && (!two || device->l1.count(ssid >> 10)))
        write_cd(device, ssid, {});
}

/* ---- devices' caches and tags ---- */

void Oracle::atc(const Device &device, uint32_t ssid)
{
    lines_.push_back("ATC_INV SID=" + hex(device.sid) +
                     (ssid ? " SSV=1 SSID=" + std::to_string(ssid) : " SSV=0") + " Size=52 0x0");
    lines_.emplace_back("SYNC");
}

void Oracle::use(const Domain *domain)
{
    if (owner(domain))
        users_[owner(domain)]++;
}

// 7: the tag is flushed when nobody is left who uses it.
void Oracle::unuse(const Domain *domain)
{
    const Domain *of = owner(domain);

    if (!of || --users_[of] || !smmu_.is_7)
        return;
    lines_.push_back(of->kind == S1 ? "TLBI_NH_ASID ASID=" + std::to_string(of->tag)
                                    : "TLBI_S12_VMALL VMID=" + std::to_string(of->tag));
    lines_.emplace_back("SYNC");
}

/* ---- operations ---- */

bool Oracle::wants_ats(const Device &device, const Domain &domain) const
{
    if (is_plain(domain) && device.pasids.empty())
        return false;
    return smmu_.ats && device.has_ats && (domain.kind != NESTED || domain.eats);
}

static Entry cd_of(const Domain &domain)
{
    return {{{0, "V"}, 1},
            {{0, "TCR"}, 1},
            {{0, "ASID"}, domain.tag},
            {{1, "TTB0"}, 0x200 + domain.tag},
            {{3, "MAIR"}, 1}};
}

// Stage 1: CD, then STE. Stage 2: STE, then no CD.
void Oracle::enter(Device *device, const Domain &domain)
{
    if (domain.kind == S1)
        write_cd(device, 0, cd_of(domain));
    write_ste(device, ste_of(*device, domain, wants_ats(*device, domain)));
    if (domain.kind == S2)
        clear_cd(device, 0);
}

void Oracle::move(Device *device, const Domain *domain)
{
    const bool wants = wants_ats(*device, *domain), was = device->ats_on;

    use(domain);
    if (was && !wants)
        lines_.emplace_back("ATS off");
    enter(device, *domain);
    if (was || wants)
        atc(*device, 0);
    if (!was && wants)
        lines_.emplace_back("ATS on");
    device->ats_on = wants;
    unuse(device->domain);
    device->domain = domain;
    if (is_plain(*domain))
        clear_cd(device, 0);
}

Lines Oracle::taken()
{
    Lines lines;

    lines.swap(lines_);
    return lines;
}

Lines Oracle::attach(Device *device, const Domain *domain)
{
    if (domain->kind == S1)
        need_cd(device, 0);
    move(device, domain);
    return taken();
}

Lines Oracle::set_pasid(Device *device, uint32_t ssid, const Domain *domain)
{
    const bool was = device->ats_on, is_first = device->pasids.empty();
    const Domain *old = is_first || !device->pasids.count(ssid) ? nullptr : device->pasids[ssid];

    need_cd(device, ssid);
    device->pasids[ssid] = domain;
    use(domain);
    write_cd(device, ssid, cd_of(*domain));
    device->ats_on = smmu_.ats && device->has_ats;
    if (is_first && is_plain(*device->domain))
        write_ste(device, ste_of(*device, *device->domain, device->ats_on));
    if (device->ats_on)
        atc(*device, was ? ssid : 0);
    if (device->ats_on && !was)
        lines_.emplace_back("ATS on");
    unuse(old);
    return taken();
}

Lines Oracle::remove_pasid(Device *device, uint32_t ssid)
{
    const Domain *domain = device->pasids[ssid];

    device->pasids.erase(ssid);
    clear_cd(device, ssid);
    if (device->ats_on)
        atc(*device, ssid);
    unuse(domain);
    if (device->pasids.empty() && is_plain(*device->domain))
        move(device, device->domain);
    return taken();
}

/* ---- ranges ---- */

std::vector<Range> ranges(uint64_t iova, uint64_t n_bytes, uint64_t leaf, unsigned page_log2,
                          bool ril, bool is_leaf)
{
    std::vector<Range> result;
    uint64_t n_pages = n_bytes >> page_log2;
    unsigned leaf_log2 = 0, ttl;

    if (!ril) {
        for (uint64_t end = iova + n_bytes; iova < end; iova += leaf)
            result.push_back({iova, 0, 0, 0, 0});
        return result;
    }
    while (leaf >> leaf_log2 > 1)
        leaf_log2++;
    ttl = is_leaf ? 4 - (leaf_log2 - 3) / (page_log2 - 3) : 0;
    if (!is_leaf && n_pages % 32 == 1)
        n_pages++;
    // Five bits of the count at a time, from its lowest.
    for (unsigned scale = 0; n_pages; scale++) {
        uint64_t n;

        if (!(n_pages >> scale & 1))
            continue;
        n = n_pages >> scale & 31;
        result.push_back({iova, scale, static_cast<unsigned>(n - 1), ttl, (page_log2 - 10) / 2});
        n_pages -= n << scale;
        iova += n << scale << page_log2;
    }
    return result;
}

} // namespace facts
