// lone_event ENDPOINT EVENTS: how long one event takes from dispatch() to its result when nothing
// else is under way, beside a bare POST of the same bytes. One of each in turn, on one machine at
// one moment.

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <lk/dispatch.hpp>

#include "bare_post.hpp"
#include "data.hpp"
#include "request_bodies.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double median(std::vector<double>& values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: lone_event ENDPOINT EVENTS\n");
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const int events = std::atoi(argv[2]);
    auto kinesis = lk::aws_kinesis({.region = "us-east-1",
                                    .endpoint = argv[1],
                                    .credentials = lk::AwsCredentials{"local", "local"}});
    auto dispatch = lk::get_dispatch({.kinesis_client = kinesis,
                                      .kinesis_stream = "bench",
                                      .producer_id = "server@hostname",
                                      .linger = std::chrono::milliseconds(0)});
    lk::bench::BarePost bare(argv[1], "", "application/x-amz-cbor-1.1");
    const std::string data = lk::bench::data_of_300_bytes(1);
    const std::string body = lk::bench::request_bodies("bench", 1, 1).front();

    std::vector<double> ours;
    std::vector<double> theirs;
    for (int i = -100; i < events; ++i) {  // the first hundred warm up
        auto start = Clock::now();
        dispatch("element inserted in collection posts", lk::json(data)).get();
        const double our_time = microseconds_since(start);
        start = Clock::now();
        bare.set_body(body);
        bare.perform();
        const double their_time = microseconds_since(start);
        if (i < 0) continue;
        ours.push_back(our_time);
        theirs.push_back(their_time);
    }
    const double our_median = median(ours);
    const double their_median = median(theirs);
    std::printf("{\"events\":%d,\"median_us\":%.1f,\"bare_median_us\":%.1f,\"ratio\":%.3f}\n",
                events, our_median, their_median, our_median / their_median);
}
