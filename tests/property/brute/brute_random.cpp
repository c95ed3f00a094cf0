// SPDX-License-Identifier: BSD-2-Clause
// brute_random.cpp - see brute_random.h. A switch is a few steps; a step stores, orders,
// invalidates and waits, and at random one of these is left out, done too early or aimed at the
// wrong tag.
#include "tests/property/brute/brute_random.h"

#include "tests/property/brute/brute_recipes.h"

#include <iterator>
#include <random>

namespace brute
{

namespace
{

class Maker
{
  public:
    explicit Maker(uint64_t seed) : random_(seed)
    {
        owner_.fill(kNobody);
    }
    Case make();
    Case spoil();

  private:
    unsigned below(unsigned n)
    {
        return unsigned(random_() % n);
    }
    bool one_in(unsigned n)
    {
        return below(n) == 0;
    }

    void start();
    void choose_bystander();
    void step();
    void stores();
    void store();
    void commands();
    void sync();
    void free_something();
    uint8_t value_of(uint8_t word);
    void put(Act act);
    void command(Cmd cmd);
    void ring();

    std::mt19937_64 random_;
    Case case_;
    uint8_t cpu_ = 0, n_slots_ = 0, n_rung_ = 0;
    static constexpr uint8_t kNobody = 0xff;
    std::array<uint8_t, kWords> owner_;
    unsigned n_invalidations_ = 0, n_stores_ = 0;
};

uint8_t Maker::value_of(uint8_t word)
{
    const uint8_t stes[] = {kInvalid, kAbort, kBypass, kS1A, kS1A, kS1B, kS1B, kS1B, kStage2};

    if (word == S0)
        return stes[below(std::size(stes))];
    if (word == S2)
        return uint8_t(below(2));
    if (word == A0 || word == B0)
        return one_in(5) ? 0 : uint8_t(1 + below(2));
    if (word == A3 || word == B3)
        return uint8_t(below(2));
    return uint8_t(1 + below(2));
}

// Mostly a device that is in stage 1.
void Maker::start()
{
    Memory &m = case_.memory;

    for (uint8_t word = 0; word < kWords; word++)
        m[word] = one_in(3) ? value_of(word) : uint8_t(word == A0 || word == A1 || word == S3);
    if (!one_in(3))
        m[S0] = kS1A;
    case_.wide_atoms = one_in(3);
    case_.implied = one_in(4);
    if (one_in(3))
        choose_bystander();
}

// It agrees with the device as long as they share a tag.
void Maker::choose_bystander()
{
    const Outcome first = target(case_.memory);

    case_.bystander = true;
    case_.by_vmid = uint8_t(below(2));
    case_.by_asid = uint8_t(1 + below(2));
    case_.by_root = uint8_t(1 + below(2));
    if (first.kind != Kind::kStage1 || first.vmid != case_.by_vmid || first.asid != case_.by_asid)
        return;
    case_.bystander = first.attr == 0;
    case_.by_root = first.root;
}

void Maker::put(Act act)
{
    case_.cpus[cpu_].push_back(act);
    case_.order.push_back(cpu_);
}

void Maker::store()
{
    Act act{Op::kStore};
    const uint8_t first[] = {S0, S0, S2, S3, A0, A0, A1, A1, A3, B0, B1};

    // Two CPUs that store to one word race; no software does that.
    do
        act.word = first[below(std::size(first))];
    while (owner_[act.word] != cpu_ && owner_[act.word] != kNobody);
    act.value = value_of(act.word);
    if ((act.word == A0 || act.word == B0 || act.word == S2) && one_in(4) &&
        (owner_[act.word + 1] == cpu_ || owner_[act.word + 1] == kNobody)) {
        act.also = uint8_t(act.word + 1);
        act.also_value = value_of(act.also);
        owner_[act.also] = cpu_;
    }
    owner_[act.word] = cpu_;
    put(act);
    n_stores_++;
}

void Maker::stores()
{
    const unsigned n = 1 + below(3);

    for (unsigned i = 0; i < n && n_stores_ < 5; i++) {
        if (i && one_in(3))
            put({Op::kBarrier});
        store();
    }
    if (!one_in(6))
        put({Op::kBarrier});
}

void Maker::command(Cmd cmd)
{
    Act act{Op::kSlot};

    act.cmd = cmd;
    act.index = n_slots_++;
    act.vmid = uint8_t(below(2));
    act.asid = uint8_t(1 + below(2));
    put(act);
}

void Maker::ring()
{
    Act act{Op::kDoorbell};

    if (n_rung_ == n_slots_)
        return;
    act.index = n_rung_ = n_slots_;
    put(act);
}

void Maker::commands()
{
    const Cmd cmds[] = {Cmd::kCfgiSte,   Cmd::kCfgiSte,  Cmd::kCfgiCd,    Cmd::kCfgiCd,
                        Cmd::kCfgiCdAll, Cmd::kCfgiAll,  Cmd::kCfgiOther, Cmd::kTlbiAsid,
                        Cmd::kTlbiAsid,  Cmd::kTlbiAsid, Cmd::kTlbiVmid,  Cmd::kTlbiS12,
                        Cmd::kTlbiAll};
    const unsigned n = 1 + below(2);

    for (unsigned i = 0; i < n && n_invalidations_ < 4; i++) {
        command(cmds[below(std::size(cmds))]);
        n_invalidations_++;
        if (one_in(2))
            ring();
    }
}

// Complete when a WAIT has seen it; another CPU may be the one that sends it or the one that waits.
void Maker::sync()
{
    Act wait{Op::kWait};
    const uint8_t owner = cpu_;

    cpu_ = one_in(6) ? 1 : 0;
    command(Cmd::kSync);
    wait.index = uint8_t(n_slots_ - 1);
    ring();
    if (one_in(6))
        cpu_ = owner;
    if (!one_in(8))
        put(wait);
    cpu_ = owner;
}

void Maker::step()
{
    cpu_ = one_in(8) ? 1 : 0;
    if (one_in(8))
        commands();
    if (!one_in(6))
        stores();
    cpu_ = one_in(6) ? 1 : 0;
    if (!one_in(8))
        commands();
    if (!one_in(6))
        sync();
    cpu_ = 0;
}

void Maker::free_something()
{
    Act act{one_in(2) ? Op::kFreeTable : Op::kFreeRoot};

    act.index = uint8_t(act.op == Op::kFreeRoot ? 1 + below(2) : below(2));
    put(act);
}

Case Maker::make()
{
    const unsigned n_steps = 1 + below(3);
    const bool frees = one_in(6), early = one_in(3);

    start();
    put({Op::kBegin});
    for (unsigned i = 0; i < n_steps; i++)
        step();
    if (frees && early)
        free_something();
    put({Op::kEnd});
    if (one_in(6)) {
        commands();
        sync();
    }
    if (frees && !early)
        free_something();
    return case_;
}

// A recipe, right or with one mistake, on a machine of any kind.
Case Maker::spoil()
{
    const std::vector<Case> all = variants(kRecipes[below(kNRecipes)]);

    case_ = all[below(unsigned(all.size()))];
    case_.wide_atoms = one_in(3);
    case_.implied = one_in(4);
    if (one_in(3))
        choose_bystander();
    return case_;
}

} // namespace

Case random_case(uint64_t seed)
{
    return seed % 3 ? Maker(seed).make() : Maker(seed).spoil();
}

} // namespace brute
