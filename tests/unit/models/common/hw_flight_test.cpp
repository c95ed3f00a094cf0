// SPDX-License-Identifier: BSD-2-Clause
// Two phases: who began before the turn is waited for, who comes later is not.
#include "models/common/hw_flight.h"

#include <gtest/gtest.h>

namespace
{

TEST(HwFlight, WithNobodyUnderWayItIsOverAtOnce)
{
    hw_flight flight{};

    hw_flight_turn(&flight);
    EXPECT_TRUE(hw_flight_is_over(&flight));
}

TEST(HwFlight, WhoBeganBeforeIsWaitedFor)
{
    hw_flight flight{};
    const uint8_t a = hw_flight_begin(&flight);
    const uint8_t b = hw_flight_begin(&flight);

    hw_flight_turn(&flight);
    EXPECT_FALSE(hw_flight_is_over(&flight));
    hw_flight_end(&flight, a);
    EXPECT_FALSE(hw_flight_is_over(&flight));
    hw_flight_end(&flight, b);
    EXPECT_TRUE(hw_flight_is_over(&flight));
}

TEST(HwFlight, WhoComesLaterIsNot)
{
    hw_flight flight{};
    const uint8_t before = hw_flight_begin(&flight);

    hw_flight_turn(&flight);
    (void)hw_flight_begin(&flight);
    hw_flight_end(&flight, before);
    EXPECT_TRUE(hw_flight_is_over(&flight));
}

TEST(HwFlight, TheNextTurnWaitsForWhoCameLater)
{
    hw_flight flight{};
    uint8_t later;

    hw_flight_turn(&flight);
    later = hw_flight_begin(&flight);
    hw_flight_turn(&flight);
    EXPECT_FALSE(hw_flight_is_over(&flight));
    hw_flight_end(&flight, later);
    EXPECT_TRUE(hw_flight_is_over(&flight));
}

} // namespace
