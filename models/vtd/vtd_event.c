/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_event.c - three status registers and the message of each (1.5).
 * Knows: one machine with three sets of registers. Must not know: why a bit is set.
 *
 * A message is due when a status bit is set while none was. It is pending (IP) until it is sent,
 * and is sent unless it is masked (IM). If software clears every status bit first, it never is. */
#include "models/vtd/vtd_control.h"

/* The registers of one message. */
struct group {
    enum vtd_reg_index status, control, data, address, upper;
    uint64_t bits; /* of status: any of them keeps further messages back */
    enum sim_irq wire;
};

static const struct group groups[VTD_N_MESSAGES] = {
    [VTD_MESSAGE_FAULT] = {VTD_RI_FSTS, VTD_RI_FECTL, VTD_RI_FEDATA, VTD_RI_FEADDR, VTD_RI_FEUADDR,
                           VTD_MASK(FSTS, PFO) | VTD_MASK(FSTS, PPF) | VTD_MASK(FSTS, IQE) |
                               VTD_MASK(FSTS, ICE) | VTD_MASK(FSTS, ITE),
                           SIM_IRQ_FAULT},
    [VTD_MESSAGE_INV] = {VTD_RI_ICS, VTD_RI_IECTL, VTD_RI_IEDATA, VTD_RI_IEADDR, VTD_RI_IEUADDR,
                         VTD_MASK(ICS, IWC), SIM_IRQ_INV},
    [VTD_MESSAGE_PAGE] = {VTD_RI_PRS, VTD_RI_PECTL, VTD_RI_PEDATA, VTD_RI_PEADDR, VTD_RI_PEUADDR,
                          VTD_MASK(PRS, PPR) | VTD_MASK(PRS, PRO), SIM_IRQ_PAGE_REQ},
};

/* The three control registers are alike. */
static_assert((int)VTD_MSB_FECTL_IM == (int)VTD_MSB_IECTL_IM &&
                  (int)VTD_MSB_FECTL_IM == (int)VTD_MSB_PECTL_IM &&
                  (int)VTD_MSB_FECTL_IP == (int)VTD_MSB_IECTL_IP &&
                  (int)VTD_MSB_FECTL_IP == (int)VTD_MSB_PECTL_IP,
              "one code for three registers");

static void go(void *vtd, struct sim_access *access)
{
    sim_port_access(&((struct vtd *)vtd)->port, access);
}

/* A message that nobody takes is lost. */
static void sent(void *ctx)
{
    (void)hw_msi_ended(ctx);
    hw_msi_again(ctx);
}

/* Not remapped, whatever IRES says. */
static void message(struct vtd *vtd, enum vtd_message which)
{
    const struct group *group = &groups[which];

    vtd_FECTL_put_IP(&vtd->reg[group->control], 0);
    vtd->port.ops->irq(vtd->port.ctx, group->wire, true);
    hw_msi_post(&vtd->msi[which],
                vtd->reg[group->upper] << 32 | vtd_FEADDR_MA_addr(&vtd->reg[group->address]),
                (uint32_t)vtd->reg[group->data]);
}

void vtd_event_set(struct vtd *vtd, enum vtd_message which, uint64_t bits)
{
    const struct group *group = &groups[which];
    uint64_t *status = &vtd->reg[group->status];
    uint64_t *control = &vtd->reg[group->control];
    const bool was_quiet = (*status & group->bits) == 0;

    if ((*status & bits) == bits)
        return;
    *status |= bits;
    vtd_reg_effect(vtd, group->status);
    if (!was_quiet)
        return;
    vtd_FECTL_put_IP(control, 1);
    if (!vtd_FECTL_IM(control))
        message(vtd, which);
}

void vtd_event_clear(struct vtd *vtd, enum vtd_message which, uint64_t bits)
{
    const struct group *group = &groups[which];
    uint64_t *status = &vtd->reg[group->status];

    *status &= ~bits;
    if (!(*status & group->bits))
        vtd_FECTL_put_IP(&vtd->reg[group->control], 0);
}

void vtd_event_control(struct vtd *vtd, enum vtd_message which, uint32_t value)
{
    uint64_t *control = &vtd->reg[groups[which].control];
    const uint64_t written = value;

    vtd_FECTL_put_IM(control, vtd_FECTL_IM(&written));
    if (!vtd_FECTL_IM(control) && vtd_FECTL_IP(control))
        message(vtd, which);
}

void vtd_event_init(struct vtd *vtd)
{
    for (uint32_t i = 0; i < VTD_N_MESSAGES; i++) {
        vtd->msi[i].owner = vtd;
        vtd->msi[i].go = go;
        vtd->msi[i].access.done = (struct sim_wake){sent, &vtd->msi[i]};
    }
}

void vtd_event_reset(struct vtd *vtd)
{
    for (uint32_t i = 0; i < VTD_N_MESSAGES; i++)
        hw_msi_reset(&vtd->msi[i]);
}
