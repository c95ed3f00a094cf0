// SPDX-License-Identifier: BSD-2-Clause
// agree_stream.cpp - see agree_stream.h.
#include "tests/property/agree/agree_stream.h"

namespace agree
{

namespace
{

constexpr unsigned kQueueLog2 = 7;
constexpr uint64_t kCmdqProd = 0x98;

} // namespace

const char *name_of(Slip slip)
{
    static const char *const names[unsigned(Slip::kCount)] = {
        "no CFGI",
        "no wait",
        "no CMD_SYNC",
        "no TLBI",
        "no ATC_INV",
        "no barrier",
        "no doorbell",
        "wrong StreamID",
        "wrong SSID",
        "wrong ASID",
        "wrong VMID",
        "wrong address",
        "one too short",
        "leaves only",
        "torn",
        "other order",
        "freed early",
        "shared tag",
        "forgotten store",
        "invalidated first",
        "ATC first",
        "no break first",
        "range without units",
        "PASID left behind",
    };

    return names[unsigned(slip)];
}

uint64_t cd_table(unsigned dev, unsigned which)
{
    return kCdTables + (dev * kCdTablesEach + which) * kCdTableBytes;
}

uint64_t root_of(unsigned domain)
{
    return kRoots + domain * kRootBytes;
}

uint64_t root_of_parent(unsigned parent)
{
    return kRootsS2 + parent * kRootBytes;
}

// Pages of both tables of the last level, and one of the blocks.
uint64_t random_iova(Writer &out)
{
    const unsigned kind = out.below(8);

    if (kind == 0)
        return kGiB + 0x5000;
    return (kind < 4 ? 0 : kMiB2) + out.below(kPages) * kKiB4 + out.below(16) * 8;
}

sim_record &Writer::add(sim_record_kind kind)
{
    sim_record rec;

    sim_record_init(&rec, kind);
    rec.time_ns = time_ns_ += 1000;
    rec.cpu = cpu;
    stream_.records.push_back(rec);
    return stream_.records.back();
}

void Writer::remember(uint64_t pa, uint64_t value)
{
    std::vector<Version> &versions = stream_.history[pa];

    if (!versions.empty())
        versions.back().gone = seq();
    versions.push_back({value, seq(), 0});
    words_[pa] = value;
}

void Writer::ask_by_chance()
{
    if (!has_requests || below(3))
        return;
    uint32_t sid = kSids[below(kDevices)], pasid = UINT32_MAX;
    if (!pasids.empty() && below(3) == 0) {
        const auto &one = pasids[below(unsigned(pasids.size()))];
        sid = one.first;
        pasid = one.second;
    } else if (below(20) == 0) {
        pasid = kSsids[below(3)];
    }
    request(sid, pasid, random_iova(*this), below(3) == 0);
}

void Writer::store(unsigned structure, uint64_t pa, uint64_t value)
{
    sim_record &rec = add(SIM_R_STORE);

    rec.store.structure = uint8_t(structure);
    rec.store.pa = pa;
    rec.store.value = value;
    remember(pa, value);
    ask_by_chance();
}

void Writer::store_pair(unsigned structure, uint64_t pa, uint64_t low, uint64_t high)
{
    sim_record &rec = add(SIM_R_STORE);

    rec.store.structure = uint8_t(structure);
    rec.store.pa = pa;
    rec.store.value = low;
    rec.store.value_hi = high;
    rec.store.width = 16;
    rec.flags |= SIM_RF_ATOMIC;
    remember(pa, low);
    remember(pa + 8, high);
}

uint64_t Writer::word(uint64_t pa) const
{
    const auto found = words_.find(pa);

    return found == words_.end() ? 0 : found->second;
}

void Writer::memory(unsigned structure, uint64_t pa, uint64_t size)
{
    sim_record &rec = add(SIM_R_MEMORY);

    rec.memory.structure = uint8_t(structure);
    rec.memory.pa = pa;
    rec.memory.size = size;
    for (auto &[at, value] : words_) {
        if (at >= pa && at < pa + size && value)
            remember(at, 0);
    }
}

void Writer::reg(uint64_t offset, uint64_t value, uint8_t width)
{
    sim_record &rec = add(SIM_R_MMIO_WRITE);

    rec.mmio.offset = offset;
    rec.mmio.value = value;
    rec.mmio.width = width;
}

void Writer::id(uint64_t offset, uint64_t value)
{
    sim_record &rec = add(SIM_R_MMIO_READ);

    rec.mmio_read.offset = offset;
    rec.mmio_read.value = value;
}

void Writer::handshake(uint64_t offset, uint64_t ack, uint64_t value, uint64_t mask)
{
    reg(offset, value);
    sim_record &rec = add(SIM_R_WAIT);
    rec.wait.cond = SIM_COND_REG;
    rec.wait.addr = ack;
    rec.wait.mask = mask;
    rec.wait.value = value;
}

void Writer::barrier()
{
    if (stream_.is_recorded && !slip(Slip::kNoBarrier))
        add(SIM_R_BARRIER).barrier.what = SIM_BARRIER_WRITE;
}

void Writer::command(const char *name, uint64_t word0, uint64_t word1)
{
    store_pair(SIM_S_CMD, kQueue + 16 * (position_ % (1u << kQueueLog2)), word0, word1);
    position_++;
    stream_.n_commands[name]++;
}

void Writer::doorbell()
{
    barrier();
    if (slip(Slip::kNoDoorbell))
        return;
    reg(kCmdqProd, position_ % (2u << kQueueLog2));
    ask_by_chance();
}

void Writer::sync()
{
    if (slip(Slip::kNoSync)) {
        doorbell();
        return;
    }
    command("CMD_SYNC", 0x46, 0);
    const uint32_t index = (position_ - 1) % (1u << kQueueLog2);
    barrier();
    reg(kCmdqProd, position_ % (2u << kQueueLog2));
    ask_by_chance();
    // Software that laps the queue must wait: it must not have more than a few commands in flight.
    if (slip(Slip::kNoWait) && index % 16 != 0)
        return;
    sim_record &rec = add(SIM_R_WAIT);
    rec.wait.cond = SIM_COND_QUEUE;
    rec.wait.addr = kQueue;
    rec.wait.index = index;
    ask_by_chance();
}

void Writer::begin(unsigned op, uint32_t dev, uint32_t pasid, uint64_t domain, uint64_t a,
                   uint64_t b)
{
    sim_record &rec = add(SIM_R_BEGIN);

    rec.mark.op = uint8_t(op);
    rec.mark.dev = dev;
    rec.mark.pasid = pasid;
    rec.mark.domain = domain;
    rec.mark.a = a;
    rec.mark.b = b;
    ask_by_chance();
}

void Writer::end(const sim_record &begin)
{
    const sim_rec_mark mark = begin.mark;
    sim_record &rec = add(SIM_R_END);

    rec.mark_end.op = mark.op;
    rec.mark_end.dev = mark.dev;
    rec.mark_end.pasid = mark.pasid;
    rec.mark_end.domain = mark.domain;
    rec.mark_end.a = mark.a;
    rec.mark_end.b = mark.b;
    ask_by_chance();
}

void Writer::request(uint32_t sid, uint32_t pasid, uint64_t iova, bool is_write)
{
    sim_record &rec = add(SIM_R_DMA);

    rec.dma.requester = sid;
    rec.dma.pasid = pasid;
    rec.dma.iova = iova;
    rec.dma.n_bytes = 8;
    rec.dma.access = is_write ? SIM_PROT_W : SIM_PROT_R;
}

bool Writer::slip(Slip slip)
{
    if (!has_requests || below(1000) >= slip_permille)
        return false;
    stream_.n_slips[unsigned(slip)]++;
    return true;
}

} // namespace agree
