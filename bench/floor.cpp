// floor ENDPOINT CA_FILE EVENTS [IN_FLIGHT]: the least that libcurl, OpenSSL and the kernel take
// for the work: finished request bodies of 500 events, made beforehand, are hashed with SHA-256 and
// posted over kept TLS connections, and their answers received but not read. Prints the CPU time of
// the whole process (user and system) an event, like dispatch_cpu.

#include <curl/curl.h>
#include <openssl/evp.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bare_post.hpp"
#include "meters.hpp"
#include "request_bodies.hpp"

namespace {

constexpr int records_in_a_request = 500;

class Floor {
  public:
    Floor(const std::string& endpoint, const std::string& ca_file, int in_flight)
        : multi_(curl_multi_init()),
          sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
          bodies_(lk::bench::request_bodies("bench", 16, records_in_a_request)) {
        for (int i = 0; i < in_flight; ++i) {
            posts_.push_back(std::make_unique<lk::bench::BarePost>(endpoint, ca_file,
                                                                   "application/x-amz-cbor-1.1"));
        }
    }
    ~Floor() {
        posts_.clear();
        curl_multi_cleanup(multi_);
        EVP_MD_free(sha256_);
    }
    Floor(const Floor&) = delete;
    Floor& operator=(const Floor&) = delete;

    void run(int requests) {
        left_ = requests;
        under_way_ = 0;
        for (const auto& post : posts_) start(*post);
        while (under_way_ > 0) {
            int running = 0;
            curl_multi_perform(multi_, &running);
            int messages = 0;
            while (const CURLMsg* message = curl_multi_info_read(multi_, &messages)) {
                CURL* const easy = message->easy_handle;
                lk::bench::BarePost* const post = lk::bench::BarePost::of(easy);
                post->check(message->data.result);
                curl_multi_remove_handle(multi_, easy);
                --under_way_;
                start(*post);
                running = under_way_;
            }
            if (running > 0) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
        }
    }

  private:
    void start(lk::bench::BarePost& post) {
        if (left_ == 0) return;
        const std::string& body = bodies_[static_cast<std::size_t>(left_--) % bodies_.size()];
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned int bytes = 0;
        if (EVP_Digest(body.data(), body.size(), digest, &bytes, sha256_, nullptr) != 1) {
            std::abort();
        }
        post.set_body(body);
        curl_multi_add_handle(multi_, post.easy());
        ++under_way_;
    }

    CURLM* multi_;
    EVP_MD* sha256_;
    std::vector<std::string> bodies_;
    std::vector<std::unique_ptr<lk::bench::BarePost>> posts_;
    int left_ = 0;
    int under_way_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: floor ENDPOINT CA_FILE EVENTS [IN_FLIGHT]\n");
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const int requests = std::atoi(argv[3]) / records_in_a_request;
    const int events = requests * records_in_a_request;
    Floor floor(argv[1], argv[2], argc > 4 ? std::atoi(argv[4]) : 8);
    floor.run(32);  // connections are there when the clock starts
    const double cpu = lk::bench::cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    floor.run(requests);
    const double cpu_used = lk::bench::cpu_seconds() - cpu;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("{\"events\":%d,\"cpu_ns_per_event\":%.0f,\"events_per_second\":%.0f}\n", events,
                cpu_used / events * 1e9, events / seconds);
}
