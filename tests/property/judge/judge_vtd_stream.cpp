// SPDX-License-Identifier: BSD-2-Clause
// judge_vtd_stream.cpp - see judge_vtd_stream.h.
#include "tests/property/judge/judge_vtd_stream.h"

#include <algorithm>

namespace judge::vtd
{

namespace
{

constexpr uint64_t kCap = 0x8, kEcap = 0x10, kGcmd = 0x18, kRtaddr = 0x20, kIqt = 0x88, kIqa = 0x90;
constexpr uint64_t kSrtp = 1u << 30, kWideSlots = 1u << 11, kScalable = 1u << 10;
constexpr uint64_t kStepNs = 100;

struct Registers {
    uint64_t rtaddr = 0;
};

void take_register(Start &s, Registers &regs, const sim_rec_mmio &mmio)
{
    if (mmio.offset == kRtaddr) {
        regs.rtaddr = mmio.value;
    } else if (mmio.offset == kGcmd && (mmio.value & kSrtp)) {
        s.root = regs.rtaddr & ~(kPage - 1);
        s.is_scalable = regs.rtaddr & kScalable;
    } else if (mmio.offset == kIqa) {
        s.queue = mmio.value & ~(kPage - 1);
        s.slot_bytes = mmio.value & kWideSlots ? 32 : 16;
    } else if (mmio.offset == kIqt) {
        s.n_slots = uint32_t(mmio.value / s.slot_bytes);
    }
}

void take_record(Start &s, Registers &regs, const sim_record &rec)
{
    switch (rec.kind) {
    case SIM_R_STORE:
        s.memory[rec.store.pa] = rec.store.value;
        if (rec.store.width == 16)
            s.memory[rec.store.pa + 8] = rec.store.value_hi;
        break;
    case SIM_R_MMIO_WRITE:
        take_register(s, regs, rec.mmio);
        break;
    case SIM_R_MMIO_READ:
        if (rec.mmio_read.offset == kCap)
            s.caps.cap = rec.mmio_read.value;
        else if (rec.mmio_read.offset == kEcap)
            s.caps.ecap = rec.mmio_read.value;
        break;
    case SIM_R_DEVICE:
        s.sid_of[rec.device.dev] = rec.device.requester;
        break;
    default:
        break;
    }
}

Act act_of(const sim_record &rec, const Start &s)
{
    Act act;

    act.cpu = rec.cpu;
    act.records = {rec};
    if (rec.kind == SIM_R_STORE) {
        act.op = rec.store.structure == SIM_S_QI ? Op::kCommand : Op::kStore;
        act.pa = rec.store.pa;
        act.word[0] = rec.store.value;
        act.word[1] = rec.store.value_hi;
        act.wide = rec.store.width == 16;
        if (act.op == Op::kCommand)
            act.index = uint32_t((act.pa - s.queue) / s.slot_bytes);
    } else if (rec.kind == SIM_R_BARRIER) {
        act.op = Op::kBarrier;
    } else if (rec.kind == SIM_R_MMIO_WRITE && rec.mmio.offset == kIqt) {
        act.op = Op::kDoorbell;
        act.index = uint32_t(rec.mmio.value / s.slot_bytes);
    } else if (rec.kind == SIM_R_WAIT && rec.wait.cond == SIM_COND_MEM) {
        act.op = Op::kWait;
        act.pa = rec.wait.addr;
    } else if (rec.kind == SIM_R_FREE) {
        act.op = Op::kFree;
        act.pa = rec.memfree.pa;
        act.size = rec.memfree.size;
    }
    return act;
}

// The second half of a descriptor of 32 bytes.
bool is_second_half(const Stream &stream, const Act &act, const Start &s)
{
    return act.op == Op::kCommand && s.slot_bytes == 32 && act.pa % 32 == 16 &&
           !stream.acts.empty() && stream.acts.back().op == Op::kCommand;
}

// A store of 16 bytes that is not atomic is two.
void append_store(Stream &stream, const Act &act)
{
    Act low = act, high = act;

    if (act.op != Op::kStore || !act.wide || (act.records[0].flags & SIM_RF_ATOMIC)) {
        stream.acts.push_back(act);
        return;
    }
    low.wide = high.wide = false;
    low.records[0].store.width = high.records[0].store.width = 8;
    low.records[0].store.value_hi = high.records[0].store.value_hi = 0;
    high.pa += 8;
    high.word[0] = high.records[0].store.value = act.word[1];
    high.records[0].store.pa = high.pa;
    stream.acts.push_back(low);
    stream.acts.push_back(high);
}

void add(Stream &stream, const sim_record &rec, const Start &s)
{
    const Act act = act_of(rec, s);

    if (is_second_half(stream, act, s))
        stream.acts.back().records.push_back(rec);
    else if (rec.kind == SIM_R_STORE)
        append_store(stream, act);
    else
        append(stream, rec, act);
}

bool find_wait(const Stream &stream, uint64_t status, uint32_t n_rung, uint32_t &slot)
{
    for (const Act &act : stream.acts) {
        const Command c = decode_command(act.word);
        if (act.op == Op::kCommand && act.index < n_rung && c.cmd == Cmd::kWait && c.tells &&
            c.status == status) {
            slot = act.index;
            return true;
        }
    }
    return false;
}

// Slots are numbered anew, each doorbell tells what is there; what would never end, or rings for
// nothing, is left out.
Stream renumbered(const Stream &stream)
{
    const uint32_t first = start_of(stream).n_slots;
    uint32_t n_slots = first, n_rung = first;
    Stream out = stream;

    out.acts.clear();
    for (Act act : stream.acts) {
        if (act.op == Op::kCommand) {
            act.index = n_slots++;
        } else if (act.op == Op::kDoorbell) {
            if (n_rung == n_slots)
                continue;
            act.index = n_rung = n_slots;
        } else if (act.op == Op::kWait && !find_wait(out, act.pa, n_rung, act.index)) {
            continue;
        }
        out.acts.push_back(act);
    }
    return out;
}

} // namespace

Start start_of(const Stream &stream)
{
    Registers regs;
    Start s;

    for (const sim_record &rec : stream.setup)
        take_record(s, regs, rec);
    return s;
}

Stream read_stream(const char *path, size_t n_setup)
{
    return stream_of(read_records(path), n_setup);
}

Stream stream_of(const std::vector<sim_record> &records, size_t n_setup)
{
    const size_t n = std::min(n_setup, records.size());
    Stream stream;

    stream.setup.assign(records.begin(), records.begin() + std::ptrdiff_t(n));
    const Start s = start_of(stream);
    for (size_t i = n; i < records.size(); i++)
        add(stream, records[i], s);
    return renumbered(stream);
}

std::vector<Mutant> mutants(const Stream &stream)
{
    return judge::mutants(stream, renumbered);
}

std::vector<sim_record> records_of(const Stream &stream)
{
    const Start s = start_of(stream);
    std::vector<sim_record> records = stream.setup;

    for (const Act &act : stream.acts) {
        for (size_t i = 0; i < act.records.size(); i++) {
            sim_record rec = act.records[i];
            if (act.op == Op::kCommand)
                rec.store.pa = s.queue + act.index * s.slot_bytes + 16 * i;
            else if (act.op == Op::kDoorbell)
                rec.mmio.value = act.index * s.slot_bytes;
            records.push_back(rec);
        }
    }
    for (size_t i = 0; i < records.size(); i++)
        records[i].time_ns = (i + 1) * kStepNs;
    return records;
}

} // namespace judge::vtd
