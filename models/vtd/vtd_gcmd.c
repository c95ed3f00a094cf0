/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_gcmd.c - commands of GCMD and PMEN on their way to their status (1.3, 1.6).
 * Knows: what each handshake waits for and what it switches. Must not know: how requests are
 * translated, how the queue works.
 *
 * Every command goes its own way, so two bits in one write are two commands; the architecture
 * leaves that undefined (?), and it is told. */
#include "models/vtd/vtd_control.h"

/* One command: its bit in GCMD, how it answers in GSTS. */
struct command {
    uint64_t asked, answer;
    bool is_level;
};

static const struct command commands[] = {
    [VTD_COMMAND_TE] = {VTD_MASK(GCMD, TE), VTD_MASK(GSTS, TES), true},
    [VTD_COMMAND_SRTP] = {VTD_MASK(GCMD, SRTP), VTD_MASK(GSTS, RTPS), false},
    [VTD_COMMAND_WBF] = {VTD_MASK(GCMD, WBF), VTD_MASK(GSTS, WBFS), false},
    [VTD_COMMAND_QIE] = {VTD_MASK(GCMD, QIE), VTD_MASK(GSTS, QIES), true},
    [VTD_COMMAND_IRE] = {VTD_MASK(GCMD, IRE), VTD_MASK(GSTS, IRES), true},
    [VTD_COMMAND_SIRTP] = {VTD_MASK(GCMD, SIRTP), VTD_MASK(GSTS, IRTPS), false},
    [VTD_COMMAND_CFI] = {VTD_MASK(GCMD, CFI), VTD_MASK(GSTS, CFIS), true},
};
enum { N_GCMD = sizeof(commands) / sizeof(commands[0]) };

static bool is_wanted(const struct vtd *vtd, enum vtd_command which)
{
    return (vtd->reg[VTD_RI_GCMD] & commands[which].asked) != 0;
}

/* The status is what was asked for. */
static void answer(struct vtd *vtd, enum vtd_command which, bool value)
{
    uint64_t *gsts = &vtd->reg[VTD_RI_GSTS];

    *gsts = value ? *gsts | commands[which].answer : *gsts & ~commands[which].answer;
    vtd_reg_effect(vtd, VTD_RI_GSTS);
    if (!vtd_GSTS_TES(gsts) && !vtd_GSTS_IRES(gsts))
        vtd_fault_index_reset(vtd);
}

/* ---- what each does when its time has come. Return: true when it is done; false: ask again ----
 */

/* Those already under way end as they began; scalable-mode hardware then forgets everything. */
static bool do_te(struct vtd *vtd, bool is_first)
{
    struct vtd_handshake *shake = &vtd->command[VTD_COMMAND_TE];
    const bool is_on = is_wanted(vtd, VTD_COMMAND_TE);

    if (is_first) {
        vtd->is_translating = is_on;
        shake->ticket = vtd_drain_ticket(vtd);
    }
    if (!vtd_drain_is_over(vtd, shake->ticket))
        return false;
    if (!is_on && vtd->caps.smts)
        vtd_sweep_all(vtd);
    answer(vtd, VTD_COMMAND_TE, is_on);
    return true;
}

/* The mode of a unit that translates may change only if hardware flushes. */
static void check_mode(const struct vtd *vtd, const struct vtd_root *next)
{
    const bool changes = next->mode != vtd->root.mode || next->ssirwe != vtd->root.ssirwe;

    if (changes && vtd_GSTS_TES(&vtd->reg[VTD_RI_GSTS]) && !vtd->caps.esrtps)
        vtd_fact_unimpl(vtd, VTD_UNIMPL_UNDEFINED, VTD_REG_RTADDR);
}

static bool do_srtp(struct vtd *vtd, bool is_first)
{
    struct vtd_handshake *shake = &vtd->command[VTD_COMMAND_SRTP];
    struct vtd_root next;

    if (is_first) {
        vtd_root_parse(vtd->reg[VTD_RI_RTADDR], &vtd->caps, &next);
        check_mode(vtd, &next);
        vtd->root = next;
        if (vtd->caps.esrtps) {
            vtd_sweep_all(vtd);
            shake->ticket = vtd_drain_ticket(vtd);
        }
    }
    if (vtd->caps.esrtps && !vtd_drain_is_over(vtd, shake->ticket))
        return false;
    answer(vtd, VTD_COMMAND_SRTP, true);
    return true;
}

/* 4.3: head goes to 0 when the queue is off; what was read ahead or is worked on ends first. */
static bool do_qie(struct vtd *vtd)
{
    if (is_wanted(vtd, VTD_COMMAND_QIE)) {
        vtd_qi_open(vtd);
        answer(vtd, VTD_COMMAND_QIE, true);
        vtd_qi_kick(vtd);
        return true;
    }
    vtd_qi_close(vtd);
    if (!vtd_qi_is_idle(vtd))
        return false;
    vtd->reg[VTD_RI_IQH] = 0;
    answer(vtd, VTD_COMMAND_QIE, false);
    return true;
}

static bool do_pmen(struct vtd *vtd, bool is_first)
{
    struct vtd_handshake *shake = &vtd->command[VTD_COMMAND_PMEN];
    uint64_t *pmen = &vtd->reg[VTD_RI_PMEN];

    if (is_first) {
        vtd->is_protected = vtd_PMEN_EPM(pmen) != 0;
        shake->ticket = vtd_drain_ticket(vtd);
    }
    if (!vtd_drain_is_over(vtd, shake->ticket))
        return false;
    vtd_PMEN_put_PRS(pmen, vtd->is_protected);
    vtd_reg_effect(vtd, VTD_RI_PMEN);
    return true;
}

