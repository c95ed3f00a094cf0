// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_decode.cpp - see judge_vtd_decode.h. Chapters of the VT-d specification: 9 entries, 6.5
// descriptors, 9.7 and 9.8 page tables.
#include "tests/property/judge/judge_vtd_decode.h"

#include <sstream>

namespace judge::vtd
{

namespace
{

constexpr uint64_t kAddress = 0x000ffffffffff000;
enum EcapBit : uint8_t {
    kDt = 2,
    kPt = 6,
    kSc = 7,
    kMts = 25,
    kNest = 26,
    kPrs = 29,
    kSrs = 31,
    kEafs = 34,
    kPasidCap = 40,
    kSsads = 45,
    kSsts = 46,
    kFsts = 47,
    kSmpwcs = 48,
    kRps = 49,
    kRprivs = 53
};

uint64_t bits(uint64_t word, unsigned low, unsigned n)
{
    return word >> low & ((UINT64_C(1) << n) - 1);
}

// DIDs have 4 + 2 * ND bits.
bool is_good_did(uint64_t did, const Caps &caps)
{
    return did >> (4 + 2 * bits(caps.cap, 0, 3)) == 0;
}

bool is_good_width(uint64_t aw, const Caps &caps)
{
    return aw >= 1 && aw <= 3 && bits(caps.cap, 8 + unsigned(aw), 1);
}

bool is_reserved_clear(const std::array<Quantum, 4> &q, const Caps &caps)
{
    const uint64_t w0 = q[0][0], w1 = q[0][1], w2 = q[1][0];
    const bool ssts = caps.has(kSsts), fsts = caps.has(kFsts), mts = caps.has(kMts);

    if ((w0 & 0xc20) || bits(w1, 16, 7) || bits(w1, 27, 5) || (w2 & 0xf02) || q[1][1])
        return false;
    if (q[2][0] || q[2][1] || q[3][0] || q[3][1] || !is_good_did(bits(w1, 0, 16), caps))
        return false;
    if ((!ssts && (bits(w0, 2, 3) || (w0 & kAddress))) || (bits(w0, 9, 1) && !caps.has(kSsads)))
        return false;
    if ((bits(w1, 23, 1) && !caps.has(kSmpwcs)) || (bits(w1, 24, 1) && !caps.has(kSc)))
        return false;
    if (!mts && (bits(w1, 25, 2) || bits(w1, 32, 32)))
        return false;
    if ((bits(w2, 0, 1) && !caps.has(kSrs)) || (bits(w2, 7, 1) && !caps.has(kEafs)))
        return false;
    return fsts || !(bits(w2, 2, 3) || (w2 & kAddress));
}

Kind kind_of(uint64_t pgtt, const Caps &caps)
{
    switch (pgtt) {
    case 1:
        return caps.has(kFsts) ? Kind::kFirst : Kind::kRefused;
    case 2:
        return caps.has(kSsts) ? Kind::kSecond : Kind::kRefused;
    case 3:
        return caps.has(kNest) ? Kind::kNested : Kind::kRefused;
    case 4:
        return caps.has(kPt) ? Kind::kPass : Kind::kRefused;
    default:
        return Kind::kRefused;
    }
}

} // namespace

bool is_present(const Quantum &q)
{
    return q[0] & 1;
}

uint64_t decode_root(const Quantum &root, uint32_t sid, bool is_scalable)
{
    const bool is_upper = is_scalable && (sid & 0x80);
    const uint64_t word = root[is_upper ? 1 : 0];

    if (!(word & 1) || (word & 0xffe) || (!is_scalable && root[1]))
        return 0;
    return word & kAddress;
}

Context decode_legacy(const Quantum &q, const Caps &caps)
{
    const uint64_t tt = bits(q[0], 2, 2), aw = bits(q[1], 0, 3);
    Context context;

    if (!is_present(q) || bits(q[0], 4, 8) || bits(q[1], 7, 1) || bits(q[1], 24, 40) ||
        !is_good_did(bits(q[1], 8, 16), caps))
        return context;
    if (tt == 3 || (tt == 1 && !caps.has(kDt)) || (tt == 2 && !caps.has(kPt)) ||
        !is_good_width(aw, caps))
        return context;
    // Pass-through: the largest width that there is.
    if (tt == 2 && aw < 3 && is_good_width(aw + 1, caps))
        return context;
    context.is_good = true;
    context.dte = tt == 1;
    context.target.did = uint32_t(bits(q[1], 8, 16));
    context.target.ats = tt == 1;
    context.target.regime.kind = tt == 2 ? Kind::kPass : Kind::kSecond;
    if (tt != 2) {
        context.target.regime.ss = q[0] & kAddress;
        context.target.regime.ss_shape = aw;
    }
    return context;
}

Context decode_context(const std::array<Quantum, 2> &q, const Caps &caps)
{
    const uint64_t w0 = q[0][0], w1 = q[0][1];
    const bool dte = bits(w0, 2, 1), paside = bits(w0, 3, 1), pre = bits(w0, 4, 1);
    Context context;

    if (!is_present(q[0]) || bits(w0, 5, 4) || bits(w1, 21, 43) || q[1][0] || q[1][1])
        return context;
    if ((dte && !caps.has(kDt)) || (paside && !caps.has(kPasidCap)) || (pre && !caps.has(kPrs)) ||
        (bits(w1, 0, 20) && !caps.has(kRps)) || (bits(w1, 20, 1) && !caps.has(kRprivs)))
        return context;
    context.n_pasids = UINT64_C(1) << (bits(w0, 9, 3) + 13);
    context.rid_pasid = uint32_t(bits(w1, 0, 20));
    if ((pre && !dte) || context.rid_pasid >= context.n_pasids)
        return context;
    context.is_good = true;
    context.dte = dte;
    context.paside = paside;
    context.directory = w0 & kAddress;
    return context;
}

uint64_t decode_directory(uint64_t word)
{
    return (word & 1) && !(word & 0xffc) ? word & kAddress : 0;
}

Target decode_pasid(const std::array<Quantum, 4> &q, uint32_t pasid, const Caps &caps)
{
    const uint64_t w0 = q[0][0], w1 = q[0][1], w2 = q[1][0], fspm = bits(w2, 2, 2);
    const Kind kind = kind_of(bits(w0, 6, 3), caps);
    Target t;

    if (!(w0 & 1) || !is_reserved_clear(q, caps))
        return {};
    t.regime.kind = kind;
    if (t.regime.has_ss() && !is_good_width(bits(w0, 2, 3), caps))
        return {};
    if (t.regime.has_fs() && (fspm > 1 || (fspm == 1 && !bits(caps.cap, 60, 1))))
        return {};
    t.did = uint32_t(bits(w1, 0, 16));
    t.pasid = pasid;
    if (t.is_refused())
        return {};
    if (t.regime.has_ss()) {
        t.regime.ss = w0 & kAddress;
        t.regime.ss_shape = bits(w0, 2, 3);
        t.regime.over |= bits(w0, 9, 1) | bits(w1, 26, 1) << 1;
    }
    if (t.regime.has_fs()) {
        t.regime.fs = w2 & kAddress;
        t.regime.fs_shape = fspm;
        t.regime.over |= bits(w2, 0, 1) << 2 | bits(w2, 4, 1) << 3 | bits(w2, 7, 1) << 4 |
                         bits(w1, 25, 1) << 5 | bits(w1, 32, 32) << 32;
    }
    t.regime.over |= bits(w1, 24, 1) << 6;
    t.is_unsnooped = kind != Kind::kPass && !bits(w1, 23, 1);
    return t;
}

/* ---- descriptors ---- */

static void take_pages(const uint64_t *w, Command &c)
{
    const unsigned am = unsigned(bits(w[1], 0, 6));

    c.is_hint = bits(w[1], 6, 1);
    if (c.scope != Scope::kPages)
        return;
    c.first = am >= 52 ? 0 : w[1] & ~((kPage << am) - 1);
    c.last = am >= 52 ? kAllAddresses : c.first + ((kPage << am) - 1);
}

// S: the ones from bit 12 on, and the zero above them, say how many pages.
static void take_device_pages(uint64_t word, bool has_size, Command &c)
{
    unsigned log2 = 0;

    if (has_size) {
        while (log2 < 51 && bits(word, 12 + log2, 1))
            log2++;
        log2++;
    }
    if (log2 >= 51)
        return;
    c.first = word & ~((kPage << log2) - 1);
    c.last = c.first + ((kPage << log2) - 1);
}

static void take_tlb(const uint64_t *w, Command &c)
{
    const uint64_t g = bits(w[0], 4, 2);

    c.did = uint32_t(bits(w[0], 16, 16));
    c.pasid = uint32_t(bits(w[0], 32, 20));
    if (c.cmd == Cmd::kIotlb)
        c.scope = g == 1 ? Scope::kGlobal : g == 2 ? Scope::kDomain : Scope::kPages;
    else
        c.scope = g == 2 ? Scope::kOne : Scope::kPages;
    take_pages(w, c);
}

Command decode_command(const uint64_t *w)
{
    const unsigned type = unsigned(bits(w[0], 0, 4) | bits(w[0], 9, 3) << 4);
    const uint64_t g = bits(w[0], 4, 2);
    Command c;

    switch (type) {
    case 1:
        c.cmd = Cmd::kContext;
        c.scope = g == 1 ? Scope::kGlobal : g == 2 ? Scope::kDomain : Scope::kOne;
        c.did = uint32_t(bits(w[0], 16, 16));
        c.sid = uint32_t(bits(w[0], 32, 16));
        c.function_mask = uint32_t(bits(w[0], 48, 2));
        break;
    case 2:
        c.cmd = Cmd::kIotlb;
        take_tlb(w, c);
        break;
    case 3:
        c.cmd = Cmd::kDevice;
        c.sid = uint32_t(bits(w[0], 32, 16));
        take_device_pages(w[1], w[1] & 1, c);
        break;
    case 5:
        c.cmd = Cmd::kWait;
        c.is_fence = bits(w[0], 6, 1);
        c.tells = bits(w[0], 5, 1);
        c.status = w[1] & ~UINT64_C(3);
        break;
    case 6:
        c.cmd = Cmd::kPiotlb;
        take_tlb(w, c);
        break;
    case 7:
        c.cmd = Cmd::kPasid;
        c.scope = g == 3 ? Scope::kGlobal : g == 0 ? Scope::kDomain : Scope::kOne;
        c.did = uint32_t(bits(w[0], 16, 16));
        c.pasid = uint32_t(bits(w[0], 32, 20));
        break;
    case 8:
        c.cmd = Cmd::kPasidDevice;
        c.sid = uint32_t(bits(w[0], 16, 16));
        c.pasid = uint32_t(bits(w[0], 32, 20));
        c.is_any_pasid = w[1] & 1;
        take_device_pages(w[1], bits(w[1], 11, 1), c);
        break;
    default:
        break;
    }
    return c;
}

/* ---- page tables ---- */

Descriptor decode_pte(uint64_t word, unsigned level, bool is_first_stage)
{
    const bool is_there = is_first_stage ? word & 1 : word & 3;
    const bool is_large = bits(word, 7, 1) && (level == 2 || level == 3);
    Descriptor d;

    if (!is_there)
        return d;
    d.kind = level == 1 || is_large ? Pte::kLeaf : Pte::kTable;
    d.address = word & kAddress;
    if (is_large)
        d.address &= ~((kPage << (9 * (level - 1))) - 1);
    return d;
}

unsigned top_level(const Regime &regime, bool is_first_stage)
{
    return is_first_stage ? 4 + unsigned(regime.fs_shape) : 2 + unsigned(regime.ss_shape);
}

uint64_t pte_address(uint64_t table, unsigned level, uint64_t iova)
{
    return table + 8 * (iova >> (12 + 9 * (level - 1)) & 0x1ff);
}

/* ---- words for people ---- */

std::string print(const Regime &r)
{
    static const char *const kinds[] = {"refused", "pass", "fs", "ss", "nested"};
    std::ostringstream out;

    out << kinds[size_t(r.kind)] << std::hex;
    if (r.has_fs())
        out << " fs " << r.fs << "/" << r.fs_shape;
    if (r.has_ss())
        out << " ss " << r.ss << "/" << r.ss_shape;
    if (r.over)
        out << " over " << r.over;
    return out.str();
}

std::string print(const Target &t)
{
    std::ostringstream out;

    out << print(t.regime);
    if (!t.is_refused())
        out << " did " << t.did << " pasid " << t.pasid;
    return out.str();
}

std::string print(const Request &request)
{
    const std::string sid = "sid " + std::to_string(request.sid);

    return request.pasid == kNoPasid ? sid : sid + " pasid " + std::to_string(request.pasid);
}

} // namespace judge::vtd
