// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_random.cpp - see judge_vtd_random.h.
#include "tests/property/judge/judge_vtd_random.h"

#include "tests/property/judge/judge_vtd_records.h"

#include <algorithm>
#include <array>

namespace judge::vtd
{

namespace
{

constexpr uint64_t kTableBytes = 0x10000;
constexpr uint64_t kPwsnp = 1 << 23, kPgsnp = 1 << 24, kAtomic = 1;
constexpr unsigned kTablesOfAKind = 3, kFirstDid = 4, kWords = 8;
constexpr uint32_t kPasidNumbers[] = {0, 5};

using Words = std::array<uint64_t, kWords>;

class Writer : Records
{
  public:
    explicit Writer(uint64_t seed) : Records(seed)
    {
    }
    Stream write();

  private:
    // What is in a context entry, or in a PASID entry.
    struct Place {
        unsigned dev;
        uint32_t pasid; // kNoPasid: of requests without one
        uint64_t address;
        Words words = {};
        bool is_used = false;
    };

    void store_both(Place &place, unsigned word, const Words &words);
    void mark(unsigned kind, unsigned op, const Place &place);

    void set_up();
    Words random_entry();
    Words random_legacy();
    uint64_t did_for(unsigned table, unsigned first);
    void put(Place &place, unsigned word, const Words &words);
    void change(Place &place);
    void in_steps(Place &place, const Words &words);
    void by_absence(Place &place, const Words &words);
    void in_any_order(Place &place, const Words &words);
    void invalidate(const Place &place, uint64_t did);
    void drop_entry(const Place &place, uint64_t did);
    void drop_translations(const Place &place, uint64_t did, bool is_first_stage);
    void drop_in_device(const Place &place);
    uint64_t did_of(const Words &words) const;