static bool act(struct vtd *vtd, enum vtd_command which, bool is_first)
{
    switch (which) {
    case VTD_COMMAND_TE:
        return do_te(vtd, is_first);
    case VTD_COMMAND_SRTP:
        return do_srtp(vtd, is_first);
    case VTD_COMMAND_QIE:
        return do_qie(vtd);
    case VTD_COMMAND_PMEN:
        return do_pmen(vtd, is_first);
    case VTD_COMMAND_SIRTP: /* the table is not used */
        answer(vtd, which, true);
        return true;
    case VTD_COMMAND_IRE: /* interrupts are told when they come */
    case VTD_COMMAND_CFI:
        answer(vtd, which, is_wanted(vtd, which));
        return true;
    case VTD_COMMAND_WBF:
        vtd_flush_writes(vtd);
        break;
    case VTD_N_COMMANDS:
        break;
    }
    answer(vtd, which, false);
    return true;
}

/* A level that was asked for anew while it was being worked on has to go back. */
static void act_and_again(struct vtd *vtd, struct vtd_handshake *shake, bool is_first)
{
    shake->is_due = !act(vtd, (enum vtd_command)(shake - vtd->command), is_first);
    if (!shake->is_due && shake->is_again) {
        shake->is_again = false;
        vtd_wake(vtd, &shake->event, vtd->param.reg_cycles);
    }
}

static void due(void *ctx)
{
    struct vtd_handshake *shake = ctx;

    act_and_again(shake->vtd, shake, true);
}

void vtd_gcmd_progress(struct vtd *vtd)
{
    for (uint32_t i = 0; i < VTD_N_COMMANDS; i++) {
        if (vtd->command[i].is_due)
            act_and_again(vtd, &vtd->command[i], false);
    }
}

/* ---- writes ---- */

static void begin(struct vtd *vtd, enum vtd_command which)
{
    struct vtd_handshake *shake = &vtd->command[which];

    if (shake->is_due)
        shake->is_again = true;
    else if (!sim_event_is_scheduled(&shake->event))
        vtd_wake(vtd, &shake->event, vtd->param.reg_cycles);
}

/* Bits of commands that this unit has. */
static uint64_t known(const struct vtd *vtd)
{
    const struct vtd_caps *caps = &vtd->caps;
    uint64_t bits = VTD_MASK(GCMD, TE) | VTD_MASK(GCMD, SRTP);

    bits |= caps->rwbf ? VTD_MASK(GCMD, WBF) : 0;
    bits |= caps->qi ? VTD_MASK(GCMD, QIE) : 0;
    bits |= caps->ir ? VTD_MASK(GCMD, IRE) | VTD_MASK(GCMD, SIRTP) | VTD_MASK(GCMD, CFI) : 0;
    return bits;
}

/* What the status says from the moment of the write. */
static void start_one_shot(struct vtd *vtd, enum vtd_command which)
{
    uint64_t *gsts = &vtd->reg[VTD_RI_GSTS];

    if (which == VTD_COMMAND_WBF)
        *gsts |= commands[which].answer;
    else
        *gsts &= ~commands[which].answer;
}

void vtd_gcmd_write(struct vtd *vtd, uint32_t value)
{
    uint64_t *gcmd = &vtd->reg[VTD_RI_GCMD];
    const uint64_t asked = value & known(vtd);
    uint64_t old = *gcmd;
    uint32_t n = 0;

    if (vtd->caps.afl && (vtd_GCMD_SFL(&(uint64_t){value}) || vtd_GCMD_EAFL(&(uint64_t){value})))
        vtd_fact_unimpl(vtd, VTD_UNIMPL_AFL, VTD_REG_GCMD);
    *gcmd = 0;
    for (uint32_t i = 0; i < N_GCMD; i++) {
        const struct command *command = &commands[i];

        if (command->is_level)
            *gcmd |= asked & command->asked;
        if (command->is_level ? !((old ^ asked) & command->asked) : !(asked & command->asked))
            continue;
        if (!command->is_level)
            start_one_shot(vtd, (enum vtd_command)i);
        begin(vtd, (enum vtd_command)i);
        n++;
    }
    if (n > 1)
        vtd_fact_unimpl(vtd, VTD_UNIMPL_UNDEFINED, VTD_REG_GCMD);
}

void vtd_pmen_write(struct vtd *vtd, uint32_t value)
{
    const uint64_t written = value;

    vtd_PMEN_put_EPM(&vtd->reg[VTD_RI_PMEN], vtd_PMEN_EPM(&written));
    if (vtd_PMEN_EPM(&written) != vtd_PMEN_PRS(&vtd->reg[VTD_RI_PMEN]) ||
        vtd->command[VTD_COMMAND_PMEN].is_due)
        begin(vtd, VTD_COMMAND_PMEN);
}

void vtd_gcmd_init(struct vtd *vtd)
{
    for (uint32_t i = 0; i < VTD_N_COMMANDS; i++) {
        vtd->command[i].vtd = vtd;
        vtd_event_make(&vtd->command[i].event, due, &vtd->command[i]);
    }
}

void vtd_gcmd_reset(struct vtd *vtd)
{
    for (uint32_t i = 0; i < VTD_N_COMMANDS; i++) {
        sim_queue_cancel(vtd->queue, &vtd->command[i].event);
        vtd->command[i].is_due = false;
        vtd->command[i].is_again = false;
    }
}
