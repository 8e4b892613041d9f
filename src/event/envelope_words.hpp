#pragma once

#include <string_view>

/// What stands between an event's fields: the same bytes, in the same order, as lk-dispatch 1.1.0.
namespace lk::event::words {

inline constexpr std::string_view id = R"({"id":)";
inline constexpr std::string_view type = R"(,"type":)";
inline constexpr std::string_view data = R"(,"data":)";
inline constexpr std::string_view timestamp = R"(,"timestamp":)";
inline constexpr std::string_view user_id = R"(,"source":{"userId":)";
inline constexpr std::string_view null = "null";
inline constexpr std::string_view producer_id = R"(,"producerId":)";
inline constexpr std::string_view partition_key = R"(,"kinesisPartitionKey":)";
inline constexpr std::string_view end = "}}";

}  // namespace lk::event::words
