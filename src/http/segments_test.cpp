#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "http/post_and_wait.hpp"

namespace lk::http {
namespace {

// Answers requests on one connection with how many reads each took.
class CountingServer {
  public:
    CountingServer() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t bytes = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(bind(listener_, any, bytes), 0);
        EXPECT_EQ(listen(listener_, 1), 0);
        EXPECT_EQ(getsockname(listener_, any, &bytes), 0);
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
        thread_ = std::thread([this] { serve(); });
    }
    ~CountingServer() {
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        close(listener_);
    }
    CountingServer(const CountingServer&) = delete;
    CountingServer& operator=(const CountingServer&) = delete;

    [[nodiscard]] const std::string& url() const { return url_; }

  private:
    void serve() {
        const int connection = accept(listener_, nullptr, nullptr);
        std::string read(65536, '\0');
        std::string request;
        int reads = 0;
        ssize_t got = 0;
        while ((got = recv(connection, read.data(), read.size(), 0)) > 0) {
            ++reads;
            request.append(read, 0, static_cast<std::size_t>(got));
            if (!request.ends_with("the body")) continue;
            const std::string answer = "HTTP/1.1 200 OK\r\nX-Reads: " + std::to_string(reads) +
                                       "\r\nContent-Length: 0\r\n\r\n";
            request.clear();
            reads = 0;
            if (send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
        }
        close(connection);
    }

    int listener_;
    std::string url_;
    std::thread thread_;
};

// How many of 200 requests the far end had to read in pieces.
int requests_in_pieces(const std::string& body) {
    CountingServer server;
    Poster poster;
    int in_pieces = 0;
    for (int i = 0; i < 200; ++i) {
        const auto answer = poster.post(server.url(), body);
        EXPECT_TRUE(answer) << answer.error().message;
        if (!answer) return -1;
        in_pieces += answer->header("x-reads") == "1" ? 0 : 1;
    }
    return in_pieces;
}

// Sent apart, the far end would wake up, read the head, and wait again.
TEST(Segments, HeadAndBodyOfASmallRequestAreSentInOne) {
    EXPECT_EQ(requests_in_pieces("the body"), 0);
}

// What is corked leaves after 200 ms all the same (tcp(7)), and so on a machine that is slower.
TEST(Segments, SoAreThoseOfOneThatFitsIntoASegmentOfLoopback) {
    EXPECT_LE(requests_in_pieces(std::string(20'000, 'x') + "the body"), 20);
}

}  // namespace
}  // namespace lk::http
