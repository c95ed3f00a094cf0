// SPDX-License-Identifier: BSD-2-Clause
// replay_machine.h - a queue, a memory and a very small unit for the tests of a replay.
// Knows: records as text, registers by offset. Must not know: any model of the house.
//
// The unit answers a request from a table of 8-byte entries (bit 0: valid, the rest: a page), runs
// commands in one go unless that at slot 0 has opcode 0xff, and acknowledges CR0. Its whole state
// is one plain struct, so that it can be put back.
#ifndef TESTS_REPLAY_MACHINE_H
#define TESTS_REPLAY_MACHINE_H

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernel-glue/replay/rpl.h"
#include "sim/posted.h"

namespace replay
{

// Offsets typed from the register map (IHI 0070G.b, 6.2).
enum Reg : uint32_t {
    CR0 = 0x20,
    CR0ACK = 0x24,
    IRQ_CTRL = 0x50,
    GERROR = 0x60,
    GERRORN = 0x64,
    STRTAB_BASE = 0x80, // the fake unit's table of pages
    CMDQ_BASE = 0x90,
    CMDQ_PROD = 0x98,
    CMDQ_CONS = 0x9c,
    EVENTQ_BASE = 0xa0,
    EVENTQ_PROD = 0x100a8,
    EVENTQ_CONS = 0x100ac,
    PRIQ_PROD = 0x100c8,
    PRIQ_CONS = 0x100cc,
};

struct Write {
    uint64_t time_ps;
    uint64_t offset;
    uint64_t value;

    bool operator==(const Write &other) const
    {
        return time_ps == other.time_ps && offset == other.offset && value == other.value;
    }
};

// A command given past the queue.
struct Given {
    uint64_t time_ps;
    uint64_t q0, q1;

    bool operator==(const Given &other) const
    {
        return time_ps == other.time_ps && q0 == other.q0 && q1 == other.q1;
    }
};

struct Seen {
    uint8_t kind;
    uint64_t seq;
    uint64_t start_ps;
    uint64_t end_ps;
    bool gave_up;
};

struct Fact {
    uint32_t kind;
    uint64_t time_ps;
    uint64_t seq;
    uint64_t arg0;

    bool operator==(const Fact &other) const
    {
        return kind == other.kind && time_ps == other.time_ps && seq == other.seq &&
               arg0 == other.arg0;
    }
};

struct Outcome {
    std::vector<Seen> records;
    std::vector<Fact> facts;
    std::vector<sim_dma_seen> answers; // not of probes
    std::vector<sim_dma_seen> probes;
    std::vector<uint64_t> probe_told; // records told before each probe
    std::vector<Write> writes;        // that the unit got
    std::vector<Given> given;         // likewise
    std::vector<uint64_t> instants;
    rpl_stats stats{};
    std::map<uint64_t, uint64_t> memory;             // what Stage::look_at asked for
    std::vector<sim_posted::sim_posted_word> hidden; // that the unit did not see at the end
    int error = 0;
};

struct Stage {
    std::string text; // statements, without the header
    rpl_config config;
    uint64_t sync_ps = 300000;  // from a doorbell to the read pointer
    uint64_t ack_ps = 20000;    // from CR0 to CR0ACK
    uint64_t dma_ps = 100000;   // from a request to its answer
    uint32_t n_slots = 4;       // requests in flight
    bool sync_comes = true;     // else the read pointer never moves
    bool emits_unknown = false; // a fact UNKNOWN_READ with each answer
    uint32_t event_at_prod = 0; // a doorbell with this value makes events...
    uint32_t n_events = 0;      // ...so many
    uint32_t n_pages = 0;       // and so many page requests
    bool is_stubborn = false;   // the bad command is an error whatever memory holds now
    uint64_t arch = SIM_ARCH_SMMUV3;
    uint64_t irq_at = 0; // a write there raises irq; 0 = none
    sim_irq irq = SIM_IRQ_FAULT;
    bool is_posted = false;         // stores are late...
    bool is_cached = false;         // ...in a cache first,
    bool has_buffer = false;        // then in a buffer
    std::vector<uint64_t> probe_at; // instants; empty = no probes
    std::vector<uint64_t> look_at;  // addresses whose words are wanted at the end

    Stage();
};

std::unique_ptr<rpl_scanner, void (*)(rpl_scanner *)> scan(const std::string &text);
Outcome replay(const Stage &stage);

const char unit_line[] = "@0 iommu 0 smmuv3 0x9050000 0x10e00\n";

} // namespace replay

#endif
