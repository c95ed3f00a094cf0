// SPDX-License-Identifier: BSD-2-Clause
// A device's data in pieces: none crosses a line, all together are the request.
#include "models/common/hw_move.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace
{

struct Piece {
    uint64_t pa;
    uint32_t n_bytes;
    bool operator==(const Piece &other) const
    {
        return pa == other.pa && n_bytes == other.n_bytes;
    }
};

struct Move : testing::Test {
    std::vector<Piece> move(uint64_t pa, uint32_t n_bytes, uint8_t how)
    {
        std::vector<Piece> pieces;
        uint32_t n_moved = 0;

        data.resize(n_bytes);
        dma.data = data.data();
        dma.n_bytes = n_bytes;
        dma.access = how;
        while (hw_move_ask(&access, &dma, pa, n_moved)) {
            pieces.push_back({access.pa, access.n_bytes});
            if (how & SIM_DMA_WRITE)
                memory.insert(memory.end(), access.data, access.data + access.n_bytes);
            else
                std::iota(access.data, access.data + access.n_bytes, static_cast<uint8_t>(n_moved));
            n_moved = hw_move_took(&access, &dma, n_moved);
        }
        EXPECT_EQ(n_moved, n_bytes);
        return pieces;
    }
    std::vector<uint8_t> data, memory;
    sim_dma dma{};
    sim_access access{};
};

TEST_F(Move, NoPieceCrossesALineOf64Bytes)
{
    EXPECT_EQ(move(0x1030, 100, SIM_DMA_READ),
              (std::vector<Piece>{{0x1030, 16}, {0x1040, 64}, {0x1080, 20}}));
}

TEST_F(Move, WhatLiesInOneLineIsOnePiece)
{
    EXPECT_EQ(move(0x1040, 64, SIM_DMA_READ), (std::vector<Piece>{{0x1040, 64}}));
    EXPECT_EQ(move(0x107f, 1, SIM_DMA_READ), (std::vector<Piece>{{0x107f, 1}}));
}

TEST_F(Move, NothingIsNoPiece)
{
    EXPECT_TRUE(move(0x1000, 0, SIM_DMA_READ).empty());
}

TEST_F(Move, ReadBytesAreInTheirPlaces)
{
    std::vector<uint8_t> expected(100);

    std::iota(expected.begin(), expected.end(), static_cast<uint8_t>(0));
    (void)move(0x1030, 100, SIM_DMA_READ);
    EXPECT_EQ(data, expected);
}

TEST_F(Move, WrittenBytesLeaveInTheirOrder)
{
    data.resize(100);
    std::iota(data.begin(), data.end(), static_cast<uint8_t>(7));
    (void)move(0x1030, 100, SIM_DMA_WRITE);
    EXPECT_EQ(memory, data);
}

TEST_F(Move, WhoIsToldStays)
{
    access.done = {[](void *) {}, &access};
    (void)move(0x1000, 8, SIM_DMA_READ);
    EXPECT_EQ(access.done.ctx, &access);
    EXPECT_EQ(access.structure, SIM_S_OTHER);
}

} // namespace
