#include <gtest/gtest.h>

#include <thread>

#include "http/post_and_wait.hpp"
#include "http/scripted_server.hpp"

namespace lk::http {
namespace {

using namespace std::chrono_literals;

std::size_t connections_after_a_pause(std::chrono::seconds max_connection_age) {
    ScriptedServer server([](ScriptedConnection& connection) {
        while (connection.read_request()) connection.answer(200, "stored");
    });
    Poster poster(curl_transport({.max_connection_age = max_connection_age}));
    EXPECT_TRUE(poster.post(server.url(), "body").has_value());
    // libcurl counts whole seconds: at 1 s of age it is not above 1 s yet.
    std::this_thread::sleep_for(2100ms);
    EXPECT_TRUE(poster.post(server.url(), "body").has_value());
    return server.connections();
}

TEST(ConnectionAge, AnOldConnectionTakesNoFurtherRequest) {
    EXPECT_EQ(connections_after_a_pause(1s), 2U);
}

TEST(ConnectionAge, AYoungerOneDoes) {
    EXPECT_EQ(connections_after_a_pause(24h), 1U);
    EXPECT_EQ(connections_after_a_pause(0s), 1U);
}

}  // namespace
}  // namespace lk::http
