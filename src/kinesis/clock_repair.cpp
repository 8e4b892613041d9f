#include "kinesis/clock_repair.hpp"

#include "aws/http_date.hpp"

namespace lk::kinesis {

bool SignatureClock::follow(std::string_view date_header) {
    const auto theirs = aws::parse_http_date(date_header);
    if (!theirs) return false;
    offset_.store(*theirs - std::chrono::system_clock::now(), std::memory_order_relaxed);
    return true;
}

bool blames_the_clock(std::string_view service_code, std::string_view message) {
    if (service_code == "RequestTimeTooSkewed" || service_code == "RequestExpired") return true;
    // These two also stand for a wrong secret; only the text tells.
    if (service_code != "InvalidSignatureException" && service_code != "SignatureDoesNotMatch") {
        return false;
    }
    return message.find("expired") != std::string_view::npos ||
           message.find("not yet current") != std::string_view::npos;
}

}  // namespace lk::kinesis
