/* SPDX-License-Identifier: BSD-2-Clause
 * diff_private.h - what the two files of the uncached oracle share.
 * Knows: one request under way. Must not know: the model. */
#ifndef TESTS_PROPERTY_DIFF_PRIVATE_H
#define TESTS_PROPERTY_DIFF_PRIVATE_H

#include "tests/property/diff_oracle.h"

enum diff_world { DIFF_EL1, DIFF_EL2, DIFF_E2H };
enum diff_class { DIFF_CD, DIFF_TT, DIFF_IN };
enum diff_number {
    DIFF_BAD_STREAMID = 0x02,
    DIFF_STE_FETCH = 0x03,
    DIFF_BAD_STE = 0x04,
    DIFF_STREAM_DISABLED = 0x06,
    DIFF_BAD_SUBSTREAMID = 0x08,
    DIFF_CD_FETCH = 0x09,
    DIFF_BAD_CD = 0x0a,
    DIFF_WALK_EABT = 0x0b,
    DIFF_TRANSLATION = 0x10,
    DIFF_ADDR_SIZE = 0x11,
    DIFF_ACCESS = 0x12,
    DIFF_PERMISSION = 0x13,
};

/** struct diff_ask - a request, and what has been read for it. The access is that after the STE's
 * overrides. */
struct diff_ask {
    const struct diff_smmu *smmu;
    const struct diff_request *request;
    struct diff_answer *answer;
    uint64_t ste[8], cd[8];
    bool is_write, is_inst, is_priv;
    bool has_s1, has_s2;
    enum diff_world world;
    unsigned oas_bits;
};

/** struct diff_fault - where a walk ended. @address: IPA, or what could not be read. */
struct diff_fault {
    unsigned number;
    bool is_s2;
    enum diff_class class;
    uint64_t address;
    bool is_table_write;
};

static inline uint64_t diff_bits(uint64_t word, unsigned high, unsigned low)
{
    return word >> low & (UINT64_MAX >> (63 - (high - low)));
}

/** diff_size - address bits that a code of OAS, IPS or PS stands for. */
unsigned diff_size(uint64_t code);

/** diff_fail - the request ends with this fault. Return: false. */
bool diff_fail(struct diff_ask *ask, const struct diff_fault *fault);

/** diff_stage2, diff_stage1 - translate *@address in place and narrow the answer. @rights: what is
 * needed of the page. Return: false if the answer is final. */
bool diff_stage2(struct diff_ask *ask, enum diff_class class, unsigned rights, uint64_t *address);
bool diff_stage1(struct diff_ask *ask, uint64_t *address);

#endif
