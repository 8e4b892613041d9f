#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace lk::http {

/// A request's body as libcurl reads it, and the guard against sending it twice.
///
/// When a reused connection turns out to be dead, libcurl begins the request again on a fresh one
/// by itself. It asks for the body to be rewound if it wrote some of it to the socket, and goes on
/// reading where it was if it had read but written nothing. Both are refused here, so a body of
/// which one byte was read is never sent again. Before the first byte was read the server can not
/// have the request (its length was announced), so beginning again is harmless and spares an idle
/// connection's end from being seen as a failure. A request without a body is complete with its
/// head, hence begun once; so is one whose body goes with the head.
class SentBody {
  public:
    SentBody() = default;
    SentBody(std::span<const std::string_view> pieces, std::size_t bytes)
        : pieces_(pieces), bytes_(bytes) {}
    /// libcurl has it already, and sends it with the head.
    [[nodiscard]] static SentBody with_head(std::size_t bytes) noexcept {
        SentBody body({}, bytes);
        body.goes_with_head_ = true;
        return body;
    }

    [[nodiscard]] bool goes_with_head() const noexcept { return goes_with_head_; }

    /// A connection is there and the request is about to begin on it. False: it must not.
    [[nodiscard]] bool begin() noexcept;
    [[nodiscard]] bool begun() const noexcept { return begun_; }

    /// Copies the next bytes; 0 at the end.
    std::size_t read(char* out, std::size_t room) noexcept;

    /// True if the body can be read from its beginning.
    [[nodiscard]] bool untouched() const noexcept { return read_bytes_ == 0; }

    /// True if the server may have the whole request. What libcurl counts as uploaded says more,
    /// but it begins that count anew before it asks whether it may begin again.
    [[nodiscard]] bool may_be_sent_whole() const noexcept {
        return begun_ && read_bytes_ == bytes_;
    }

  private:
    std::span<const std::string_view> pieces_;
    std::size_t bytes_ = 0;
    std::size_t piece_ = 0;
    std::size_t offset_ = 0;
    std::size_t read_bytes_ = 0;
    bool begun_ = false;
    bool goes_with_head_ = false;
};

}  // namespace lk::http
