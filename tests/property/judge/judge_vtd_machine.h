// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_machine.h - every order in which stores of a stream become visible and descriptors run,
// with a VT-d that keeps whatever it may keep. Stores of a CPU are visible in its order, and before
// what it writes to registers; software goes on after a barrier, the end of an operation, a free,
// and on another CPU, when its stores are visible, after a wait when the status word is written.
// What is cached need not be used: a machine that keeps more can do all that others do. Knows:
// judge_vtd_stream.h. Must not know: the explorer, any model.
#ifndef TESTS_PROPERTY_JUDGE_VTD_MACHINE_H
#define TESTS_PROPERTY_JUDGE_VTD_MACHINE_H

#include "tests/property/judge/judge_vtd_stream.h"

#include <bitset>
#include <set>
#include <unordered_set>

namespace judge::vtd
{

enum Phase : uint8_t { kBefore, kDuring, kAfter, kPhases };

constexpr size_t kMaxActs = 192, kMaxItems = 1024;

// What one operation let requests meet. @views: as entries say; @hits: as the IOTLB or the device
// has it, with the domain that it is filed under.
struct Seen {
    std::set<Target> views[kPhases], hits[kPhases];
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

// What hardware may hold. An entry is fetched in quanta: @read has a bit for each that was read.
struct Item {
    enum Type : uint8_t {
        kContext,   // of a source
        kDirectory, // the way to a PASID entry, as far as a context entry leads
        kPasid,     // of a source and a PASID
        kIotlb,     // some translation of this regime, for this request
        kFirst,     // caches of page tables: of a PASID and a domain
        kSecond,    // ... of a domain
        kTable,     // a table for one address
        kLeaf,      // a translation of one address, for this request
        kNoLeaf,    // that there is none: caching mode
        kInDevice,  // a device's own, like kIotlb
        kPageInDevice
    };
    Type type = kContext;
    Request request;
    uint32_t did = 0, pasid = 0;
    Regime regime;
    bool ats = false, is_first_stage = false;
    unsigned level = 0, read = 0;
    uint64_t iova = 0, address = 0;
    std::array<Quantum, 4> q = {};

    auto key() const
    {
        return std::tie(type, request, did, pasid, regime, ats, is_first_stage, level, read, iova,
                        address, q);
    }
    bool operator<(const Item &o) const
    {
        return key() < o.key();
    }
};

struct State {
    size_t issued = 0;
    std::bitset<kMaxActs> visible;
    std::bitset<kMaxActs> done; // descriptors, by act
    std::bitset<kMaxItems> held;

    bool operator==(const State &o) const
    {
        return issued == o.issued && visible == o.visible && done == o.done && held == o.held;
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
    using Targets = std::map<Request, std::set<Target>>;

    // judge_vtd_machine.cpp: software, stores, the queue
    void plan();
    bool ordered(size_t early, size_t late) const;
    void reach(State state);
    void issue(State state);
    void show_stores(const State &state);
    void run_queue(const State &state);
    bool may_run(const State &state, const std::vector<size_t> &earlier, const Command &c) const;
    uint64_t read(const State &state, uint64_t address) const;
    Quantum read_quantum(const State &state, uint64_t address) const;
    bool is_stored(uint64_t address) const;

    // judge_vtd_plan.cpp: operations and requests
    void plan_ops();
    void plan_window(Operation &op);
    void plan_pasids(size_t n_acts);
    void plan_pages(const std::vector<sim_record> &all);
    void plan_domains(const std::vector<sim_record> &all);
    Target recorded(size_t n_acts, const Request &request);
    void recorded(size_t n_acts, std::map<Request, Target> &targets);

    // judge_vtd_fetch.cpp: entries
    void drop_straddlers(State &state) const;
    bool fetch(State &state, Targets &targets);
    void fetch_request(State &state, const Request &request, std::set<Target> &targets);
    void fetch_context(State &state, uint32_t sid, std::vector<Context> &contexts);
    void fetch_pasid(State &state, const Request &request, uint32_t pasid, const Context &context,
                     std::set<Target> &targets);
    bool is_over(const Item &part) const;
    void read_more(State &state, const Item &part, unsigned n, std::set<Item> &whole);
    Item first_part(const State &state, Item part, unsigned n) const;
    size_t number(const Item &item);
    void keep(State &state, const Item &item);
    std::vector<Item> held(const State &state, Item::Type type) const;

    // judge_vtd_hold.cpp: translations
    void file(State &state, const Request &request, const Target &target);
    void file_regime(State &state, const Request &request, const Target &target,
                     const Regime &regime);
    void walk(State &state, const Item &iotlb, uint64_t iova);
    void walk_table(State &state, const Item &iotlb, const Item &table);
    void keep_in_device(State &state);
    bool has_ats(uint32_t sid, size_t issued) const;
    void execute(State &state, size_t act) const;
    bool drops(const State &state, const Command &c, const Item &item) const;
    bool drops_entry(const State &state, const Command &c, const Item &item) const;
    uint32_t domain_of(const State &state, const Item &item, bool &is_known) const;
    bool drops_translation(const Command &c, const Item &item) const;

    // judge_vtd_look.cpp: what requests meet
    void look(const State &state, const Targets &targets);
    void look_pages(const State &state, const Targets &targets, Operation &op);
    void look_freed(const State &state, const Targets &targets);
    std::set<Target> hits_of(const State &state, const Request &request) const;
    bool uses(const Regime &regime, uint64_t domain) const;
    bool has_page(const State &state, const Request &request, uint64_t iova) const;
    bool refuses(const State &state, const Regime &regime, uint64_t iova) const;
    bool is_freed(size_t issued, uint64_t address) const;
    Operation *op_of(size_t issued, Phase &phase);

    const Stream &stream_;
    Start start_;
    bool is_caching_ = false;
    std::vector<Request> requests_;
    std::vector<uint64_t> iovas_;                        // whose walks are followed
    std::map<uint64_t, std::set<uint64_t>> table_pages_; // by domain
    std::map<uint64_t, std::vector<size_t>> stores_;     // to a word, in order
    std::vector<std::bitset<kMaxActs>> need_;            // what must be visible first
    std::vector<size_t> slots_;                          // acts, by slot
    std::vector<Command> commands_;                      // by act
    std::map<Item, size_t> number_of_;
    std::vector<Item> items_;
    std::vector<std::pair<State, Targets>> todo_;
    std::unordered_set<State, StateHash> seen_;
    Result result_;
};

} // namespace judge::vtd

#endif
