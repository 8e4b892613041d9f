#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "wire/document.hpp"
#include "wire/put_records.hpp"
#include "wire/record_layout.hpp"

namespace lk::wire {

/// Bytes from pairs of hexadecimal digits; white space between them is passed over.
inline std::string from_hex(std::string_view digits) {
    std::string out;
    std::string pair;
    for (const char digit : digits) {
        if (digit == ' ' || digit == '\n') continue;
        pair += digit;
        if (pair.size() < 2) continue;
        out += static_cast<char>(std::strtoul(pair.c_str(), nullptr, 16));
        pair.clear();
    }
    return out;
}

/// A copy that ends where its memory ends, so that the address sanitizer sees a read beyond it.
class ExactCopy {
  public:
    explicit ExactCopy(std::string_view bytes)
        : bytes_(new char[bytes.size()]), size_(bytes.size()) {
        bytes.copy(bytes_.get(), size_);
    }
    operator std::string_view() const { return {bytes_.get(), size_}; }

  private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_;
};

/// A body as it goes over the network.
inline std::string joined(const Body& body) {
    std::string out;
    for (const std::string_view piece : body.pieces) out += piece;
    return out;
}

inline std::string encoded(Encoding encoding, const PutRecordsAnswer& answer) {
    std::string out;
    encode_put_records_answer(encoding, answer, out);
    return out;
}

/// One record in the layout of RecordLayout.
inline std::string finished_record(std::string_view data, std::string_view key,
                                   std::string_view hash_key) {
    std::string out(RecordLayout::bytes(data.size(), key.size(), hash_key.size()), '?');
    char* const data_begin = begin_record(out.data(), data.size(), !hash_key.empty());
    data.copy(data_begin, data.size());
    const char* const end = end_record(data_begin + data.size(), key, hash_key);
    EXPECT_EQ(end, out.data() + out.size());
    return out;
}

/// 500 entries as a healthy stream answers, every hundredth throttled.
inline PutRecordsAnswer usual_answer(int entries = 500) {
    PutRecordsAnswer answer;
    for (int at = 0; at < entries; ++at) {
        if (at % 100 == 99) {
            answer.add_failed("ProvisionedThroughputExceededException",
                              "Rate exceeded for shard shardId-000000000001 in stream s under "
                              "account 111122223333.");
        } else {
            answer.add_stored(
                "shardId-000000000003",
                "49590338271490256608559692538361571095921575989136588" + std::to_string(100 + at));
        }
    }
    return answer;
}

/// Random documents of everything that a message can hold, from one seed.
class RandomDocuments {
  public:
    RandomDocuments(unsigned seed, Encoding encoding, bool with_timestamps = true)
        : random_(seed), encoding_(encoding), with_timestamps_(with_timestamps) {}

    Document next(int depth = 4) {
        switch (below(depth == 0 ? 7 : 9)) {
            case 0: return nullptr;
            case 1: return below(2) == 0;
            case 2: return random_() >> below(64);
            case 3: return -1 - static_cast<std::int64_t>(random_() >> (1 + below(63)));
            case 4: return finite();
            case 5: return text();
            // In JSON bytes come back as the text that they were written as.
            case 6: return encoding_ == Encoding::cbor ? bytes() : Document(text());
            case 7: return array(depth);
            default: return object(depth);
        }
    }

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    std::string text() {
        // Of every length in UTF-8, and those that JSON escapes.
        static constexpr std::string_view characters[] = {
            "a",    "Z",    "0",    "\"", "\\", "/",  "\b", "\n",
            "\x01", "\x1f", "\x7f", "é",  "ß",  "水", "😀",  "\xEF\xBF\xBD"};
        std::string out;
        for (std::uint64_t left = below(40); left != 0; --left) {
            out += characters[below(std::size(characters))];
        }
        return out;
    }

  private:
    Document finite() {
        const double value = std::bit_cast<double>(random_());
        return std::isfinite(value) ? value : 0.1;
    }

    Document bytes() {
        Document::binary_t out;
        for (std::uint64_t left = below(300); left != 0; --left) {
            out.push_back(static_cast<std::uint8_t>(random_()));
        }
        return Document::binary(std::move(out));
    }

    Document array(int depth) {
        Document out = Document::array();
        for (std::uint64_t left = below(6); left != 0; --left) out.push_back(next(depth - 1));
        return out;
    }

    Document object(int depth) {
        Document out = Document::object();
        for (std::uint64_t left = below(6); left != 0; --left) {
            // No name of text() ends in "Timestamp": such numbers are rounded to milliseconds.
            out[text()] = next(depth - 1);
        }
        if (with_timestamps_ && below(3) == 0) {
            out[text() + "Timestamp"] = static_cast<double>(below(4'000'000'000'000)) / 1000;
        }
        return out;
    }

    std::mt19937_64 random_;
    Encoding encoding_;
    bool with_timestamps_;
};

}  // namespace lk::wire
