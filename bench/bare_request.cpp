// bare_request ENDPOINT CA_FILE: one POST over TLS by libcurl alone, and the memory that the
// process then has in RAM: what idle's is compared with.

#include <curl/curl.h>

#include <cstdio>
#include <string>

#include "bare_post.hpp"
#include "meters.hpp"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: bare_request ENDPOINT CA_FILE\n");
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    lk::bench::BarePost post(argv[1], argv[2], "application/x-amz-json-1.1");
    const std::string body =
        R"({"StreamName":"bench","Records":[{"Data":"e30=","PartitionKey":"a"}]})";
    post.set_body(body);
    post.perform();
    const lk::bench::Resident resident = lk::bench::resident();
    std::printf("{\"resident_bytes\":%zu,\"anonymous_bytes\":%zu}\n", resident.bytes,
                resident.anonymous_bytes);
}
