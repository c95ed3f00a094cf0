// SPDX-License-Identifier: BSD-2-Clause
// The judge is judged: sequences whose outcomes were worked out by hand from what the verdicts
// mean. Letters and words of a case: brute_text.h.
#include "tests/property/brute/brute_recipes.h"
#include "tests/property/brute/brute_text.h"

#include <gtest/gtest.h>

#include <ostream>

namespace
{

using namespace brute;

// The device is in stage 1: table A, VMID 0, ASID 1, root 1. S0: 0 V=0, 1 abort, 2 bypass, 3 table
// A, 4 table B, 5 stage 2.
const char *const kS1 = "S0=3 A0=1 A1=1";
const char *const kOld = "s1(0,1,1)", *const kNew = "s1(0,2,2)";

struct Row {
    const char *name;
    const char *memory;
    const char *acts;
    const char *during;
    const char *after;
    Class verdict;
    bool wide = false;
};

std::ostream &operator<<(std::ostream &out, const Row &row)
{
    return out << row.name;
}

class Known : public testing::TestWithParam<Row>
{
};

TEST_P(Known, HasTheseOutcomes)
{
    const Row &row = GetParam();
    Case c = parse(row.memory, row.acts);
    c.wide_atoms = row.wide;
    const Result result = enumerate(c);

    EXPECT_EQ(print(result.outcomes[kBefore]), print(std::set<Outcome>{target(c.memory)}));
    EXPECT_EQ(print(result.outcomes[kDuring]), print(parse_outcomes(row.during)));
    EXPECT_EQ(print(result.outcomes[kAfter]), print(parse_outcomes(row.after)));
    EXPECT_STREQ(print(classify(c, result)), print(row.verdict)) << print(c) << print(result);
}

const Row kSte[] = {
    {"AbortWithCfgiAndSync", kS1, "begin S0=1 b ste sync end", "- s1(0,1,1)", "-", kHitless},
    {"AbortWithoutSync", kS1, "begin S0=1 b ste end", "- s1(0,1,1)", "- s1(0,1,1)", kStale},
    {"AbortWithoutCfgi", kS1, "begin S0=1 b sync end", "- s1(0,1,1)", "- s1(0,1,1)", kStale},
    {"AbortWithoutWait", kS1, "begin S0=1 b ste sync- end", "- s1(0,1,1)", "- s1(0,1,1)", kStale},
    {"CfgiBeforeTheStore", kS1, "begin ste sync S0=1 b end", "- s1(0,1,1)", "- s1(0,1,1)", kStale},
    {"CfgiOfAnotherStream", kS1, "begin S0=1 b other sync end", "- s1(0,1,1)", "- s1(0,1,1)",
     kStale},
    {"DoorbellMissing", kS1, "begin S0=1 b ~ste end", "- s1(0,1,1)", "- s1(0,1,1)", kStale},
    {"LaterDoorbellCovers", kS1, "begin S0=1 b ~ste ~cd sync end", "- s1(0,1,1)", "-", kHitless},
    {"AttachWithCfgi", "S0=1 A0=1 A1=1", "begin S0=3 b ste sync end", "- s1(0,1,1)", "s1(0,1,1)",
     kHitless},
    {"AttachWithoutCfgi", "S0=1 A0=1 A1=1", "begin S0=3 b end", "- s1(0,1,1)", "- s1(0,1,1)",
     kStaleRefusal},
    {"InvalidInBetween", kS1, "begin S0=0 b ste sync S2=1 S3=2 b ste sync S0=5 b ste sync end",
     "- s1(0,1,1) s2(1,2)", "s2(1,2)", kBreaks},
    {"IdentityToStage2", "S0=2", "begin S2=1 S3=2 b ste sync S0=5 b ste sync end", "by s2(1,2)",
     "s2(1,2)", kHitless},
    // The order does not help: hardware may have cached words 2 and 3 of before.
    {"IdentityToStage2InOneGo", "S0=2", "begin S2=1 S3=2 b S0=5 b ste sync end",
     "by s2(0,0) s2(0,2) s2(1,0) s2(1,2)", "s2(1,0) s2(1,2)", kPoisons},
    {"Stage2RootOnlyNotFlushed", "S0=5 S2=1 S3=1", "begin S3=2 b ste sync end", "s2(1,1) s2(1,2)",
     "s2(1,1) s2(1,2)", kStale},
    {"Stage2RootOnlyFlushed", "S0=5 S2=1 S3=1", "begin S3=2 b ste sync s12(1) sync end",
     "s2(1,1) s2(1,2)", "s2(1,2)", kHitless},
    // Stage 1 invalidations leave stage 2 entries.
    {"Stage2FlushedByNhAll", "S0=5 S2=1 S3=1", "begin S3=2 b ste sync nhall(1) sync end",
     "s2(1,1) s2(1,2)", "s2(1,1) s2(1,2)", kStale},
    {"VmidAndRootInPlace", "S0=5 S2=1 S3=1", "begin S2=2 S3=2 b ste sync s12(1) sync end",
     "s2(1,1) s2(1,2) s2(2,1) s2(2,2)", "s2(2,1) s2(2,2)", kPoisons},
    {"VmidAndRootInPlaceOldTagToo", "S0=5 S2=1 S3=1", "begin S2=2 S3=2 b ste sync s12(2) sync end",
     "s2(1,1) s2(1,2) s2(2,1) s2(2,2)", "s2(2,2)", kHitless},
    {"VmidAndRootInOneStoreAndFetch", "S0=5 S2=1 S3=1", "begin S2=2+S3=2 b ste sync end",
     "s2(1,1) s2(2,2)", "s2(2,2)", kHitless, true},
    {"VmidAndRootInOneStoreTwoFetches", "S0=5 S2=1 S3=1", "begin S2=2+S3=2 b ste sync end",
     "s2(1,1) s2(1,2) s2(2,1) s2(2,2)", "s2(2,1) s2(2,2)", kPoisons},
    {"VmidThenRootUnderOneFetch", "S0=5 S2=1 S3=1", "begin S2=2 b S3=2 b ste sync end",
     "s2(1,1) s2(2,1) s2(2,2)", "s2(2,1) s2(2,2)", kPoisons, true},
    {"RootThenVmidUnderOneFetch", "S0=5 S2=1 S3=1", "begin S3=2 b S2=2 b ste sync end",
     "s2(1,1) s2(1,2) s2(2,2)", "s2(2,2)", kHitless, true},
    {"NopHasNoDuring", kS1, "begin end", "", "s1(0,1,1)", kHitless},
};

const Row kCd[] = {
    {"PointerSwap", kS1, "begin B0=2 B1=2 b S0=4 b ste sync end", "s1(0,1,1) s1(0,2,2)", kNew,
     kHitless},
    // Nothing keeps the pointer behind its pointee.
    {"PointerSwapWithoutBarrier", kS1, "begin B0=2 B1=2 S0=4 b ste sync end",
     "- s1(0,1,1) s1(0,2,0) s1(0,2,2)", "s1(0,2,0) s1(0,2,2)", kPoisons},
    {"PointerSwapWithoutSync", kS1, "begin B0=2 B1=2 b S0=4 b ste end", "s1(0,1,1) s1(0,2,2)",
     "s1(0,1,1) s1(0,2,2)", kStale},
    // CFGI_CD leaves the old pointer.
    {"PointerSwapWithCfgiCd", kS1, "begin B0=2 B1=2 b S0=4 b cd sync end", "s1(0,1,1) s1(0,2,2)",
     "s1(0,1,1) s1(0,2,2)", kStale},
    {"InPlaceFlushedOldTag", kS1, "begin A0=2 A1=2 b cd sync asid(0,1) sync end",
     "s1(0,1,1) s1(0,1,2) s1(0,2,1) s1(0,2,2)", "s1(0,2,1) s1(0,2,2)", kPoisons},
    {"InPlaceFlushedNewTag", kS1, "begin A0=2 A1=2 b cd sync asid(0,2) sync end",
     "s1(0,1,1) s1(0,1,2) s1(0,2,1) s1(0,2,2)", kNew, kHitless},
    {"InPlaceFlushedOtherVmid", kS1, "begin A0=2 A1=2 b cd sync asid(1,2) sync end",
     "s1(0,1,1) s1(0,1,2) s1(0,2,1) s1(0,2,2)", "s1(0,2,1) s1(0,2,2)", kPoisons},
    {"InvalidInBetween", kS1, "begin A0=0 b cd sync A1=2 b cd sync A0=2 b cd sync end",
     "- s1(0,1,1) s1(0,2,2)", kNew, kBreaks},
    {"InvalidInBetweenOneSyncLess", kS1, "begin A0=0 b cd sync A1=2 b A0=2 b cd sync end",
     "- s1(0,1,1) s1(0,2,1) s1(0,2,2)", "s1(0,2,1) s1(0,2,2)", kPoisons},
    {"RootOnlyNotFlushed", kS1, "begin A1=2 b cd sync end", "s1(0,1,1) s1(0,1,2)",
     "s1(0,1,1) s1(0,1,2)", kStale},
    {"RootOnlyFlushed", kS1, "begin A1=2 b cd sync asid(0,1) sync end", "s1(0,1,1) s1(0,1,2)",
     "s1(0,1,2)", kHitless},
    {"RootOnlyFlushedInOneInterval", kS1, "begin A1=2 b cd asid(0,1) sync end",
     "s1(0,1,1) s1(0,1,2)", "s1(0,1,1) s1(0,1,2)", kStale},
    {"RootOnlyFlushedTooEarly", kS1, "begin asid(0,1) sync A1=2 b cd sync end",
     "s1(0,1,1) s1(0,1,2)", "s1(0,1,1) s1(0,1,2)", kStale},
    {"AsidOnly", kS1, "begin A0=2 b cd sync end", "s1(0,1,1) s1(0,2,1)", "s1(0,2,1)", kHitless},
    {"RootAndAttribute", kS1, "begin A1=2 A3=2 b cd sync nhall(0) sync end",
     "s1(0,1,1) s1(0,1,1,2) s1(0,1,2) s1(0,1,2,2)", "s1(0,1,2,2)", kTorn},
    {"InOneStoreAndFetch", kS1, "begin A0=2+A1=2 b cd sync end", "s1(0,1,1) s1(0,2,2)", kNew,
     kHitless, true},
    {"InOneStoreTwoFetches", kS1, "begin A0=2+A1=2 b cd sync end",
     "s1(0,1,1) s1(0,1,2) s1(0,2,1) s1(0,2,2)", "s1(0,2,1) s1(0,2,2)", kPoisons},
    {"TwoStoresUnderOneFetch", kS1, "begin A0=2 A1=2 b cd sync end",
     "s1(0,1,1) s1(0,1,2) s1(0,2,1) s1(0,2,2)", "s1(0,2,1) s1(0,2,2)", kPoisons, true},
    {"RootFirstUnderOneFetch", kS1, "begin A1=2 b A0=2 b cd sync end",
     "s1(0,1,1) s1(0,1,2) s1(0,2,2)", kNew, kHitless, true},
    {"MadeValidWithoutCfgi", "S0=3 A0=0", "begin A1=1 b cd sync A0=1 b end", "- s1(0,1,1)",
     "- s1(0,1,1)", kStaleRefusal},
    {"MadeValidByTheBook", "S0=3 A0=0", "begin A1=1 b cd sync A0=1 b cd sync end", "- s1(0,1,1)",
     kOld, kHitless},
    // What is not reachable is not fetched: the words of B before the pointer do not count.
    {"PreparedWhileUnreachable", "S0=1 B0=1 B1=1", "begin B0=2 B1=2 b S0=4 b ste sync end",
     "- s1(0,2,2)", kNew, kHitless},
    // The new VMID may meet the descriptor of before: cached by the device, not by its address.
    {"PointerAndVmid", kS1, "begin B0=2 B1=2 b S0=4 S2=1 b ste sync end",
     "s1(0,1,1) s1(0,2,2) s1(1,1,1) s1(1,2,2)", "s1(1,2,2)", kHitless},
};

const Row kTwo[] = {
    {"SyncOfTheOtherCpuCovers", kS1, "begin S0=1 b ste 1:sync 1:end", "- s1(0,1,1)", "-", kHitless},
    {"EndBeforeTheOtherCpuWaits", kS1, "begin S0=1 b ste 1:sync- end", "- s1(0,1,1)", "- s1(0,1,1)",
     kStale},
    {"SyncInAnEarlierSlot", kS1, "begin S0=1 b 1:sync ste end", "- s1(0,1,1)", "- s1(0,1,1)",
     kStale},
    // The slot is visible with CPU 1's doorbell, the store behind no barrier is not.
    {"StoreNotOrderedBeforeTheSlot", kS1, "begin S0=1 ~ste 1:sync end", "- s1(0,1,1)",
     "- s1(0,1,1)", kStale},
    {"StoreOrderedBeforeTheSlot", kS1, "begin S0=1 b ~ste 1:sync end", "- s1(0,1,1)", "-",
     kHitless},
    // A register write has no barrier of its own.
    {"OwnDoorbellDoesNotOrderTheStore", kS1, "begin S0=1 ste sync end", "- s1(0,1,1)",
     "- s1(0,1,1)", kStale},
};

const Row kFree[] = {
    {"TableAfterSync", kS1, "begin B0=2 B1=2 b S0=4 b ste sync freeA end", "s1(0,1,1) s1(0,2,2)",
     kNew, kHitless},
    {"TableBeforeSync", kS1, "begin B0=2 B1=2 b S0=4 b ste freeA sync end", "s1(0,1,1) s1(0,2,2)",
     kNew, kDangles},
    // ASID 1 is dormant: no configuration has it.
    {"RootOfADormantTag", kS1, "begin B0=2 B1=2 b S0=4 b ste sync end freeroot(1)",
     "s1(0,1,1) s1(0,2,2)", kNew, kHitless},
    // The root is in no descriptor any more; what the TLB has of it leads to data.
    {"RootOfTheSameTag", kS1, "begin A1=2 b cd sync end freeroot(1)", "s1(0,1,1) s1(0,1,2)",
     "s1(0,1,1) s1(0,1,2)", kStale},
    {"RootBeforeSync", kS1, "begin A1=2 b cd freeroot(1) sync asid(0,1) sync end",
     "s1(0,1,1) s1(0,1,2)", "s1(0,1,2)", kDangles},
    {"RootInUse", kS1, "begin A0=2 b cd sync end freeroot(1)", "s1(0,1,1) s1(0,2,1)", "s1(0,2,1)",
     kDangles},
    {"RootOfTheSameTagFlushed", kS1, "begin A1=2 b cd sync nsnh sync end freeroot(1)",
     "s1(0,1,1) s1(0,1,2)", "s1(0,1,2)", kHitless},
};

const auto kName = [](const testing::TestParamInfo<Row> &info) {
    return std::string(info.param.name);
};

INSTANTIATE_TEST_SUITE_P(Ste, Known, testing::ValuesIn(kSte), kName);
INSTANTIATE_TEST_SUITE_P(Cd, Known, testing::ValuesIn(kCd), kName);
INSTANTIATE_TEST_SUITE_P(TwoCpus, Known, testing::ValuesIn(kTwo), kName);
INSTANTIATE_TEST_SUITE_P(Free, Known, testing::ValuesIn(kFree), kName);

TEST(Recipes, HaveTheirVerdicts)
{
    for (unsigned i = 0; i < kNRecipes; i++) {
        const Case c = parse(kRecipes[i].memory, kRecipes[i].acts);
        const Result result = enumerate(c);
        EXPECT_STREQ(print(classify(c, result)), print(kRecipes[i].verdict))
            << kRecipes[i].name << ": " << print(c) << print(result);
    }
}

// A second device with ASID 1 and root 1, as the first has before.
TEST(Bystander, TrustsItsTag)
{
    Case c = parse(kS1, "begin A1=2 b cd sync asid(0,1) sync end");

    c.bystander = true;
    c.by_asid = 1;
    c.by_root = 1;
    const Result result = enumerate(c);
    EXPECT_EQ(print(result.bystander[kDuring]), print(parse_outcomes("s1(0,1,1) s1(0,1,2)")));
    EXPECT_STREQ(print(classify(c, result)), "POISONS");
}

// The device leaves the shared tag: nothing of its new root is filed under it.
TEST(Bystander, IsNotDisturbedByAPointerSwap)
{
    Case c = parse(kS1, "begin B0=2 B1=2 b S0=4 b ste sync end");

    c.bystander = true;
    c.by_asid = 1;
    c.by_root = 1;
    const Result result = enumerate(c);
    EXPECT_EQ(print(result.bystander[kAfter]), print(parse_outcomes("s1(0,1,1)")));
    EXPECT_STREQ(print(classify(c, result)), "HITLESS");
}

// New ASID with the old root, if the new ASID is that of the second device.
TEST(Bystander, IsPoisonedByATornDescriptor)
{
    Case c = parse(kS1, "begin A0=2 A1=2 b cd sync asid(0,1) sync end");

    c.bystander = true;
    c.by_asid = 2;
    c.by_root = 2;
    const Result result = enumerate(c);
    EXPECT_EQ(print(result.bystander[kAfter]), print(parse_outcomes("s1(0,2,1) s1(0,2,2)")));
    EXPECT_STREQ(print(classify(c, result)), "POISONS");
}

// In a capture, a slot's CPU has done all that came before it, and pointers follow pointees.
TEST(Implied, OrdersWhatACaptureDoesNotTell)
{
    Case c = parse(kS1, "begin B0=2 B1=2 S0=4 ~ste 1:sync end");

    EXPECT_STREQ(print(classify(c, enumerate(c))), "POISONS");
    c.implied = true;
    EXPECT_STREQ(print(classify(c, enumerate(c))), "HITLESS");
}

} // namespace
