// SPDX-License-Identifier: BSD-2-Clause
// api_systemc_recorder.cpp - what a driver does in a platform, as records.
// Knows: stores, registers, which of them are polled and for what. Must not know: any driver.
#include "api/api_private.h"
#include "api/api_systemc_way.h"
#include "include/iommusim/systemc_recorder.h"
#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_layout.h"
#include "sim/diag.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

namespace iommusim_tlm
{

namespace
{

constexpr uint64_t kPage = 4096, kCommand = 16, kWideCommand = 32;
constexpr unsigned kBurst = 64; /* so many bytes of one word are a range that is filled */

uint64_t word_at(const uint8_t *data, unsigned n)
{
    uint64_t word = 0;

    for (unsigned i = 0; i < n; i++)
        word |= uint64_t{data[i]} << (8 * i);
    return word;
}

} // namespace

struct recorder::state {
    /* A record, or what the library's own recording makes of a mark. */
    struct item {
        uint64_t time_ps;
        sim_record rec;
        std::function<int(struct iommusim *)> mark;
    };
    struct seen {
        size_t index; /* of the item before which it was */
        uint8_t structure;
    };
    /* What a wait or sync in the queue will write, and where it stands. */
    struct pledge {
        uint32_t value, slot;
    };
    iommusim_arch arch;
    uint64_t base;
    way to_memory, to_regs, to_tables;
    std::vector<item> items;
    std::map<uint64_t, std::vector<seen>> lines, pages; /* by 64 bytes; by page */
    std::map<uint64_t, std::vector<uint8_t>> was;       /* pages before their first store */
    std::map<uint64_t, uint64_t> words, values;         /* of the queue; of registers */
    std::map<uint64_t, pledge> pledges;
    std::vector<std::pair<uint64_t, uint64_t>> ranges; /* that are watched; none: all */
    uint64_t queue = 0, n_slots = 0, slot_bytes = kCommand, position = 0;
    bool has_barriers = false;

    void put(const sim_record &rec)
    {
        items.push_back({event_core::now_ps(), rec, nullptr});
    }
    void put_mark(std::function<int(struct iommusim *)> mark)
    {
        items.push_back({event_core::now_ps(), {}, std::move(mark)});
    }

    /* ---- memory ---- */

