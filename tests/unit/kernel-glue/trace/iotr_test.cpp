// SPDX-License-Identifier: BSD-2-Clause
// .iotr files: round trips, cuts, damage, hostile bytes.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "kernel-glue/trace/trc_iotr.h"
#include "tests/shim/random_records.h"

namespace
{

bool is_long()
{
    return std::getenv("IOMMUSIM_TEST_LONG") != nullptr;
}

std::string write_random(uint64_t seed, size_t n_records)
{
    char *bytes = nullptr;
    size_t n_bytes = 0;
    FILE *file = open_memstream(&bytes, &n_bytes);
    sim_diag diag;
    shim_random random = {};
    std::string all;

    sim_diag_init(&diag, "memory");
    random.seed = seed;
    trc_iotr_writer *writer = trc_iotr_writer_new(file, &diag);
    for (size_t i = 0; i < n_records; i++) {
        sim_record rec;

        shim_random_record(&random, &rec);
        EXPECT_EQ(trc_iotr_put(writer, &rec), 0) << diag.text;
    }
    EXPECT_EQ(trc_iotr_finish(writer), 0);
    trc_iotr_writer_free(writer);
    fclose(file);
    all.assign(bytes, n_bytes);
    free(bytes);
    return all;
}

// Reads a file from memory and compares with what the seed gives.
struct ReadResult {
    bool is_open = false;
    size_t n_records = 0; // without LOST records of the reader
    size_t n_gaps = 0;
    size_t n_wrong = 0; // records that are not what was written at their place
    trc_iotr_damage damage = {};
    sim_diag diag = {};
};

ReadResult read_and_compare(std::string bytes, uint64_t seed)
{
    ReadResult result;
    FILE *file = fmemopen(bytes.empty() ? nullptr : bytes.data(), bytes.size(), "rb");
    shim_random random = {};
    const sim_record *records;
    size_t n;

    random.seed = seed;
    sim_diag_init(&result.diag, "memory");
    if (!file)
        return result;
    trc_iotr_reader *reader = trc_iotr_reader_new(file, &result.diag);
    result.is_open = reader != nullptr;
    while (reader && trc_iotr_next(reader, &records, &n) == 1) {
        for (size_t i = 0; i < n; i++) {
            sim_record expected;
            // A random LOST record has a random time; the reader's own stands first in its batch
            // and is counted by the damage report.
            const bool is_gap = i == 0 && records[0].kind == SIM_R_LOST &&
                                trc_iotr_get_damage(reader)->n_frames > result.n_gaps;

            if (is_gap) {
                result.n_gaps++;
                for (uint64_t skip = 0; skip < records[0].lost.n; skip++)
                    shim_random_record(&random, &expected);
                continue;
            }
            shim_random_record(&random, &expected);
            result.n_wrong += shim_records_equal(&records[i], &expected) ? 0 : 1;
            result.n_records++;
        }
    }
    if (reader)
        result.damage = *trc_iotr_get_damage(reader);
    trc_iotr_reader_free(reader);
    fclose(file);
    return result;
}

class IotrRoundTrip : public testing::TestWithParam<size_t>
{
};

TEST_P(IotrRoundTrip, GivesBackEveryRecord)
{
    const ReadResult result =
        read_and_compare(write_random(GetParam() + 1, GetParam()), GetParam() + 1);

    EXPECT_TRUE(result.is_open);
    EXPECT_EQ(result.n_records, GetParam());
    EXPECT_EQ(result.n_wrong, 0u);
    EXPECT_EQ(result.damage.n_frames, 0u) << result.damage.reason;
    EXPECT_FALSE(result.damage.is_cut);
}

INSTANTIATE_TEST_SUITE_P(Lengths, IotrRoundTrip,
                         testing::Values(0, 1, 2, 16383, 16384, 16385, 40000));

TEST(Iotr, SameRecordsGiveTheSameBytes)
{
    EXPECT_EQ(write_random(7, 20000), write_random(7, 20000));
}

TEST(Iotr, ACutFileGivesBackEveryWholeFrame)
{
    const size_t n_written = 3 * TRC_IOTR_FRAME_RECORDS;
    const std::string whole = write_random(5, n_written);
    const size_t n_cuts = is_long() ? 1000 : 100;
    shim_random random = {};
    std::vector<size_t> frame_ends; // bytes after which one, two, three frames are whole

    // Where frames end is read off the file by its documented layout, not by the reader.
    for (size_t at = 32; at + 40 <= whole.size();) {
        uint32_t n_packed;

        std::memcpy(&n_packed, whole.data() + at + 12, 4);
        if (std::memcmp(whole.data() + at, "FRAM", 4) == 0)
            frame_ends.push_back(at + 40 + n_packed);
        at += 40 + n_packed;
    }
    ASSERT_EQ(frame_ends.size(), 3u);
    random.seed = 99;
    for (size_t i = 0; i < n_cuts; i++) {
        const size_t n_kept = shim_random_next(&random) % whole.size();
        const ReadResult result = read_and_compare(whole.substr(0, n_kept), 5);
        size_t n_whole = 0;

        for (size_t end : frame_ends)
            n_whole += end <= n_kept ? 1 : 0;
        ASSERT_EQ(result.is_open, n_kept >= 32) << n_kept;
        ASSERT_EQ(result.n_records, n_whole * TRC_IOTR_FRAME_RECORDS) << n_kept;
        ASSERT_EQ(result.n_wrong, 0u) << n_kept;
        if (result.is_open) {
            ASSERT_TRUE(result.damage.is_cut) << n_kept;
            ASSERT_GE(result.damage.n_frames, 1u) << n_kept;
        }
    }
}

TEST(Iotr, ADamagedFrameIsLeftOutAndNamed)
{
    std::string bytes = write_random(11, 3 * TRC_IOTR_FRAME_RECORDS);
    uint32_t n_packed;

    std::memcpy(&n_packed, bytes.data() + 32 + 12, 4);
    const size_t second = 32 + 40 + n_packed;
    bytes[second + 40 + 100] ^= 1; // a byte of the second frame's payload
    const ReadResult result = read_and_compare(bytes, 11);

    EXPECT_EQ(result.n_records, 2 * TRC_IOTR_FRAME_RECORDS);
    EXPECT_EQ(result.n_wrong, 0u);
    EXPECT_EQ(result.n_gaps, 1u);
    EXPECT_EQ(result.damage.n_frames, 1u);
    EXPECT_EQ(result.damage.n_records, TRC_IOTR_FRAME_RECORDS);
    EXPECT_EQ(result.damage.offset, second);
    EXPECT_FALSE(result.damage.is_cut);
    EXPECT_STREQ(result.damage.reason, "the checksum of a frame is wrong");
}

TEST(Iotr, ADamagedFrameHeaderIsFoundAndTheNextFrameToo)
{
    std::string bytes = write_random(12, 3 * TRC_IOTR_FRAME_RECORDS);
    uint32_t n_packed;

    std::memcpy(&n_packed, bytes.data() + 32 + 12, 4);
    bytes[32 + 40 + n_packed + 9] ^= 0x40;
    const ReadResult result = read_and_compare(bytes, 12);

    EXPECT_EQ(result.n_records, 2 * TRC_IOTR_FRAME_RECORDS);
    EXPECT_EQ(result.n_wrong, 0u);
    EXPECT_EQ(result.damage.n_records, TRC_IOTR_FRAME_RECORDS);
    EXPECT_STREQ(result.damage.reason, "no frame where one must begin");
}

TEST(Iotr, EveryFlippedBitIsFound)
{
    const std::string whole = write_random(13, 300);
    shim_random random = {};

    random.seed = 4;
    for (size_t i = 0; i < (is_long() ? 20000u : 2000u); i++) {
        std::string bytes = whole;
        const size_t at = shim_random_next(&random) % whole.size();

        bytes[at] ^= static_cast<char>(1 << shim_random_next(&random) % 8);
        const ReadResult result = read_and_compare(bytes, 13);

        ASSERT_EQ(result.n_wrong, 0u) << at;
        ASSERT_TRUE(!result.is_open || result.damage.n_frames > 0) << at;
    }
}

TEST(Iotr, BytesAfterTheEndMarkAreNamed)
{
    const ReadResult result = read_and_compare(write_random(3, 10) + "x", 3);

    EXPECT_EQ(result.n_records, 10u);
    EXPECT_EQ(result.damage.n_frames, 1u);
    EXPECT_STREQ(result.damage.reason, "bytes after the end mark");
}

TEST(Iotr, RefusesOtherFilesAndVersions)
{
    std::string other(100, 'x');
    std::string version = write_random(3, 10);

    EXPECT_STREQ(read_and_compare(other, 1).diag.text, "not an .iotr file");
    version[8] = 2;
    EXPECT_STREQ(read_and_compare(version, 1).diag.text, "the file header is damaged");
}

TEST(Iotr, RefusesARecordThatCannotBe)
{
    char *bytes = nullptr;
    size_t n_bytes = 0;
    FILE *file = open_memstream(&bytes, &n_bytes);
    sim_diag diag;
    sim_record rec;

    sim_diag_init(&diag, "memory");
    trc_iotr_writer *writer = trc_iotr_writer_new(file, &diag);
    sim_record_init(&rec, SIM_R_STORE);
    rec.store.pa = 4;
    EXPECT_EQ(trc_iotr_put(writer, &rec), SIM_EINVAL);
    EXPECT_STREQ(diag.text, "record 0: a store must be aligned to its width");
    trc_iotr_writer_free(writer);
    fclose(file);
    free(bytes);
}

} // namespace
