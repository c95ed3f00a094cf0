// SPDX-License-Identifier: BSD-2-Clause
// diff_software.cpp - random spaces, guests and streams, written into memory. Words are typed by
// bit number.
#include "tests/property/diff_software.h"

#include "sim/diag.h"

#include <algorithm>

namespace diff
{

namespace
{

constexpr uint64_t bit(unsigned n)
{
    return UINT64_C(1) << n;
}

constexpr uint64_t kA = bit(46), kR = bit(45), kV = bit(31), kAa64 = bit(41), kAset = bit(47);
constexpr uint64_t kHa = bit(43), kHd = bit(42), kEpd0 = bit(14), kEpd1 = bit(30), kIps = bit(32);
constexpr uint64_t kS2R = bit(58), kS2Ha = bit(56), kS2Hd = bit(55), kS2Aa64 = bit(51);

uint64_t tg0(unsigned granule)
{
    return granule == 12 ? 0 : granule == 16 ? 1 : 2;
}

uint64_t tg1(unsigned granule)
{
    return granule == 14 ? 1 : granule == 12 ? 2 : 3;
}

// A form of stage 2: granule, S2SL0, start level, and the sizes that go with it (4.4).
struct Form {
    unsigned granule, sl0, level, min_tsz, max_tsz;
};
const Form kForms[] = {
    {12, 0, 2, 30, 40}, {12, 1, 1, 21, 33}, {12, 2, 0, 16, 24},
    {14, 0, 3, 35, 40}, {14, 1, 2, 24, 38}, {14, 2, 1, 16, 27},
    {16, 0, 3, 31, 40}, {16, 1, 2, 18, 34}, {16, 2, 1, 16, 21},
};

const unsigned kGranules[] = {12, 14, 16};

} // namespace

Software::Software(uint64_t seed) : random_(seed), machine_(random_)
{
    begin();
}

void Software::begin()
{
    const uint64_t cfg_log2 = machine_.streams_log2();

    has_globals_ = random_.one_in(3);
    host_vmid_ = new_tag();
    guests_.resize(2);
    for (unsigned g = 0; g < 2; g++) {
        guests_[g].vmid = new_tag();
        renew_guest(g);
    }
    // A global page is everybody's who shares the VMID: then nobody does.
    const std::vector<unsigned> owners =
        has_globals_ ? std::vector<unsigned>{kHost, kHyp, kGuest0, kGuest1}
                     : std::vector<unsigned>{kHost,
                                             kHost,
                                             kHyp,
                                             kGuest0,
                                             kGuest0,
                                             kGuest1,
                                             machine_.is_e2h() ? kHyp : kGuest1};
    spaces_.resize(owners.size());
    for (size_t i = 0; i < owners.size(); i++) {
        spaces_[i].owner = owners[i];
        spaces_[i].asid = new_tag();
        renew_space(spaces_[i]);
    }
    streams_.resize(kStreamCount);
    std::vector<uint32_t> sids(size_t{1} << cfg_log2);
    for (uint32_t i = 0; i < sids.size(); i++)
        sids[i] = i;
    for (unsigned i = 0; i < kStreamCount; i++) {
        std::swap(sids[i], sids[i + random_.below(static_cast<unsigned>(sids.size()) - i)]);
        streams_[i].sid = sids[i];
        streams_[i].cds_base = kCds + kCdsBytes * i;
        if (i < kStreamCount - kIdle)
            renew_stream(streams_[i]);
    }
    for (uint64_t sid = 0; machine_.has_two_levels() && sid >> cfg_log2 == 0;
         sid += bit(machine_.split()))
        machine_.store(kL1Streams + 8 * (sid >> machine_.split()),
                       ste_address(static_cast<uint32_t>(sid)) | (machine_.split() + 1));
    flush_everything();
}

// An ASID or VMID that nobody has. Few, so that they come back.
unsigned Software::new_tag()
{
    for (;;) {
        const unsigned tag = random_.below(16) | (random_.one_in(2) ? 0x4100 : 0);

        if (std::find(tags_.begin(), tags_.end(), tag) != tags_.end())
            continue;
        tags_.push_back(tag);
        return tag;
    }
}

// Somewhere for a leaf to lead to. A guest's are what stage 2 translates.
uint64_t Software::target_of(unsigned owner, unsigned size_log2)
{
    if (owner >= kGuest0 && random_.below(8)) {
        const Tree &tree = guest_of(owner).tree;

        return tree.address_in(random_, tree.pick_leaf(random_));
    }
    const unsigned bits = random_.below(4) ? 32 : random_.below(8) ? 40 : 48;
    const uint64_t address = random_.word() & (bit(bits) - 1);

    return size_log2 < bits ? address : 0;
}

// ---- stage 1

void Software::renew_fields(Space &space)
{
    const unsigned ips[] = {5, 5, 5, 5, 0, 1, 6, 7};
    uint64_t word = kV | kAa64 | random_.one_of(ips) * kIps;

    if (random_.one_in(4))
        word |= random_.word() & 0x00000038'00000000; // AFFD, WXN, UWXN
    if (random_.one_in(3))
        word |= random_.word() & 0x000001c0'00000000; // TBI0, TBI1, PAN
    if (space.has_dirty)
        word &= ~UINT64_C(0x00000030'00000000); // WXN of what becomes writable is not said
    if (random_.one_in(2))
        word |= kAset;
    if (random_.one_in(8))
        word |= kEpd0;
    if (random_.one_in(3))
        word |= kEpd1;
    word |= (space.has_af ? kHa : 0) | (space.has_dirty ? kHd : 0);
    const Shape &lower = space.lower.shape(), &upper = space.upper.shape();
    word |= (64 - lower.high) | tg0(lower.granule) << 6;
    word |= uint64_t{64 - upper.high} << 16 | tg1(upper.granule) << 22;
    space.word0 = word;
    space.extra1 = random_.one_in(4) ? 2 : 0; // HAD
    space.extra2 = random_.one_in(4) ? 2 : 0;
    if (random_.one_in(4))
        space.extra1 |= bit(59); // EPAN
}

void Software::renew_space(Space &space)
{
    const unsigned owner = space.owner;
    const uint64_t home = kTables + kTablesBytes * index_of(space);

    space.has_af = machine_.httu() && random_.one_in(2);
    space.has_dirty = space.has_af && machine_.httu() == 2 && random_.one_in(2);
    for (Tree *tree : {&space.lower, &space.upper}) {
        Shape shape;

        shape.is_upper = tree == &space.upper;
        shape.granule = random_.one_of(kGranules);
        shape.high = random_.one_in(3) ? 48 : 25 + random_.below(24);
        shape.level = diff_oracle_start_level(shape.granule, 64 - shape.high);
        shape.arena = home + (shape.is_upper ? kTablesBytes / 2 : 0);
        shape.arena_end = shape.arena + kTablesBytes / 2;
        if (owner >= kGuest0)
            shape.moved = guest_of(owner).moved;
        shape.has_globals = has_globals_;
        shape.has_af = space.has_af;
        shape.has_dirty = space.has_dirty;
        shape.target = [this, owner](unsigned size_log2) { return target_of(owner, size_log2); };
        tree->rebuild(machine_, shape);
        tree->populate(random_, 24);
    }
    renew_fields(space);
}

// ---- stage 2

// A guest's tables lie elsewhere than it believes, its CDs do not.
void Software::map_guest(Guest &guest)
{
    Tree &tree = guest.tree;
    const unsigned granule = tree.shape().granule;
    const uint64_t attributes = 0x7fc; // AF, inner shareable, read and write, write-back memory
    const uint64_t page = bit(granule), block = bit(diff_oracle_index_low(granule, 2));
    const uint64_t end = kTables + kTablesBytes * 8;

    if (!guest.moved && tree.shape().level <= 2) {
        for (uint64_t pa = 0; pa < end; pa += block)
            tree.map(pa, pa, 2, attributes);
        return;
    }
    for (uint64_t i = 0; i < kStreamCount; i++) {
        for (const uint64_t offset : {0x0, 0x1000, 0x2000, 0x3000, 0x10000, 0x1f000}) {
            const uint64_t pa = (kCds + kCdsBytes * i + offset) & ~(page - 1);

            tree.map(pa, pa, 3, attributes);
        }
    }
    for (uint64_t pa = kTables; pa < end; pa += page) {
        if ((pa & (kTablesBytes / 2 - 1)) < 0x40000)
            tree.map(pa, pa ^ guest.moved, 3, attributes);
    }
}

void Software::renew_guest(unsigned g)
{
    Guest &guest = guests_[g];
    const unsigned oas = machine_.registers().idr5 & 7, max_bits = oas == 5   ? 48
                                                                   : oas == 4 ? 44
                                                                              : 40;
    unsigned n;

    do
        n = random_.below(9);
    while (kForms[n].max_tsz < 64 - max_bits);
    const Form &form = kForms[n];
    const unsigned min_tsz = std::max(form.min_tsz, 64 - max_bits);
    const unsigned tsz = min_tsz + random_.below(form.max_tsz - min_tsz + 1);
    const unsigned ps[] = {5, 5, 5, 2, 1, 7};
    Shape shape;

    // Tables of spaces are where they are: who has been moved stays so.
    if (spaces_.empty())
        guest.moved = random_.one_in(2) ? 0x10000 * (1 + random_.below(7)) : 0;
    shape.is_s2 = true;
    shape.granule = form.granule;
    shape.level = form.level;
    shape.high = 64 - tsz;
    shape.arena = kGuestTables + kGuestTablesBytes * g;
    shape.arena_end = shape.arena + kGuestTablesBytes;
    shape.has_af = machine_.httu() && random_.one_in(2);
    shape.has_dirty = shape.has_af && machine_.httu() == 2 && random_.one_in(2);
    shape.target = [this](unsigned size_log2) { return target_of(kHost, size_log2); };
    guest.tree.rebuild(machine_, shape);
    map_guest(guest);
    guest.tree.populate(random_, 16);
    guest.word1 = (machine_.registers().idr3 >> 8 & 1) && random_.one_in(3) ? bit(25) : 0;
    guest.word2 = uint64_t{tsz} << 32 | uint64_t{form.sl0} << 38 | tg0(form.granule) << 46 |
                  uint64_t{random_.one_of(ps)} << 48 | kS2Aa64;
    if (random_.one_in(4))
        guest.word2 |= random_.word() & 0x00600000'00000000; // S2AFFD, S2PTW
    guest.word2 |= (shape.has_af ? kS2Ha : 0) | (shape.has_dirty ? kS2Hd : 0);
}

// ---- streams

void Software::choose_substreams(Stream &stream)
{
    const unsigned linear[] = {0, 0, 1, 3}, small[] = {2, 6, 7, 8}, large[] = {3, 10, 11};
    const std::vector<uint32_t> wanted = stream.format == 1
                                             ? std::vector<uint32_t>{0, 1, 63, 64, 130}
                                         : stream.format == 2 ? std::vector<uint32_t>{0, 1, 1000}
                                                              : std::vector<uint32_t>{0, 1, 5};

    stream.cd_max = stream.format == 1   ? random_.one_of(small)
                    : stream.format == 2 ? random_.one_of(large)
                                         : random_.one_of(linear);
    stream.cds.clear();
    for (const uint32_t ssid : wanted) {
        if (ssid >> stream.cd_max)
            continue;
        int space;
        do
            space = static_cast<int>(random_.below(static_cast<unsigned>(spaces_.size())));
        while (spaces_[static_cast<size_t>(space)].owner != stream.owner);
        stream.cds[ssid] = {random_.one_in(10) ? -1 : space, 0};
        stream.cds[ssid].flags = (random_.below(4) ? kA : 0) | (random_.below(4) ? kR : 0);
    }
}

void Software::renew_stream(Stream &stream)
{
    const unsigned configs[] = {0, 4, 5, 5, 5, 6, 6, 7, 7, 7},
                   dss[] = {0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3};

    for (auto &cd : stream.cds)
        cd.second.space = -1;
    write_cds(stream);
    stream.config = random_.one_of(configs);
    stream.owner = stream.has_s2() ? kGuest0 + random_.below(2) : random_.below(2);
    stream.format = random_.below(4);
    stream.word1 = random_.one_of(dss) | UINT64_C(0x0000100000000000);
    if (random_.one_in(4))
        stream.word1 |= random_.word() & 0x000f0000'00000000; // PRIVCFG, INSTCFG
    stream.flags2 = random_.below(4) ? kS2R : 0;
    choose_substreams(stream);
    write_cds(stream);
    write_ste(stream);
}

void Software::write_ste(const Stream &stream)
{
    const uint64_t pa = ste_address(stream.sid);
    uint64_t ste[4] = {};

    ste[0] = 1 | stream.config << 1;
    ste[1] = stream.word1;
    if (stream.has_s1()) {
        ste[0] |= stream.cds_base | uint64_t{stream.format} << 4 | uint64_t{stream.cd_max} << 59;
        if (stream.owner == kHyp)
            ste[1] |= UINT64_C(2) << 30;
        ste[2] = host_vmid_;
    }
    if (stream.has_s2()) {
        const Guest &guest = guest_of(stream.owner);

        ste[1] |= guest.word1;
        ste[2] = guest.word2 | stream.flags2 | guest.vmid;
        ste[3] = guest.tree.root();
    }
    for (unsigned i = 0; i < 4; i++)
        machine_.store(pa + 8 * i, ste[i]);
}

uint64_t Software::cd_address(const Stream &stream, uint32_t ssid) const
{
    if (stream.cd_max && stream.format == 1)
        return stream.cds_base + 0x1000 * (1 + (ssid >> 6)) + 64 * (ssid & 63);
    if (stream.cd_max && stream.format == 2)
        return stream.cds_base + 0x10000 + 64 * ssid;
    return stream.cds_base + 64 * ssid;
}

void Software::write_cd(const Stream &stream, uint32_t ssid)
{
    const Stream::Cd &cd = stream.cds.at(ssid);
    const uint64_t pa = cd_address(stream, ssid);

    if (cd.space < 0) {
        for (unsigned i = 0; i < 4; i++)
            machine_.store(pa + 8 * i, 0);
        return;
    }
    const Space &space = spaces_[static_cast<size_t>(cd.space)];
    const bool must_abort = machine_.registers().idr0 >> 26 & 1;
    machine_.store(pa + 8, space.lower.root() | space.extra1);
    machine_.store(pa + 16, space.upper.root() | space.extra2);
    machine_.store(pa + 24, 0xff);
    machine_.store(pa, space.word0 | cd.flags | (must_abort ? kA : 0) | uint64_t{space.asid} << 48);
}

// All of a stream's, and the table above.
void Software::write_cds(const Stream &stream)
{
    const bool has_levels = stream.cd_max && (stream.format == 1 || stream.format == 2);

    for (unsigned i = 0; i < 8; i++) {
        const uint64_t pa = stream.cds_base + 8 * i;
        const bool is_there = stream.format == 1 ? i < 3 : i == 0;

        if (has_levels && is_there)
            machine_.store(
                pa, (stream.cds_base + (stream.format == 1 ? 0x1000 * (1 + i) : 0x10000)) | 1);
        else
            machine_.store(pa, 0);
    }
    for (const auto &cd : stream.cds)
        write_cd(stream, cd.first);
}

} // namespace diff
