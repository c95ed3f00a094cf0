// SPDX-License-Identifier: BSD-2-Clause
// brute_machine.h - the states of a case. Hardware keeps whatever it may keep: what is cached need
// not be used, so a machine that keeps more can do all that a machine which keeps less does. What
// must be tried one by one is who acts next: a CPU, a store on its way, a command.
#ifndef TESTS_PROPERTY_BRUTE_MACHINE_H
#define TESTS_PROPERTY_BRUTE_MACHINE_H

#include "tests/property/brute/brute_case.h"

#include <unordered_set>

namespace brute
{

constexpr unsigned kAtoms = 3, kTables = 2, kCpus = 2;

// No padding: states are compared as bytes.
struct State {
    uint64_t tlb = 0;                  // by number in Machine::entries
    uint64_t ste[kAtoms] = {};         // values that may be held, by number in Machine::values
    uint64_t cd[kTables][kAtoms] = {}; // keyed by the device; fetched from table A or B
    uint32_t issued[kCpus] = {};       // acts of a CPU: how many it has done
    uint32_t visible[kCpus] = {};      // and which of them are visible
    uint32_t done = 0;                 // commands
    Memory memory{};
    uint8_t phase = kBefore, prod = 0, freed_tables = 0, freed_roots = 0;
    uint8_t pad[7] = {};

    bool operator==(const State &other) const;
};

static_assert(std::has_unique_object_representations_v<State>);

struct StateHash {
    size_t operator()(const State &state) const;
};

class Machine
{
  public:
    explicit Machine(const Case &c);
    Result run();

  private:
    void plan(unsigned cpu);
    uint32_t before(unsigned cpu, unsigned act) const;
    bool ordered(unsigned cpu, unsigned early, unsigned late) const;
    void plan_pointer(unsigned cpu, unsigned act);
    void plan_doorbell(unsigned cpu, unsigned act);

    void reach(State state);
    void step_cpus(const State &state);
    void issue(State state, unsigned cpu);
    void step_stores(const State &state);
    void show(State &state, unsigned cpu, unsigned act);
    void step_queue(const State &state);
    void execute(State &state, const Act &act);
    void drop_tlb(State &state, const Act &act);

    void fetch(State &state);
    void look(const State &state);
    void look_bystander(const State &state);
    void look_freed(const State &state);

    std::vector<Memory> ste_views(const State &state) const;
    std::vector<Memory> cd_views(const State &state, unsigned table) const;
    std::vector<Outcome> views(const State &state) const;
    Outcome bystander() const;
    unsigned number(uint16_t value);
    unsigned entry(const Outcome &outcome);
    uint16_t atom(const Memory &memory, unsigned base, unsigned atom, bool cd) const;

    const Case &case_;
    unsigned n_atoms_;
    std::vector<uint16_t> values_;
    std::vector<Outcome> entries_;
    uint32_t buffered_[kCpus] = {};                        // acts that become visible later
    std::vector<std::array<uint32_t, kCpus>> need_[kCpus]; // what must be visible first
    const Act *slots_[32] = {};
    std::vector<State> todo_;
    std::unordered_set<State, StateHash> seen_;
    Result result_;
};

} // namespace brute

#endif
