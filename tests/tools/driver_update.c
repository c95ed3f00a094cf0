/* SPDX-License-Identifier: BSD-2-Clause
 * driver_update.c - how Linux changes an STE or a CD while the SMMU may read it.
 * Knows: which bits the driver holds for used. Must not know: what hardware uses.
 *
 * Bits that nobody uses may be written at any time. If the bits in use differ in one word only,
 * that word is written by itself, with the rest before and after it; else the entry goes through
 * V=0. */
#include "models/smmuv3/smmu_layout.h"
#include "tests/tools/driver.h"

#include <string.h>

#define ALL UINT64_MAX /* of any field: what is too wide is dropped */

/** struct entry - one that is changed. @now: what memory holds. @pa: where. */
struct entry {
    struct driver *driver;
    enum sim_structure structure;
    uint64_t pa;
    uint64_t *now;
    void (*get_used)(const struct driver_rules *rules, const uint64_t *words, uint64_t *used);
};

/* ---- which bits count ------------------------------------------------------------------------ */

static void use_s1(const uint64_t *ste, uint64_t *used)
{
    smmu_STE_put_S1Fmt(used, ALL);
    smmu_STE_put_S1ContextPtr(used, ALL);
    smmu_STE_put_S1CDMax(used, ALL);
    smmu_STE_put_S1DSS(used, ALL);
    smmu_STE_put_S1CIR(used, ALL);
    smmu_STE_put_S1COR(used, ALL);
    smmu_STE_put_S1CSH(used, ALL);
    smmu_STE_put_S1STALLD(used, ALL);
    smmu_STE_put_STRW(used, ALL);
    if (smmu_STE_S1DSS(ste) == SMMU_STE_S1DSS_BYPASS)
        smmu_STE_put_SHCFG(used, ALL);
}

static void use_s2(uint64_t *used)
{
    smmu_STE_put_SHCFG(used, ALL);
    smmu_STE_put_S2T0SZ(used, ALL);
    smmu_STE_put_S2SL0(used, ALL);
    smmu_STE_put_S2IR0(used, ALL);
    smmu_STE_put_S2OR0(used, ALL);
    smmu_STE_put_S2SH0(used, ALL);
    smmu_STE_put_S2TG(used, ALL);
    smmu_STE_put_S2PS(used, ALL);
    smmu_STE_put_S2AA64(used, ALL);
    smmu_STE_put_S2ENDI(used, ALL);
    smmu_STE_put_S2PTW(used, ALL);
    smmu_STE_put_S2S(used, ALL);
    smmu_STE_put_S2R(used, ALL);
    smmu_STE_put_S2TTB(used, ALL);
}

static void ste_used(const struct driver_rules *rules, const uint64_t *ste, uint64_t *used)
{
    const uint64_t config = smmu_STE_Config(ste);
    const bool has_s1 = config == SMMU_STE_Config_S1 || config == SMMU_STE_Config_NESTED;
    const bool has_s2 = config == SMMU_STE_Config_S2 || config == SMMU_STE_Config_NESTED;

    smmu_STE_put_V(used, ALL);
    if (!smmu_STE_V(ste))
        return;
    smmu_STE_put_Config(used, ALL);
    if (config == SMMU_STE_Config_BYPASS)
        smmu_STE_put_SHCFG(used, ALL);
    if (has_s1)
        use_s1(ste, used);
    if (has_s2)
        use_s2(used);
    if (has_s1 || has_s2) {
        smmu_STE_put_S2VMID(used, ALL);
        smmu_STE_put_EATS(used, ALL);
        smmu_STE_put_MEV(used, rules->is_7x ? ALL : 0);
    }
    smmu_STE_put_S2FWB(used, rules->is_7x && has_s2 ? ALL : 0);
}

static void cd_used(const struct driver_rules *rules, const uint64_t *cd, uint64_t *used)
{
    (void)rules;
    smmu_CD_put_V(used, ALL);
    if (!smmu_CD_V(cd))
        return;
    memset(used, 0xff, DRIVER_ENTRY_BYTES);
    if (!smmu_CD_EPD0(cd))
        return;
    smmu_CD_put_T0SZ(used, 0);
    smmu_CD_put_TG0(used, 0);
    smmu_CD_put_IR0(used, 0);
    smmu_CD_put_OR0(used, 0);
    smmu_CD_put_SH0(used, 0);
    smmu_CD_put_TTB0(used, 0);
}

/* Of bits in use before and after, those that may change at any moment (7.x): whether events are
 * merged, and ATS on or off, unless stage 2 checks translated requests or stalls. */
static void get_safe(const struct entry *entry, const uint64_t *target, uint64_t *safe)
{
    const uint64_t *now = entry->now;

    if (entry->structure != SIM_S_STE || !entry->driver->rules.is_7x)
        return;
    smmu_STE_put_MEV(safe, ALL);
    if (smmu_STE_EATS(now) != SMMU_STE_EATS_SPLIT && smmu_STE_EATS(target) != SMMU_STE_EATS_SPLIT &&
        !smmu_STE_S2S(now) && !smmu_STE_S2S(target))
        smmu_STE_put_EATS(safe, ALL);
}

