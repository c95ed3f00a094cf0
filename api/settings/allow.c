/* SPDX-License-Identifier: BSD-2-Clause
 * allow.c - protocol rules that may be broken. */
#include "api/settings/allow.h"

#include "sim/diag.h"

#include <stdio.h>

int rules_allow_one(struct rules_allow *allow, const char *id, const char *reason, char *why)
{
    const enum chk_rule_id rule = chk_rule_find(id);

    if (rule == CHK_N_RULES) {
        (void)snprintf(why, RULES_WHY_BYTES, "there is no rule '%.60s' (iommusim rules lists them)",
                       id);
        return SIM_EINVAL;
    }
    if (!reason || !*reason) {
        (void)snprintf(why, RULES_WHY_BYTES, "%s: a reason is missing", id);
        return SIM_EINVAL;
    }
    (void)snprintf(allow->reason[rule], RULES_REASON_BYTES, "%s", reason);
    return 0;
}
