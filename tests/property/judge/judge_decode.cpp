// SPDX-License-Identifier: BSD-2-Clause
// judge_decode.cpp - see judge_decode.h. Chapters of IHI 0070: 5.2 STE, 5.4 CD, 3.3 tables, 4
// commands.
#include "tests/property/judge/judge_decode.h"

#include <sstream>

namespace judge
{

namespace
{

constexpr uint64_t kTableAddress = 0x000fffffffffffc0, kPteAddress = 0x0000fffffffff000;

uint64_t bits(uint64_t word, unsigned low, unsigned n)
{
    return word >> low & ((UINT64_C(1) << n) - 1);
}

bool is_good_s2(const Words &w)
{
    const uint64_t t0sz = bits(w[2], 32, 6);

    return bits(w[2], 51, 1) && t0sz >= 16 && t0sz <= 39;
}

void take_s2(const Words &w, Target &target)
{
    target.kind = Kind::kStage2;
    target.tag = {2, uint32_t(bits(w[2], 0, 16)), 0};
    target.regime = {w[3] & 0x000ffffffffffff0, bits(w[2], 32, 8), 0};
}

enum { kTerminate, kBypass, kSsid0 };

// Which CD, for a request with or without SSID (5.2, S1DSS and S1CDMax).
bool choose_cd(const Words &w, const Request &request, bool &is_bypass, uint32_t &index)
{
    const uint64_t max = bits(w[0], 59, 5), dss = bits(w[1], 0, 2);

    is_bypass = false;
    index = 0;
    if (request.ssid == kNoSsid) {
        is_bypass = max && dss == kBypass;
        return !max || is_bypass || dss == kSsid0;
    }
    if (!max || request.ssid >> max || (request.ssid == 0 && dss == kSsid0))
        return false;
    index = request.ssid;
    return true;
}

void bypass(const Words &w, Target &target)
{
    if (target.kind != Kind::kStage2)
        target.kind = Kind::kBypassed;
    target.over = bits(w[1], 44, 2);
}

} // namespace

Ste decode_ste(const Words &w, const Request &request, uint32_t ssid_bits)
{
    const uint64_t config = bits(w[0], 1, 3);
    const bool has_s1 = config & 1, has_s2 = config & 2;
    bool is_bypass = false;
    Ste ste;

    ste.is_over = true;
    ste.eats = bits(w[1], 28, 2) == 1;
    if (!bits(w[0], 0, 1) || !(config & 4) || (has_s2 && !is_good_s2(w)) ||
        (has_s1 && bits(w[0], 59, 5) > ssid_bits))
        return ste;
    if (!has_s1 && request.ssid != kNoSsid)
        return ste;
    if (has_s1 && !choose_cd(w, request, is_bypass, ste.index))
        return ste;
    if (has_s2)
        take_s2(w, ste.target);
    if (!has_s1 || is_bypass) {
        bypass(w, ste.target);
        ste.target.eats = ste.eats && has_s2;
        return ste;
    }
    ste.cds = w[0] & kTableAddress;
    if (has_s2) {
        ste.target.kind = Kind::kGuest;
        ste.target.eats = ste.eats;
        ste.target.guest = ste.cds;
        ste.target.over = bits(w[1], 2, 6) << 2;
        if (bits(w[0], 59, 5) && request.ssid == kNoSsid)
            ste.target.over |= bits(w[1], 0, 2);
        return ste;
    }
    ste.is_over = false;
    ste.is_two_level = bits(w[0], 59, 5) && bits(w[0], 4, 2) != 0;
    ste.vmid = uint32_t(bits(w[2], 0, 16));
    return ste;
}

Target decode_cd(const Words &w, uint32_t vmid)
{
    const uint64_t t0sz = bits(w[0], 0, 6);
    Target target;

    if (!bits(w[0], 31, 1) || !bits(w[0], 41, 1))
        return target;
    target.kind = Kind::kStage1;
    target.tag = {1, vmid, uint32_t(bits(w[0], 48, 16))};
    target.regime.mair = w[3];
    if (w[0] & kEpd0) {
        target.regime.shape = kEpd0;
        return target;
    }
    if (t0sz < 16 || t0sz > 39)
        return {};
    target.regime.root = w[1] & 0x000ffffffffffff0;
    target.regime.shape = t0sz;
    return target;
}

uint64_t decode_l1std(uint64_t word, uint32_t index)
{
    const uint64_t span = bits(word, 0, 5);

    return span && index < UINT64_C(1) << (span - 1) ? word & kTableAddress : 0;
}

uint64_t decode_l1cd(uint64_t word)
{
    return word & 1 ? word & kPteAddress : 0;
}

static void take_pages(const uint64_t *w, Command &c)
{
    const uint64_t n = bits(w[1], 10, 2) ? (bits(w[0], 12, 5) + 1) << bits(w[0], 20, 5) : 1;

    c.cmd = Cmd::kTlbiPages;
    c.is_leaf = w[1] & 1;
    c.first = w[1] & ~(kPage - 1);
    c.last = c.first + (n * kPage - 1);
}

static void take_tlbi(const uint64_t *w, unsigned opcode, Command &c)
{
    c.cmd = Cmd::kTlbi;
    c.stage1 = opcode != 0x2a;
    c.stage2 = opcode >= 0x28;
    c.any_vmid = opcode == 0x30;
    c.any_asid = opcode != 0x11 && opcode != 0x12;
    c.vmid = uint32_t(bits(w[0], 32, 16));
    c.asid = uint32_t(bits(w[0], 48, 16));
    if (opcode == 0x12 || opcode == 0x13 || opcode == 0x2a)
        take_pages(w, c);
}

static void take_atc_inv(const uint64_t *w, Command &c)
{
    const unsigned log2 = unsigned(w[1] & 0x3f);

    c.cmd = Cmd::kAtcInv;
    if (log2 >= 52)
        return;
    c.first = w[1] & ~(kPage - 1);
    c.last = c.first + ((kPage << log2) - 1);
}

Command decode_command(const uint64_t *w)
{
    const unsigned opcode = w[0] & 0xff;
    Command c;

    c.sid = uint32_t(w[0] >> 32);
    c.ssid = uint32_t(bits(w[0], 12, 20));
    c.is_leaf = w[1] & 1;
    switch (opcode) {
    case 0x46:
        c.cmd = Cmd::kSync;
        break;
    case 0x03:
        c.cmd = Cmd::kCfgiSte;
        break;
    case 0x04: // of a range, and never of entries alone
        c.cmd = Cmd::kCfgiSte;
        c.n_sids_log2 = uint32_t(w[1] & 0x1f) + 1;
        c.is_leaf = false;
        break;
    case 0x05:
        c.cmd = Cmd::kCfgiCd;
        break;
    case 0x06:
        c.cmd = Cmd::kCfgiCdAll;
        c.is_leaf = false;
        break;
    case 0x40:
        take_atc_inv(w, c);
        break;
    case 0x10:
    case 0x11:
    case 0x12:
    case 0x13:
    case 0x28:
    case 0x2a:
    case 0x30:
        take_tlbi(w, opcode, c);
        break;
    default:
        break;
    }
    return c;
}

Descriptor decode_pte(uint64_t word, unsigned level)
{
    const bool is_page = level == kLastLevel;
    Descriptor d;

    if (!(word & 1) || (is_page && !(word & 2)))
        return d;
    d.kind = is_page || !(word & 2) ? Pte::kLeaf : Pte::kTable;
    d.address = word & kPteAddress;
    d.is_global = d.kind == Pte::kLeaf && !(word >> 11 & 1);
    return d;
}

// 4 KiB granule: 9 bits a level.
unsigned first_level(const Target &target)
{
    const unsigned n_bits = 64 - unsigned(target.regime.shape & 0x3f);

    if (target.tag.stage == 2)
        return 2 - unsigned(target.regime.shape >> 6);
    return n_bits > 39 ? 0 : n_bits > 30 ? 1 : 2;
}

uint64_t pte_address(uint64_t table, unsigned level, uint64_t iova)
{
    return table + 8 * (iova >> (12 + 9 * (kLastLevel - level)) & 0x1ff);
}

std::string print(const Target &t)
{
    static const char *const kinds[] = {"refused", "bypassed", "s1", "s2", "guest"};
    std::ostringstream out;

    out << kinds[size_t(t.kind)] << std::hex;
    if (t.is_translated())
        out << "(vmid " << t.tag.vmid << " asid " << t.tag.asid << " root " << t.regime.root
            << " shape " << t.regime.shape << " mair " << t.regime.mair << ")";
    if (t.over)
        out << " over " << t.over;
    if (t.guest)
        out << " guest " << t.guest;
    return out.str();
}

std::string print(const Request &request)
{
    const std::string sid = "sid " + std::to_string(request.sid);

    return request.ssid == kNoSsid ? sid : sid + " ssid " + std::to_string(request.ssid);
}

} // namespace judge
