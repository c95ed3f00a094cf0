// SPDX-License-Identifier: BSD-2-Clause
// replay_machine.cpp - the small unit, and a run from text to what a watcher saw.
#include "tests/unit/kernel-glue/replay/replay_machine.h"

#include <cstring>
#include <memory>
#include <stdexcept>

#include "sim/diag.h"
#include "sim/text.h"

namespace replay
{
namespace
{

struct Slot {
    struct Fake *fake;
    sim_dma *dma;
    sim_event event;
};

// Everything that a run changes is here, and nothing but pointers that stay.
struct State {
    struct {
        uint32_t offset;
        uint64_t value;
    } regs[64];
    uint32_t n_regs;
    sim_source source;
    sim_event sync, ack;
    Slot slots[16];
    Write writes[2048];
    uint32_t n_writes;
    Given given[64];
    uint32_t n_given;
};

struct Fake {
    const Stage *stage;
    sim_queue *queue;
    sim_mem *mem;
    rpl *replay;
    State state;

    uint64_t &reg(uint64_t offset)
    {
        for (uint32_t i = 0; i < state.n_regs; i++) {
            if (state.regs[i].offset == offset)
                return state.regs[i].value;
        }
        state.regs[state.n_regs].offset = static_cast<uint32_t>(offset);
        return state.regs[state.n_regs++].value;
    }

    void emit(sim_fact_kind kind, uint64_t arg0)
    {
        const sim_fact fact = {sim_queue_now_ps(queue), static_cast<uint32_t>(kind), 0, {arg0}};

        if (rpl_facts_wanted(replay) >> kind & 1)
            rpl_on_fact(replay, &fact);
    }

