/* SPDX-License-Identifier: BSD-2-Clause
 * rules.h - protocol rules on the command line: which are allowed, what was broken.
 * Knows: rules and their hits. Must not know: how a rule is checked. */
#ifndef CLI_RULES_H
#define CLI_RULES_H

#include "api/settings/allow.h"
#include "check/chk_order.h"
#include "sim/diag.h"

#include <jansson.h>
#include <stdio.h>

/** rules_allow_word - rules_allow_one for one "ID=reason" of --allow. */
int rules_allow_word(struct rules_allow *allow, const char *word, struct sim_diag *diag);

/** rules_new - Return: a sink of records with the allowed rules set; NULL without memory. */
struct chk_order *rules_new(const struct rules_allow *allow);

/** rules_print - what was broken, for people; @names: of devices by number, or NULL. */
void rules_print(const struct chk_order_report *report, FILE *out);

/** rules_json - the same (part "protocol" of schemas). Return: NULL without memory. */
json_t *rules_json(const struct chk_order_report *report);

#endif
