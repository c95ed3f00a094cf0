/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_rules.c - iommusim rules: the list of protocol rules, and one of them in full. */
#include "api/settings/yaml_file.h"
#include "cli/cli.h"
#include "cli/rules.h"

#include <argp.h>
#include <string.h>

enum option_key {
    OPTION_JSON = 256,
    OPTION_BAD,
    OPTION_GOOD,
};

struct options {
    const char *id;
    bool wants_json, wants_bad, wants_good;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case OPTION_JSON:
        options->wants_json = true;
        return 0;
    case OPTION_BAD:
        options->wants_bad = true;
        return 0;
    case OPTION_GOOD:
        options->wants_good = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->id)
            argp_error(state, "one rule at a time; '%s' is one too many", arg);
        options->id = arg;
        return 0;
    case ARGP_KEY_END:
        if (!options->id && (options->wants_bad || options->wants_good))
            argp_error(state, "the ID of a rule is missing");
        if (options->wants_bad + options->wants_good + options->wants_json > 1)
            argp_error(state, "--bad, --good and --json exclude each other");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- Text ------------------------------------------------------------------------------------ */

static void print_list(void)
{
    for (unsigned i = 0; i < CHK_N_RULES; i++)
        (void)printf("%-27s %-6s %-7s %s\n", chk_rules[i].id, chk_rule_kind_name(chk_rules[i].kind),
                     chk_rules[i].section, chk_rules[i].title);
}

static void print_lines(const char *head, const char *lines)
{
    (void)printf("%s\n", head);
    while (*lines) {
        const size_t n = strcspn(lines, "\n");

        (void)printf("    %.*s\n", (int)n, lines);
        lines += lines[n] ? n + 1 : n;
    }
}

static void print_rule(const struct chk_rule *rule)
{
    static const char *const starts[CHK_N_STARTS] = {
        [CHK_START_RESET] =
            "a unit whose ID registers were read, CR0 = 0. It is set up behind them",
        [CHK_START_READY] = "a unit that translates; every stream is aborted",
        [CHK_START_LIVE] = "StreamID 0x20 has a stage 1 table, ASID 1, IOVA 0x0 to 0x3fff",
        [CHK_START_VTD_RESET] =
            "a unit whose capabilities were read, GCMD = 0. It is set up behind them",
        [CHK_START_VTD_READY] = "a unit that translates in scalable mode; nothing is present",
        [CHK_START_VTD_LEGACY] = "legacy mode: requester 0x18 has domain 2, IOVA 0x0 to 0xfff",
        [CHK_START_VTD_LIVE] = "requester 0x18 has a second stage, domain 2, IOVA 0x0 to 0x3fff",
    };

    (void)printf("%s: %s\n\n", rule->id, rule->title);
    (void)printf("kind:    %s\n", chk_rule_kind_name(rule->kind));
    (void)printf("section: %s of %s\n", rule->section,
                 rule->start < CHK_START_VTD_RESET ? "IHI 0070G.b" : "the VT-d specification, 5.1");
    (void)printf("why:     %s\n", rule->why);
    (void)printf("mend:    %s\n", rule->fix);
    (void)printf("\nBoth examples start with: %s.\n", starts[rule->start]);
    print_lines("\nbreaks it:", rule->bad);
    print_lines("\nkeeps it:", rule->good);
    (void)printf(
        "\niommusim rules %s --bad prints the first as a whole file of records, --good the "
        "second.\n",
        rule->id);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *rule_json(const struct chk_rule *rule)
{
    const char *end = chk_rule_end_text(rule->start);

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s+, s:s+}", "id", rule->id, "kind",
                     chk_rule_kind_name(rule->kind), "section", rule->section, "title", rule->title,
                     "why", rule->why, "fix", rule->fix, "start", chk_rule_start_text(rule->start),
                     "bad", rule->bad, end, "good", rule->good, end);
}

static int print_json(const struct chk_rule *rule)
{
    json_t *rules = json_array();

    for (unsigned i = 0; i < CHK_N_RULES; i++) {
        if (!rule || rule == &chk_rules[i])
            (void)json_array_append_new(rules, rule_json(&chk_rules[i]));
    }
    return cli_json(json_pack("{s:s, s:o}", "schema", "iommusim.rules/1", "rules", rules));
}

/* ---- The command ----------------------------------------------------------------------------- */

static int unknown_rule(const char *id)
{
    const char *ids[CHK_N_RULES];
    const char *nearest;

    for (unsigned i = 0; i < CHK_N_RULES; i++)
        ids[i] = chk_rules[i].id;
    nearest = settings_nearest(id, ids, CHK_N_RULES);
    cli_error("there is no rule '%s'%s%s%s", id, nearest ? "; did you mean '" : "",
              nearest ? nearest : "", nearest ? "'?" : "");
    return CLI_USAGE;
}

static const struct argp_option argp_options[] = {
    {"json", OPTION_JSON, NULL, 0, "as JSON (schema iommusim.rules/1)", 0},
    {"bad", OPTION_BAD, NULL, 0, "a whole file of records that breaks the rule", 0},
    {"good", OPTION_GOOD, NULL, 0, "a whole file of records that keeps it", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

int cli_rules(int argc, char **argv)
{
    static const char doc[] =
        "Lists the protocol rules that replay checks in a driver's acts, or tells one in full: why "
        "it matters, where the architecture says so, how to mend it, and two examples.\v"
        "Examples:\n"
        "  iommusim rules\n"
        "  iommusim rules smmu-ste-torn\n"
        "  iommusim rules smmu-ste-torn --bad > torn.iotr.txt\n\n"
        "arch: the architecture forbids it or leaves open what happens. state: something stays in "
        "a cache or in use that must not. advice: legal, but hardly meant; it fails nothing.";
    static const struct argp argp = {argp_options, parse_option, "[ID]", doc, NULL, NULL, NULL};
    struct options options = {0};
    const struct chk_rule *rule = NULL;

    if (argp_parse(&argp, argc, argv, 0, NULL, &options))
        return CLI_USAGE;
    if (options.id) {
        if (chk_rule_find(options.id) == CHK_N_RULES)
            return unknown_rule(options.id);
        rule = &chk_rules[chk_rule_find(options.id)];
    }
    if (options.wants_json)
        return print_json(rule);
    if (!rule)
        print_list();
    else if (options.wants_bad || options.wants_good)
        (void)printf("%s%s%s", chk_rule_start_text(rule->start),
                     options.wants_bad ? rule->bad : rule->good, chk_rule_end_text(rule->start));
    else
        print_rule(rule);
    return CLI_OK;
}
