// The program as a user starts it: a process with its output in our hands, and a folder with knowledge and a
// request.
#pragma once

#include "tests/support/hooks_knowledge.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace hooks::testing {

/// A running program with its stdout and stderr in our hands.
class Process {
  public:
    /// `input`: the file that is its stdin. `on_terminal`: its stderr is one. `passed`: descriptors that it
    /// finds from 3 on, with LISTEN_PID and LISTEN_FDS as systemd sets them.
    explicit Process(std::vector<std::string> arguments, const std::vector<std::string>& environment = {},
                     const std::string& input = "/dev/null", bool on_terminal = false,
                     const std::vector<int>& passed = {}) {
        std::array<int, 2> out{}, err{};
        if (::pipe2(out.data(), O_CLOEXEC) != 0) std::abort();
        if (on_terminal) {
            err = terminal();
        } else if (::pipe2(err.data(), O_CLOEXEC) != 0) {
            std::abort();
        }
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, input.c_str(), O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        posix_spawn_file_actions_adddup2(&actions, err[1], 2);
        std::vector<int> high;  // away from the places where they are put
        for (const int descriptor : passed) high.push_back(::fcntl(descriptor, F_DUPFD_CLOEXEC, 100));
        for (std::size_t i = 0; i < high.size(); ++i) {
            posix_spawn_file_actions_adddup2(&actions, high[i], 3 + static_cast<int>(i));
        }
        std::string program = PROGRAM;
        arguments.insert(arguments.begin(), program);
        if (!passed.empty()) {  // only the process itself knows its id before it starts the program
            program = "/bin/sh";
            const std::string count = std::to_string(passed.size());
            arguments.insert(arguments.begin(),
                             {program, "-c", "LISTEN_PID=$$ LISTEN_FDS=" + count + R"( exec "$0" "$@")"});
        }
        std::vector<char*> argv, envp;
        for (std::string& argument : arguments) argv.push_back(argument.data());
        argv.push_back(nullptr);
        std::vector<std::string> variables = environment;
        // The sanitizers' settings, if any.
        for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "PATH"}) {
            if (const char* value = std::getenv(name)) variables.push_back(std::string(name) + "=" + value);
        }
        for (std::string& variable : variables) envp.push_back(variable.data());
        envp.push_back(nullptr);
        if (::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), envp.data()) != 0)
            std::abort();
        posix_spawn_file_actions_destroy(&actions);
        for (const int descriptor : high) ::close(descriptor);
        ::close(out[1]);
        ::close(err[1]);
        out_ = out[0];
        err_ = err[0];
    }
    ~Process() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
        if (out_ >= 0) ::close(out_);
        if (err_ >= 0) ::close(err_);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// One line of stdout without its end; "" at the end of it.
    std::string line() {
        std::string text;
        char byte = 0;
        while (::read(out_, &byte, 1) == 1 && byte != '\n') text += byte;
        return text;
    }
    void close_stdout() { ::close(std::exchange(out_, -1)); }
    void close_stderr() { ::close(std::exchange(err_, -1)); }
    pid_t id() const { return pid_; }
    void signal(int number) const { ::kill(pid_, number); }

    /// Waits for its end: the exit code (-1: by a signal), and the rest of what it wrote.
    int wait(std::string& out, std::string& err) {
        // Both at once: a full pipe of the one would hold up the other.
        std::thread reading([&] { err = rest(err_); });
        out = rest(out_);
        reading.join();
        int status = 0;
        rusage usage{};
        ::wait4(pid_, &status, 0, &usage);
        pid_ = -1;
        most_memory_ = static_cast<std::size_t>(usage.ru_maxrss) * 1024;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    /// Bytes that it held at most; known once it has ended.
    std::size_t most_memory() const { return most_memory_; }

  private:
    /// A terminal: its end for us, its end for the process.
    static std::array<int, 2> terminal() {
        const int ours = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (ours < 0 || ::grantpt(ours) != 0 || ::unlockpt(ours) != 0) std::abort();
        const int theirs = ::open(::ptsname(ours), O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (theirs < 0) std::abort();
        return {ours, theirs};
    }
    static std::string rest(int descriptor) {
        std::string text;
        std::array<char, 4096> bytes;
        for (ssize_t count = 0; (count = ::read(descriptor, bytes.data(), bytes.size())) > 0;) {
            text.append(bytes.data(), static_cast<std::size_t>(count));
        }
        return text;
    }
    pid_t pid_ = -1;
    int out_ = -1, err_ = -1;
    std::size_t most_memory_ = 0;
};

struct Finished {
    int code = 0;
    std::string out, err;
    std::size_t most_memory = 0;
};

inline Finished run(std::vector<std::string> arguments, const std::vector<std::string>& environment = {},
                    const std::string& input = "/dev/null", bool on_terminal = false) {
    Process process(std::move(arguments), environment, input, on_terminal);
    Finished finished;
    finished.code = process.wait(finished.out, finished.err);
    finished.most_memory = process.most_memory();
    return finished;
}

/// The demo knowledge and a request as files of a temporary folder.
class Commands : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = ::testing::TempDir() + "asps-cds-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        for (const cards::SourceFile& file : demo_files()) write(file.name, file.text);
        write("request.json", patient_view_request());
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name) << text;
    }
    std::vector<std::string> demo() const {
        return {"ASPS_CDS_KNOWLEDGE=" + path("demo"), "ASPS_CDS_FEEDBACK_FILE=" + path("var/feedback.sqlite"),
                "ASPS_CDS_DECISIONS_FILE=" + path("var/decisions.ndjson"),
                "ASPS_CDS_DECISIONS_KEY_FILE=" + path("var/decisions.key")};
    }

    std::filesystem::path folder_;
};

}  // namespace hooks::testing