    void after(uint64_t delay_ps, sim_event *event)
    {
        sim_queue_at(queue, &state.source, sim_queue_now_ps(queue) + delay_ps, event);
    }
};

void sync_done(void *ctx)
{
    Fake *fake = static_cast<Fake *>(ctx);
    const uint64_t prod = fake->reg(CMDQ_PROD);

    const uint64_t command = sim_mem_read64(fake->mem, fake->reg(CMDQ_BASE) & ~0xfffull);
    if ((command & 0xff) == 0xff || fake->stage->is_stubborn) {
        fake->reg(CMDQ_CONS) = 1 << 24; // CERROR_ILL at slot 0
        fake->reg(GERROR) ^= 1;
        rpl_on_irq(fake->replay, 0, SIM_IRQ_GERROR, true);
        return;
    }
    fake->reg(CMDQ_CONS) = prod;
    fake->emit(SIM_FACT_SYNC_VISIBLE, 0);
    if ((fake->stage->n_events || fake->stage->n_pages) && prod == fake->stage->event_at_prod) {
        fake->reg(EVENTQ_PROD) += fake->stage->n_events;
        fake->reg(PRIQ_PROD) += fake->stage->n_pages;
        if (fake->stage->n_pages)
            rpl_on_irq(fake->replay, 0, SIM_IRQ_PRIQ, true);
        fake->emit(SIM_FACT_EVENT_RECORDED, 0x0a);
    }
}

void ack_done(void *ctx)
{
    Fake *fake = static_cast<Fake *>(ctx);

    fake->reg(CR0ACK) = fake->reg(CR0);
}

void dma_done(void *ctx)
{
    Slot *slot = static_cast<Slot *>(ctx);
    Fake *fake = slot->fake;
    sim_dma *dma = slot->dma;
    const uint64_t at = fake->reg(STRTAB_BASE) + (dma->iova >> 12) % 512 * 8;
    const uint64_t entry = sim_mem_read64(fake->mem, at);

    fake->emit(SIM_FACT_ATOM_FETCHED, entry);
    if (fake->stage->emits_unknown)
        fake->emit(SIM_FACT_UNKNOWN_READ, at);
    dma->status = entry & 1 ? SIM_DMA_OK : SIM_DMA_ABORT;
    dma->pa = entry & 1 ? (entry & ~0xfffull) | (dma->iova & 0xfff) : 0;
    dma->event = entry & 1 ? 0 : 0x10;
    slot->dma = nullptr;
    fake->after(0, &dma->done);
}

uint64_t reg_read(void *model, uint64_t offset, uint32_t n_bytes)
{
    const uint64_t value = static_cast<Fake *>(model)->reg(offset);

    return n_bytes == 8 ? value : value & 0xffffffff;
}

void reg_write(void *model, uint64_t offset, uint32_t, uint64_t value)
{
    Fake *fake = static_cast<Fake *>(model);

    if (fake->state.n_writes < 2048)
        fake->state.writes[fake->state.n_writes++] = {sim_queue_now_ps(fake->queue), offset, value};
    fake->reg(offset) = value;
    fake->emit(SIM_FACT_REG_WRITTEN, offset);
    if (fake->stage->irq_at && offset == fake->stage->irq_at)
        rpl_on_irq(fake->replay, 0, fake->stage->irq, true);
    if (offset == CR0 && !sim_event_is_scheduled(&fake->state.ack))
        fake->after(fake->stage->ack_ps, &fake->state.ack);
    const bool restarts = offset == GERRORN && fake->reg(CMDQ_CONS) != fake->reg(CMDQ_PROD);
    if ((offset == CMDQ_PROD || restarts) && fake->stage->sync_comes &&
        !sim_event_is_scheduled(&fake->state.sync))
        fake->after(fake->stage->sync_ps, &fake->state.sync);
}

void take_answer(void *model, const uint64_t *words)
{
    Fake *fake = static_cast<Fake *>(model);

    fake->state.given[fake->state.n_given++ % 64] = {sim_queue_now_ps(fake->queue), words[0],
                                                     words[1]};
}

bool submit(void *model, sim_dma *dma)
{
    Fake *fake = static_cast<Fake *>(model);

    for (uint32_t i = 0; i < fake->stage->n_slots; i++) {
        Slot *slot = &fake->state.slots[i];

        if (slot->dma)
            continue;
        slot->dma = dma;
        fake->after(fake->stage->dma_ps, &slot->event);
        return true;
    }
    return false;
}

void start(Fake *fake)
{
    fake->state.source = {SIM_RANK_IOMMU, 0, 0};
    fake->state.sync.fn = sync_done;
    fake->state.sync.ctx = fake;
    fake->state.ack.fn = ack_done;
    fake->state.ack.ctx = fake;
    for (Slot &slot : fake->state.slots) {
        slot.fake = fake;
        slot.event.fn = dma_done;
        slot.event.ctx = &slot;
    }
}

void see_record(void *ctx, const sim_record_seen *seen)
{
    static_cast<Outcome *>(ctx)->records.push_back(
        {seen->rec->kind, seen->seq, seen->start_ps, seen->end_ps, seen->gave_up});
}

void see_fact(void *ctx, const sim_fact *fact, uint64_t seq)
{
    static_cast<Outcome *>(ctx)->facts.push_back({fact->kind, fact->time_ps, seq, fact->arg[0]});
}

void see_dma(void *ctx, const sim_dma_seen *seen)
{
    Outcome *outcome = static_cast<Outcome *>(ctx);

    if (seen->is_probe)
        outcome->probe_told.push_back(outcome->records.size());
    (seen->is_probe ? outcome->probes : outcome->answers).push_back(*seen);
}

struct Parsed {
    std::string bytes;
    std::vector<sim_record> records;
    std::vector<std::unique_ptr<std::string>> strings;
};

void keep(Parsed *parsed, sim_str *str)
{
    parsed->strings.push_back(std::make_unique<std::string>(str->bytes, str->n_bytes));
    str->bytes = parsed->strings.back()->data();
}

Parsed parse(const std::string &text)
{
    Parsed parsed;
    sim_diag diag;
    sim_text_kind kind;
    auto stmt = std::make_unique<sim_stmt>();
    sim_record rec;

    parsed.bytes = "iommusim-text/1 records\n" + text;
    FILE *file = fmemopen(parsed.bytes.data(), parsed.bytes.size(), "rb");
    sim_diag_init(&diag, "test");
    sim_text *reader = sim_text_open(file, &diag);
    int got = sim_text_header(reader, &kind);
    while (!got && (got = sim_text_next(reader, stmt.get())) == 1) {
        got = sim_text_record(reader, stmt.get(), &rec);
        if (rec.kind == SIM_R_META) {
            keep(&parsed, &rec.meta.key);
            keep(&parsed, &rec.meta.value);
        } else if (rec.kind == SIM_R_DEVICE) {
            keep(&parsed, &rec.device.name);
        } else if (rec.kind == SIM_R_MARK) {
            keep(&parsed, &rec.note.text);
        }
        parsed.records.push_back(rec);
    }
    sim_text_close(reader);
    fclose(file);
    if (got)
        throw std::runtime_error(std::to_string(diag.line) + ": " + diag.text);
    return parsed;
}

} // namespace

Stage::Stage()
{
    memset(&config, 0, sizeof(config));
    sim_param_preset(&rpl_cpu_params, "server", &config.cpu);
    sim_param_preset(&rpl_probe_params, "default", &config.probe);
    config.cpu_time = RPL_CPU_MODEL;
    config.scale_ppm = 1000000;
    config.cpu.quiet_ns = 0;
    config.cpu.quiet_map_ns = 0;
}

Outcome replay(const Stage &stage)
{
    Outcome outcome;
    const Parsed parsed = parse(stage.text);
    rpl_scanner *scanner = rpl_scanner_new();
    const sim_observer observer = {see_record, see_fact, see_dma, &outcome};
    const sim_iommu_ops ops = {reg_read, reg_write, submit,  nullptr, nullptr,
                               nullptr,  nullptr,   nullptr, nullptr, take_answer};
    auto fake = std::make_unique<Fake>();
    auto posted = std::make_unique<sim_posted>();
    rpl_machine machine{};
    sim_snapshot *snapshot = sim_snapshot_new();

    for (const sim_record &rec : parsed.records)
        rpl_scanner_put(scanner, &rec);
    machine.queue = sim_queue_new();
    machine.mem = sim_mem_new(1 << 26);
    machine.units[0] = {0, static_cast<sim_record_enum>(stage.arch), {&ops, fake.get()}, nullptr};
    machine.n_units = 1;
    posted->has_buffer = stage.has_buffer;
    machine.posted = stage.is_posted ? posted.get() : nullptr;
    machine.is_cached = stage.is_cached;
    memset(&fake->state, 0, sizeof(fake->state));
    fake->stage = &stage;
    fake->queue = machine.queue;
    fake->mem = machine.mem;
    start(fake.get());
    rpl *replay = rpl_new(&stage.config, &machine, rpl_scanner_end(scanner), &observer);
    fake->replay = replay;
    if (!stage.probe_at.empty()) {
        sim_queue_state(machine.queue, snapshot);
        sim_snapshot_add(snapshot, &fake->state, sizeof(fake->state));
        rpl_snapshot(replay, snapshot, stage.probe_at.data(), stage.probe_at.size());
    }
    for (const sim_record &rec : parsed.records) {
        if (!outcome.error)
            outcome.error = rpl_put(replay, &rec);
    }
    if (!outcome.error)
        outcome.error = rpl_finish(replay);
    outcome.writes.assign(fake->state.writes, fake->state.writes + fake->state.n_writes);
    outcome.given.assign(fake->state.given, fake->state.given + fake->state.n_given);
    outcome.hidden.assign(posted->word, posted->word + posted->n_words);
    outcome.stats = *rpl_get_stats(replay);
    size_t n = 0;
    const uint64_t *instants = rpl_instants(replay, &n);
    outcome.instants.assign(instants, instants + n);
    for (const uint64_t at : stage.look_at)
        outcome.memory[at] = sim_mem_read64(machine.mem, at);
    rpl_free(replay);
    sim_queue_free(machine.queue);
    sim_mem_free(machine.mem);
    sim_snapshot_free(snapshot);
    rpl_scanner_free(scanner);
    return outcome;
}

std::unique_ptr<rpl_scanner, void (*)(rpl_scanner *)> scan(const std::string &text)
{
    const Parsed parsed = parse(text);
    std::unique_ptr<rpl_scanner, void (*)(rpl_scanner *)> scanner(rpl_scanner_new(),
                                                                  rpl_scanner_free);

    for (const sim_record &rec : parsed.records)
        rpl_scanner_put(scanner.get(), &rec);
    return scanner;
}

} // namespace replay
