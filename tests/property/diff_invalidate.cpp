// SPDX-License-Identifier: BSD-2-Clause
// diff_invalidate.cpp - the commands that a change needs, one correct choice among several (4.3,
// 4.4). Commands are typed by bit number.
#include "tests/property/diff_software.h"

#include <algorithm>

namespace diff
{

namespace
{

enum : unsigned {
    CFGI_STE = 0x03,
    CFGI_STE_RANGE = 0x04,
    CFGI_CD = 0x05,
    CFGI_CD_ALL = 0x06,
    NH_ALL = 0x10,
    NH_ASID = 0x11,
    NH_VA = 0x12,
    NH_VAA = 0x13,
    EL2_ALL = 0x20,
    EL2_ASID = 0x21,
    EL2_VA = 0x22,
    EL2_VAA = 0x23,
    S12_VMALL = 0x28,
    S2_IPA = 0x2a,
    NSNH_ALL = 0x30,
};

uint64_t vmid_field(unsigned vmid)
{
    return uint64_t{vmid} << 32;
}

uint64_t asid_field(unsigned asid)
{
    return uint64_t{asid} << 48;
}

uint64_t sid_field(uint32_t sid)
{
    return uint64_t{sid} << 32;
}

} // namespace

// One command for each descriptor that was there.
void Software::flush_pages(const Change &change, unsigned opcode, uint64_t tag, unsigned granule)
{
    const uint64_t leaf = random_.below(2);
    const uint64_t step = uint64_t{1} << change.step_log2;

    for (uint64_t at = 0; at >> change.size_log2 == 0; at += step) {
        const uint64_t offset = random_.word() & (step - 1); // any address will do
        uint64_t word0 = opcode | tag, word1 = (change.address + at + offset) & ~UINT64_C(0xfff);

        if (machine_.has_ranges() && random_.one_in(3)) { // one page, at the level of the leaf
            word1 = change.address + at;
            word1 |= uint64_t{(granule - 10) / 2} << 10 | uint64_t{change.level} << 8;
        }
        machine_.command(word0, word1 | leaf);
    }
}

// One range, or two that meet.
void Software::flush_range(const Change &change, unsigned opcode, uint64_t tag, unsigned granule)
{
    const unsigned parts_log2 = change.size_log2 > change.step_log2 && random_.one_in(2);
    const unsigned part_log2 = change.size_log2 - parts_log2;
    const uint64_t leaf = change.was_table ? 0 : random_.below(2);
    const uint64_t ttl = change.was_table || random_.below(2) ? 0 : change.level;

    for (unsigned part = 0; part < 1u << parts_log2; part++) {
        unsigned scale = part_log2 - granule; // of one block; or of several smaller ones
        const unsigned n_log2 = std::min(random_.below(6), scale);
        uint64_t num = (1u << n_log2) - 1;

        scale -= n_log2;
        if (num == 0 && scale == 0 && ttl == 0)
            num = 1;
        machine_.command(opcode | tag | num << 12 | uint64_t{scale} << 20,
                         (change.address + (uint64_t{part} << part_log2)) | leaf | ttl << 8 |
                             uint64_t{(granule - 10) / 2} << 10);
    }
}

// What was cached of a space; of all of it without @change.
void Software::flush_space(const Space &space, const Change *change)
{
    Change tagged;

    if (change) { // the top byte does not count if it does not in requests
        const bool has_tbi = space.word0 >> (change->address >> 55 & 1 ? 39 : 38) & 1;

        tagged = *change;
        if (has_tbi && random_.one_in(3))
            tagged.address ^= random_.word() << 56;
        change = &tagged;
    }

    const bool is_hyp = space.owner == kHyp, has_asid = !is_hyp || machine_.is_e2h();
    const unsigned vmid = is_hyp                 ? 0
                          : space.owner == kHost ? host_vmid_
                                                 : guest_of(space.owner).vmid;
    const uint64_t tag = is_hyp ? 0 : vmid_field(vmid);
    const bool is_upper = change && change->address >> 55 & 1;
    const unsigned granule = (is_upper ? space.upper : space.lower).shape().granule;

    if (change && !change->is_needed)
        return;
    const bool can_page = change && !change->was_table;
    const bool can_range = change && machine_.has_ranges();
    if ((can_page || can_range) && random_.below(6)) {
        const bool is_any = random_.one_in(3);
        const unsigned opcode = is_hyp ? (is_any ? EL2_VAA : EL2_VA) : (is_any ? NH_VAA : NH_VA);
        const bool is_free = is_any || (change->was_global && random_.below(2));
        const uint64_t asid = is_free ? asid_field(random_.below(16)) : asid_field(space.asid);

        if (can_page && (!can_range || random_.below(2)))
            flush_pages(*change, opcode, tag | asid, granule);
        else
            flush_range(*change, opcode, tag | asid, granule);
        return;
    }
    if (has_asid && !has_globals_ && random_.below(2))
        machine_.command((is_hyp ? EL2_ASID : NH_ASID) | tag | asid_field(space.asid));
    else if (is_hyp)
        machine_.command(EL2_ALL);
    else if (random_.below(3))
        machine_.command((random_.below(2) ? NH_ALL : S12_VMALL) | tag);
    else
        machine_.command(NSNH_ALL);
}

// What was cached of stage 2, and with it of both stages.
void Software::flush_guest(unsigned vmid, const Change *change)
{
    unsigned granule = 12;

    for (const Guest &guest : guests_)
        if (guest.vmid == vmid)
            granule = guest.tree.shape().granule;
    if (change && !change->is_needed)
        return;
    const bool can_page = change && !change->was_table;
    const bool can_range = change && machine_.has_ranges();
    if ((can_page || can_range) && random_.below(6)) {
        if (can_page && (!can_range || random_.below(2)))
            flush_pages(*change, S2_IPA, vmid_field(vmid), granule);
        else
            flush_range(*change, S2_IPA, vmid_field(vmid), granule);
        machine_.command(NH_ALL | vmid_field(vmid));
    } else if (random_.below(3)) {
        machine_.command(S12_VMALL | vmid_field(vmid));
    } else {
        machine_.command(NSNH_ALL);
    }
}

void Software::flush_ste(uint32_t sid, bool is_leaf)
{
    const unsigned how = random_.below(8);

    if (how == 0)
        machine_.command(CFGI_STE_RANGE, 31); // everything
    else if (how == 1)
        machine_.command(CFGI_STE_RANGE | sid_field(sid ^ random_.below(4)), 1 + random_.below(8));
    else
        machine_.command(CFGI_STE | sid_field(sid), is_leaf && random_.below(2));
}

// Whoever is found by the same entry of the first level.
void Software::flush_l1std(uint32_t first)
{
    const unsigned split = machine_.split();

    if (random_.below(3)) {
        const unsigned range = split - 1 + random_.below(4);
        const uint32_t any = random_.below(2u << range); // these bits do not count

        machine_.command(CFGI_STE_RANGE | sid_field(first ^ any), range);
        return;
    }
    for (const Stream &one : streams_)
        if (one.sid >> split == first >> split)
            flush_ste(one.sid, false);
}

void Software::flush_cd(uint32_t sid, uint32_t ssid, bool is_leaf)
{
    const unsigned how = random_.below(8);

    if (how == 0)
        flush_ste(sid, true);
    else if (how < 3)
        machine_.command(CFGI_CD_ALL | sid_field(sid));
    else
        machine_.command(CFGI_CD | sid_field(sid) | uint64_t{ssid} << 12,
                         is_leaf && random_.below(2));
}

void Software::flush_cds_of(unsigned owner)
{
    for (const Stream &stream : streams_)
        if (stream.has_s1() && stream.owner == owner)
            machine_.command((random_.below(2) ? CFGI_CD_ALL : CFGI_STE) | sid_field(stream.sid),
                             1);
    machine_.sync();
}

// Between a change of stage 2 and its TLBI a CD may have been prefetched by the old one.
void Software::flush_prefetched()
{
    if (!machine_.has_prefetch())
        return;
    machine_.spare_command(CFGI_STE_RANGE, 31);
    machine_.sync();
}

void Software::flush_everything()
{
    machine_.spare_command(CFGI_STE_RANGE, 31);
    machine_.sync();
    machine_.spare_command(NSNH_ALL);
    machine_.spare_command(EL2_ALL);
    machine_.sync();
    flush_prefetched();
}

// Nothing asks for it, and nothing may come of it.
void Software::spare_flush()
{
    const unsigned opcodes[] = {CFGI_STE, CFGI_CD,  CFGI_CD_ALL, NH_ALL,  NH_ASID,   NH_VA,  NH_VAA,
                                EL2_ALL,  EL2_ASID, EL2_VA,      EL2_VAA, S12_VMALL, S2_IPA, 0x01};
    const unsigned opcode = random_.one_of(opcodes);
    const Space &space = spaces_[random_.below(static_cast<unsigned>(spaces_.size()))];
    uint64_t word0 = opcode, word1 = random_.below(2);

    if (opcode < NH_ALL) {
        word0 |= sid_field(streams_[random_.below(kStreamCount)].sid) | uint64_t{random_.below(2)}
                                                                            << 12;
    } else {
        word0 |= vmid_field(random_.below(2) ? host_vmid_ : guests_[0].vmid);
        word0 |= asid_field(space.asid);
        word1 |= space.lower.address_in(random_, space.lower.pick(random_)) & ~UINT64_C(0xfff);
    }
    machine_.spare_command(word0, word1);
    if (random_.below(2))
        machine_.sync();
}

} // namespace diff
