/* SPDX-License-Identifier: BSD-2-Clause
 * cfg_rule_case.h - one row, one rule: an STE or a CD of raw words, the SMMU it is read on, and the
 * rule that it breaks, if any. */
#ifndef CFG_RULE_CASE_H
#define CFG_RULE_CASE_H

#include "tests/unit/models/smmuv3/cfg_case.h"

namespace cfg
{

enum Choice {
    DEFAULTS,
    CLAMPED,        // D08 as SMMUv3.0 may treat it
    UNCHECKED,      // CR0.ATSCHK=0
    NESTED_CHECKED, // E08 also where stage 2 would find it
};

struct SteRule {
    const char *name;
    smmu_idr idr;
    std::vector<uint64_t> ste;
    const char *rule;
    Choice choice = DEFAULTS;
};

inline void PrintTo(const SteRule &c, std::ostream *out)
{
    *out << c.name;
}

inline void expect_ste_rule(const SteRule &c)
{
    const Entry raw(c.ste);
    const smmu_ctrl ctrl = {c.choice != UNCHECKED, false, false};
    smmu_caps caps = caps_of(c.idr);
    smmu_ste ste;

    caps.choices.is_nested_cd_ptr_checked = c.choice == NESTED_CHECKED;
    EXPECT_EQ(smmu_ste_decode(raw.words, &caps, &ctrl, &ste), c.rule ? C_BAD_STE : 0);
    EXPECT_STREQ(text(ste.rule), text(c.rule));
}

struct CdRule {
    const char *name;
    smmu_idr idr;
    smmu_ste ste;
    std::vector<uint64_t> cd;
    const char *rule;
    Choice choice = DEFAULTS;
};

inline void PrintTo(const CdRule &c, std::ostream *out)
{
    *out << c.name;
}

inline smmu_ste ste_of(smmu_world world)
{
    smmu_ste ste = {};

    ste.config = SMMU_CONFIG_S1;
    ste.has_s1 = true;
    ste.world = world;
    return ste;
}

inline smmu_ste nested_of(bool is_lpae)
{
    smmu_ste ste = ste_of(SMMU_WORLD_NS_EL1);

    ste.config = SMMU_CONFIG_NESTED;
    ste.has_s2 = true;
    ste.s2.is_lpae = is_lpae;
    return ste;
}

inline smmu_ste stalld_of()
{
    smmu_ste ste = ste_of(SMMU_WORLD_NS_EL1);

    ste.s1stalld = true;
    return ste;
}

const smmu_ste el1 = ste_of(SMMU_WORLD_NS_EL1);
const smmu_ste el2 = ste_of(SMMU_WORLD_EL2);
const smmu_ste el2_e2h = ste_of(SMMU_WORLD_EL2_E2H);
const smmu_ste nested = nested_of(false);
const smmu_ste nested_lpae = nested_of(true);
const smmu_ste stalld = stalld_of();

inline void expect_cd_rule(const CdRule &c)
{
    const Entry raw(c.cd);
    smmu_caps caps = caps_of(c.idr);
    smmu_cd cd;

    caps.choices.is_txsz_clamped = c.choice == CLAMPED;
    EXPECT_EQ(smmu_cd_decode(raw.words, &c.ste, &caps, &cd), c.rule ? C_BAD_CD : 0);
    EXPECT_STREQ(text(cd.rule), text(c.rule));
}

} // namespace cfg

#endif
