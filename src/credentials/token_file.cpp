#include "credentials/token_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "credentials/source.hpp"

namespace lk::credentials {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 20;

Error unreadable(std::string_view from, const std::string& path, const std::string& why) {
    return refused(std::string(from) + ": " + path + " can not be read: " + why);
}

// Why open() failed, with the mend where it is one of this process's rights.
std::string why_not_open(int error) {
    std::string why = std::generic_category().message(error);
    if (error == EACCES) {
        why +=
            "; make it readable for the user this runs as (id " + std::to_string(geteuid()) + ")";
    }
    return why;
}

struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) close(number);
    }
};

}  // namespace

Expected<WipedText, Error> read_secret_file(const std::string& path, std::string_view from) {
    // A fifo without a writer would hold us for ever.
    const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.number < 0) return unreadable(from, path, why_not_open(errno));
    struct stat facts {};
    if (fstat(file.number, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        return unreadable(from, path, "it is not a file");
    }
    WipedText text;
    // Room from the start: each growth would leave a copy to wipe.
    text.reserve(std::min(static_cast<std::size_t>(std::max<off_t>(facts.st_size, 0)), most_bytes));
    char piece[4096];
    while (true) {
        const ssize_t got = read(file.number, piece, sizeof piece);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return unreadable(from, path, std::generic_category().message(errno));
        if (got == 0) break;
        text.append(piece, static_cast<std::size_t>(got));
        explicit_bzero(piece, sizeof piece);
        if (text.size() > most_bytes) return unreadable(from, path, "it is over 1 MiB");
    }
    return text;
}

Expected<WipedText, Error> read_token_file(const std::string& path, std::string_view from,
                                           Spaces spaces) {
    auto text = read_secret_file(path, from);
    if (!text) return text;
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text->empty() && is_space(text->back())) text->pop_back();
    text->erase(0, static_cast<std::size_t>(std::find_if_not(text->begin(), text->end(), is_space) -
                                            text->begin()));
    if (text->empty()) return unreadable(from, path, "it is empty");
    const char lowest = spaces == Spaces::allowed ? ' ' : '!';
    if (!std::all_of(text->begin(), text->end(), [&](char c) { return c >= lowest && c < 0x7F; })) {
        return unreadable(from, path,
                          spaces == Spaces::allowed
                              ? "a token is one line without control characters"
                              : "a token holds no spaces or control characters");
    }
    return text;
}

}  // namespace lk::credentials
