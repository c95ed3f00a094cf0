/* SPDX-License-Identifier: BSD-2-Clause
 * outfile_test.cpp - files that appear whole or not at all, and what a killed writer leaves. */
#include "sim/outfile.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace fs = std::filesystem;

namespace
{

class Outfile : public testing::Test
{
  protected:
    void SetUp() override
    {
        char name[] = "/tmp/outfile_test.XXXXXX"; // path-ok: any folder will do
        ASSERT_NE(mkdtemp(name), nullptr);
        folder = name;
        sim_diag_init(&diag, "test");
    }

    void TearDown() override
    {
        fs::remove_all(folder);
    }

    std::vector<fs::path> files() const
    {
        std::vector<fs::path> found;

        for (const fs::directory_entry &entry : fs::directory_iterator(folder))
            found.push_back(entry.path());
        return found;
    }

    std::string path() const
    {
        return (folder / "result").string();
    }

    fs::path folder;
    struct sim_diag diag = {};
};

TEST_F(Outfile, HasItsNameWhenItIsWholeAndNotBefore)
{
    struct sim_outfile *out = sim_outfile_open(path().c_str(), &diag);

    ASSERT_NE(out, nullptr);
    ASSERT_GE(fputs("whole", sim_outfile_stream(out)), 0);
    EXPECT_FALSE(fs::exists(path()));
    EXPECT_EQ(sim_outfile_commit(out, &diag), 0);
    EXPECT_EQ(files(), std::vector<fs::path>{path()});
    std::string text;
    std::ifstream(path()) >> text;
    EXPECT_EQ(text, "whole");
}

TEST_F(Outfile, OfALivingWriterIsNotStale)
{
    struct sim_outfile *out = sim_outfile_open(path().c_str(), &diag);

    ASSERT_NE(out, nullptr);
    ASSERT_EQ(files().size(), 1u);
    EXPECT_FALSE(sim_outfile_remove_stale(files()[0].c_str()));
    EXPECT_EQ(sim_outfile_commit(out, &diag), 0);
    EXPECT_EQ(files(), std::vector<fs::path>{path()});
}

/* The writer tells when it is in the middle of it, and is killed there. */
TEST_F(Outfile, OfAKilledWriterIsStale)
{
    int pipe_fd[2];

    ASSERT_EQ(pipe(pipe_fd), 0);
    const pid_t pid = fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
        struct sim_outfile *out = sim_outfile_open(path().c_str(), &diag);

        if (out && fputs("half of", sim_outfile_stream(out)) >= 0 &&
            fflush(sim_outfile_stream(out)) == 0 && write(pipe_fd[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    char told = 0;
    ASSERT_EQ(read(pipe_fd[0], &told, 1), 1);
    ASSERT_EQ(files().size(), 1u);
    const fs::path left = files()[0];
    EXPECT_FALSE(sim_outfile_remove_stale(left.c_str()));
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    ASSERT_EQ(waitpid(pid, nullptr, 0), pid);
    EXPECT_TRUE(fs::exists(left));
    EXPECT_TRUE(sim_outfile_remove_stale(left.c_str()));
    EXPECT_TRUE(files().empty());
    (void)close(pipe_fd[0]);
    (void)close(pipe_fd[1]);
}

TEST_F(Outfile, NoFolderAndNoLinkIsStale)
{
    fs::create_directory(folder / "folder");
    std::ofstream(folder / "file") << "of somebody";
    fs::create_symlink(folder / "file", folder / "link");
    EXPECT_FALSE(sim_outfile_remove_stale((folder / "folder").c_str()));
    EXPECT_FALSE(sim_outfile_remove_stale((folder / "link").c_str()));
    EXPECT_FALSE(sim_outfile_remove_stale((folder / "nothing").c_str()));
    EXPECT_EQ(files().size(), 3u);
}

} // namespace