    void note(std::vector<seen> &list, uint8_t structure) const
    {
        if (list.empty() || list.back().structure != structure)
            list.push_back({items.size(), structure});
        else
            list.back().index = items.size();
    }
    void learn(uint64_t pa, uint64_t n_bytes, uint8_t structure)
    {
        for (uint64_t at = pa & ~UINT64_C(63); at < pa + n_bytes; at += 64) {
            note(lines[at], structure);
            note(pages[at & ~(kPage - 1)], structure);
        }
    }
    static uint8_t nearest(const std::vector<seen> &list, size_t index)
    {
        for (const seen &one : list) {
            if (one.index >= index)
                return one.structure;
        }
        return list.back().structure;
    }
    bool is_recorded(uint64_t pa) const
    {
        bool is_watched = ranges.empty() || pages.count(pa & ~(kPage - 1)) != 0;

        for (const auto &[first, last] : ranges)
            is_watched |= pa >= first && pa <= last;
        return is_watched;
    }
    uint8_t structure_of(uint64_t pa, size_t index) const
    {
        const auto line = lines.find(pa & ~UINT64_C(63)), page = pages.find(pa & ~(kPage - 1));

        if (line != lines.end())
            return nearest(line->second, index);
        return page != pages.end() ? nearest(page->second, index) : uint8_t{SIM_S_OTHER};
    }
    /* Whoever stores first, or reads a table: its page had this before. */
    void keep_page(uint64_t pa, recorder::initiator &via)
    {
        tlm::tlm_generic_payload trans;
        std::vector<uint8_t> bytes(kPage);
        const uint64_t page = pa & ~(kPage - 1);

        if (was.count(page))
            return;
        trans.set_command(tlm::TLM_READ_COMMAND);
        trans.set_address(page);
        trans.set_data_ptr(bytes.data());
        trans.set_data_length(kPage);
        trans.set_streaming_width(kPage);
        if (via->transport_dbg(trans) != kPage)
            bytes.clear();
        was.emplace(page, std::move(bytes));
    }
    void keep(tlm::tlm_generic_payload &trans, recorder::initiator &via)
    {
        const uint64_t first = trans.get_address() & ~(kPage - 1);

        for (uint64_t at = first; at < trans.get_address() + trans.get_data_length(); at += kPage)
            keep_page(at, via);
    }
    void store(uint64_t pa, const uint8_t *data, unsigned n)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_STORE);
        rec.store.pa = pa;
        rec.store.value = word_at(data, std::min(n, 8u));
        rec.store.value_hi = n == kCommand ? word_at(data + 8, 8) : 0;
        rec.store.width = static_cast<uint8_t>(n);
        rec.flags |= n == kCommand ? SIM_RF_ATOMIC : 0;
        put(rec);
        for (unsigned i = 0; i + 8 <= n; i += 8)
            queued(pa + i, word_at(data + i, 8));
    }
    bool fill(uint64_t pa, const uint8_t *data, unsigned n)
    {
        sim_record rec;

        if (n < kBurst || pa % 8 || n % 8 || std::memcmp(data, data + 8, n - 8) != 0)
            return false;
        sim_record_init(&rec, SIM_R_MEMORY);
        rec.memory.pa = pa;
        rec.memory.size = n;
        rec.memory.fill = word_at(data, 8);
        sim_record *last = items.empty() || items.back().mark ? nullptr : &items.back().rec;
        if (last && last->kind == SIM_R_MEMORY && last->memory.fill == rec.memory.fill &&
            last->memory.pa + last->memory.size == pa)
            last->memory.size += n;
        else
            put(rec);
        return true;
    }
    void written(const tlm::tlm_generic_payload &trans)
    {
        const uint8_t *data = trans.get_data_ptr();
        uint64_t pa = trans.get_address();
        unsigned left = trans.get_data_length(), n = kCommand;

        if (trans.get_byte_enable_ptr())
            SC_REPORT_WARNING("iommusim", "recorder: byte enables are taken for whole words");
        if (left == kCommand && pa % kCommand == 0) {
            store(pa, data, kCommand);
            return;
        }
        if (fill(pa, data, left))
            return;
        for (; left; left -= n, data += n, pa += n) {
            for (n = 8; n > left || pa % n; n /= 2)
                continue;
            store(pa, data, n);
        }
    }

    /* ---- the queue, and what is waited for ---- */

    void queued(uint64_t pa, uint64_t word)
    {
        if (pa - queue >= n_slots * slot_bytes)
            return;
        words[pa] = word;
        const uint64_t slot = pa - (pa - queue) % slot_bytes;
        const uint64_t two[2] = {words[slot], words[slot + 8]};
        const auto index = static_cast<uint32_t>((slot - queue) / slot_bytes);

        if (pa != slot + 8)
            return;
        if (arch == IOMMUSIM_VTD) {
            if (vtd_qi_type(two) == VTD_QI_WAIT && vtd_WAIT_SW(two))
                pledges[vtd_WAIT_ADDR_addr(two)] = {static_cast<uint32_t>(vtd_WAIT_DATA(two)),
                                                    index};
        } else if (smmu_UNKNOWN_CMD_op(two) == SMMU_CMD_SYNC &&
                   smmu_CMD_SYNC_CS(two) == SMMU_CMD_SYNC_CS_IRQ &&
                   smmu_CMD_SYNC_MSIAddr_addr(two)) {
            pledges[smmu_CMD_SYNC_MSIAddr_addr(two)] = {
                static_cast<uint32_t>(smmu_CMD_SYNC_MSIData(two)), index};
        }
    }
    void wait(uint8_t cond, uint64_t addr, uint64_t mask, uint64_t value, uint32_t index)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_WAIT);
        rec.wait.cond = cond;
        rec.wait.addr = addr;
        rec.wait.mask = mask;
        rec.wait.value = value;
        rec.wait.index = index;
        /* the next look of the same wait: what ended it counts */
        const bool is_same =
            !items.empty() && !items.back().mark && items.back().rec.kind == SIM_R_WAIT &&
            items.back().rec.wait.cond == cond && items.back().rec.wait.addr == addr;
        if (is_same)
            items.pop_back();
        put(rec);
    }
    /* Software has looked at a word that hardware was asked to write. */
    void loaded(const tlm::tlm_generic_payload &trans)
    {
        const uint64_t pa = trans.get_address(), n = trans.get_data_length();
        auto it = pledges.lower_bound(pa);

        while (it != pledges.end() && it->first + 4 <= pa + n) {
            const pledge p = it->second;
            const uint64_t at = it->first;

            if (word_at(trans.get_data_ptr() + (at - pa), 4) != p.value) {
                ++it;
                continue;
            }
            it = pledges.erase(it);
            if (arch == IOMMUSIM_VTD)
                wait(SIM_COND_QUEUE, queue, 0, 0, p.slot);
            else
                wait(SIM_COND_MEM, at, UINT32_MAX, p.value, 0);
        }
    }

    /* ---- registers ---- */

    void reg_written(uint64_t offset, unsigned n, uint64_t value)
    {
        sim_record rec;

        sim_record_init(&rec, SIM_R_MMIO_WRITE);
        rec.mmio.offset = offset;
        rec.mmio.value = value;
        rec.mmio.width = static_cast<uint8_t>(n);
        put(rec);
        values.erase(offset);
        if (offset == (arch == IOMMUSIM_VTD ? uint64_t{VTD_REG_IQA} : uint64_t{SMMU_REG_CMDQ_BASE}))
            set_queue(value);
        if (arch == IOMMUSIM_SMMUV3 && offset == SMMU_REG_CMDQ_CONS)
            position = smmu_CMDQ_CONS_RD(&value);
    }
    void set_queue(uint64_t value)
    {
        if (arch == IOMMUSIM_VTD) {
            slot_bytes = vtd_IQA_DW(&value) ? kWideCommand : kCommand;
            queue = vtd_IQA_IQA_addr(&value);
            n_slots = (kPage << vtd_IQA_QS(&value)) / slot_bytes;
        } else {
            queue = smmu_CMDQ_BASE_ADDR_addr(&value);
            n_slots = UINT64_C(1) << smmu_CMDQ_BASE_LOG2SIZE(&value);
        }
        position = 0;
    }
    /* Registers by which hardware says that it is done. */
    bool acknowledges(uint64_t offset) const
    {
        if (arch == IOMMUSIM_VTD)
            return offset == VTD_REG_GSTS || offset == VTD_REG_CCMD;
        return offset == SMMU_REG_CR0ACK || offset == SMMU_REG_IRQ_CTRLACK ||
               offset == SMMU_REG_GBPA;
    }
    bool is_position(uint64_t offset) const
    {
        return offset ==
               (arch == IOMMUSIM_VTD ? uint64_t{VTD_REG_IQH} : uint64_t{SMMU_REG_CMDQ_CONS});
    }
    void position_read(uint64_t value)
    {
        const uint64_t next = arch == IOMMUSIM_VTD ? value / slot_bytes : smmu_CMDQ_CONS_RD(&value);

        if (next == position || !n_slots)
            return;
        position = next;
        wait(SIM_COND_QUEUE, queue, 0, 0, static_cast<uint32_t>((next - 1) & (n_slots - 1)));
    }
    void reg_read(uint64_t offset, unsigned n, uint64_t value)
    {
        const auto known = values.find(offset);
        const bool is_news = known == values.end() || known->second != value;
        sim_record rec;

        values[offset] = value;
        if (is_position(offset)) {
            position_read(value);
        } else if (acknowledges(offset)) {
            if (is_news)
                wait(SIM_COND_REG, offset, n == 8 ? UINT64_MAX : UINT32_MAX, value, 0);
        } else if (is_news) {
            sim_record_init(&rec, SIM_R_MMIO_READ);
            rec.mmio_read.offset = offset;
            rec.mmio_read.width = static_cast<uint8_t>(n);
            rec.mmio_read.value = value;
            put(rec);
        }
    }

    /* ---- the file ---- */

    /* A range, in pieces of one structure each. */
    int save_range(struct iommusim *sim, sim_record rec, size_t index) const
    {
        const uint64_t end = rec.memory.pa + rec.memory.size;
        int error = 0;

        while (rec.memory.pa < end && !error) {
            uint64_t at = rec.memory.pa;

            rec.memory.structure = structure_of(at, index);
            const bool is_wanted = is_recorded(at);
            while (at < end && structure_of(at, index) == rec.memory.structure &&
                   is_recorded(at) == is_wanted)
                at = std::min(end, (at & ~(kPage - 1)) + kPage);
            rec.memory.size = at - rec.memory.pa;
            error = is_wanted ? api_record(sim, &rec) : 0;
            rec.memory.pa = at;
        }
        return error;
    }
    int save_words(struct iommusim *sim, uint64_t page, const std::vector<uint8_t> &bytes) const
    {
        sim_record rec;
        int error = 0;

        for (uint64_t at = 0; at < kPage && !error; at += 8) {
            sim_record_init(&rec, SIM_R_STORE);
            rec.store.pa = page + at;
            rec.store.value = word_at(&bytes[at], 8);
            rec.store.width = 8;
            rec.store.structure = structure_of(page + at, 0);
            if (rec.store.value)
                error = api_record(sim, &rec);
        }
        return error;
    }
    /* What was there first: as zeros, then every word that is not. */
    int save_was(struct iommusim *sim) const
    {
        sim_record rec;
        int error = 0;

        sim_record_init(&rec, SIM_R_MEMORY);
        for (auto it = was.begin(); it != was.end() && !error;) {
            rec.memory.pa = it->first;
            rec.memory.size = 0;
            for (; it != was.end() && it->first == rec.memory.pa + rec.memory.size &&
                   !it->second.empty();
                 ++it)
                rec.memory.size += kPage;
            if (!rec.memory.size)
                ++it;
            else
                error = save_range(sim, rec, 0);
        }
        for (const auto &[page, bytes] : was) {
            if (!error && !bytes.empty() && is_recorded(page))
                error = save_words(sim, page, bytes);
        }
        return error;
    }
    /* A command, written as two stores of 8 bytes, the low half first, is a record of 16 bytes. */
    bool is_pair(size_t i) const
    {
        const sim_record &a = items[i].rec;
        const uint8_t structure = structure_of(a.store.pa, i);

        if ((structure != SIM_S_CMD && structure != SIM_S_QI) || i + 1 == items.size() ||
            items[i + 1].mark || a.kind != SIM_R_STORE || items[i + 1].rec.kind != SIM_R_STORE)
            return false;
        const sim_record &b = items[i + 1].rec;
        return a.store.width == 8 && b.store.width == 8 && a.store.pa % kCommand == 0 &&
               b.store.pa == a.store.pa + 8;
    }
    int save_record(struct iommusim *sim, size_t *i) const
    {
        sim_record rec = items[*i].rec;

        if (rec.kind == SIM_R_MEMORY) {
            return save_range(sim, rec, *i);
        }
        if (rec.kind == SIM_R_STORE) {
            if (!is_recorded(rec.store.pa))
                return 0;
            rec.store.structure = structure_of(rec.store.pa, *i);
            if (is_pair(*i)) {
                rec.store.width = kCommand;
                rec.store.value_hi = items[++*i].rec.store.value;
            }
        }
        return api_record(sim, &rec);
    }
    int save(struct iommusim *sim, const char *path) const
    {
        int error = api_record_start(sim, path, base, has_barriers);

        if (!error)
            error = save_was(sim);
        for (size_t i = 0; i < items.size() && !error; i++) {
            (void)sim_queue_advance(sim->queue, items[i].time_ps);
            error = items[i].mark ? items[i].mark(sim) : save_record(sim, &i);
        }
        if (!error)
            return iommusim_record_stop(sim);
        api_record_drop(sim);
        return error;
    }
};

