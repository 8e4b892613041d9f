#pragma once

#include <string>
#include <string_view>

struct curl_slist;

namespace lk::bench {

/// A POST of finished bytes to Kinesis by libcurl alone, one after another on a kept connection:
/// what a plain program would do, and no more. The headers are as long as a signed request's.
class BarePost {
  public:
    BarePost(const std::string& endpoint, const std::string& ca_file, const char* content_type);
    ~BarePost();
    BarePost(const BarePost&) = delete;
    BarePost& operator=(const BarePost&) = delete;

    /// What is posted next; must live until it is.
    void set_body(std::string_view body);
    /// Posts it and waits for the answer.
    void perform();
    /// Ends the program unless the answer was 200 and not empty.
    void check(int curl_code) const;

    /// The CURL*, for a multi handle.
    [[nodiscard]] void* easy() const noexcept { return easy_; }
    /// The BarePost of a CURL*.
    [[nodiscard]] static BarePost* of(void* easy);

  private:
    static std::size_t take_answer(const char* bytes, std::size_t size, std::size_t count,
                                   void* self);

    void* easy_;
    curl_slist* headers_ = nullptr;
    std::string answer_;
};

}  // namespace lk::bench
