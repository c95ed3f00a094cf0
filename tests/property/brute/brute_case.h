// SPDX-License-Identifier: BSD-2-Clause
// brute_case.h - a small case of a switch, and all that could come of it: every interleaving of a
// few CPUs with every machine that the architecture permits. It judges the explorer, so it is
// written from the meaning of the verdicts alone.
// Knows: nothing of the project. Must not know: the explorer, any model.
//
// The case has one device. Its stream table entry (three words that count) may point at one of two
// context descriptors, A and B (three words each). A second device, the bystander, never changes.
#ifndef TESTS_PROPERTY_BRUTE_CASE_H
#define TESTS_PROPERTY_BRUTE_CASE_H

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace brute
{

// Words of 8 bytes. STE: 0, 2, 3; CD: 0, 1, 3 of each table.
enum Word : uint8_t { S0, S2, S3, A0, A1, A3, B0, B1, B3, kWords };

// Values of S0. S2 holds a VMID, S3 a stage 2 root, x0 an ASID or 0 for V=0, x1 a root, x3 an
// attribute.
enum Ste : uint8_t { kInvalid, kAbort, kBypass, kS1A, kS1B, kStage2 };

using Memory = std::array<uint8_t, kWords>;

enum class Op : uint8_t {
    kStore,    // word := value; with `also` a second word in the same 16-byte store
    kBarrier,  // earlier acts of this CPU before its later ones
    kSlot,     // command into slot `index` of the queue
    kDoorbell, // slots below `index` are ready
    kWait,     // until the CMD_SYNC in slot `index` is complete
    kBegin,    // of the switch
    kEnd,
    kFreeTable, // `index` 0: the page of A, 1: of B
    kFreeRoot,  // `index`: the stage 1 root
};

enum class Cmd : uint8_t {
    kSync,
    kCfgiSte, // this device
    kCfgiCd,
    kCfgiCdAll,
    kCfgiAll,
    kCfgiOther, // STE of another device
    kTlbiAsid,  // vmid, asid
    kTlbiVmid,  // NH_ALL
    kTlbiS12,   // S12_VMALL
    kTlbiAll,   // NSNH_ALL
};

constexpr uint8_t kNoWord = 0xff;

struct Act {
    Op op;
    uint8_t word = 0, value = 0;
    uint8_t also = kNoWord, also_value = 0;
    uint8_t index = 0;
    Cmd cmd = Cmd::kSync;
    uint8_t vmid = 0, asid = 0;
};

struct Case {
    Memory memory{};
    std::vector<Act> cpus[2];
    std::vector<uint8_t> order; // which CPU acts next; empty: any
    bool wide_atoms = false;    // fetches of 16 bytes
    bool implied = false;       // barriers are not recorded
    bool settled = false;       // a CPU goes on after a barrier only when its stores are visible
    bool bystander = false;
    uint8_t by_vmid = 0, by_asid = 0, by_root = 0;
};

enum class Kind : uint8_t { kRefused, kBypassed, kStage1, kStage2 };

// What one request may get. `root` and `attr` are those of the translation that serves it, which a
// TLB may have had from elsewhere than the configuration that the request saw.
struct Outcome {
    Kind kind = Kind::kRefused;
    uint8_t vmid = 0, asid = 0, root = 0, attr = 0;

    uint64_t key() const
    {
        return uint64_t(kind) << 32 | uint64_t(vmid) << 24 | uint64_t(asid) << 16 |
               uint64_t(root) << 8 | attr;
    }
    bool operator==(const Outcome &other) const
    {
        return key() == other.key();
    }
    bool operator!=(const Outcome &other) const
    {
        return key() != other.key();
    }
    bool operator<(const Outcome &other) const
    {
        return key() < other.key();
    }
};

enum Phase : uint8_t { kBefore, kDuring, kAfter, kPhases };

enum Class : uint8_t { kHitless, kBreaks, kStaleRefusal, kTorn, kStale, kPoisons, kDangles };

struct Result {
    std::set<Outcome> outcomes[kPhases];
    std::set<Outcome> bystander[kPhases];
    std::set<Outcome> views[kPhases]; // as the configuration says, whatever a TLB has
    std::set<Outcome> filed[kPhases]; // in the TLB: tag, root, attribute
    bool dangles = false;
    size_t n_states = 0;
};

Outcome target(const Memory &memory);
Memory final_memory(const Case &c);
Result enumerate(const Case &c);
// Are two answers the same? By effect: where a request gets to, and how. By tuple: also by which
// tags.
enum class Same : uint8_t { kEffect, kTuple };
Class classify(const Case &c, const Result &result, Same same = Same::kEffect);

std::string print(const Case &c);
std::string print(const Outcome &outcome);
std::string print(const std::set<Outcome> &outcomes);
std::string print(const Result &result);
const char *print(Class c);

} // namespace brute

#endif
