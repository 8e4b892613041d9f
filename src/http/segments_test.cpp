#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "http/post_and_wait.hpp"

namespace lk::http {
namespace {

// Answers requests on one connection, of which the first read must bring all of each.
class OneReadServer {
  public:
    OneReadServer() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
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
    ~OneReadServer() {
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        close(listener_);
    }
    OneReadServer(const OneReadServer&) = delete;
    OneReadServer& operator=(const OneReadServer&) = delete;

    [[nodiscard]] const std::string& url() const { return url_; }

  private:
    void serve() {
        const int connection = accept(listener_, nullptr, nullptr);
        std::string read(65536, '\0');
        ssize_t got = 0;
        while ((got = recv(connection, read.data(), read.size(), 0)) > 0) {
            const bool whole =
                std::string_view(read.data(), static_cast<std::size_t>(got)).ends_with("the body");
            const std::string_view answer = whole ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                                                  : "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
            if (send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
        }
        close(connection);
    }

    int listener_;
    std::string url_;
    std::thread thread_;
};

// Sent apart, the far end would wake up, read the head, and wait again.
TEST(Segments, HeadAndBodyOfASmallRequestAreSentInOne) {
    OneReadServer server;
    Poster poster;
    for (int i = 0; i < 200; ++i) {
        const auto answer = poster.post(server.url(), "the body");
        ASSERT_TRUE(answer) << answer.error().message;
        ASSERT_EQ(answer->status, 200) << i;
    }
}

}  // namespace
}  // namespace lk::http
