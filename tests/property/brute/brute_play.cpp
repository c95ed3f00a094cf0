// SPDX-License-Identifier: BSD-2-Clause
// brute_play.cpp - see brute_play.h.
#include "tests/property/brute/brute_play.h"

#include "sim/diag.h"
#include "tests/property/brute/brute_records.h"
#include "tests/shim/smmu_machine.h"

#include <deque>
#include <memory>
#include <random>

namespace brute
{

namespace
{

constexpr uint64_t kCmdqCons = 0x9c, kGerror = 0x60, kEventqProd = 0x100a8, kEventqCons = 0x100ac;

struct Request {
    sim_dma dma = {};
    Phase issued = kBefore;
    bool bystander = false;
    bool is_done = false, is_counted = false;
};

void done(void *request)
{
    static_cast<Request *>(request)->is_done = true;
}

class Player
{
  public:
    Player(const Case &c, uint64_t seed) : random_(seed), case_(c)
    {
        smmu_machine_config config;

        choose(config);
        machine_.reset(smmu_machine_new(&config));
        SIM_BUG_ON(!machine_);
        iommu_ = test_machine_iommu(machine_.get());
    }
    std::vector<Seen> run();

  private:
    unsigned below(unsigned n)
    {
        return unsigned(random_() % n);
    }
    uint64_t reg(uint64_t offset)
    {
        return iommu_->ops->reg_read(iommu_->model, offset, 4);
    }
    void choose(smmu_machine_config &config);
    void choose_sizes(smmu_param &p);
    void act(const sim_record &rec);
    void store(const sim_record &rec);
    void wait(const sim_record &rec);
    void pass_time();
    void ask();
    void harvest();

    struct Free {
        void operator()(test_machine *machine) const
        {
            test_machine_free(machine);
        }
    };