recorder::recorder(const sc_core::sc_module_name &name, iommusim_arch arch, uint64_t base)
    : sc_module(name), cpu_memory("cpu_memory"), cpu_regs("cpu_regs"), unit_ptw("unit_ptw"),
      memory("memory"), regs("regs"), ptw("ptw"), s(std::make_unique<state>())
{
    state *r = s.get();

    r->arch = arch;
    r->base = base;
    r->to_memory.may_point = false;
    r->to_memory.connect(cpu_memory, memory);
    r->to_memory.before = [this, r](tlm::tlm_generic_payload &trans) {
        if (trans.is_write())
            r->keep(trans, memory);
    };
    r->to_memory.after = [r](tlm::tlm_generic_payload &trans) {
        if (trans.is_write())
            r->written(trans);
        else if (trans.is_read())
            r->loaded(trans);
    };
    r->to_regs.connect(cpu_regs, regs);
    r->to_regs.before = [](tlm::tlm_generic_payload &) {};
    r->to_regs.after = [r](tlm::tlm_generic_payload &trans) {
        const unsigned n = trans.get_data_length();
        const uint64_t value = word_at(trans.get_data_ptr(), std::min(n, 8u));

        if (trans.is_write())
            r->reg_written(trans.get_address(), n, value);
        else if (trans.is_read())
            r->reg_read(trans.get_address(), n, value);
    };
    r->to_tables.connect(unit_ptw, ptw);
    r->to_tables.before = [this, r](tlm::tlm_generic_payload &trans) {
        const auto *ext = trans.get_extension<access>();

        if (!ext || !trans.is_read())
            return;
        r->keep(trans, ptw);
        r->learn(trans.get_address(), trans.get_data_length(), ext->structure);
    };
    r->to_tables.after = [](tlm::tlm_generic_payload &) {};
}

