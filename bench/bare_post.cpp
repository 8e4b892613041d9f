#include "bare_post.hpp"

#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>

namespace lk::bench {
namespace {

// The cheapest of 64 KiB to 2 MiB: libcurl takes it anew for every transfer.
constexpr long upload_buffer_bytes = 64 * 1024;

}  // namespace

BarePost::BarePost(const std::string& endpoint, const std::string& ca_file,
                   const char* content_type)
    : easy_(curl_easy_init()) {
    const std::string signature(64, '0');
    for (const std::string& header :
         {std::string("Content-Type: ") + content_type,
          std::string("X-Amz-Target: Kinesis_20131202.PutRecords"),
          std::string("X-Amz-Date: 20160101T000000Z"),
          "Authorization: AWS4-HMAC-SHA256 "
          "Credential=local/20160101/us-east-1/kinesis/aws4_request, "
          "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" +
              signature,
          std::string("Expect:"), std::string("Accept:")}) {
        headers_ = curl_slist_append(headers_, header.c_str());
    }
    curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_URL, endpoint.c_str());
    curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!ca_file.empty()) {
        curl_easy_setopt(easy_, CURLOPT_CAINFO, ca_file.c_str());
        curl_easy_setopt(easy_, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_UPLOAD_BUFFERSIZE, upload_buffer_bytes);
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &BarePost::take_answer);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
}

BarePost::~BarePost() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(headers_);
}

void BarePost::set_body(std::string_view body) {
    answer_.clear();
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
}

void BarePost::perform() {
    check(curl_easy_perform(easy_));
}

void BarePost::check(int curl_code) const {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    if (curl_code == CURLE_OK && status == 200 && !answer_.empty()) return;
    std::fprintf(stderr, "a bare POST failed: %s, status %ld\n",
                 curl_easy_strerror(static_cast<CURLcode>(curl_code)), status);
    std::exit(1);
}

BarePost* BarePost::of(void* easy) {
    void* self = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
    return static_cast<BarePost*>(self);
}

std::size_t BarePost::take_answer(const char* bytes, std::size_t size, std::size_t count,
                                  void* self) {
    static_cast<BarePost*>(self)->answer_.append(bytes, size * count);
    return size * count;
}

}  // namespace lk::bench
