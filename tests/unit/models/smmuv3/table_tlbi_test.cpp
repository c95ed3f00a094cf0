// SPDX-License-Identifier: BSD-2-Clause
// TLB invalidation, the whole product: one entry of every kind, every command, with each of its
// arguments right and wrong (5.2 to 5.4 of the facts). The architecture lets an implementation drop
// more; this model says that it drops what is named.
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

// ---- one entry ----

enum World { EL1 = 1, EL2 = 2, E2H = 4 };
enum Kind { S1 = 1, S2 = 2, BOTH = 4 };

constexpr uint64_t kVmid = 7, kAsid = 5;
// Indexes 1, 3, 5 of levels 1 to 3.
constexpr uint64_t kAddress = 0x40605000;

struct Entry {
    World world;
    Kind kind;
    unsigned level;
    bool is_table, is_global;
    bool is_over_pages = false; // of stage 2, where the entry is a block of stage 1
};

std::string name_of_entry(const testing::TestParamInfo<Entry> &row)
{
    const Entry &e = row.param;
    const std::string world = e.world == EL1 ? "el1" : e.world == EL2 ? "el2" : "e2h";
    const std::string kind = e.kind == S1 ? "_s1" : e.kind == S2 ? "_s2" : "_both";

    return world + kind + (e.is_table ? "_table" : "_leaf") + "_level_" + std::to_string(e.level) +
           (e.is_global ? "_global" : "") + (e.is_over_pages ? "_over_pages" : "");
}

void PrintTo(const Entry &e, std::ostream *out)
{
    *out << "world " << e.world << " stage " << e.kind << " level " << e.level;
}

std::vector<Entry> all_entries()
{
    const std::pair<World, Kind> kinds[] = {
        {EL1, S1}, {EL1, S2}, {EL1, BOTH}, {EL2, S1}, {E2H, S1}};
    std::vector<Entry> entries;

    for (const auto &k : kinds) {
        for (const unsigned level : {1u, 2u, 3u}) {
            entries.push_back({k.first, k.second, level, false, false});
            if (k.second != S2)
                entries.push_back({k.first, k.second, level, false, true});
            if (level < 3)
                entries.push_back({k.first, k.second, level, true, false});
            if (k.second == BOTH && level < 3)
                entries.push_back({k.first, k.second, level, false, false, true});
        }
    }
    return entries;
}

// What a leaf of that level covers, or a table descriptor.
uint64_t size_of(unsigned level)
{
    const uint64_t sizes[] = {0, 0x40000000, 0x200000, 0x1000};

    return sizes[level];
}

// ---- its tables: 39 bits, 4K; 0x80000000 before the change, 0xc0000000 after ----

constexpr uint64_t kOld = 0x80000000, kNew = 0xc0000000;

class OneEntry
{
  public:
    explicit OneEntry(const Entry &entry, const char *preset)
        : e_(entry), is_s2_(entry.kind == S2), b(Config(preset))
    {
        const uint64_t tables = is_s2_ ? 0x100000 : 0x80000;
        const uint64_t q2 = e_.kind == S1 ? kVmid : s2_q2(kVmid);
        const uint64_t config = e_.kind == S1 ? 0xb : e_.kind == S2 ? 0xd : 0xf;
        Boot how;

        // Two sets of tables of which the first descriptor of level 1 or 2 may lead to the second.
        for (const uint64_t set : {UINT64_C(0), UINT64_C(0x10000)}) {
            const uint64_t to = set ? kNew : kOld;

            b.store(tables + set + 0x1018, table(tables + set + 0x2000));
            b.store(tables + set + 0x1020, leaf(to | 0x800000, 2));
            b.store(tables + set + 0x2028, leaf(to | 0x605000, 3));
            b.store(tables + set + 0x2030, leaf(to | 0x606000, 3));
        }
        b.store(tables + 0x8, table(tables + 0x1000));
        if (e_.kind == BOTH)
            make_stage_2();
        b.ste(1, {config | (is_s2_ ? 0 : cds_of(1)), e_.world == EL1 ? 0u : 0x80000000u, q2,
                  is_s2_ ? 0x100000 : 0x120000u});
        b.cd(1, 0, {cd_q0(kAsid), 0x80000, 0, 0xff});
        at_ = tables + (e_.level == 1 ? 0x8 : e_.level == 2 ? 0x1018 : 0x2028);
        how.cr2 = e_.world == E2H ? 0x3 : 0x2; // RECINVSID
        b.boot(how);
    }

