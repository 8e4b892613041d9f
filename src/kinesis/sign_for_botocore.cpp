// Sends random requests with our client to a server of this process and prints what that server
// received, one JSON object a line, for verify_with_botocore.py to judge.
//
//     sign_for_botocore SEED COUNT

#include <cstdlib>
#include <iostream>
#include <random>

#include "kinesis/test_client.hpp"
#include "wire/base64.hpp"

namespace lk::kinesis {
namespace {

class Requests {
  public:
    Requests(std::uint64_t seed, std::string url) : random_(seed), url_(std::move(url)) {}

    void send_one() {
        key_id_ = text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, 128);
        secret_ = text(in_base64, 20, 60);
        region_ = one_of({"eu-west-1", "us-gov-west-1", "cn-north-1", "x"});
        const std::string token = number(2) == 0 ? std::string() : text(in_base64, 1, 2000);
        const std::string path = one_of({"", "kinesis/", "a/b~c_d.e-f/g"});
        const AwsKinesis::Parts parts{
            .service = {aws::parse_endpoint(url_ + path, "test").value(), region_},
            .credentials = aws::given_credentials(key_id_, secret_, token).value(),
            .encoding = number(2) == 0 ? wire::Encoding::json : wire::Encoding::cbor,
            .transport = {.user_agent = "lk-test/1 (" + text(in_base64, 0, 40) + ")"}};
        AwsKinesis client(parts);
        if (number(3) == 0) {
            (void)wait_for<std::vector<Shard>>([&](ListShardsDone done) {
                client.list_shards(text("abc_.-XYZ019", 1, 128), std::move(done));
            });
            return;
        }
        std::vector<std::string> bytes(2 * (1 + number(20)));
        std::vector<Record> records;
        for (std::size_t i = 0; i < bytes.size(); i += 2) {
            for (std::size_t left = number(3000); left > 0; --left) {
                bytes[i] += static_cast<char>(number(256));
            }
            bytes[i + 1] = text("abcdefgh \"\\/\x01", 1, 256);
            records.push_back({.data = bytes[i],
                               .partition_key = bytes[i + 1],
                               .explicit_hash_key = {},
                               .cbor = {}});
        }
        (void)put(client, records);
    }

    /// What the last one was signed with.
    [[nodiscard]] wire::Document signed_with() const {
        return {{"access_key_id", key_id_}, {"secret", secret_}, {"region", region_}};
    }

  private:
    static constexpr std::string_view in_base64 =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

    std::size_t number(std::size_t below) { return random_() % below; }
    std::string text(std::string_view letters, std::size_t least, std::size_t most) {
        std::string made;
        for (std::size_t left = least + number(most - least + 1); left > 0; --left) {
            made += letters[number(letters.size())];
        }
        return made;
    }
    std::string one_of(std::initializer_list<const char*> choices) {
        return choices.begin()[number(choices.size())];
    }

    std::mt19937_64 random_;
    std::string url_;
    std::string key_id_;
    std::string secret_;
    std::string region_;
};

void print(const http::ReceivedRequest& request, wire::Document line) {
    std::string body;
    wire::append_base64(body, request.body);
    line["headers"] = request.headers;
    line["first_line"] = request.first_line;
    line["body"] = body;
    std::cout << line.dump() << "\n";
}

void run(std::uint64_t seed, int count) {
    const Requests* asking = nullptr;
    http::ScriptedServer server([&](http::ScriptedConnection& connection) {
        while (const auto request = connection.read_request()) {
            print(*request, asking->signed_with());
            answer_with_error(connection, 400, "ResourceNotFoundException", "none");
        }
    });
    Requests requests(seed, server.url());
    asking = &requests;
    for (int i = 0; i < count; ++i) requests.send_one();
}

}  // namespace
}  // namespace lk::kinesis

int main(int count, char** words) {
    if (count != 3) return 2;
    lk::kinesis::run(std::strtoull(words[1], nullptr, 10), std::atoi(words[2]));
}