recorder::~recorder() = default;

void recorder::table(iommusim_structure structure, uint64_t pa, uint64_t n_bytes)
{
    for (uint64_t at = pa & ~(kPage - 1); at < pa + n_bytes; at += kPage)
        s->keep_page(at, memory);
    s->learn(pa, n_bytes, static_cast<uint8_t>(structure));
}

void recorder::watch(uint64_t pa, uint64_t n_bytes)
{
    s->ranges.emplace_back(pa, pa + (n_bytes - 1));
}

void recorder::freed(uint64_t pa, uint64_t n_bytes)
{
    s->put_mark([this, pa, n_bytes](struct iommusim *sim) {
        return s->is_recorded(pa) ? iommusim_forget(sim, IOMMUSIM_S_PAGES, pa, n_bytes) : 0;
    });
}

void recorder::barrier(enum iommusim_barrier what, uint64_t pa)
{
    s->has_barriers = true;
    s->put_mark([what, pa](struct iommusim *sim) { return iommusim_barrier(sim, what, pa); });
}

void recorder::device(uint32_t number, const std::string &called, uint32_t requester)
{
    s->put_mark([number, called, requester](struct iommusim *sim) {
        return iommusim_mark_device(sim, number, called.c_str(), requester);
    });
}

void recorder::ats(uint32_t number, bool is_on, uint32_t stu)
{
    s->put_mark([number, is_on, stu](struct iommusim *sim) {
        return iommusim_mark_ats(sim, number, is_on, stu);
    });
}