    // The entry is made, and what it was made of changes.
    void fill()
    {
        b.store(at_, value(false));
        ASSERT_EQ(b.target(1, kAddress), kOld | (kAddress & 0x3fffffff));
        b.store(at_, value(true));
    }

    bool is_gone()
    {
        // Of a table: what it leads to and was never asked for.
        const uint64_t probe = !e_.is_table ? kAddress : e_.level == 1 ? 0x40805000 : 0x40606000;
        const uint64_t pa = b.target(1, probe);

        EXPECT_EQ(pa & 0x3fffffff, probe & 0x3fffffff);
        return (pa & ~UINT64_C(0x3fffffff)) == kNew;
    }

    // For the next time.
    void forget()
    {
        b.put(0x20);      // EL2_ALL
        b.run_sync(0x30); // NSNH_ALL
    }

  private:
    uint64_t table(uint64_t pa) const
    {
        return pa | 3;
    }

    uint64_t leaf(uint64_t pa, unsigned level) const
    {
        const uint64_t to = pa & ~(size_of(level) - 1);

        if (is_s2_)
            return level == 3 ? s2_page(to) : s2_block(to);
        const uint64_t value = level == 3 ? page(to) : block(to);
        return e_.is_global ? value & ~UINT64_C(0x800) : value;
    }

    uint64_t value(bool is_new) const
    {
        const uint64_t set = (is_s2_ ? 0x100000 : 0x80000) + (is_new ? 0x10000 : 0);
        const uint64_t to = (is_new ? kNew : kOld) | (kAddress & 0x3fffffff);

        return e_.is_table ? table(set + 0x1000 * e_.level) : leaf(to, e_.level);
    }

    // Everything stays where it is: 1G blocks, or pages where the old and the new place are.
    void make_stage_2()
    {
        for (uint64_t i = 0; i < 4; i++)
            b.store(0x120000 + 8 * i, s2_block(i << 30));
        if (!e_.is_over_pages)
            return;
        for (const uint64_t to : {kOld, kNew}) {
            const uint64_t set = 0x130000 + (to >> 12) / 16;

            b.store(0x120000 + (to >> 30) * 8, table(set));
            b.store(set + 0x18, table(set + 0x1000));
            b.store(set + 0x1028, s2_page(to | 0x605000));
        }
    }

    const Entry e_;
    const bool is_s2_;
    uint64_t at_ = 0;

  public:
    Bench b;
};

// ---- 5.4: what each command names ----

enum AsidRule { ANY_ASID, ASID_ONLY, ASID_OR_GLOBAL };
enum Address { NO_ADDRESS, VA, IPA };

struct Scope {
    const char *name;
    uint64_t op;
    unsigned worlds, kinds;
    bool is_of_vmid;
    AsidRule asid;
    Address address;
};

const Scope scopes[] = {
    {"NH_ALL", 0x10, EL1, S1 | BOTH, true, ANY_ASID, NO_ADDRESS},
    {"NH_ASID", 0x11, EL1, S1 | BOTH, true, ASID_ONLY, NO_ADDRESS},
    {"NH_VA", 0x12, EL1, S1 | BOTH, true, ASID_OR_GLOBAL, VA},
    {"NH_VAA", 0x13, EL1, S1 | BOTH, true, ANY_ASID, VA},
    {"EL2_ALL", 0x20, EL2 | E2H, S1, false, ANY_ASID, NO_ADDRESS},
    {"EL2_ASID", 0x21, E2H, S1, false, ASID_ONLY, NO_ADDRESS},
    {"EL2_VA", 0x22, EL2 | E2H, S1, false, ASID_OR_GLOBAL, VA},
    {"EL2_VAA", 0x23, EL2 | E2H, S1, false, ANY_ASID, VA},
    {"S12_VMALL", 0x28, EL1, S1 | S2 | BOTH, true, ANY_ASID, NO_ADDRESS},
    {"S2_IPA", 0x2a, EL1, S2, true, ANY_ASID, IPA},
    {"NSNH_ALL", 0x30, EL1, S1 | S2 | BOTH, false, ANY_ASID, NO_ADDRESS},
    {"SYNC", 0x46, 0, 0, false, ANY_ASID, NO_ADDRESS},
    {"CFGI_ALL", 0x4, 0, 0, false, ANY_ASID, NO_ADDRESS},
};

