#pragma once

#include <string>

namespace lk::http {

/// For tests: a certificate and its key, as PEM text.
struct TestCertificate {
    std::string certificate;
    std::string key;
};

/// An authority, trusted by nobody yet.
[[nodiscard]] TestCertificate make_authority(const std::string& name = "lk test authority");

/// A server's certificate, signed by the authority. `name` is a subject alternative name as
/// OpenSSL writes it, such as "IP:127.0.0.1" or "DNS:example.com".
[[nodiscard]] TestCertificate make_server_certificate(const TestCertificate& authority,
                                                      const std::string& name);

/// A file of its own that lasts as long as the object.
class TemporaryFile {
  public:
    explicit TemporaryFile(const std::string& content);
    ~TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
};

}  // namespace lk::http
