/* SPDX-License-Identifier: BSD-2-Clause
 * order_stream.h - a text of records through the rules.
 * Knows: chk_order.h, the text language. Must not know: how a rule is checked. */
#ifndef TESTS_UNIT_CHECK_ORDER_STREAM_H
#define TESTS_UNIT_CHECK_ORDER_STREAM_H

#include "check/chk_order.h"
#include "sim/text.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

namespace order_test
{

/* What was found, and the report for who wants more. */
class Checked
{
  public:
    Checked(chk_rule_start start, const std::string &lines) : order_(chk_order_new())
    {
        run(chk_rule_start_text(start) + lines);
    }
    explicit Checked(const std::string &whole) : order_(chk_order_new())
    {
        run(whole);
    }
    Checked(const Checked &) = delete;
    Checked &operator=(const Checked &) = delete;
    ~Checked()
    {
        chk_order_free(order_);
    }

    /* ids of the rules that were broken, each once, in the order of the table */
    std::vector<std::string> rules() const
    {
        std::vector<std::string> ids;

        for (unsigned i = 0; i < CHK_N_RULES; i++)
            if (report().count[i])
                ids.push_back(chk_rules[i].id);
        return ids;
    }
    const chk_order_report &report() const
    {
        return *chk_order_get_report(order_);
    }
    uint64_t n_records() const
    {
        return n_records_;
    }
    const chk_hit &hit(size_t i) const
    {
        EXPECT_LT(i, report().n_hits);
        return report().hits[i];
    }
    std::string text() const
    {
        std::string all;

        for (size_t i = 0; i < report().n_hits; i++)
            all += std::string(chk_rules[report().hits[i].rule].id) + ": " + report().hits[i].text +
                   "\n";
        return all;
    }

  private:
    void run(const std::string &whole)
    {
        FILE *file = fmemopen(const_cast<char *>(whole.data()), whole.size(), "r");
        sim_diag diag;
        sim_stmt stmt;
        sim_record rec;
        sim_text_kind kind;
        int more;

        sim_diag_init(&diag, "example");
        sim_text *text = sim_text_open(file, &diag);
        ASSERT_EQ(0, sim_text_header(text, &kind)) << diag.text;
        while ((more = sim_text_next(text, &stmt)) == 1) {
            ASSERT_EQ(0, sim_text_record(text, &stmt, &rec)) << diag.line << ": " << diag.text;
            ASSERT_EQ(nullptr, sim_record_check(&rec)) << stmt.line;
            ASSERT_EQ(0, chk_order_put(order_, &rec));
            n_records_++;
        }
        ASSERT_EQ(0, more) << diag.line << ": " << diag.text;
        ASSERT_EQ(0, chk_order_finish(order_));
        sim_text_close(text);
        fclose(file);
    }

    chk_order *order_;
    uint64_t n_records_ = 0;
};

/* Of the records behind a start, the first one's number. */
inline uint64_t first_of(chk_rule_start start)
{
    return Checked(start, "").n_records() + 1;
}

} // namespace order_test

#endif
