/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_table_test.cpp - rows and columns, as CSV and as SQLite. */
#include "tests/unit/cli/sweep_fixture.h"

#include "cli/sweep_merge.h"

#include <sqlite3.h>

namespace
{

/* A folder with the results of one grid, written by hand. */
class Results
{
  public:
    explicit Results(const std::string &grid) : plan(folder.write("g.yaml", grid))
    {
        EXPECT_EQ(plan.err, 0) << plan.text;
        EXPECT_EQ(sweep_result_folders(folder.path.c_str(), &plan.diag), 0);
    }
    void add(size_t point, const std::string &json, int exit_code = 0, const char *why = "")
    {
        json_t *result = json.empty() ? nullptr : json_loads(json.c_str(), 0, nullptr);
        const struct sweep_result written = {exit_code, why, "", result};

        EXPECT_TRUE(result || json.empty()) << json;
        EXPECT_EQ(sweep_result_write(folder.path.c_str(), plan.plan.program,
                                     &plan.plan.points[point], &written, &plan.diag),
                  0);
        json_decref(result);
    }
    /* Return: sweep.csv. */
    std::string csv()
    {
        EXPECT_EQ(sweep_merge(&plan.plan, folder.path.c_str(), n, &plan.diag), 0) << plan.diag.text;
        return Folder::read(folder.path + "/sweep.csv");
    }
    std::string head()
    {
        const std::string all = csv();

        return all.substr(0, all.find('\n'));
    }
    /* The one value that a query has, with its type; after csv(). */
    std::string ask(const std::string &sql)
    {
        sqlite3 *db = nullptr;
        sqlite3_stmt *statement = nullptr;
        std::string answer = "nothing";

        (void)sqlite3_open((folder.path + "/sweep.sqlite").c_str(), &db);
        if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
            answer = sqlite3_errmsg(db);
        else if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0))
            answer = reinterpret_cast<const char *>(sqlite3_column_text(statement, 0));
        (void)sqlite3_finalize(statement);
        (void)sqlite3_close(db);
        return answer;
    }
    Folder folder;
    Plan plan;
    size_t n[3] = {0, 0, 0};
};

TEST(SweepTable, HasARowForEveryPoint)
{
    Results results("command: run\naxes: {a: [x, y], b: [1, null]}\n");

    results.add(0, "{\"c\":{\"d\":1.5},\"e\":true}");
    results.add(2, "", 3, "exit code 3");
    results.add(3, "{\"e\":false,\"f\":null,\"g\":\"t\"}", 1);
    EXPECT_EQ(results.csv(), "point,state,exit,why,a,b,c.d,e,f,g\n"
                             "0,done,0,,x,1,1.5,true,,\n"
                             "1,missing,,,x,\"\",,,,\n"
                             "2,failed,3,exit code 3,y,1,,,,\n"
                             "3,done,1,,y,\"\",,false,,t\n");
    EXPECT_EQ(results.n[SWEEP_DONE], 2U);
    EXPECT_EQ(results.n[SWEEP_FAILED], 1U);
    EXPECT_EQ(results.n[SWEEP_MISSING], 1U);
}

TEST(SweepTable, SqliteHasTheSameCellsWithTypes)
{
    Results results("command: run\naxes: {a: ['007', 7, 0x7]}\n");

    results.add(0, "{\"i\":-3,\"r\":0.1,\"s\":\"it's\",\"t\":true}");
    (void)results.csv();
    EXPECT_EQ(results.ask("SELECT count(*) FROM points"), "3");
    EXPECT_EQ(results.ask("SELECT typeof(a) || a FROM points WHERE point=0"), "text007");
    EXPECT_EQ(results.ask("SELECT typeof(a) || a FROM points WHERE point=1"), "integer7");
    EXPECT_EQ(results.ask("SELECT typeof(a) || a FROM points WHERE point=2"), "text0x7");
    EXPECT_EQ(results.ask("SELECT typeof(i) || i FROM points"), "integer-3");
    EXPECT_EQ(results.ask("SELECT r=0.1 FROM points"), "1");
    EXPECT_EQ(results.ask("SELECT s FROM points"), "it's");
    EXPECT_EQ(results.ask("SELECT t FROM points"), "1");
    EXPECT_EQ(results.ask("SELECT typeof(i) FROM points WHERE point=1"), "null");
    EXPECT_EQ(results.ask("SELECT json FROM results WHERE point=0"),
              "{\"i\":-3,\"r\":0.10000000000000001,\"s\":\"it's\",\"t\":true}");
    EXPECT_EQ(results.ask("SELECT count(*) FROM results"), "1");
}

