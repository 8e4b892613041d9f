#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <system_error>

#include "local/http/certificate.hpp"

namespace lk::local {

namespace {

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Readable by the owner alone from its first moment on, and never half written.
bool write_file(const std::string& path, const std::string& text) {
    const std::string unfinished = path + ".new";
    const int file = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return false;
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    return ::close(file) == 0 && written && std::rename(unfinished.c_str(), path.c_str()) == 0;
}

}  // namespace

Expected<Certificate, Error> kept_certificate(const std::string& directory,
                                              const std::string& address) {
    const std::string authority = directory + "/tls-authority.pem";
    const std::string certificate = directory + "/tls-certificate.pem";
    const std::string key = directory + "/tls-key.pem";
    Certificate kept{read_file(authority), read_file(certificate), read_file(key)};
    if (is_good(kept, address)) return kept;
    auto made = make_certificate(address);
    if (!made) return made;
    if (!write_file(authority, made->authority) || !write_file(certificate, made->certificate) ||
        !write_file(key, made->key)) {
        return Error{.code = ErrorCode::bad_option,
                     .message = "cannot write the certificate to " + directory + ": " +
                                std::generic_category().message(errno)};
    }
    return made;
}

}  // namespace lk::local
