// SPDX-License-Identifier: BSD-2-Clause
// diff_change.cpp - what software changes, and the requests that notice it.
#include "tests/property/diff_software.h"

#include <algorithm>

namespace diff
{

// ---- requests

Stream &Software::some_stream()
{
    return streams_[random_.below(kStreamCount - kIdle)];
}

Stream *Software::stream_with(bool has_s1, bool has_s2)
{
    for (unsigned tries = 0; tries < 16; tries++) {
        Stream &stream = some_stream();

        if ((!has_s1 || (stream.has_s1() && !stream.cds.empty())) && (!has_s2 || stream.has_s2()))
            return &stream;
    }
    return nullptr;
}

void Software::choose_access(diff_request *request)
{
    request->is_write = random_.one_in(3);
    request->is_inst = random_.one_in(4);
    request->is_priv = random_.one_in(2);
}

// An address that this stream translates, as far as anything can.
uint64_t Software::address_of(const Stream &stream, uint32_t ssid)
{
    const auto cd = stream.cds.find(ssid);
    uint64_t address;

    if (random_.one_in(20))
        return random_.word() >> random_.below(64) & ~UINT64_C(7);
    if (stream.has_s1() && cd != stream.cds.end() && cd->second.space >= 0) {
        const Space &space = spaces_[static_cast<size_t>(cd->second.space)];
        const Tree &tree = random_.one_in(4) ? space.upper : space.lower;

        address = tree.address_in(random_, tree.pick_leaf(random_));
        if (random_.one_in(6))
            address ^= random_.word() << 56;
        return address;
    }
    if (stream.has_s2()) {
        const Tree &tree = guest_of(stream.owner).tree;

        return tree.address_in(random_, tree.pick_leaf(random_));
    }
    return random_.word() >> (16 + random_.below(24)) & ~UINT64_C(7);
}

diff_request Software::request_of(const Stream &stream)
{
    diff_request request = {};

    request.sid = stream.sid;
    if (random_.one_in(60))
        request.sid = streams_[kStreamCount - 1 - random_.below(kIdle)].sid;
    if (random_.one_in(60))
        request.sid = (1u << machine_.streams_log2()) << random_.below(5);
    if (stream.has_s1() && stream.cd_max ? random_.below(5) : random_.one_in(40)) {
        auto cd = stream.cds.begin();

        request.ssv = true;
        request.ssid = random_.below(2);
        if (!stream.cds.empty() && random_.below(12)) {
            std::advance(cd, random_.below(static_cast<unsigned>(stream.cds.size())));
            request.ssid = cd->first;
        } else if (random_.one_in(2)) {
            request.ssid = 1u << random_.below(20);
        }
    }
    request.address = address_of(stream, request.ssid);
    choose_access(&request);
    return request;
}

void Software::ask(const diff_request &request)
{
    if (!difference_.empty())
        return;
    n_requests_++;
    difference_ = machine_.ask(request, random_.below(8));
    const diff_answer &wanted = machine_.wanted();
    for (const Stream &stream : streams_)
        if (stream.sid == request.sid)
            n_good_[stream.config] += wanted.status == DIFF_OK;
    events_[wanted.event]++;
    if (machine_.has_dropped())
        compare_with_before(request);
    else
        seen_.push_back({request, wanted});
    if (!difference_.empty())
        difference_ = "request " + std::to_string(n_requests_) + ", " + to_string(request) + ": " +
                      difference_;
}

void Software::compare_with_before(const diff_request &request)
{
    const diff_answer &now = machine_.wanted();

    for (const Seen &one : seen_) {
        const diff_request &r = one.request;

        if (one.wanted.status == DIFF_OK && r.sid == request.sid && r.ssid == request.ssid &&
            r.ssv == request.ssv && r.address == request.address &&
            r.is_write == request.is_write && r.is_inst == request.is_inst &&
            r.is_priv == request.is_priv)
            was_observable_ |= one.wanted.status != now.status || one.wanted.pa != now.pa ||
                               one.wanted.event != now.event || one.wanted.rights != now.rights;
    }
}

// The same page by other ways.
void Software::ask_around(diff_request request)
{
    ask(request);
    for (unsigned n = random_.below(3); n > 0; n--) {
        choose_access(&request);
        ask(request);
    }
}

// ---- tables

void Software::change_page()
{
    Stream *stream = stream_with(true, false);

    if (!stream)
        return;
    auto cd = stream->cds.begin();
    std::advance(cd, random_.below(static_cast<unsigned>(stream->cds.size())));
    if (cd->second.space < 0)
        return;
    Space &space = spaces_[static_cast<size_t>(cd->second.space)];
    Tree &tree = random_.one_in(4) ? space.upper : space.lower;
    const Tree::Spot spot = random_.below(2) ? tree.pick(random_) : tree.pick_leaf(random_);
    diff_request request = {};

    request.sid = stream->sid;
    request.ssv = stream->cd_max && (cd->first || (stream->word1 & 3) != 2);
    request.ssid = request.ssv ? cd->first : 0;
    choose_access(&request);
    request.address = tree.address_in(random_, spot);
    ask_around(request);
    const Change change =
        random_.below(2) ? tree.replace(random_, spot) : tree.tweak(random_, spot);
    flush_space(space, &change);
    machine_.sync();
    ask_around(request);
}

void Software::change_guest_page()
{
    Stream *stream = stream_with(false, true);

    if (!stream)
        return;
    Guest &guest = guest_of(stream->owner);
    const Tree::Spot spot =
        random_.below(2) ? guest.tree.pick(random_) : guest.tree.pick_leaf(random_);
    if (guest.tree.is_precious(spot) && random_.below(12))
        return;
    // One that gets there directly, and others that get there perhaps.
    diff_request request = {}, other = request_of(*stream);

    request.sid = stream->sid;
    request.address = guest.tree.address_in(random_, spot);
    choose_access(&request);
    ask_around(stream->has_s1() ? other : request);
    ask_around(other);
    const bool is_tweak = random_.below(2);
    const Change change =
        is_tweak ? guest.tree.tweak(random_, spot) : guest.tree.replace(random_, spot);
    flush_guest(guest.vmid, &change);
    machine_.sync();
    if (guest.tree.is_precious(spot)) // CDs may have been there
        flush_cds_of(stream->owner);
    ask_around(stream->has_s1() ? other : request);
    ask_around(other);
    if (guest.tree.is_precious(spot)) // little works now
        renew_and_flush(stream->owner - kGuest0);
}

// ---- whole spaces

void Software::change_space()
{
    Space &space = spaces_[random_.below(static_cast<unsigned>(spaces_.size()))];
    Space before;
    const bool is_new = random_.one_in(3);
    diff_request request = {};
    bool is_used = false;

    before.owner = space.owner;
    before.asid = space.asid;
    for (const Stream &stream : streams_)
        for (const auto &cd : stream.cds)
            if (cd.second.space == static_cast<int>(index_of(space))) {
                request = request_of(stream);
                is_used = true;
            }
    if (is_used)
        ask_around(request);
    if (is_new)
        renew_space(space);
    else
        renew_fields(space);
    if (random_.one_in(4)) { // the old one is free once it is flushed
        const unsigned old = space.asid;

        space.asid = new_tag();
        tags_.erase(std::find(tags_.begin(), tags_.end(), old));
    }
    for (const Stream &stream : streams_) {
        for (const auto &cd : stream.cds) {
            if (cd.second.space != static_cast<int>(index_of(space)))
                continue;
            write_cd(stream, cd.first);
            flush_cd(stream.sid, cd.first, true);
        }
    }
    machine_.sync();
    flush_space(before, nullptr);
    machine_.sync();
    if (is_used)
        ask_around(request);
}

void Software::change_guest()
{
    const unsigned g = random_.below(2);
    Stream *stream = nullptr;
    diff_request request = {};

    for (Stream &one : streams_)
        if (one.has_s2() && one.owner == kGuest0 + g)
            stream = &one;
    if (stream) {
        request = request_of(*stream);
        ask_around(request);
    }
    renew_and_flush(g);
    if (stream)
        ask_around(request);
}

void Software::renew_and_flush(unsigned g)
{
    const unsigned vmid = guests_[g].vmid;

    renew_guest(g);
    if (random_.one_in(3)) {
        guests_[g].vmid = new_tag();
        tags_.erase(std::find(tags_.begin(), tags_.end(), vmid));
    }
    for (const Stream &one : streams_) {
        if (!one.has_s2() || one.owner != kGuest0 + g)
            continue;
        write_ste(one);
        flush_ste(one.sid, true);
    }
    machine_.sync();
    flush_guest(vmid, nullptr);
    machine_.sync();
    flush_prefetched();
}

// ---- streams

void Software::connect()
{
    Stream &stream = some_stream();

    ask_around(request_of(stream));
    renew_stream(stream);
    flush_ste(stream.sid, true);
    machine_.sync();
    ask_around(request_of(stream));
}

// Fields that no TLB holds.
void Software::change_flags()
{
    Stream &stream = some_stream();
    const diff_request request = request_of(stream);

    ask_around(request);
    if (stream.has_s1() && stream.cd_max)
        stream.word1 = (stream.word1 & ~UINT64_C(3)) | random_.below(4);
    stream.word1 =
        (stream.word1 & ~UINT64_C(0x000f0000'00000000)) | (random_.word() & 0x000f0000'00000000);
    if (stream.has_s2())
        stream.flags2 ^= UINT64_C(1) << 58;
    write_ste(stream);
    flush_ste(stream.sid, true);
    machine_.sync();
    ask_around(request);
}

// Another space behind a SubstreamID, or what becomes of its faults.
void Software::change_cd()
{
    Stream *stream = stream_with(true, false);

    if (!stream)
        return;
    auto cd = stream->cds.begin();
    std::advance(cd, random_.below(static_cast<unsigned>(stream->cds.size())));
    diff_request request = request_of(*stream);

    request.ssv = stream->cd_max && (cd->first || (stream->word1 & 3) != 2);
    request.ssid = request.ssv ? cd->first : 0;
    request.address = address_of(*stream, cd->first);
    ask_around(request);
    if (random_.below(2)) {
        int space;
        do
            space = static_cast<int>(random_.below(static_cast<unsigned>(spaces_.size())));
        while (spaces_[static_cast<size_t>(space)].owner != stream->owner);
        cd->second.space = random_.one_in(5) ? -1 : space;
    } else {
        cd->second.flags ^= UINT64_C(1) << (45 + random_.below(2)); // R, A
    }
    write_cd(*stream, cd->first);
    flush_cd(stream->sid, cd->first, true);
    machine_.sync();
    ask_around(request);
}

// A second-level stream table of another size, or none. Whoever is behind it is flushed.
void Software::change_l1std()
{
    const Stream &stream = streams_[random_.below(kStreamCount)];
    const unsigned split = machine_.split();
    const uint32_t first = stream.sid >> split << split;
    diff_request request = request_of(stream);

    if (!machine_.has_two_levels())
        return;
    request.sid = stream.sid;
    ask_around(request);
    const uint64_t good = ste_address(first) | (split + 1);
    const uint64_t bad[] = {ste_address(first) | random_.below(split + 3), kNowhere | (split + 1)};
    for (const uint64_t word : {bad[random_.one_in(8)], good}) {
        machine_.store(kL1Streams + 8 * (stream.sid >> split), word);
        flush_l1std(first);
        machine_.sync();
        ask_around(request);
        request = request_of(some_stream());
    }
}

void Software::change_l1cd()
{
    Stream *stream = stream_with(true, false);

    if (!stream || !stream->cd_max || (stream->format != 1 && stream->format != 2))
        return;
    const diff_request request = request_of(*stream);
    const unsigned index = stream->format == 1 ? random_.below(3) : 0;
    const unsigned split = stream->format == 1 ? 6 : 10;
    const uint64_t pa = stream->cds_base + 8 * index, good = machine_.load(pa);
    const uint64_t bad[] = {0, good ^ 1, kNowhere | 1, good | UINT64_C(1) << 50};

    ask_around(request);
    for (const uint64_t word : {bad[random_.below(4)], good}) {
        machine_.store(pa, word);
        for (const auto &cd : stream->cds)
            if (cd.first >> split == index)
                flush_cd(stream->sid, cd.first, false);
        if (!stream->cds.count(request.ssid) && request.ssid >> split == index)
            flush_cd(stream->sid, request.ssid, false);
        flush_cd(stream->sid, index << split | random_.below(1u << split), false);
        machine_.sync();
        ask_around(request);
    }
}

// ---- anything at all

// One of the bits of @mask.
uint64_t Software::one_bit_of(uint64_t mask)
{
    for (;;) {
        const uint64_t one = UINT64_C(1) << random_.below(64);

        if (one & mask)
            return one;
    }
}

// Not: CONT, S1MPAM and later features, where stage 2's tables are, their granule, HA and HD.
uint64_t Software::flip_ste(const Stream &stream, uint64_t *pa)
{
    const uint64_t forced_write_back = machine_.registers().idr3 & 0x100 ? 0x2000000 : 0;
    const uint64_t masks[] = {0xffffffffffffffff, 0x000ffffff80000ff | forced_write_back,
                              0x067f3fff0000ffff, 0x00fffffff0000000};
    const unsigned word = random_.below(4);

    *pa = ste_address(stream.sid) + 8 * word;
    return one_bit_of(masks[word]);
}

uint64_t Software::flip_cd(const Stream &stream, uint32_t ssid, uint64_t *pa)
{
    const unsigned httu = machine_.httu();
    const uint64_t masks[] = {0xfffff3cfff3fff3f | (httu ? 0 : UINT64_C(0xc3000000000)),
                              0x00fffffff0000002, 0x00fffffff0000002, 0xffffffffffffffff};
    const unsigned word = random_.below(4);

    *pa = cd_address(stream, ssid) + 8 * word;
    return one_bit_of(masks[word]);
}

// Two bits of a structure are wrong for a while. Only one stream and CD are asked: nobody shares
// the tag. Prefetches would ask others, too.
void Software::flip_bits()
{
    if (machine_.has_prefetch())
        return;

    Stream *stream = random_.below(3) ? stream_with(true, false) : &some_stream();

    if (!stream)
        return;
    diff_request request = request_of(*stream);
    uint64_t pa[2], was[2];

    request.sid = stream->sid;
    ask_around(request);
    for (unsigned i = 0; i < 2; i++) {
        const bool is_cd = stream->cds.count(request.ssid) && random_.below(2);
        const uint64_t bit =
            is_cd ? flip_cd(*stream, request.ssid, &pa[i]) : flip_ste(*stream, &pa[i]);

        was[i] = machine_.load(pa[i]);
        if (i == 0 || random_.one_in(3))
            machine_.store(pa[i], was[i] ^ bit);
    }
    flush_everything();
    for (unsigned n = 0; n < 4; n++) {
        if (random_.below(2))
            request.address = address_of(*stream, request.ssid);
        ask_around(request);
    }
    machine_.store(pa[1], was[1]);
    machine_.store(pa[0], was[0]);
    flush_everything();
}

void Software::step()
{
    using Act = void (Software::*)();
    static constexpr Act acts[] = {
        &Software::change_page,       &Software::change_page,  &Software::change_page,
        &Software::change_page,       &Software::change_page,  &Software::change_guest_page,
        &Software::change_guest_page, &Software::change_space, &Software::change_guest,
        &Software::connect,           &Software::connect,      &Software::change_flags,
        &Software::change_cd,         &Software::change_cd,    &Software::change_l1std,
        &Software::change_l1cd,       &Software::flip_bits,    &Software::spare_flush,
    };

    seen_.clear();
    (this->*acts[random_.below(sizeof(acts) / sizeof(acts[0]))])();
    for (unsigned n = random_.below(8); n > 0; n--)
        ask(request_of(some_stream()));
}

} // namespace diff
