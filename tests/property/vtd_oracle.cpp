// SPDX-License-Identifier: BSD-2-Clause
// vtd_oracle.cpp - the way through root, context, directory, entry and both stages, by hand.
#include "tests/property/vtd_oracle.h"

namespace vtd_oracle
{

namespace
{

constexpr unsigned kRead = 1, kWrite = 2;

uint64_t field(uint64_t word, unsigned msb, unsigned lsb)
{
    return word >> lsb & (UINT64_MAX >> (63 - (msb - lsb)));
}
bool has(uint64_t word, unsigned bit)
{
    return word >> bit & 1;
}
uint64_t address(uint64_t word)
{
    return word & UINT64_C(0xffffffffff000);
}
bool is_beyond_host(uint64_t word)
{
    return field(word, 51, 48) != 0;
}

struct Fault {
    unsigned code;
};

// What the entry of a PASID, or of a legacy context, says.
struct Space {
    unsigned type; // 1 first stage, 2 second, 3 nested, 4 pass-through
    uint64_t fs_table, ss_table;
    unsigned fs_levels, ss_levels;
    bool sre, wpe, eafe, ssade, is_snooped, is_legacy;
};

struct Page {
    uint64_t pa;
    unsigned rights;
    bool is_writable_and_clean; // D would have to be set for a write
};

enum class Use { FINAL, FS_ROOT, FS_TABLE };

class Walk
{
  public:
    Walk(const Unit &unit, const Ask &ask, const Space &space)
        : unit_(unit), ask_(ask), space_(space)
    {
    }

    Page run(bool is_supervisor)
    {
        if (space_.type == 2)
            return second(ask_.iova, wanted(), Use::FINAL, true);
        return first(is_supervisor);
    }

  private:
    const Unit &unit_;
    const Ask &ask_;
    const Space &space_;
    uint64_t updated_[5] = {};
    unsigned n_updated_ = 0;

    unsigned wanted() const
    {
        if (ask_.kind == Kind::REQUEST)
            return 0;
        return (ask_.reads ? kRead : 0) | (ask_.writes ? kWrite : 0);
    }

    static unsigned missing(Use use, bool is_legacy, unsigned access, unsigned rights)
    {
        const bool is_write = (access & kWrite) && !(rights & kWrite);

        if (use == Use::FS_ROOT)
            return 0x75;
        if (use == Use::FS_TABLE)
            return 0x76;
        if (is_legacy)
            return is_write ? 0x05 : 0x06;
        return is_write ? 0x85 : 0x86;
    }

    // @may_write: a translation request that could write sets D.
    Page second(uint64_t gpa, unsigned access, Use use, bool may_write)
    {
        const unsigned width = space_.ss_levels == 3 ? 39 : 48;
        uint64_t table = space_.ss_table;
        unsigned rights = kRead | kWrite;

        if (gpa >> width)
            throw Fault{space_.is_legacy ? 0x04u : (space_.type == 2 ? 0x84u : 0x74u)};
        for (unsigned level = space_.ss_levels;; level--) {
            const unsigned log2 = 12 + 9 * (level - 1);
            const uint64_t slot = table + 8 * field(gpa, log2 + 8, log2);

            if (!unit_.is_readable(slot)) {
                if (space_.is_legacy)
                    throw Fault{0x07};
                throw Fault{level == space_.ss_levels ? 0x7bu : 0x78u};
            }
            const uint64_t entry = unit_.load(slot);
            const bool is_leaf = level == 1 || (level <= 3 && has(entry, 7));
            rights &= static_cast<unsigned>(field(entry, 1, 0));
            if (field(entry, 1, 0) == 0 || rights == 0) {
                if (space_.is_legacy)
                    throw Fault{access & kWrite ? 0x05u : 0x06u};
                throw Fault{0x79};
            }
            if (access & ~rights)
                throw Fault{missing(use, space_.is_legacy, access, rights)};
            bool is_bad = is_beyond_host(entry);
            is_bad |= level > 3 && has(entry, 7);
            is_bad |= is_leaf && level > 1 && field(entry, log2 - 1, 12) != 0;
            is_bad |= !is_leaf && has(entry, 11);
            if (is_bad)
                throw Fault{space_.is_legacy ? 0x0cu : 0x7au};
            const bool wants_a = space_.ssade && !has(entry, 8);
            if (!is_leaf) {
                if (wants_a && !space_.is_snooped)
                    throw Fault{0x7c};
                table = address(entry);
                continue;
            }
            const bool asks_write =
                use == Use::FINAL && ask_.kind == Kind::REQUEST && ask_.writes && may_write;
            const bool writes = (access & kWrite) || (asks_write && (rights & kWrite));
            const bool wants_d = space_.ssade && writes && !has(entry, 9);
            if ((wants_a || wants_d) && !space_.is_snooped)
                throw Fault{0x7c};
            const uint64_t mask = (UINT64_C(1) << log2) - 1;
            const bool is_clean = space_.ssade && !writes && !has(entry, 9);
            return {(address(entry) & ~mask) | (gpa & mask), rights, is_clean};
        }
    }

