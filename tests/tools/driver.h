/* SPDX-License-Identifier: BSD-2-Clause
 * driver.h - an SMMUv3 driver in miniature, as streams of records: it sets the SMMU up, and it
 * moves one device from one domain to another in the order in which Linux does.
 * Knows: what a driver writes, and when. Must not know: any model, what hardware makes of it. */
#ifndef TESTS_TOOLS_DRIVER_H
#define TESTS_TOOLS_DRIVER_H

#include "tests/tools/stream.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DRIVER_SID 0x20u
#define DRIVER_WORDS 8u /* of an STE and of a CD */
#define DRIVER_ENTRY_BYTES UINT64_C(64)
#define DRIVER_PAGE UINT64_C(4096)

/* Where things are. A guest's CDs and tables have the same addresses in its own space: stage 2
 * leaves what is below DRIVER_GUEST_BYTES where it is. */
#define DRIVER_STRTAB UINT64_C(0x10000)
#define DRIVER_CDS UINT64_C(0x20000) /* a page for each CD table: the host's, and two of guests */
#define DRIVER_EVTQ UINT64_C(0x40000)
#define DRIVER_PRIQ UINT64_C(0x50000)
#define DRIVER_GUEST_BYTES UINT64_C(0x200000)

/** struct driver_rules - which driver, and on what machine. */
struct driver_rules {
    bool is_7x;        /* bits that may change at any time do not count as a difference */
    bool no_overrides; /* IDR1.ATTR_TYPES_OVR=0: attributes are incoming ones */
    bool has_el2;      /* host in EL2: CR2.E2H=1, streams of stage 1 are EL2-E2H */
    bool has_pci;      /* ATS and PRI are offered: page requests have their queue */
};

/** struct driver - @ste, @cd: the device's entries in memory (CD 0 of the host's table). */
struct driver {
    struct driver_rules rules;
    struct stream *stream;
    uint64_t ste[DRIVER_WORDS];
    uint64_t cd[DRIVER_WORDS];
};

enum driver_target {
    DRIVER_VOID, /* V=0: nobody has written the entry yet */
    DRIVER_BLOCKED,
    DRIVER_IDENTITY,
    DRIVER_S1,
    DRIVER_S2,
    DRIVER_NESTED,
};

enum driver_cd {
    DRIVER_CD_LIVE,
    DRIVER_CD_RELEASED, /* the process is gone: no walks, and faults are not recorded */
    DRIVER_CD_VOID,
};

/**
 * struct driver_domain - what a device can be attached to.
 * @target:  how requests without a PASID are treated.
 * @cd:      state of CD 0, if stage 1 translates.
 * @cds:     number of the CD table: 0 the host's, 1 and 2 of guests.
 * @space:   number of the stage 1 table. @asid, @mair: of the CD.
 * @vmid:    and @s2: number of the stage 2 table.
 * @cd_max:  log2 of CDs: there are PASIDs. @dss: what the STE says of requests without one.
 * @eats:    the STE's word on ATS.
 */
struct driver_domain {
    const char *name;
    enum driver_target target;
    enum driver_cd cd;
    uint8_t cds, space, asid, vmid, s2;
    uint8_t cd_max, dss, eats;
    uint64_t mair;
};

/* driver_init.c */
/** driver_init - from reset to SMMUEN=1, in the driver's order. The STE is @ste0 (word 0). */
void driver_init(struct driver *driver, uint64_t ste0);

/* driver_update.c */
/** driver_write_ste, driver_write_cd - bring the entry to @target; each step that writes something
 * is followed by its CFGI and CMD_SYNC. */
void driver_write_ste(struct driver *driver, const uint64_t *target);
void driver_write_cd(struct driver *driver, const uint64_t *target);
/** driver_sync - CMD_SYNC as the driver writes it, and the wait for it. */
void driver_sync(struct driver *driver);

/* driver_domain.c */
/** driver_domain_find - by name, or NULL. */
const struct driver_domain *driver_domain_find(const char *name);
/** driver_domain_id - number of the domain in marks and maps. */
uint64_t driver_domain_id(const struct driver_domain *domain);
/** driver_domain_type - as the marks say it: paging for all that promises targets. */
uint64_t driver_domain_type(const struct driver_domain *domain);
/** driver_domain_ste, driver_domain_cd - the entries that the domain wants, DRIVER_WORDS each. */
void driver_domain_ste(const struct driver *driver, const struct driver_domain *domain,
                       uint64_t *ste);
void driver_domain_cd(const struct driver_domain *domain, uint64_t *cd);
/** driver_tables - all page tables and the guests' CDs into memory; what each domain maps. */
void driver_tables(struct driver *driver);

#ifdef __cplusplus
}
#endif
#endif
