#include "local/faults/fault_plan.hpp"

namespace lk::local {

std::string_view usual_message(std::string_view code) noexcept {
    if (code == "ProvisionedThroughputExceededException" || code == "ThrottlingException") {
        return "Rate exceeded";
    }
    if (code == "InternalFailure") return "Internal service failure.";
    if (code == "ServiceUnavailable") return "Service is unable to handle request.";
    return "A rule of the fault plan says so.";
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/CommonErrors.html
int usual_status(std::string_view code) noexcept {
    if (code.starts_with("Internal")) return 500;
    if (code.starts_with("ServiceUnavailable")) return 503;
    return 400;
}

}  // namespace lk::local
