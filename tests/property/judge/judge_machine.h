// SPDX-License-Identifier: BSD-2-Clause
// judge_machine.h - every order in which stores of a stream become visible and its commands run,
// with hardware that keeps whatever it may keep. Software acts in the order of its records; it goes
// on after a barrier when its stores are visible, after a wait when the CMD_SYNC is complete. What
// is cached need not be used: a machine that keeps more can do all that others do. Knows:
// judge_decode.h. Must not know: the explorer, any model.
#ifndef TESTS_PROPERTY_JUDGE_MACHINE_H
#define TESTS_PROPERTY_JUDGE_MACHINE_H

#include "tests/property/judge/judge_decode.h"
#include "tests/property/judge/judge_stream.h"

#include <bitset>
#include <set>
#include <unordered_set>

namespace judge
{

enum Phase : uint8_t { kBefore, kDuring, kAfter, kPhases };

constexpr size_t kMaxActs = 192, kMaxBits = 192;

// What one operation let requests meet. @views: as entries say, @hits: as a TLB has it, for a
// request that met such an entry, @all: both.
struct Seen {
    std::set<Target> views[kPhases], hits[kPhases], all[kPhases];
    bool is_ats_refused[kPhases] = {}; // a device's translation request
};

struct Operation {
    sim_rec_mark mark = {}; // the innermost
    uint8_t outer = 0;      // SIM_OP_* of the outermost
    size_t begin = 0, end = 0;
    std::map<Request, Seen> seen;
    std::map<Request, Target> before, after; // as recorded
    std::map<Request, size_t> open_to;       // acts until memory changes again, for nobody
    bool has_stores = false;
    bool has_pages = false;   // after the end of an unmap, still a translation
    bool lacks_pages = false; // after the end of a map, no translation
    bool dangles = false;
};

struct Result {
    std::vector<Operation> ops;
    bool dangles_outside = false;
    size_t n_states = 0;
};

using Bits = std::bitset<kMaxBits>;

struct State {
    size_t issued = 0;
    std::bitset<kMaxActs> visible;
    std::bitset<kMaxActs> done; // commands, by act
    std::vector<uint64_t> held; // values of an atom, by number
    Bits tlb, pieces, atc;

    bool operator==(const State &o) const
    {
        return issued == o.issued && visible == o.visible && done == o.done && held == o.held &&
               tlb == o.tlb && pieces == o.pieces && atc == o.atc;
    }
};

struct StateHash {
    size_t operator()(const State &state) const;
};

class Machine
{
  public:
    explicit Machine(const Stream &stream);
    Result run();

  private:
    // An entry that hardware may hold: found by @type, @sid and @index, fetched at @address.
    enum Type : uint8_t { kL1std, kSte, kL1cd, kCd };
    struct Item {
        Type type;
        uint32_t sid, index;
        uint64_t address;
        unsigned n_words;
        size_t first; // of its atoms, in State::held
    };
    static constexpr uint32_t kNobody = 0xffffffff;
    // What a walk may keep, for one address: a descriptor of a table, or of a page.
    struct Piece {
        Tag tag;
        uint64_t iova, address;
        unsigned level;
        bool is_table, is_global, is_combined;
        uint32_t kept_by = kNobody; // the StreamID whose device has it, not the IOMMU
        bool operator==(const Piece &o) const
        {
            return tag == o.tag && iova == o.iova && address == o.address && level == o.level &&
                   is_table == o.is_table && is_combined == o.is_combined && kept_by == o.kept_by;
        }
    };
    struct Filed {
        Tag tag;
        Regime regime;
        bool operator==(const Filed &o) const
        {
            return tag == o.tag && regime == o.regime;
        }
    };
    // What a device with ATS has translated.
    struct Kept {
        Request request;
        Target target;
    };
    using Targets = std::map<Request, std::set<Target>>;

    // judge_machine.cpp: software, stores, the queue
    void plan();
    void plan_ops();
    void plan_window(Operation &op);
    void plan_pasids(size_t n_acts);
    void plan_pages(const std::vector<sim_record> &all);
    void reach(State state);
    void issue(State state);
    void show_stores(const State &state);
    void run_queue(const State &state);
    void execute(State &state, size_t act) const;
    bool ordered(size_t early, size_t late) const;
    uint64_t read(const State &state, uint64_t address) const;
    Target recorded(size_t n_acts, const Request &request);
    void recorded(size_t n_acts, std::map<Request, Target> &targets);

    // judge_hold.cpp: what is kept
    bool fetch(State &state, Targets &targets);
    bool fetch_entries(State &state, const Request &request, std::set<Target> &targets);
    void after_l1std(State &state, const Request &request, std::set<Target> &targets);
    void after_ste(State &state, const Request &request, const Ste &ste, std::set<Target> &targets);
    size_t item(Type type, uint32_t sid, uint32_t index, uint64_t address, unsigned n_words);
    void load(State &state, size_t item);
    std::vector<Words> combinations(const State &state, Type type, uint32_t sid,
                                    uint32_t index) const;
    void file(State &state, const Target &target);
    void walk(State &state, const Target &target, uint64_t iova);
    void walk_table(State &state, const Target &target, uint64_t iova, unsigned level,
                    uint64_t table);
    void keep(State &state, const Piece &piece);
    bool has_ats(uint32_t sid, size_t issued) const;
    void keep_in_device(State &state, const Request &request, const Target &target);
    void drop_atc(State &state, const Command &command) const;
    void drop_entries(State &state, const Command &command) const;
    void drop_tlb(State &state, const Command &command) const;
    bool drops(const Command &command, const Piece &piece) const;

    // judge_look.cpp: what a request meets
    void look(const State &state, const Targets &targets);
    void look_pages(const State &state, const Targets &targets, Operation &op);
    void look_freed(const State &state, const Targets &targets);
    std::set<Target> hits_of(const State &state, const Request &request,
                             const std::set<Target> &views) const;
    bool has_page(const State &state, const Target &target, uint64_t iova, uint32_t sid) const;
    bool refuses(const State &state, const Target &target, uint64_t iova) const;
    bool is_freed(size_t issued, uint64_t address) const;
    Operation *op_of(size_t issued, Phase &phase);

    const Stream &stream_;
    Machine0 start_;
    std::vector<Request> requests_;
    std::vector<uint64_t> iovas_;                    // whose walks are followed
    std::map<uint64_t, std::vector<size_t>> stores_; // to a word, in order
    std::vector<std::bitset<kMaxActs>> need_;        // what must be visible first
    std::vector<size_t> slots_;                      // acts, by slot
    std::vector<Command> commands_;                  // by act
    std::vector<Item> items_;
    std::vector<std::vector<std::array<uint64_t, 2>>> values_; // by atom
    std::vector<Piece> pieces_;
    std::vector<Filed> filed_;
    std::vector<Kept> kept_;
    std::vector<std::pair<State, Targets>> todo_;
    std::unordered_set<State, StateHash> seen_;
    Result result_;
    bool is_changed_ = false;
};

} // namespace judge

#endif