    std::mt19937_64 random_;
    const Case &case_;
    std::unique_ptr<test_machine, Free> machine_;
    const sim_iommu *iommu_ = nullptr;
    std::deque<Request> requests_;
    std::vector<Seen> seen_;
    Phase phase_ = kBefore;
    bool is_set_up_ = false;
};

void Player::choose_sizes(smmu_param &p)
{
    const unsigned entries[] = {1, 2, 4, 16};

    if (below(2)) {
        p.cfg_ways = 0;
        p.cfg_entries = entries[below(4)];
    }
    if (below(2)) {
        p.tlb_ways = 0;
        p.tlb_entries = entries[below(4)];
    }
    if (below(4) == 0)
        p.walk_entries = 0;
    if (below(2))
        p.n_tbus = 1 + below(4);
}

void Player::choose(smmu_machine_config &config)
{
    const char *const presets[] = {"zero", "mmu600", "gem5", "mmu700"};
    const unsigned preset = below(4), modes[] = {0, 3, 3, 4, 4, 4};

    smmu_machine_config_init(&config, presets[preset]);
    config.timing = {below(200) * UINT64_C(1000), below(3) * UINT64_C(1000), below(4) * 8};
    for (const sim_record &rec : records_of_setup(case_)) {
        if (rec.kind == SIM_R_MMIO_READ)
            (void)smmu_ids_set(&config.smmu.ids, rec.mmio_read.offset,
                               uint32_t(rec.mmio_read.value));
    }
    choose_sizes(config.smmu.param);
    config.smmu.param.cache_mode = modes[below(6)];
    config.smmu.param.cfg_negative = below(4) != 0;
    config.smmu.param.prefetch = below(3);
    config.smmu.param.seed = below(1000000);
    config.smmu.param.atom_bytes = case_.wide_atoms ? 16 : 8;
    config.smmu.param.atom_order = below(4);
    config.smmu.param.atom_cycles = below(2) * below(100);
}

void Player::store(const sim_record &rec)
{
    test_machine_store(machine_.get(), rec.store.pa, rec.store.value);
    if (rec.store.width == 16)
        test_machine_store(machine_.get(), rec.store.pa + 8, rec.store.value_hi);
    if (is_set_up_ && phase_ == kBefore && rec.store.structure != SIM_S_CMD)
        phase_ = kDuring;
}

// No queue of a case wraps.
void Player::wait(const sim_record &rec)
{
    const bool queue = rec.wait.cond == SIM_COND_QUEUE;

    while (queue ? (reg(kCmdqCons) & 0x1ff) <= rec.wait.index
                 : (reg(rec.wait.addr) & rec.wait.mask) != rec.wait.value) {
        if (is_set_up_ && below(4) == 0)
            ask();
        SIM_BUG_ON(!test_machine_step(machine_.get()));
        harvest();
    }
    SIM_BUG_ON(reg(kGerror) != 0);
}

void Player::act(const sim_record &rec)
{
    switch (rec.kind) {
    case SIM_R_STORE:
        store(rec);
        break;
    case SIM_R_MMIO_WRITE:
        iommu_->ops->reg_write(iommu_->model, rec.mmio.offset, rec.mmio.width, rec.mmio.value);
        break;
    case SIM_R_WAIT:
        wait(rec);
        break;
    case SIM_R_END:
        phase_ = kAfter;
        break;
    default:
        break;
    }
}

void Player::ask()
{
    if (requests_.size() == 8)
        return;
    requests_.emplace_back();
    Request &request = requests_.back();
    request.issued = phase_;
    request.bystander = case_.bystander && below(3) == 0;
    request.dma.iova = below(8) * UINT64_C(0x1000);
    request.dma.n_bytes = 8;
    request.dma.requester = request.bystander ? kBystanderSid : kSid;
    request.dma.access = SIM_DMA_READ;
    request.dma.tbu = uint8_t(below(4));
    request.dma.done.fn = done;
    request.dma.done.ctx = &request;
    if (!iommu_->ops->submit(iommu_->model, &request.dma))
        requests_.pop_back();
}

void Player::harvest()
{
    iommu_->ops->reg_write(iommu_->model, kEventqCons, 4, reg(kEventqProd));
    for (Request &request : requests_) {
        const sim_dma &dma = request.dma;
        if (!request.is_done || request.is_counted)
            continue;
        const unsigned block = unsigned(dma.pa / kGiB);
        Effect effect;
        if (dma.status == SIM_DMA_OK) {
            effect.kind = block >= 16  ? Kind::kStage2
                          : block >= 8 ? Kind::kStage1
                                       : Kind::kBypassed;
            effect.root = uint8_t(block & 7);
        }
        seen_.push_back({effect, request.issued, phase_, request.bystander});
        request.is_counted = true;
    }
    while (!requests_.empty() && requests_.front().is_counted)
        requests_.pop_front();
}

// Some steps, until idle, or none.
void Player::pass_time()
{
    const unsigned n_steps = below(4) == 0 ? 10000 : below(40);

    for (unsigned i = 0; i < n_steps; i++) {
        if (below(16) == 0)
            ask();
        if (!test_machine_step(machine_.get()))
            break;
        harvest();
    }
}

std::vector<Seen> Player::run()
{
    for (const sim_record &rec : records_of_setup(case_))
        act(rec);
    is_set_up_ = true;
    for (unsigned i = below(3); i; i--)
        ask();
    pass_time();
    for (const sim_record &rec : records_of_acts(case_)) {
        act(rec);
        if (rec.kind == SIM_R_STORE && rec.store.structure == SIM_S_CMD)
            continue;
        if (below(2))
            ask();
        pass_time();
    }
    for (unsigned i = 0; i < 4; i++) {
        ask();
        pass_time();
    }
    test_machine_run(machine_.get());
    harvest();
    SIM_BUG_ON(!requests_.empty());
    return seen_;
}

} // namespace

std::vector<Seen> play(const Case &c, uint64_t seed)
{
    return Player(c, seed).run();
}

std::set<Effect> effects_of(const std::set<Outcome> &outcomes)
{
    std::set<Effect> effects;

    for (const Outcome &o : outcomes)
        effects.insert({o.kind, o.root});
    return effects;
}

std::string print(const Seen &seen)
{
    static const char *const phases[] = {"before", "during", "after"};
    Outcome outcome;

    outcome.kind = seen.effect.kind;
    outcome.root = seen.effect.root;
    return print(outcome) + ", issued " + phases[seen.issued] + ", answered " +
           phases[seen.answered] + (seen.bystander ? ", second device" : "");
}

} // namespace brute
