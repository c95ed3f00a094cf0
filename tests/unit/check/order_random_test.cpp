/* SPDX-License-Identifier: BSD-2-Clause
 * order_random_test.cpp - streams that make no sense: the rules say what they like, but take every
 * record, and the same stream gives the same hits. IOMMUSIM_TEST_LONG=1: more of them. */
#include "tests/shim/random_records.h"
#include "tests/unit/check/order_stream.h"

#include <cstdlib>

using order_test::Checked;

namespace
{

std::vector<std::string> lines_of(const std::string &text)
{
    std::vector<std::string> lines;
    size_t at = 0;

    while (at < text.size()) {
        const size_t end = text.find('\n', at);

        lines.push_back(text.substr(at, end - at + 1));
        at = end + 1;
    }
    return lines;
}

bool is_fixed(const std::string &line)
{
    return line.rfind("iommusim", 0) == 0 || line.rfind("let", 0) == 0;
}

/* One digit of one number becomes another; addresses keep their alignment. */
void change_digit(std::string &line, shim_random &random)
{
    const size_t at = line.rfind(" 0x");
    const size_t end = line.find_first_of(" \n", at + 3);
    static const char digits[] = "0123456789abcdef";

    if (at == std::string::npos || line.rfind("memory", 0) == 0 || line.rfind("free", 0) == 0 ||
        line.rfind("event", 0) == 0 || line.rfind("unmap", 0) == 0)
        return;
    line[at + 3 + shim_random_next(&random) % (end - at - 3)] =
        digits[shim_random_next(&random) % 16];
}

/* The example, with a few lines lost, doubled, exchanged or changed. */
std::string mangled(const chk_rule &rule, bool bad, shim_random &random)
{
    std::vector<std::string> lines =
        lines_of(std::string(chk_rule_start_text(rule.start)) + (bad ? rule.bad : rule.good) +
                 chk_rule_end_text(rule.start));
    std::string text;

    for (unsigned n = 1 + shim_random_next(&random) % 6; n > 0; n--) {
        const size_t i = shim_random_next(&random) % lines.size();
        const size_t k = shim_random_next(&random) % lines.size();

        if (is_fixed(lines[i]) || is_fixed(lines[k]))
            continue;
        switch (shim_random_next(&random) % 4) {
        case 0:
            lines.erase(lines.begin() + static_cast<long>(i));
            break;
        case 1:
            lines.insert(lines.begin() + static_cast<long>(i), lines[i]);
            break;
        case 2:
            std::swap(lines[i], lines[k]);
            break;
        default:
            change_digit(lines[i], random);
            break;
        }
    }
    /* symbols stand before their use, whatever was exchanged */
    for (const std::string &line : lines)
        if (is_fixed(line))
            text += line;
    for (const std::string &line : lines)
        if (!is_fixed(line))
            text += line;
    return text;
}

unsigned rounds()
{
    return getenv("IOMMUSIM_TEST_LONG") ? 200 : 4;
}

TEST(RandomStreams, MangledExamplesAreTaken)
{
    shim_random random = {};

    random.seed = 1;
    for (unsigned n = 0; n < rounds(); n++) {
        for (const chk_rule &rule : chk_rules) {
            const std::string text = mangled(rule, n % 2, random);
            const Checked first(text), second(text);

            ASSERT_EQ(first.text(), second.text()) << text;
        }
    }
}

TEST(RandomStreams, RecordsOfEveryKindAreTaken)
{
    shim_random random = {};
    sim_record rec;

    random.seed = 2;
    for (unsigned n = 0; n < rounds(); n++) {
        chk_order *order = chk_order_new();

        sim_record_init(&rec, SIM_R_IOMMU);
        rec.unit.arch = SIM_ARCH_SMMUV3;
        ASSERT_EQ(0, chk_order_put(order, &rec));
        for (unsigned i = 0; i < 2000; i++) {
            shim_random_record(&random, &rec);
            if (rec.kind == SIM_R_LOST || rec.kind == SIM_R_MEMORY || rec.kind == SIM_R_FREE)
                continue; /* the one ends all judging, the others may be of any size */
            ASSERT_EQ(0, chk_order_put(order, &rec));
        }
        ASSERT_EQ(0, chk_order_finish(order));
        chk_order_free(order);
    }
}

} // namespace