struct Arguments {
    uint64_t vmid, asid, address;
    bool is_leaf;
    unsigned tg, ttl, num;
};

bool is_named(const Entry &e, const Scope &s, const Arguments &a)
{
    const uint64_t size = size_of(e.level), start = kAddress & ~(size - 1);
    const uint64_t n_bytes = a.tg ? (a.num + UINT64_C(1)) * 0x1000 : 1;
    const bool is_global = e.is_global || e.world == EL2; // 3.3: EL2 has no ASIDs

    if (!(s.worlds & e.world) || !(s.kinds & e.kind) || (s.is_of_vmid && a.vmid != kVmid))
        return false;
    if (s.asid != ANY_ASID && a.asid != kAsid && !(s.asid == ASID_OR_GLOBAL && is_global))
        return false;
    if (s.asid == ASID_ONLY && is_global)
        return false;
    if (!s.address)
        return true;
    if (a.address >= start + size || a.address + n_bytes <= start)
        return false;
    if (e.is_table && a.is_leaf)
        return false;
    if (!a.tg)
        return true;
    if (a.tg != 1)
        return false; // 16K and 64K
    return !a.ttl || (e.is_table ? e.level < a.ttl : e.level == a.ttl);
}

void expect_row(OneEntry &one, const Entry &e, const Scope &s, const Arguments &a)
{
    const uint64_t q0 = s.op | a.vmid << 32 | a.asid << 48 | uint64_t{a.num} << 12;
    const uint64_t q1 = a.address | uint64_t{a.tg} << 10 | uint64_t{a.ttl} << 8 | a.is_leaf;
    // CFGI_ALL is CFGI_STE_RANGE of 31.
    const uint64_t rest = s.op == 0x4 ? 0x1f : 0;

    one.fill();
    if (s.address)
        one.b.run_sync(q0, q1);
    else
        one.b.run_sync(s.op == 0x4 || s.op == 0x46 ? s.op : q0, rest);
    EXPECT_EQ(one.is_gone(), is_named(e, s, a))
        << s.name << " VMID " << a.vmid << " ASID " << a.asid << std::hex << " address "
        << a.address << " leaf " << a.is_leaf << " TG " << a.tg << " TTL " << a.ttl << " NUM "
        << a.num;
    one.forget();
}

// By address: the entry's first, some and last page, its neighbours, and one far above with the
// same low bits; then as ranges, of each granule and level.
void expect_addresses(OneEntry &one, const Entry &e, const Scope &s, Arguments a)
{
    const uint64_t size = size_of(e.level), start = kAddress & ~(size - 1);
    const uint64_t addresses[] = {kAddress,       start,        start + size - 0x1000,
                                  start - 0x1000, start + size, kAddress | 0x100000000};

    for (const bool is_leaf : {false, true}) {
        a.is_leaf = is_leaf;
        a.tg = a.ttl = a.num = 0;
        for (const uint64_t address : addresses) {
            a.address = address;
            expect_row(one, e, s, a);
        }
        for (a.tg = 1; a.tg < 4; a.tg++) {
            // Two granules that end before the entry, that begin in it; aligned to 64K they are.
            a.num = 1;
            a.ttl = 0;
            for (const uint64_t offset : {UINT64_C(0x80000), UINT64_C(0x1000), UINT64_C(0)}) {
                a.address = a.tg == 1 ? start - offset : (kAddress - offset) & ~UINT64_C(0xffff);
                expect_row(one, e, s, a);
            }
            for (a.ttl = 1; a.ttl < 4; a.ttl++) {
                if (a.tg == 2 && a.ttl == 1)
                    continue;
                a.address = kAddress & ~(a.tg == 1 ? size_of(a.ttl) - 1 : 0x3fffffff);
                a.num = 0;
                expect_row(one, e, s, a);
            }
        }
    }
}

