// SPDX-License-Identifier: BSD-2-Clause
// Words and bytes: the least significant byte comes first.
#include "models/common/hw_bytes.h"

#include <gtest/gtest.h>

namespace
{

TEST(HwBytes, TheLowByteComesFirst)
{
    const uint64_t words[] = {UINT64_C(0x0807060504030201), UINT64_C(0x100f0e0d0c0b0a09)};
    uint8_t bytes[13] = {};

    hw_bytes_put(bytes, words, 12);
    for (unsigned i = 0; i < 12; i++)
        EXPECT_EQ(bytes[i], i + 1);
    EXPECT_EQ(bytes[12], 0u) << "no byte more";
}

TEST(HwBytes, WhatWasInTheWordsDoesNotMatter)
{
    const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    uint64_t words[] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};

    hw_bytes_get(words, bytes, sizeof(bytes));
    EXPECT_EQ(words[0], UINT64_C(0x0807060504030201));
    EXPECT_EQ(words[1], UINT64_C(0x0c0b0a09));
    EXPECT_EQ(words[2], UINT64_MAX) << "no word more";
}

} // namespace
