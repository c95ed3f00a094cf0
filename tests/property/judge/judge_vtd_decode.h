// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_decode.h - what words of a VT-d mean, typed by hand from the architecture for what
// small streams hold: entries, descriptors of the queue, page tables of both stages.
// Knows: bits. Must not know: the project's layouts, what a cache holds.
#ifndef TESTS_PROPERTY_JUDGE_VTD_DECODE_H
#define TESTS_PROPERTY_JUDGE_VTD_DECODE_H

#include <array>
#include <cstdint>
#include <string>
#include <tuple>

namespace judge::vtd
{

constexpr uint32_t kNoPasid = 0xffffffff;
constexpr uint64_t kPage = 0x1000;
constexpr uint64_t kAllAddresses = ~UINT64_C(0);
using Quantum = std::array<uint64_t, 2>; // 16 bytes, read at once

struct Request {
    uint32_t sid = 0, pasid = kNoPasid;
    bool operator<(const Request &o) const
    {
        return std::tie(sid, pasid) < std::tie(o.sid, o.pasid);
    }
    bool operator==(const Request &o) const
    {
        return sid == o.sid && pasid == o.pasid;
    }
};

enum class Kind : uint8_t { kRefused, kPass, kFirst, kSecond, kNested };

// How translations are made, and so what they are: tables and their shape. @fs_shape: FSPM,
// @ss_shape: AW, @over: rights and attributes that the entry says.
struct Regime {
    Kind kind = Kind::kRefused;
    uint64_t fs = 0, fs_shape = 0, ss = 0, ss_shape = 0, over = 0;

    auto key() const
    {
        return std::tie(kind, fs, fs_shape, ss, ss_shape, over);
    }
    bool operator==(const Regime &o) const
    {
        return key() == o.key();
    }
    bool operator<(const Regime &o) const
    {
        return key() < o.key();
    }
    bool has_fs() const
    {
        return kind == Kind::kFirst || kind == Kind::kNested;
    }
    bool has_ss() const
    {
        return kind == Kind::kSecond || kind == Kind::kNested;
    }
    bool has_same_tables(const Regime &o) const
    {
        return kind == o.kind && fs == o.fs && fs_shape == o.fs_shape && has_same_ss(o);
    }
    bool has_same_ss(const Regime &o) const
    {
        return ss == o.ss && ss_shape == o.ss_shape;
    }
};

// What one request gets: @did and @pasid tag what is made of it. @ats: a device's own translation
// requests are answered. @is_unsnooped: tables are read past the caches of CPUs, so that
// flushes count.
struct Target {
    Regime regime;
    uint32_t did = 0, pasid = 0;
    bool ats = false, is_unsnooped = false;

    auto key() const
    {
        return std::tie(regime, did, pasid, ats);
    }
    bool operator==(const Target &o) const
    {
        return key() == o.key();
    }
    bool operator<(const Target &o) const
    {
        return key() < o.key();
    }
    bool is_refused() const
    {
        return regime.kind == Kind::kRefused;
    }
};

// What the capability registers say (1.1, 1.2).
struct Caps {
    uint64_t cap = 0, ecap = 0;
    bool caching_mode() const
    {
        return cap >> 7 & 1;
    }
    bool has(unsigned ecap_bit) const
    {
        return ecap >> ecap_bit & 1;
    }
};

// A context entry of scalable mode leads to a directory, one of legacy mode to its target.
struct Context {
    bool is_good = false, dte = false, paside = false;
    uint64_t directory = 0, n_pasids = 0;
    uint32_t rid_pasid = 0;
    Target target; // legacy
};
bool is_present(const Quantum &q);
// The context table for @sid; 0: it is not there.
uint64_t decode_root(const Quantum &root, uint32_t sid, bool is_scalable);
Context decode_legacy(const Quantum &q, const Caps &caps);
Context decode_context(const std::array<Quantum, 2> &q, const Caps &caps);
uint64_t decode_directory(uint64_t word); // 0: no table
Target decode_pasid(const std::array<Quantum, 4> &q, uint32_t pasid, const Caps &caps);

enum class Cmd : uint8_t {
    kOther,
    kContext,
    kPasid,
    kIotlb,
    kPiotlb,
    kDevice,
    kPasidDevice,
    kWait
};
enum class Scope : uint8_t { kGlobal, kDomain, kOne, kPages };

// One descriptor of the invalidation queue. @scope kOne: a source, a PASID of a domain.
struct Command {
    Cmd cmd = Cmd::kOther;
    Scope scope = Scope::kGlobal;
    uint32_t did = 0, sid = 0, pasid = 0, function_mask = 0;
    bool is_hint = false, is_any_pasid = false;
    bool is_fence = false, tells = false;
    uint64_t status = 0; // where a wait writes
    uint64_t first = 0, last = kAllAddresses;
};
Command decode_command(const uint64_t *w);

enum class Pte : uint8_t { kInvalid, kTable, kLeaf };
struct Descriptor {
    Pte kind = Pte::kInvalid;
    uint64_t address = 0;
};
Descriptor decode_pte(uint64_t word, unsigned level, bool is_first_stage);
// Levels count down to 1, whose entries lead to pages.
unsigned top_level(const Regime &regime, bool is_first_stage);
uint64_t pte_address(uint64_t table, unsigned level, uint64_t iova);

std::string print(const Regime &regime);
std::string print(const Target &target);
std::string print(const Request &request);

} // namespace judge::vtd

#endif
