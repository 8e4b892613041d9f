#include "credentials/run_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace lk::credentials {
namespace {

using Clock = std::chrono::steady_clock;

struct Descriptor {
    int number = -1;
    Descriptor() = default;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { shut(); }
    void shut() noexcept {
        if (number >= 0) ::close(std::exchange(number, -1));
    }
};

class SpawnRules {
  public:
    SpawnRules() {
        if (posix_spawn_file_actions_init(&actions_) != 0) throw std::bad_alloc();
        if (posix_spawnattr_init(&attributes_) != 0) {
            posix_spawn_file_actions_destroy(&actions_);
            throw std::bad_alloc();
        }
        // The thread that calls blocks every signal; the program must hear its own.
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    SpawnRules(const SpawnRules&) = delete;
    SpawnRules& operator=(const SpawnRules&) = delete;
    ~SpawnRules() {
        posix_spawnattr_destroy(&attributes_);
        posix_spawn_file_actions_destroy(&actions_);
    }

    int spawn(pid_t& child, const std::vector<WipedText>& words, int out) {
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
        std::vector<WipedText> copies = words;
        std::vector<char*> arguments;
        arguments.reserve(copies.size() + 1);
        for (WipedText& word : copies) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        return posix_spawnp(&child, arguments.front(), &actions_, &attributes_, arguments.data(),
                            environ);
    }

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

// Reads until the other end closes; gives why it stopped before, or nothing.
std::string read_all(int from, WipedText& output, const Stop& stop, const ProgramLimits& limits,
                     Clock::time_point deadline) {
    output.reserve(limits.output_bytes);
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd waited[] = {{.fd = from, .events = POLLIN, .revents = 0},
                           {.fd = stop.descriptor(), .events = POLLIN, .revents = 0}};
        const int ready = poll(waited, 2, static_cast<int>(std::max<long long>(left.count(), 0)));
        if (ready < 0 && errno == EINTR) continue;
        if (waited[1].revents != 0) return "it was ended, as the client is being closed";
        if (ready <= 0) {
            return "it was ended after " +
                   std::to_string(
                       std::chrono::duration_cast<std::chrono::seconds>(limits.time).count()) +
                   " s, the most it may take";
        }
        char piece[4096];
        const ssize_t got = read(from, piece, sizeof piece);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return {};
        const auto bytes = static_cast<std::size_t>(got);
        const bool fits = output.size() + bytes <= limits.output_bytes;
        if (fits) output.append(piece, bytes);
        explicit_bzero(piece, sizeof piece);
        if (!fits) {
            return "it printed more than " + std::to_string(limits.output_bytes) + " bytes";
        }
    }
}

// Nothing when it ended well, or when somebody else of this process has taken its status. One that
// has closed its output has the time that is left; then it is killed.
std::string ending_of(pid_t child, const Stop& stop, Clock::time_point deadline) {
    int status = 0;
    bool killed = false;
    while (true) {
        const pid_t ended = waitpid(child, &status, killed ? 0 : WNOHANG);
        if (ended < 0 && errno != EINTR) return {};
        if (ended == child) break;
        if (ended == 0 && (!stop.sleep(std::chrono::milliseconds(5)) || Clock::now() > deadline)) {
            kill(-child, SIGKILL);
            killed = true;
        }
    }
    if (WIFSIGNALED(status)) return "it was killed by signal " + std::to_string(WTERMSIG(status));
    if (WEXITSTATUS(status) != 0) {
        return "it ended with status " + std::to_string(WEXITSTATUS(status));
    }
    return {};
}

}  // namespace

Expected<WipedText, std::string> run_program(const std::vector<WipedText>& words, const Stop& stop,
                                             ProgramLimits limits) {
    Descriptor in;
    Descriptor out;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return "no pipe for it: " + std::generic_category().message(errno);
    }
    in.number = ends[0];
    out.number = ends[1];
    pid_t child = 0;
    if (const int error = SpawnRules().spawn(child, words, out.number); error != 0) {
        return "it can not be started: " + std::generic_category().message(error);
    }
    out.shut();
    const auto deadline = Clock::now() + limits.time;
    WipedText output;
    const std::string why = read_all(in.number, output, stop, limits, deadline);
    if (!why.empty()) kill(-child, SIGKILL);
    const std::string ending = ending_of(child, stop, deadline);
    if (!why.empty()) return why;
    if (!ending.empty()) return ending;
    return output;
}

}  // namespace lk::credentials
