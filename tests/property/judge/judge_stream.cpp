// SPDX-License-Identifier: BSD-2-Clause
// judge_stream.cpp - see judge_stream.h.
#include "tests/property/judge/judge_stream.h"

#include "sim/diag.h"
#include "sim/text.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace judge
{

namespace
{

constexpr uint64_t kIdr1 = 0x4, kStrtabBase = 0x80, kStrtabCfg = 0x88, kCmdqBase = 0x90,
                   kCmdqProd = 0x98;
constexpr uint64_t kSlotBytes = 16, kStepNs = 100;
constexpr uint64_t kAddress = 0x000fffffffffffe0;
constexpr uint8_t kSync = 0x46;

[[noreturn]] void fail(const char *path, const char *what)
{
    (void)std::fprintf(stderr, "%s: %s\n", path, what);
    std::exit(2);
}

bool is_command(const sim_record &rec, const Machine0 &m)
{
    return rec.kind == SIM_R_STORE && rec.store.structure == SIM_S_CMD && rec.store.pa >= m.queue;
}

bool is_doorbell(const sim_record &rec)
{
    return rec.kind == SIM_R_MMIO_WRITE && rec.mmio.offset == kCmdqProd;
}

void take_register(Machine0 &m, uint64_t offset, uint64_t value)
{
    if (offset == kStrtabBase)
        m.strtab = value & kAddress;
    else if (offset == kStrtabCfg)
        m.strtab_cfg = value;
    else if (offset == kCmdqBase)
        m.queue = value & kAddress;
    else if (offset == kCmdqProd)
        m.prod = uint32_t(value);
}

void take_record(Machine0 &m, const sim_record &rec)
{
    switch (rec.kind) {
    case SIM_R_STORE:
        m.memory[rec.store.pa] = rec.store.value;
        if (rec.store.width == 16)
            m.memory[rec.store.pa + 8] = rec.store.value_hi;
        break;
    case SIM_R_MMIO_WRITE:
        take_register(m, rec.mmio.offset, rec.mmio.value);
        break;
    case SIM_R_MMIO_READ:
        if (rec.mmio_read.offset == kIdr1)
            m.ssid_bits = rec.mmio_read.value >> 6 & 0x1f;
        break;
    case SIM_R_DEVICE:
        m.sid_of[rec.device.dev] = rec.device.requester;
        break;
    default:
        break;
    }
}

Act act_of(const sim_record &rec, const Machine0 &m)
{
    Act act;

    act.cpu = rec.cpu;
    act.records = {rec};
    if (is_command(rec, m)) {
        act.op = Op::kCommand;
        act.index = uint32_t((rec.store.pa - m.queue) / kSlotBytes);
        act.word[0] = rec.store.value;
        act.word[1] = rec.store.value_hi;
    } else if (rec.kind == SIM_R_STORE) {
        act.op = Op::kStore;
        act.pa = rec.store.pa;
        act.word[0] = rec.store.value;
        act.word[1] = rec.store.value_hi;
        act.wide = rec.store.width == 16;
    } else if (rec.kind == SIM_R_BARRIER) {
        act.op = Op::kBarrier;
    } else if (is_doorbell(rec)) {
        act.op = Op::kDoorbell;
        act.index = uint32_t(rec.mmio.value);
    } else if (rec.kind == SIM_R_WAIT && rec.wait.cond == SIM_COND_QUEUE) {
        act.op = Op::kWait;
        act.index = rec.wait.index;
    } else if (rec.kind == SIM_R_FREE) {
        act.op = Op::kFree;
        act.pa = rec.memfree.pa;
        act.size = rec.memfree.size;
    }
    return act;
}

// Marks that stand together, and what stands between them, are one act.
bool joins(const Act &last, const sim_record &rec)
{
    const bool is_map = rec.kind == SIM_R_MAP || rec.kind == SIM_R_UNMAP;

    if (rec.kind == SIM_R_BEGIN)
        return last.op == Op::kBegin;
    return (rec.kind == SIM_R_END || is_map) && last.op == Op::kEnd;
}

} // namespace

void append(Stream &stream, const sim_record &rec, Act act)
{
    const bool is_end = rec.kind == SIM_R_END || rec.kind == SIM_R_UNMAP || rec.kind == SIM_R_MAP;

    if (!stream.acts.empty() && joins(stream.acts.back(), rec)) {
        stream.acts.back().records.push_back(rec);
        return;
    }
    if (rec.kind == SIM_R_BEGIN)
        act.op = Op::kBegin;
    else if (is_end)
        act.op = Op::kEnd;
    stream.acts.push_back(act);
}

Machine0 set_up(const Stream &stream)
{
    Machine0 m;

    for (const sim_record &rec : stream.setup)
        take_record(m, rec);
    return m;
}

std::vector<sim_record> read_records(const char *path)
{
    FILE *file = std::fopen(path, "r");
    sim_diag diag = {};
    sim_text_kind kind;
    sim_stmt stmt;
    std::vector<sim_record> records;
    int more = 0;

    sim_text *text = file ? sim_text_open(file, &diag) : nullptr;
    if (!text || sim_text_header(text, &kind) != 0)
        fail(path, "no records");
    while ((more = sim_text_next(text, &stmt)) == 1) {
        sim_record rec;
        if (sim_text_record(text, &stmt, &rec) != 0)
            fail(path, "a line that is no record");
        // Strings do not last; what they say is known.
        if (rec.kind == SIM_R_META)
            rec.meta = {{"barriers", 8}, {"recorded", 8}};
        else if (rec.kind == SIM_R_DEVICE)
            rec.device.name = {"device", 6};
        records.push_back(rec);
    }
    if (more != 0)
        fail(path, "cannot be read");
    sim_text_close(text);
    (void)std::fclose(file);
    return records;
}

Stream read_stream(const char *path, size_t n_setup)
{
    const std::vector<sim_record> records = read_records(path);
    const size_t n = std::min(n_setup, records.size());
    Stream stream;

    stream.setup.assign(records.begin(), records.begin() + std::ptrdiff_t(n));
    const Machine0 m = set_up(stream);
    for (size_t i = n; i < records.size(); i++)
        append(stream, records[i], act_of(records[i], m));
    return stream;
}

// Slots are numbered anew, each doorbell tells what is there, each wait is for the last CMD_SYNC;
// what would never end, or rings for nothing, is left out.
static Stream renumbered(const Stream &stream)
{
    const uint32_t first = set_up(stream).prod;
    uint32_t n_slots = first, n_rung = first, sync = 0;
    Stream out = stream;

    out.acts.clear();
    for (Act act : stream.acts) {
        if (act.op == Op::kCommand) {
            act.index = n_slots++;
            if ((act.word[0] & 0xff) == kSync)
                sync = n_slots;
        } else if (act.op == Op::kDoorbell) {
            if (n_rung == n_slots)
                continue;
            act.index = n_rung = n_slots;
        } else if (act.op == Op::kWait) {
            if (sync == 0 || n_rung < sync)
                continue;
            act.index = sync - 1;
        }
        out.acts.push_back(act);
    }
    return out;
}

static bool is_mark(const Act &act)
{
    return act.op == Op::kBegin || act.op == Op::kEnd;
}

std::vector<Mutant> mutants(const Stream &stream)
{
    return mutants(stream, renumbered);
}

std::vector<Mutant> mutants(const Stream &stream, Renumber renumbered)
{
    std::vector<Mutant> all;

    for (size_t i = 0; i < stream.acts.size(); i++) {
        Stream fewer = stream;
        if (is_mark(stream.acts[i]))
            continue;
        fewer.acts.erase(fewer.acts.begin() + std::ptrdiff_t(i));
        all.push_back({"drop-" + std::to_string(i), print(stream.acts[i]), renumbered(fewer)});
    }
    for (size_t i = 1; i < stream.acts.size(); i++) {
        Stream other = stream;
        if (stream.acts[i - 1].op == Op::kBegin || stream.acts[i].op == Op::kBegin)
            continue;
        std::swap(other.acts[i - 1], other.acts[i]);
        all.push_back({"swap-" + std::to_string(i),
                       print(stream.acts[i - 1]) + " / " + print(stream.acts[i]),
                       renumbered(other)});
    }
    return all;
}

std::vector<sim_record> records_of(const Stream &stream)
{
    const uint64_t queue = set_up(stream).queue;
    std::vector<sim_record> records = stream.setup;

    for (const Act &act : stream.acts) {
        for (sim_record rec : act.records) {
            if (act.op == Op::kCommand)
                rec.store.pa = queue + act.index * kSlotBytes;
            else if (act.op == Op::kDoorbell)
                rec.mmio.value = act.index;
            else if (act.op == Op::kWait)
                rec.wait.index = act.index;
            records.push_back(rec);
        }
    }
    for (size_t i = 0; i < records.size(); i++)
        records[i].time_ns = (i + 1) * kStepNs;
    return records;
}

std::string print(const Act &act)
{
    std::vector<char> line(SIM_TEXT_MAX_RECORD_BYTES);
    std::string text(line.data(), sim_text_print_record(&act.records[0], line.data()));

    return text.substr(text.find(' ') + 1, text.find('\n') - text.find(' ') - 1);
}

} // namespace judge
