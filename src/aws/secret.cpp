#include "aws/secret.hpp"

#include <algorithm>

#include "base/wiped_text.hpp"

namespace lk::aws {

Secret::Secret(std::string_view first, std::string_view second)
    : bytes_(first.size() + second.size()) {
    if (bytes_ == 0) return;
    text_ = WipingAllocator<char>().allocate(bytes_);
    std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), text_));
}

Secret::~Secret() {
    if (text_ != nullptr) WipingAllocator<char>().deallocate(text_, bytes_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
    // What this one held is wiped by the temporary that takes it.
    Secret taken(std::move(other));
    std::swap(text_, taken.text_);
    std::swap(bytes_, taken.bytes_);
    return *this;
}

}  // namespace lk::aws
