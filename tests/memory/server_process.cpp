#include "server_process.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace lk::testing {
namespace {

[[noreturn]] void serve(const std::function<Listening()>& start, int told, int until) {
    try {
        const Listening listening = start();
        const std::string text = listening.url + "\n" + listening.ca_certificate;
        if (::write(told, text.data(), text.size()) != static_cast<ssize_t>(text.size())) _exit(1);
        ::close(told);
        char byte = 0;
        (void)!::read(until, &byte, 1);
    } catch (...) {
        _exit(1);
    }
    _exit(0);
}

}  // namespace

ServerProcess::ServerProcess(const std::function<Listening()>& start) {
    int told[2];
    int until[2];
    if (::pipe(told) != 0 || ::pipe(until) != 0) throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("no process");
    if (child_ == 0) {
        ::close(told[0]);
        ::close(until[1]);
        serve(start, told[1], until[0]);
    }
    ::close(told[1]);
    ::close(until[0]);
    end_ = until[1];
    std::string text;
    char bytes[4096];
    for (ssize_t count = 0; (count = ::read(told[0], bytes, sizeof bytes)) > 0;) {
        text.append(bytes, static_cast<std::size_t>(count));
    }
    ::close(told[0]);
    const auto line_end = text.find('\n');
    if (line_end == std::string::npos) throw std::runtime_error("the server did not start");
    url_ = text.substr(0, line_end);
    ca_certificate_ = text.substr(line_end + 1);
}

ServerProcess::~ServerProcess() {
    ::close(end_);
    ::waitpid(child_, nullptr, 0);
}

}  // namespace lk::testing