TEST(SweepTable, NamesThatAreTakenGetAPrefix)
{
    Results results("command: run\naxes: {exit: 1, a: 2}\n");

    results.add(0, "{\"A\":1,\"point\":2,\"b\":3,\"B\":4,\"json\":{\"B\":5}}");
    EXPECT_EQ(results.head(),
              "point,state,exit,why,axis.exit,a,json.A,json.point,b,json.B,json.json.B");
    EXPECT_EQ(results.ask("SELECT \"json.B\" FROM points"), "4");
}

TEST(SweepTable, QuotesWhatCsvAndSqlWouldTakeApart)
{
    Results results("command: run\naxes: {a: ['x,y']}\n");

    results.add(0, "{\"k\\\"1\":\"a\\\"b\",\"k,2\":\"c\\nd\",\"k3\":\" e\",\"k4\":\"\"}");
    EXPECT_EQ(results.csv(), "point,state,exit,why,a,\"k\"\"1\",\"k,2\",k3,k4\n"
                             "0,done,0,,\"x,y\",\"a\"\"b\",\"c\nd\",\" e\",\"\"\n");
    EXPECT_EQ(results.ask("SELECT \"k\"\"1\" FROM points"), "a\"b");
}

TEST(SweepTable, ColumnsPickPaths)
{
    Results results("command: run\ncolumns: [a.*, d]\n");

    results.add(0, "{\"a\":{\"b\":1,\"c\":[2]},\"d\":3,\"e\":4}");
    EXPECT_EQ(results.head(), "point,state,exit,why,a.b,a.c.0,d");
}

/* 4 columns are there by themselves: 1896 more fit, and with one more the list goes. */
TEST(SweepTable, ListsAreLeftOutBeforeTheTableIsTooWide)
{
    for (int n : {1895, 1896}) {
        Results results("command: run\n");
        std::string json = "{\"x\":1,\"l\":[0";

        for (int i = 1; i < n; i++)
            json += ",0";
        results.add(0, json + "]}");
        const std::string head = results.head();

        EXPECT_EQ(head.find(",l.0,") != std::string::npos, n == 1895) << n;
        EXPECT_NE(head.find(",x"), std::string::npos) << n;
        EXPECT_EQ(results.ask("SELECT json_array_length(json, '$.l') FROM results"),
                  std::to_string(n));
    }
}

TEST(SweepTable, RealsComeBackExactly)
{
    Results results("command: run\n");

    results.add(0, "{\"a\":0.1,\"b\":0.30000000000000004,\"c\":1e300,\"d\":2.0}");
    EXPECT_EQ(results.csv(), "point,state,exit,why,a,b,c,d\n"
                             "0,done,0,,0.1,0.30000000000000004,1e+300,2\n");
}

TEST(SweepTable, BytesDependOnResultsOnly)
{
    static const char grid[] = "command: run\naxes: {a: [1, 2, 3]}\n";
    Results forward(grid);
    Results backward(grid);

    for (size_t i = 0; i < 3; i++)
        forward.add(i, "{\"x" + std::to_string(i) + "\":1}");
    for (size_t i = 3; i-- > 0;)
        backward.add(i, "{\"x" + std::to_string(i) + "\":1}");
    EXPECT_EQ(forward.csv(), backward.csv());
    EXPECT_EQ(Folder::read(forward.folder.path + "/sweep.sqlite"),
              Folder::read(backward.folder.path + "/sweep.sqlite"));
    EXPECT_EQ(forward.head(), "point,state,exit,why,a,x0,x1,x2");
}

} // namespace
