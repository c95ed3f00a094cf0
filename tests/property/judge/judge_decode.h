// SPDX-License-Identifier: BSD-2-Clause
// judge_decode.h - what words of an SMMUv3 mean, typed by hand from IHI 0070 for what small streams
// hold: entries, commands, descriptors of a 4 KiB granule.
// Knows: bits. Must not know: the project's layouts, what a cache holds.
#ifndef TESTS_PROPERTY_JUDGE_DECODE_H
#define TESTS_PROPERTY_JUDGE_DECODE_H

#include <array>
#include <cstdint>
#include <string>
#include <tuple>

namespace judge
{

constexpr uint32_t kNoSsid = 0xffffffff;
constexpr uint64_t kPage = 0x1000;
constexpr unsigned kLastLevel = 3;
using Words = std::array<uint64_t, 8>;

struct Request {
    uint32_t sid = 0, ssid = kNoSsid;
    bool operator<(const Request &o) const
    {
        return std::tie(sid, ssid) < std::tie(o.sid, o.ssid);
    }
};

enum class Kind : uint8_t { kRefused, kBypassed, kStage1, kStage2, kGuest };

// How translations are made: what must not differ under one tag. Stage 1: TTB0, T0SZ and EPD0,
// MAIR. Stage 2: S2TTB, S2T0SZ and S2SL0.
struct Regime {
    uint64_t root = 0, shape = 0, mair = 0;
    bool operator==(const Regime &o) const
    {
        return root == o.root && shape == o.shape && mair == o.mair;
    }
};

// What a TLB files translations under.
struct Tag {
    uint8_t stage = 0;
    uint32_t vmid = 0, asid = 0;
    bool operator==(const Tag &o) const
    {
        return stage == o.stage && vmid == o.vmid && asid == o.asid;
    }
};

// What one request gets. @over: what else the entry says: attributes, how a guest's table is read.
// @guest: the guest's table. @eats: a device's own translation requests are answered.
struct Target {
    Kind kind = Kind::kRefused;
    Tag tag;
    Regime regime;
    uint64_t over = 0, guest = 0;
    bool eats = false;

    auto key() const
    {
        return std::tie(kind, tag.stage, tag.vmid, tag.asid, regime.root, regime.shape, regime.mair,
                        over, guest, eats);
    }
    bool operator<(const Target &o) const
    {
        return key() < o.key();
    }
    bool operator==(const Target &o) const
    {
        return key() == o.key();
    }
    bool is_translated() const
    {
        return kind >= Kind::kStage1;
    }
};

// Stage 1 without tables: only what is in a TLB already.
constexpr uint64_t kEpd0 = 1u << 14;

// Where an STE leads: to its target, or on to a CD.
struct Ste {
    bool is_over = false, is_two_level = false, eats = false;
    Target target;
    uint64_t cds = 0;
    uint32_t index = 0, vmid = 0;
};
Ste decode_ste(const Words &w, const Request &request, uint32_t ssid_bits);
Target decode_cd(const Words &w, uint32_t vmid);
// The table that a first-level descriptor leads to, for entry @index of it; 0 if it is not there.
uint64_t decode_l1std(uint64_t word, uint32_t index);
uint64_t decode_l1cd(uint64_t word);

constexpr unsigned kCdsLog2 = 6; // of a second-level table of CDs

enum class Cmd : uint8_t {
    kOther,
    kSync,
    kCfgiSte,
    kCfgiCd,
    kCfgiCdAll,
    kTlbi,
    kTlbiPages,
    kAtcInv
};

struct Command {
    Cmd cmd = Cmd::kOther;
    uint32_t sid = 0, n_sids_log2 = 0, ssid = 0;
    bool is_leaf = false;
    // A TLBI: stages that it drops; any: whatever the VMID, the ASID.
    bool stage1 = false, stage2 = false, any_vmid = false, any_asid = false;
    uint32_t vmid = 0, asid = 0;
    uint64_t first = 0, last = ~UINT64_C(0);
};
Command decode_command(const uint64_t *w);

enum class Pte : uint8_t { kInvalid, kTable, kLeaf };
struct Descriptor {
    Pte kind = Pte::kInvalid;
    uint64_t address = 0;
    bool is_global = false;
};
Descriptor decode_pte(uint64_t word, unsigned level);
unsigned first_level(const Target &target);
uint64_t pte_address(uint64_t table, unsigned level, uint64_t iova);

std::string print(const Target &target);
std::string print(const Request &request);

} // namespace judge

#endif
