#include "aws/secret.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace lk::aws {

Secret::Secret(std::string_view first, std::string_view second)
    : text_(std::make_unique<char[]>(first.size() + second.size())),
      bytes_(first.size() + second.size()) {
    std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), text_.get()));
}

Secret::~Secret() {
    // A plain memset would be removed as a dead store.
    if (text_) OPENSSL_cleanse(text_.get(), bytes_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
    // What this one held is wiped by the temporary that takes it.
    Secret taken(std::move(other));
    std::swap(text_, taken.text_);
    std::swap(bytes_, taken.bytes_);
    return *this;
}

}  // namespace lk::aws
