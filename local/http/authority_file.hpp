#pragma once

#include <string>

#include <lk/error.hpp>
#include <lk/expected.hpp>

namespace lk::local {

/// A certificate as a file, for clients in this process that take nothing else. In memory alone:
/// nothing is left behind, however the process ends.
class AuthorityFile {
  public:
    /// Of no text there is no file and an empty path.
    [[nodiscard]] static Expected<AuthorityFile, Error> write(const std::string& pem);

    ~AuthorityFile();
    AuthorityFile(AuthorityFile&& other) noexcept;
    AuthorityFile& operator=(AuthorityFile&&) = delete;

    /// Good within this process, as long as the object lives.
    [[nodiscard]] std::string path() const;

  private:
    explicit AuthorityFile(int file) noexcept : file_(file) {}

    int file_;
};

}  // namespace lk::local
