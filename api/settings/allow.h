/* SPDX-License-Identifier: BSD-2-Clause
 * allow.h - protocol rules that may be broken.
 * Knows: names of rules. Must not know: how a rule is checked. */
#ifndef API_SETTINGS_ALLOW_H
#define API_SETTINGS_ALLOW_H

#include "check/chk_order.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RULES_REASON_BYTES 128u
#define RULES_WHY_BYTES 128u

/** struct rules_allow - rules that may be broken, each with a reason; an empty one: it may not. */
struct rules_allow {
    char reason[CHK_N_RULES][RULES_REASON_BYTES];
};

/** rules_allow_one - @id may be broken for @reason. Return: 0, or SIM_EINVAL and @why
 * (RULES_WHY_BYTES) says why not: no such rule, or no reason. */
int rules_allow_one(struct rules_allow *allow, const char *id, const char *reason, char *why);

#ifdef __cplusplus
}
#endif
#endif