    std::vector<Place> places_;
    bool is_careful_ = false, is_running_ = false;
};

void Writer::mark(unsigned kind, unsigned op, const Place &place)
{
    sim_record &rec = add(kind);

    if (kind == SIM_R_BEGIN) {
        rec.mark.op = uint8_t(op);
        rec.mark.dev = place.dev;
        rec.mark.pasid = place.pasid;
    } else {
        rec.mark_end.op = uint8_t(op);
        rec.mark_end.dev = place.dev;
        rec.mark_end.pasid = place.pasid;
    }
}

/* ---- entries ---- */

// A table has its domain, but for mistakes.
uint64_t Writer::did_for(unsigned table, unsigned first)
{
    return is_running_ && random_.is(12) ? kFirstDid + random_.below(3 * kTablesOfAKind)
                                         : first + table;
}

Words Writer::random_entry()
{
    const unsigned t = random_.below(kTablesOfAKind);
    const unsigned guest = is_running_ ? random_.below(kTablesOfAKind) : t;
    const unsigned fs_domain = is_running_ && random_.is(50) ? 0 : t;
    const uint64_t ss = kTables + t * kTableBytes, fs = ss + 8 * kTableBytes;
    const uint64_t over = random_.is(10) ? kPwsnp | kPgsnp : kPwsnp;

    switch (random_.below(8)) {
    case 0:
    case 1:
        return {ss | 0x89, did_for(t, kFirstDid) | over};
    case 2:
    case 3:
        return {0x49, did_for(fs_domain, kFirstDid + kTablesOfAKind) | over, fs};
    case 4:
        return {ss | 0xc9, did_for(t, kFirstDid) | over, (0x40000 + guest * 0x10000) | 1};
    case 5:
        return {0x109, did_for(0, kFirstDid + 2 * kTablesOfAKind)};
    case 6: // P=0, with or without leftovers
        return random_.is(50) ? Words{} : Words{ss | 0x88, did_for(t, kFirstDid) | over, fs};
    default: // no such type, at times
        return random_.is(70) ? Words{}
                              : Words{0x9, did_for(t, kFirstDid + kTablesOfAKind) | over, fs};
    }
}

Words Writer::random_legacy()
{
    const unsigned t = random_.below(kTablesOfAKind);
    const uint64_t ss = kTables + t * kTableBytes, tt = has_ats_ ? 4 : 0;

    switch (random_.below(5)) {
    case 0:
        return random_.is(60) ? Words{} : Words{ss, did_for(t, kFirstDid) << 8 | 2};
    case 1: // refuses what a device asks itself
        if (!has_ats_)
            return {9, did_for(0, kFirstDid + 2 * kTablesOfAKind) << 8 | 2};
        [[fallthrough]];
    default:
        return {ss | 1 | tt, did_for(t, kFirstDid) << 8 | 2};
    }
}

uint64_t Writer::did_of(const Words &words) const
{
    if (is_caching_ && !(words[0] & 1))
        return 0;
    return is_scalable_ ? words[1] & 0xffff : words[1] >> 8 & 0xffff;
}

/* ---- set-up ---- */

void Writer::set_up()
{
    set_up_unit();
    for (Place &place : places_) {
        place.words = is_scalable_ ? random_entry() : random_legacy();
        for (unsigned w = 0; w < (is_scalable_ ? kWords : 2u); w++)
            store(place.address + 8 * w, place.words[w], is_scalable_ ? SIM_S_PASID : SIM_S_CTX);
    }
    switch_on();
}

/* ---- operations ---- */

void Writer::put(Place &place, unsigned word, const Words &words)
{
    if (!is_careful_ && random_.is(3))
        return;
    place.words[word] = words[word];
    store(place.address + 8 * word, words[word], is_scalable_ ? SIM_S_PASID : SIM_S_CTX);
}

// Words 0 and 1 in one store.
void Writer::store_both(Place &place, unsigned word, const Words &words)
{
    sim_record &rec = add(SIM_R_STORE);

    rec.flags = kAtomic;
    rec.store.structure = is_scalable_ ? SIM_S_PASID : SIM_S_CTX;
    rec.store.pa = place.address + 8 * word;
    rec.store.value = place.words[word] = words[word];
    rec.store.value_hi = place.words[word + 1] = words[word + 1];
    rec.store.width = 16;
}

void Writer::drop_entry(const Place &place, uint64_t did)
{
    const uint64_t sid = kSids[place.dev];
    const uint64_t pasid = place.pasid == kNoPasid ? 0 : place.pasid;
    const unsigned way = random_.below(10);

    if (!is_scalable_) {
        descriptor(way == 0 ? 0x11 : way == 1 ? 0x21 | did << 16 : 0x31 | did << 16 | sid << 32, 0);
        return;
    }
    if (random_.is(8))
        descriptor(0x31 | did << 16 | sid << 32, 0);
    descriptor(way == 0 ? 0x37 : way == 1 ? 0x7 | did << 16 : 0x17 | did << 16 | pasid << 32, 0);
}

void Writer::drop_translations(const Place &place, uint64_t did, bool is_first_stage)
{
    const uint64_t pasid = place.pasid == kNoPasid ? 0 : place.pasid;
    const unsigned way = random_.below(12);

    if (is_scalable_ && (is_first_stage != random_.is(10)))
        descriptor(0x26 | did << 16 | pasid << 32, 0);
    else if (way == 0)
        descriptor(0xd2, 0);
    else if (way == 1)
        descriptor(0xf2 | did << 16, 0x1000);
    else
        descriptor(0xe2 | did << 16, 0);
}

void Writer::drop_in_device(const Place &place)
{
    const uint64_t sid = kSids[place.dev];

    if (place.pasid == kNoPasid)
        descriptor(0x3 | sid << 32, UINT64_C(0x7ffffffffffff001));
    else
        descriptor(0x8 | sid << 16 | uint64_t{place.pasid} << 32,
                   UINT64_C(0x7ffffffffffff800) | (random_.is(20) ? 1 : 0));
}

// By the domain of the entry that was there.
void Writer::invalidate(const Place &place, uint64_t did)
{
    const unsigned percent = is_careful_ ? 100 : 88;
    const uint64_t type = place.words[0] >> 6 & 7;
    const bool is_by_pasid = is_scalable_ && (type == 1 || type == 4) && random_.is(50);
    const bool is_swapped = !is_careful_ && random_.is(5);
    const uint64_t other = random_.is(is_careful_ ? 0 : 6) ? kFirstDid + random_.below(9) : did;

    if (is_swapped)
        drop_translations(place, did, is_by_pasid);
    if (random_.is(percent))
        drop_entry(place, other);
    if (random_.is(50))
        wait();
    if (!is_swapped && random_.is(percent))
        drop_translations(place, random_.is(is_careful_ ? 0 : 6) ? other : did, is_by_pasid);
    if (has_ats_ && random_.is(40))
        wait();
    if (has_ats_ && random_.is(percent))
        drop_in_device(place);
    if (random_.is(percent))
        wait();
}

// What is not used yet first, then what decides.
void Writer::in_steps(Place &place, const Words &words)
{
    const uint64_t did = did_of(place.words);
    const bool is_rest_first = random_.is(70);

    for (unsigned round = 0; round < 2; round++) {
        if ((round == 0) == is_rest_first) {
            if (!is_scalable_ || words[2] == place.words[2])
                continue;
            put(place, 2, words);
        } else if (words[0] != place.words[0] || words[1] != place.words[1]) {
            store_both(place, 0, words);
        } else {
            continue;
        }
        invalidate(place, did);
    }
}

void Writer::by_absence(Place &place, const Words &words)
{
    const uint64_t did = did_of(place.words);
    Words absent = place.words;

    absent[0] &= ~UINT64_C(1);
    if (place.words[0] & 1) {
        put(place, 0, absent);
        invalidate(place, did);
    }
    if (is_scalable_)
        put(place, 2, words);
    put(place, 1, words);
    put(place, 0, words);
    if (is_caching_ && random_.is(90))
        invalidate(place, 0);
}

void Writer::in_any_order(Place &place, const Words &words)
{
    const uint64_t did = did_of(place.words);
    std::array<unsigned, 3> order = {0, 1, 2};

    for (unsigned i = 2; i > 0; i--)
        std::swap(order[i], order[random_.below(i + 1)]);
    for (const unsigned word : order) {
        if ((word == 2 && !is_scalable_) || words[word] == place.words[word])
            continue;
        put(place, word, words);
        if (random_.is(20))
            invalidate(place, random_.is(70) ? did : did_of(place.words));
    }
    invalidate(place, random_.is(70) ? did : did_of(place.words));
}

void Writer::change(Place &place)
{
    const bool is_pasid = place.pasid != kNoPasid;
    const Words words = is_scalable_ ? random_entry() : random_legacy();
    const unsigned op = is_pasid ? SIM_OP_REPLACE_PASID : SIM_OP_REPLACE;

    is_careful_ = random_.is(50);
    cpu_ = random_.is(20);
    mark(SIM_R_BEGIN, op, place);
    if (!is_pasid)
        mark(SIM_R_BEGIN, SIM_OP_DRV_ATTACH, place);
    switch (random_.below(4)) {
    case 0:
        by_absence(place, words);
        break;
    case 1:
        in_any_order(place, words);
        break;
    default:
        in_steps(place, words);
        break;
    }
    if (!is_pasid)
        mark(SIM_R_END, SIM_OP_DRV_ATTACH, place);
    mark(SIM_R_END, op, place);
}

Stream Writer::write()
{
    is_scalable_ = random_.is(80);
    is_caching_ = random_.is(10);
    has_ats_ = random_.is(25);
    for (unsigned dev = 0; dev < kDevices; dev++) {
        for (const uint32_t pasid : kPasidNumbers) {
            const uint64_t at = kPasids + dev * kPerDevice + pasid * 64;
            if (is_scalable_)
                places_.push_back({dev, pasid ? pasid : kNoPasid, at});
            else if (!pasid)
                places_.push_back({dev, kNoPasid, kContexts + kSids[dev] * 16});
        }
    }
    set_up();
    is_running_ = true;
    const size_t n_setup = records_.size();
    const unsigned n_ops = 1 + random_.below(2);
    for (unsigned i = 0; i < n_ops; i++)
        change(places_[random_.below(unsigned(places_.size()))]);
    return stream_of(records_, n_setup);
}

} // namespace

Stream random_stream(uint64_t seed)
{
    return Writer(seed).write();
}

} // namespace judge::vtd