    Page first(bool is_supervisor)
    {
        const unsigned top = space_.fs_levels == 5 ? 56 : 47;
        uint64_t table = space_.fs_table;
        bool is_user = true, is_writable = true;

        if (field(ask_.iova, 63, top) != 0 && field(ask_.iova, 63, top) != UINT64_MAX >> top)
            throw Fault{0x80};
        for (unsigned level = space_.fs_levels;; level--) {
            const unsigned log2 = 12 + 9 * (level - 1);
            uint64_t slot = table + 8 * field(ask_.iova, log2 + 8, log2);
            bool may_update = true;

            if (space_.type == 3) {
                const Page at =
                    second(slot, kRead | (space_.ssade ? kWrite : 0),
                           level == space_.fs_levels ? Use::FS_ROOT : Use::FS_TABLE, false);
                slot = at.pa;
                may_update = at.rights & kWrite;
            }
            if (!unit_.is_readable(slot))
                throw Fault{level == space_.fs_levels ? 0x73u : 0x70u};
            const uint64_t entry = unit_.load(slot);
            const bool is_leaf = level == 1 || (level <= 3 && has(entry, 7));
            if (!has(entry, 0))
                throw Fault{0x71};
            bool is_bad = is_beyond_host(entry) || (level > 3 && has(entry, 7));
            is_bad |= is_leaf && level > 1 && field(entry, log2 - 1, 13) != 0;
            if (is_bad)
                throw Fault{0x72};
            is_writable &= has(entry, 1);
            is_user &= has(entry, 2);
            bool updates =
                !was_updated(slot) && (!has(entry, 5) || (space_.eafe && !has(entry, 10)));
            if (is_leaf) {
                const bool may_write = is_writable || (is_supervisor && !space_.wpe);

                if (!is_supervisor && !is_user)
                    throw Fault{0x81};
                if (ask_.kind == Kind::UNTRANSLATED && ask_.writes && !may_write)
                    throw Fault{0x85};
                const bool sets_d = ask_.writes && may_write && !has(entry, 6);
                updates |= sets_d;
                check_update(updates, may_update);
                const uint64_t mask = (UINT64_C(1) << log2) - 1;
                const uint64_t pa = (address(entry) & ~mask) | (ask_.iova & mask);
                const bool is_clean = !sets_d && !has(entry, 6);
                return finish(pa, kRead | (may_write && !is_clean ? kWrite : 0));
            }
            check_update(updates, may_update);
            updated_[n_updated_++] = slot;
            table = address(entry);
        }
    }

    // One walk may come by an entry twice: A and EA are set by then.
    bool was_updated(uint64_t slot) const
    {
        for (unsigned i = 0; i < n_updated_; i++) {
            if (updated_[i] == slot)
                return true;
        }
        return false;
    }

    void check_update(bool updates, bool may_update) const
    {
        if (updates && !space_.is_snooped)
            throw Fault{0x90};
        if (updates && !may_update)
            throw Fault{0x77};
    }