class SmmuTableTlbi : public testing::TestWithParam<Entry>
{
};
INSTANTIATE_TEST_SUITE_P(Product, SmmuTableTlbi, testing::ValuesIn(all_entries()), name_of_entry);

TEST_P(SmmuTableTlbi, DropsItOrNot)
{
    const Entry &e = GetParam();

    for (const char *preset : {"zero", "mmu700"}) {
        OneEntry one(e, preset);

        for (const Scope &s : scopes) {
            for (const uint64_t vmid : {kVmid, UINT64_C(0x107)}) {
                for (const uint64_t asid : {kAsid, UINT64_C(0x105), UINT64_C(0)}) {
                    const Arguments a = {vmid, asid, 0, false, 0, 0, 0};

                    if (!s.address)
                        expect_row(one, e, s, a);
                    else if (asid)
                        expect_addresses(one, e, s, a);
                }
            }
        }
        EXPECT_EQ(one.b.read(GERROR), 0u);
        EXPECT_EQ(one.b.n_events(), 0u);
    }
}

// ---- EL2 and EL2-E2H: CR2.E2H of the moment says which of them a command by address means ----

struct Command {
    const char *name;
    uint64_t q0, q1;
    bool drops_el2, drops_e2h; // if E2H is as it was when the entry was made
};
MACHINE_CASES(Command)

class SmmuTableTlbiE2h : public testing::TestWithParam<Command>
{
  protected:
    static void set_e2h(Bench &b, bool e2h)
    {
        b.write(CR0, EVENTQEN | CMDQEN);
        b.settle();
        b.write(CR2, e2h ? 0x3 : 0x2);
        b.run_sync(0x4, 0x1f); // it may have been captured with the STE
        b.write(CR0, ALL_ON);
        b.settle();
    }
};
const Command e2h_commands[] = {
    {"el2_all", 0x20, 0, true, true},
    {"el2_va", 0x5000000000022, 0x1001, true, true},
    {"el2_va_of_another_asid", 0x4000000000022, 0x1001, true, false},
    {"el2_vaa", 0x23, 0x1001, true, true},
    {"el2_asid", 0x5000000000021, 0, false, true},
    {"nsnh_all", 0x30, 0, false, false},
};
INSTANTIATE_TEST_SUITE_P(Switched, SmmuTableTlbiE2h, testing::ValuesIn(e2h_commands),
                         name_of<Command>);

TEST_P(SmmuTableTlbiE2h, MeansItsOwnWorld)
{
    const Command &c = GetParam();
    const bool is_all = (c.q0 & 0xff) == 0x20 || (c.q0 & 0xff) == 0x21; // whatever E2H is

    for (const bool filled_as : {false, true}) {
        for (const bool is_e2h : {false, true}) {
            Bench b;
            const bool drops = filled_as ? c.drops_e2h : c.drops_el2;

            SCOPED_TRACE(testing::Message() << filled_as << " then " << is_e2h);
            b.make_stream(1, 0, 5);
            b.ste(1, {cds_of(1) | 0xb, 0x80000000}); // STRW=10
            b.boot();
            set_e2h(b, filled_as);
            ASSERT_EQ(b.target(1, 0x1000), 0x201000u);
            b.store(leaf_slot(0, 0x1000), page(0x777000));
            set_e2h(b, is_e2h);
            b.run_sync(c.q0, c.q1);
            set_e2h(b, filled_as);
            EXPECT_EQ(b.target(1, 0x1000),
                      drops && (is_all || filled_as == is_e2h) ? 0x777000u : 0x201000u);
        }
    }
}

} // namespace