/* ---- steps ----------------------------------------------------------------------------------- */

void driver_sync(struct driver *driver)
{
    uint64_t words[SMMU_WORDS_CMD_SYNC] = {0};

    smmu_CMD_SYNC_put_op(words, SMMU_CMD_SYNC);
    smmu_CMD_SYNC_put_CS(words, SMMU_CMD_SYNC_CS_SEV);
    smmu_CMD_SYNC_put_MSH(words, SMMU_CMD_SYNC_MSH_ISH);
    smmu_CMD_SYNC_put_MSIAttr(words, ALL); /* write-back memory */
    stream_sync(driver->stream, words[0]);
}

static void invalidate(const struct entry *entry)
{
    uint64_t words[SMMU_WORDS_CFGI_STE] = {0};

    if (entry->structure == SIM_S_STE) {
        smmu_CFGI_STE_put_op(words, SMMU_CMD_CFGI_STE);
        smmu_CFGI_STE_put_SID(words, DRIVER_SID);
        smmu_CFGI_STE_put_Leaf(words, SMMU_CFGI_STE_Leaf_LAST);
    } else {
        smmu_CFGI_CD_put_op(words, SMMU_CMD_CFGI_CD);
        smmu_CFGI_CD_put_SID(words, DRIVER_SID);
        smmu_CFGI_CD_put_Leaf(words, SMMU_CFGI_CD_Leaf_LAST);
    }
    stream_command(entry->driver->stream, words[0], words[1]);
}

/* Words @first to @last become those of @words. What is the same already is not written. */
static void step(const struct entry *entry, const uint64_t *words, unsigned first, unsigned last)
{
    bool has_changed = false;

    for (unsigned i = first; i <= last; i++) {
        if (entry->now[i] == words[i])
            continue;
        entry->now[i] = words[i];
        stream_store(entry->driver->stream, entry->structure, entry->pa + i * sizeof(*words),
                     words[i]);
        has_changed = true;
    }
    if (!has_changed)
        return;
    invalidate(entry);
    driver_sync(entry->driver);
}

static void write_through_invalid(const struct entry *entry, const uint64_t *target)
{
    const uint64_t invalid[DRIVER_WORDS] = {0};

    step(entry, invalid, 0, 0);
    step(entry, target, 1, DRIVER_WORDS - 1);
    step(entry, target, 0, 0);
}

/* @middle: @target where nobody looks. @critical: the word that has to change at once. */
static void write_in_place(const struct entry *entry, uint64_t *middle, const uint64_t *target,
                           unsigned critical)
{
    middle[critical] = entry->now[critical];
    step(entry, middle, 0, DRIVER_WORDS - 1);
    step(entry, target, critical, critical);
    step(entry, target, 0, DRIVER_WORDS - 1);
}

static void write_entry(const struct entry *entry, const uint64_t *target)
{
    const struct driver_rules *rules = &entry->driver->rules;
    uint64_t used[DRIVER_WORDS] = {0};
    uint64_t used_then[DRIVER_WORDS] = {0};
    uint64_t safe[DRIVER_WORDS] = {0};
    uint64_t middle[DRIVER_WORDS];
    unsigned n_differ = 0, critical = 0;

    entry->get_used(rules, entry->now, used);
    entry->get_used(rules, target, used_then);
    get_safe(entry, target, safe);
    for (unsigned i = 0; i < DRIVER_WORDS; i++) {
        const uint64_t held = used[i] & ~(safe[i] & used_then[i]);

        middle[i] = (entry->now[i] & held) | (target[i] & ~held);
        if ((middle[i] & used_then[i]) == target[i])
            continue;
        n_differ++;
        critical = i;
    }
    if (n_differ > 1)
        write_through_invalid(entry, target);
    else if (n_differ == 1)
        write_in_place(entry, middle, target, critical);
    else
        step(entry, target, 0, DRIVER_WORDS - 1);
}

void driver_write_ste(struct driver *driver, const uint64_t *target)
{
    const struct entry entry = {
        .driver = driver,
        .structure = SIM_S_STE,
        .pa = DRIVER_STRTAB + DRIVER_SID * DRIVER_ENTRY_BYTES,
        .now = driver->ste,
        .get_used = ste_used,
    };
    uint64_t prefetch[SMMU_WORDS_PREFETCH_CONFIG] = {0};

    write_entry(&entry, target);
    smmu_PREFETCH_CONFIG_put_op(prefetch, SMMU_CMD_PREFETCH_CONFIG);
    smmu_PREFETCH_CONFIG_put_SID(prefetch, DRIVER_SID);
    stream_command(driver->stream, prefetch[0], prefetch[1]);
    stream_ring(driver->stream);
}

void driver_write_cd(struct driver *driver, const uint64_t *target)
{
    const struct entry entry = {
        .driver = driver,
        .structure = SIM_S_CD,
        .pa = DRIVER_CDS,
        .now = driver->cd,
        .get_used = cd_used,
    };

    write_entry(&entry, target);
}