    Page finish(uint64_t pa, unsigned rights)
    {
        if (space_.type == 1)
            return {pa, rights, false};
        Page page = second(pa, wanted(), Use::FINAL, rights & kWrite);
        page.rights &= rights;
        return page;
    }
};

Space legacy_space(const Unit &unit, const Ask &ask)
{
    const uint64_t root = unit.roots + 16 * (ask.sid >> 8);

    if (ask.has_pasid)
        throw Fault{0x31};
    if (!unit.is_readable(root))
        throw Fault{0x08};
    const uint64_t r0 = unit.load(root), r1 = unit.load(root + 8);
    if (!has(r0, 0))
        throw Fault{0x01};
    if (field(r0, 11, 1) || field(r0, 63, 48) || r1)
        throw Fault{0x0a};
    const uint64_t ctx = address(r0) + 16 * (ask.sid & 0xff);
    if (!unit.is_readable(ctx))
        throw Fault{0x09};
    const uint64_t c0 = unit.load(ctx), c1 = unit.load(ctx + 8);
    const uint64_t type = field(c0, 3, 2), aw = field(c1, 2, 0);
    if (!has(c0, 0))
        throw Fault{0x02};
    if (field(c0, 11, 4) || (type != 2 && field(c0, 63, 48)) || has(c1, 7) || field(c1, 63, 24))
        throw Fault{0x0b};
    if (type == 3 || (type == 2 && aw != 2) || (aw != 1 && aw != 2))
        throw Fault{0x03};
    if (ask.kind == Kind::REQUEST && type != 1)
        throw Fault{0x0d};
    Space space = {};
    space.is_legacy = true;
    space.type = type == 2 ? 4 : 2;
    space.ss_table = address(c0);
    space.ss_levels = aw == 1 ? 3 : 4;
    space.is_snooped = true;
    return space;
}

Space entry_space(const Unit &unit, uint64_t at)
{
    uint64_t w[8];

    for (unsigned i = 0; i < 8; i++) {
        if (!unit.is_readable(at + 8 * i))
            throw Fault{0x58};
        w[i] = unit.load(at + 8 * i);
    }
    const uint64_t type = field(w[0], 8, 6), aw = field(w[0], 4, 2), fspm = field(w[2], 3, 2);
    if (!has(w[0], 0))
        throw Fault{0x59};
    bool is_bad = has(w[0], 5) || field(w[0], 11, 10) || field(w[0], 63, 48);
    is_bad |= field(w[1], 22, 16) || field(w[1], 31, 25) || field(w[1], 63, 32);
    is_bad |= has(w[2], 1) || field(w[2], 11, 8) || (type == 1 && field(w[2], 63, 48));
    is_bad |= w[3] || w[4] || w[5] || w[6] || w[7];
    if (is_bad)
        throw Fault{0x5a};
    const bool has_ss = type == 2 || type == 3, has_fs = type == 1 || type == 3;
    if (type == 0 || type > 4 || (has_ss && aw != 1 && aw != 2) || (has_fs && fspm > 1))
        throw Fault{0x5b};
    if (type == 3 && (w[2] & ~UINT64_C(0xfff)) >> (aw == 1 ? 39 : 48))
        throw Fault{0x5b};
    Space space = {};
    space.type = static_cast<unsigned>(type);
    space.ss_table = address(w[0]);
    space.ss_levels = aw == 1 ? 3 : 4;
    space.ssade = has_ss && has(w[0], 9);
    space.is_snooped = has(w[1], 23);
    space.sre = has(w[2], 0);
    space.fs_levels = fspm ? 5 : 4;
    space.wpe = has(w[2], 4);
    space.eafe = has(w[2], 7);
    space.fs_table = address(w[2]);
    return space;
}

// @is_supervisor: in: what the request says; out: what it counts as.
Space scalable_space(const Unit &unit, const Ask &ask, bool *is_supervisor)
{
    const bool is_upper = (ask.sid & 0x80) != 0;
    const uint64_t root = unit.roots + 16 * (ask.sid >> 8);

    if (!unit.is_readable(root) || !unit.is_readable(root + 8))
        throw Fault{0x38};
    const uint64_t half = unit.load(root + (is_upper ? 8 : 0));
    if (!has(half, 0))
        throw Fault{0x39};
    if (field(half, 11, 1) || field(half, 63, 48))
        throw Fault{0x3a};
    const uint64_t ctx = address(half) + 32 * (ask.sid & 0x7f);
    if (!unit.is_readable(ctx) || !unit.is_readable(ctx + 24))
        throw Fault{0x40};
    const uint64_t c0 = unit.load(ctx), c1 = unit.load(ctx + 8);
    const uint64_t limit = UINT64_C(1) << (field(c0, 11, 9) + 13), rid = field(c1, 19, 0);
    if (!has(c0, 0))
        throw Fault{0x41};
    if (field(c0, 8, 5) || field(c0, 63, 48) || field(c1, 63, 21) || unit.load(ctx + 16) ||
        unit.load(ctx + 24))
        throw Fault{0x42};
    if ((has(c0, 4) && !has(c0, 2)) || rid >= limit)
        throw Fault{0x43};
    if (ask.kind == Kind::REQUEST && !has(c0, 2))
        throw Fault{0x44};
    if (ask.has_pasid && !has(c0, 3))
        throw Fault{0x45};
    if (ask.has_pasid && ask.pasid >= limit)
        throw Fault{0x46};
    if (ask.has_pasid && ask.pasid == rid)
        throw Fault{0x48};
    *is_supervisor = ask.has_pasid ? ask.is_supervisor : has(c1, 20);
    const uint64_t pasid = ask.has_pasid ? ask.pasid : rid;
    const uint64_t dir = address(c0) + 8 * (pasid >> 6);
    if (!unit.is_readable(dir))
        throw Fault{0x50};
    const uint64_t d = unit.load(dir);
    if (!has(d, 0))
        throw Fault{0x51};
    if (field(d, 11, 2) || field(d, 63, 48))
        throw Fault{0x52};
    const Space space = entry_space(unit, address(d) + 64 * (pasid & 0x3f));
    if (*is_supervisor && (space.type == 1 || space.type == 3) && !space.sre)
        throw Fault{0x5d};
    return space;
}

Answer of_fault(const Ask &ask, unsigned code)
{
    if (ask.kind == Kind::UNTRANSLATED)
        return {End::UNSUPPORTED, code, 0, 0};
    switch (code) {
    case 0x01:
    case 0x02:
    case 0x0d:
    case 0x31:
    case 0x33:
    case 0x39:
    case 0x41:
    case 0x44:
    case 0x45:
    case 0x46:
    case 0x48:
        return {End::UNSUPPORTED, code, 0, 0};
    case 0x03:
    case 0x07:
    case 0x08:
    case 0x09:
    case 0x0a:
    case 0x0b:
    case 0x0c:
    case 0x0e:
    case 0x38:
    case 0x3a:
    case 0x40:
    case 0x42:
    case 0x43:
    case 0x50:
    case 0x52:
    case 0x58:
    case 0x5a:
    case 0x5b:
    case 0x78:
    case 0x7a:
    case 0x7b:
    case 0x7c:
    case 0x7d:
    case 0x87:
        return {End::ABORTED, code, 0, 0};
    default:
        return {End::OK, code, 0, 0};
    }
}

Answer succeed(const Ask &ask, const Space &space, bool is_supervisor, const Unit &unit)
{
    Page page = {ask.iova, kRead | kWrite, false};

    if (space.type == 4 && ask.iova >> 48)
        throw Fault{space.is_legacy ? 0x04u : 0x83u};
    if (space.type != 4)
        page = Walk(unit, ask, space).run(is_supervisor);
    if (page.pa >> 20 == 0xfee)
        throw Fault{space.is_legacy ? 0x0eu : 0x87u};
    if (page.is_writable_and_clean)
        page.rights &= ~kWrite;
    if (ask.kind == Kind::REQUEST)
        page.rights &= kRead | (ask.writes ? kWrite : 0);
    return {End::OK, 0, page.pa, page.rights};
}

} // namespace

Answer translate(const Unit &unit, const Ask &ask)
{
    bool is_supervisor = false;

    try {
        const Space space =
            unit.is_scalable ? scalable_space(unit, ask, &is_supervisor) : legacy_space(unit, ask);
        return succeed(ask, space, is_supervisor, unit);
    } catch (const Fault &fault) {
        return of_fault(ask, fault.code);
    }
}

} // namespace vtd_oracle
