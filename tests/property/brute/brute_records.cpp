// SPDX-License-Identifier: BSD-2-Clause
// brute_records.cpp - see brute_records.h. Bits: IHI 0070, chapters 3.3, 5.2, 5.4, 6.3 and 4.
#include "tests/property/brute/brute_records.h"

#include "sim/text.h"

#include <cstring>

namespace brute
{

namespace
{

constexpr uint64_t kCr0 = 0x20, kCr0Ack = 0x24, kCr1 = 0x28, kCr2 = 0x2c, kStrtabBase = 0x80;
constexpr uint64_t kStrtabBaseCfg = 0x88, kCmdqBase = 0x90, kCmdqProd = 0x98, kCmdqCons = 0x9c;
constexpr uint64_t kEventqBase = 0xa0, kEventqProd = 0x100a8, kEventqCons = 0x100ac;
constexpr uint64_t kSteBytes = 64;
constexpr unsigned kSetupSlots = 4;

// S2P, S1P, TTF AArch64, COHACC, ASID16, VMID16, TTENDIAN little, STALL_MODEL never, TERM_MODEL.
constexpr uint64_t kIdr0 = 0x3 | 2 << 2 | 1 << 4 | 1 << 12 | 1 << 18 | 2 << 21 | 1 << 24 | 1 << 26;
constexpr uint64_t kIdr1 = 8 | 8 << 16 | 8 << 21; // SIDSIZE, EVENTQS, CMDQS
constexpr uint64_t kIdr5 = 0x15;                  // OAS 48 bits, 4 KiB
// STE word 1: S1CIR, S1COR write-back, S1CSH inner, SHCFG incoming.
constexpr uint64_t kSte1 = 1ull << 2 | 1ull << 4 | 3ull << 6 | 1ull << 44;
// STE word 2: S2T0SZ 25, S2SL0 1, S2IR0 and S2OR0 1, S2SH0 3, S2PS 5, S2AA64, S2R.
constexpr uint64_t kSte2 = 25ull << 32 | 1ull << 38 | 1ull << 40 | 1ull << 42 | 3ull << 44 |
                           5ull << 48 | 1ull << 51 | 1ull << 58;
// CD word 0: T0SZ 25, IR0, OR0, SH0, EPD1, V, IPS 5, AA64, R, A, ASET.
constexpr uint64_t kCd0 = 25 | 1ull << 8 | 1ull << 10 | 3ull << 12 | 1ull << 30 | 1ull << 31 |
                          5ull << 32 | 1ull << 41 | 1ull << 45 | 1ull << 46 | 1ull << 47;
constexpr uint64_t kBlock = 0xf41;   // nG, AF, inner shareable, for all, attribute 0
constexpr uint64_t kBlockS2 = 0x7fd; // AF, inner shareable, read and write, normal memory

class Writer
{
  public:
    explicit Writer(uint64_t time_ns) : time_ns_(time_ns)
    {
    }
    std::vector<sim_record> records;

    sim_record &add(sim_record_kind kind, uint8_t cpu = 0)
    {
        sim_record rec;
        sim_record_init(&rec, kind);
        rec.time_ns = time_ns_ += 1000;
        rec.cpu = cpu;
        records.push_back(rec);
        return records.back();
    }
    void store(unsigned structure, uint64_t pa, uint64_t value, uint8_t cpu = 0)
    {
        sim_record &rec = add(SIM_R_STORE, cpu);
        rec.store.structure = uint8_t(structure);
        rec.store.pa = pa;
        rec.store.value = value;
    }
    void reg(uint64_t offset, uint64_t value, uint8_t width = 4, uint8_t cpu = 0)
    {
        sim_record &rec = add(SIM_R_MMIO_WRITE, cpu);
        rec.mmio.offset = offset;
        rec.mmio.value = value;
        rec.mmio.width = width;
    }
    void id(uint64_t offset, uint64_t value)
    {
        sim_record &rec = add(SIM_R_MMIO_READ);
        rec.mmio_read.offset = offset;
        rec.mmio_read.value = value;
    }
    void memory(unsigned structure, uint64_t pa, uint64_t size)
    {
        sim_record &rec = add(SIM_R_MEMORY);
        rec.memory.structure = uint8_t(structure);
        rec.memory.pa = pa;
        rec.memory.size = size;
    }
    void cr0(uint64_t value)
    {
        reg(kCr0, value);
        sim_record &rec = add(SIM_R_WAIT);
        rec.wait.cond = SIM_COND_REG;
        rec.wait.addr = kCr0Ack;
        rec.wait.mask = 0x1f;
        rec.wait.value = value;
    }
    void slot(unsigned index, uint64_t word0, uint64_t word1, uint8_t cpu = 0)
    {
        store(SIM_S_CMD, kCmdq + 16 * index, word0, cpu);
        store(SIM_S_CMD, kCmdq + 16 * index + 8, word1, cpu);
    }
    void wait(unsigned index, uint8_t cpu = 0)
    {
        sim_record &rec = add(SIM_R_WAIT, cpu);
        rec.wait.cond = SIM_COND_QUEUE;
        rec.wait.addr = kCmdq;
        rec.wait.index = index;
    }

