#include "aws/ini_file.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "aws/ini_parser.hpp"

namespace lk::aws {
namespace {

constexpr std::size_t most_bytes = 2 * 1024 * 1024;

class OpenFile {
  public:
    explicit OpenFile(const std::string& path)
        // Without O_NONBLOCK, opening a named pipe would wait for its writer.
        : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    ~OpenFile() {
        if (fd_ >= 0) ::close(fd_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    [[nodiscard]] int fd() const noexcept { return fd_; }

  private:
    int fd_;
};

Error unreadable(const std::string& path, int error) {
    return {.code = ErrorCode::bad_option,
            .message = "AWS file \"" + path +
                       "\" can not be read: " + std::generic_category().message(error) +
                       "; make it readable, or name another file in AWS_CONFIG_FILE or "
                       "AWS_SHARED_CREDENTIALS_FILE (/dev/null for none)"};
}

Error too_large(const std::string& path) {
    return {.code = ErrorCode::bad_option,
            .message = "AWS file \"" + path + "\" is over " + std::to_string(most_bytes) +
                       " bytes, the most that is read; remove profiles that are not needed"};
}

// What stat() says when there is no such file, or no way to know: a home directory that another
// user closed (HOME=/root in a container) must not stop a process that has its keys elsewhere.
bool is_absence(int error) {
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == ENAMETOOLONG ||
           error == ELOOP;
}

}  // namespace

class IniFile::Text {
  public:
    explicit Text(std::size_t capacity)
        : bytes_(std::make_unique_for_overwrite<char[]>(capacity)), capacity_(capacity) {}
    ~Text() { OPENSSL_cleanse(bytes_.get(), size_); }
    Text(const Text&) = delete;
    Text& operator=(const Text&) = delete;

    void append(std::string_view text) {
        std::copy(text.begin(), text.end(), bytes_.get() + size_);
        size_ += text.size();
    }

    // All that is left of the file, or errno. Reads no more than there is room for.
    int append_from(int fd) {
        while (size_ < capacity_) {
            const ssize_t got = ::read(fd, bytes_.get() + size_, capacity_ - size_);
            if (got == 0) return 0;
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return errno;
            size_ += static_cast<std::size_t>(got);
        }
        return 0;
    }

    [[nodiscard]] char* data() noexcept { return bytes_.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_;
    std::size_t size_ = 0;
};

Expected<IniFile, Error> IniFile::parse(std::string_view text, std::string path) {
    if (text.size() > most_bytes) return too_large(path);
    IniFile file(std::move(path));
    file.text_ = std::make_shared<Text>(text.size());
    file.text_->append(text);
    IniParser parser(file);
    if (auto error = parser.parse(file.text_->data(), file.text_->size())) {
        return std::move(*error);
    }
    return file;
}

Expected<IniFile, Error> IniFile::read(std::string path) {
    IniFile file(std::move(path));
    struct stat facts {};
    if (::stat(file.path_.c_str(), &facts) != 0) {
        if (is_absence(errno)) return file;
        return unreadable(file.path_, errno);
    }
    if (!S_ISREG(facts.st_mode)) return file;
    const OpenFile opened(file.path_);
    if (opened.fd() < 0) return unreadable(file.path_, errno);
    // The one byte more tells a file of just that size from a longer one.
    auto text = std::make_shared<Text>(most_bytes + 1);
    if (const int error = text->append_from(opened.fd())) return unreadable(file.path_, error);
    if (text->size() > most_bytes) return too_large(file.path_);
    return parse({text->data(), text->size()}, std::move(file.path_));
}

const IniSetting* IniFile::find(const IniSection& section, std::string_view key) const {
    for (const IniSection* place : {&section, &defaults_}) {
        const auto found = place->settings.find(key);
        if (found != place->settings.end()) return &found->second;
    }
    return nullptr;
}

}  // namespace lk::aws
