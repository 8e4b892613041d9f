#include "local/http/authority_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace lk::local {

Expected<AuthorityFile, Error> AuthorityFile::write(const std::string& pem) {
    if (pem.empty()) return AuthorityFile(-1);
    AuthorityFile file(::memfd_create("lk-local-authority", MFD_CLOEXEC));
    if (file.file_ < 0 ||
        ::write(file.file_, pem.data(), pem.size()) != static_cast<ssize_t>(pem.size())) {
        return Error{.code = ErrorCode::internal,
                     .message = "cannot keep the certificate's authority in memory: " +
                                std::generic_category().message(errno)};
    }
    return file;
}

AuthorityFile::~AuthorityFile() {
    if (file_ >= 0) ::close(file_);
}

AuthorityFile::AuthorityFile(AuthorityFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}

std::string AuthorityFile::path() const {
    return file_ < 0 ? std::string() : "/proc/self/fd/" + std::to_string(file_);
}

}  // namespace lk::local