void recorder::text(const std::string &line)
{
    s->put_mark([line](struct iommusim *sim) { return iommusim_mark_text(sim, line.c_str()); });
}

void recorder::begin(const iommusim_mark &mark)
{
    s->put_mark([mark](struct iommusim *sim) { return iommusim_mark_begin(sim, &mark); });
}

void recorder::end(const iommusim_mark &mark)
{
    s->put_mark([mark](struct iommusim *sim) { return iommusim_mark_end(sim, &mark); });
}

void recorder::switch_begin(const iommusim_mark &mark)
{
    s->put_mark([mark](struct iommusim *sim) { return iommusim_switch_begin(sim, &mark); });
}

void recorder::switch_end(const iommusim_mark &mark)
{
    s->put_mark([mark](struct iommusim *sim) { return iommusim_switch_end(sim, &mark); });
}

void recorder::map_begin(const iommusim_range &range)
{
    s->put_mark([range](struct iommusim *sim) { return iommusim_map_begin(sim, &range); });
}

void recorder::map_end(const iommusim_range &range)
{
    s->put_mark([range](struct iommusim *sim) { return iommusim_map_end(sim, &range); });
}

void recorder::unmap_begin(const iommusim_range &range)
{
    s->put_mark([range](struct iommusim *sim) { return iommusim_unmap_begin(sim, &range); });
}

void recorder::unmap_end(const iommusim_range &range)
{
    s->put_mark([range](struct iommusim *sim) { return iommusim_unmap_end(sim, &range); });
}

void recorder::promise(const iommusim_range &range, bool is_map)
{
    s->put_mark([range, is_map](struct iommusim *sim) {
        return is_map ? iommusim_mark_map(sim, &range) : iommusim_mark_unmap(sim, &range);
    });
}

int recorder::save(const std::string &path)
{
    const auto sim = std::make_unique<struct iommusim>();
    int error;

    *sim = {};
    sim->arch = s->arch;
    sim->queue = sim_queue_new();
    if (!sim->queue)
        return IOMMUSIM_ENOMEM;
    error = s->save(sim.get(), path.c_str());
    sim_queue_free(sim->queue);
    return error;
}

} // namespace iommusim_tlm