  private:
    uint64_t time_ns_;
};

unsigned structure_of(unsigned word)
{
    return word <= S3 ? SIM_S_STE : SIM_S_CD;
}

uint64_t command_word0(const Act &act)
{
    const uint64_t tag = uint64_t(act.vmid) << 32;

    switch (act.cmd) {
    case Cmd::kSync:
        return 0x46;
    case Cmd::kCfgiSte:
        return 0x3 | uint64_t(kSid) << 32;
    case Cmd::kCfgiOther:
        return 0x3 | uint64_t(kSid + 3) << 32;
    case Cmd::kCfgiCd:
        return 0x5 | uint64_t(kSid) << 32;
    case Cmd::kCfgiCdAll:
        return 0x6 | uint64_t(kSid) << 32;
    case Cmd::kCfgiAll:
        return 0x4;
    case Cmd::kTlbiAsid:
        return 0x11 | tag | uint64_t(act.asid) << 48;
    case Cmd::kTlbiVmid:
        return 0x10 | tag;
    case Cmd::kTlbiS12:
        return 0x28 | tag;
    case Cmd::kTlbiAll:
        return 0x30;
    }
    return 0;
}

uint64_t command_word1(const Act &act)
{
    if (act.cmd == Cmd::kCfgiAll)
        return 31;
    return act.cmd == Cmd::kCfgiSte || act.cmd == Cmd::kCfgiOther || act.cmd == Cmd::kCfgiCd;
}

void put_store(Writer &out, const Act &act, uint8_t cpu)
{
    out.store(structure_of(act.word), word_address(act.word), word_value(act.word, act.value), cpu);
    if (act.also == kNoWord)
        return;
    sim_record &rec = out.records.back();
    rec.store.width = 16;
    rec.store.value_hi = word_value(act.also, act.also_value);
    rec.flags |= SIM_RF_ATOMIC;
}

void put_mark(Writer &out, Op op, uint8_t cpu)
{
    sim_record &rec = out.add(op == Op::kBegin ? SIM_R_BEGIN : SIM_R_END, cpu);

    if (op == Op::kBegin) {
        rec.mark.op = SIM_OP_DRV_ATTACH;
        rec.mark.dev = kDev;
    } else {
        rec.mark_end.op = SIM_OP_DRV_ATTACH;
        rec.mark_end.dev = kDev;
    }
}

void put_free(Writer &out, const Act &act, uint8_t cpu)
{
    sim_record &rec = out.add(SIM_R_FREE, cpu);
    const bool table = act.op == Op::kFreeTable;

    rec.memfree.structure = uint8_t(table ? SIM_S_CD : SIM_S_PTE);
    rec.memfree.pa = table ? (act.index ? kCdB : kCdA) : kRoots + act.index * kRootBytes;
    rec.memfree.size = kRootBytes;
}

void put_act(Writer &out, const Act &act, uint8_t cpu)
{
    switch (act.op) {
    case Op::kStore:
        put_store(out, act, cpu);
        break;
    case Op::kBarrier:
        out.add(SIM_R_BARRIER, cpu).barrier.what = SIM_BARRIER_WRITE;
        break;
    case Op::kSlot:
        out.slot(kSetupSlots + act.index, command_word0(act), command_word1(act), cpu);
        break;
    case Op::kDoorbell:
        out.reg(kCmdqProd, kSetupSlots + act.index, 4, cpu);
        break;
    case Op::kWait:
        out.wait(kSetupSlots + act.index, cpu);
        break;
    case Op::kBegin:
    case Op::kEnd:
        put_mark(out, act.op, cpu);
        break;
    case Op::kFreeTable:
    case Op::kFreeRoot:
        put_free(out, act, cpu);
        break;
    }
}

void put_unit(Writer &out, const Case &c)
{
    sim_record &meta = out.add(SIM_R_META);
    meta.meta.key = {"barriers", 8};
    meta.meta.value = {c.implied ? "implied" : "recorded", c.implied ? 7u : 8u};
    sim_record &unit = out.add(SIM_R_IOMMU);
    unit.unit.arch = SIM_ARCH_SMMUV3;
    unit.unit.base = 0x9050000;
    unit.unit.size = 0x20000;
    sim_record &device = out.add(SIM_R_DEVICE);
    device.device.dev = kDev;
    device.device.name = {"0000:00:04.0", 12};
    device.device.requester = kSid;
    out.id(0x0, kIdr0);
    out.id(0x4, kIdr1);
    out.id(0xc, 0);
    out.id(0x14, kIdr5);
    if (!c.bystander)
        return;
    sim_record &second = out.add(SIM_R_DEVICE);
    second.device.dev = kBystanderDev;
    second.device.name = {"0000:00:05.0", 12};
    second.device.requester = kBystanderSid;
}

void put_tables(Writer &out, const Case &c)
{
    const uint64_t other = kStrtab + kBystanderSid * kSteBytes;

    out.memory(SIM_S_STE, kStrtab, 16 * kSteBytes);
    out.memory(SIM_S_CD, kCdA, 3 * kRootBytes);
    out.memory(SIM_S_QUEUE, kCmdq, 16 << kQueueLog2);
    out.memory(SIM_S_QUEUE, kEventq, 32 << kQueueLog2);
    out.memory(SIM_S_PTE, kRoots, kValues * kRootBytes);
    out.memory(SIM_S_PTE, kStage2Roots, kValues * kRootBytes);
    for (unsigned i = 0; i < kValues; i++) {
        out.store(SIM_S_PTE, kRoots + i * kRootBytes, block_of_root(i) | kBlock);
        out.store(SIM_S_PTE, kStage2Roots + i * kRootBytes, block_of_stage2_root(i) | kBlockS2);
    }
    out.store(SIM_S_STE, kStrtab + kSid * kSteBytes + 8, kSte1);
    for (unsigned word = 0; word < kWords; word++)
        out.store(structure_of(word), word_address(word), word_value(word, c.memory[word]));
    if (!c.bystander)
        return;
    out.store(SIM_S_CD, kBystanderCd, word_value(A0, c.by_asid));
    out.store(SIM_S_CD, kBystanderCd + 8, word_value(A1, c.by_root));
    out.store(SIM_S_CD, kBystanderCd + 24, mair(0));
    out.store(SIM_S_STE, other, 0xb | kBystanderCd);
    out.store(SIM_S_STE, other + 8, kSte1);
    out.store(SIM_S_STE, other + 16, word_value(S2, c.by_vmid));
}

void put_registers(Writer &out)
{
    out.cr0(0);
    out.reg(kCr1, 0xd75);  // tables and queues: inner shareable, write-back
    out.reg(kCr2, 1 << 2); // PTM: no broadcast of CPUs
    out.reg(kStrtabBase, kStrtab, 8);
    out.reg(kStrtabBaseCfg, 4);
    out.reg(kCmdqBase, kCmdq | kQueueLog2, 8);
    out.reg(kCmdqProd, 0);
    out.reg(kCmdqCons, 0);
    out.cr0(0x8);
    out.slot(0, 0x4, 31);
    out.slot(1, 0x46, 0);
    out.add(SIM_R_BARRIER).barrier.what = SIM_BARRIER_WRITE;
    out.reg(kCmdqProd, 2);
    out.wait(1);
    out.slot(2, 0x30, 0);
    out.slot(3, 0x46, 0);
    out.add(SIM_R_BARRIER).barrier.what = SIM_BARRIER_WRITE;
    out.reg(kCmdqProd, 4);
    out.wait(3);
    out.reg(kEventqBase, kEventq | kQueueLog2, 8);
    out.reg(kEventqProd, 0);
    out.reg(kEventqCons, 0);
    out.cr0(0xc);
    out.cr0(0xd);
}

} // namespace

uint64_t word_address(unsigned word)
{
    const uint64_t ste = kStrtab + kSid * kSteBytes;
    const uint64_t addresses[kWords] = {ste,       ste + 16, ste + 24, kCdA,     kCdA + 8,
                                        kCdA + 24, kCdB,     kCdB + 8, kCdB + 24};

    return addresses[word];
}

uint64_t mair(unsigned attr)
{
    const uint64_t first[kValues] = {0xff, 0x44, 0x04, 0x00};

    return first[attr];
}

uint64_t word_value(unsigned word, unsigned value)
{
    const uint64_t stes[] = {0, 0x1, 0x9, 0xb | kCdA, 0xb | kCdB, 0xd};

    switch (word) {
    case S0:
        return stes[value];
    case S2:
        return kSte2 | value;
    case S3:
        return kStage2Roots + value * kRootBytes;
    case A0:
    case B0:
        return value ? kCd0 | uint64_t(value) << 48 : 0;
    case A1:
    case B1:
        return kRoots + value * kRootBytes;
    default:
        return mair(value);
    }
}

std::vector<sim_record> records_of_setup(const Case &c)
{
    Writer out(0);

    put_unit(out, c);
    put_tables(out, c);
    put_registers(out);
    return out.records;
}

std::vector<sim_record> records_of_acts(const Case &c)
{
    Writer out(1000000);
    size_t next[2] = {0, 0};

    for (const uint8_t cpu : c.order)
        put_act(out, c.cpus[cpu][next[cpu]++], cpu);
    return out.records;
}

std::string print_records(const Case &c)
{
    std::string text = "iommusim-text/1 records\n";
    std::vector<char> line(SIM_TEXT_MAX_RECORD_BYTES);

    for (const auto &records : {records_of_setup(c), records_of_acts(c)}) {
        for (const sim_record &rec : records)
            text.append(line.data(), sim_text_print_record(&rec, line.data()));
    }
    return text;
}

} // namespace brute
