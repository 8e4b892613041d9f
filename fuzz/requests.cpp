// What clients send to the local stream: a byte for the operation, one for the encoding, the body.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "local/service.hpp"
#include "must.hpp"
#include "wire/document.hpp"

namespace {

using lk::fuzz::must;
using namespace lk::local;

// A stream in memory, made anew now and then, so that one input hardly depends on those before.
class Kinesis {
  public:
    const Service& service() {
        if (store_ == nullptr || ++requests_ % 1000 == 0) {
            service_.reset();
            auto opened = Store::open({});
            must(opened.has_value(), "a store in memory can be made");
            store_ = std::move(opened).value();
            service_ = std::make_unique<Service>(environment_of(*store_, true));
            (void)service_->handle("CreateStream", lk::wire::Encoding::json,
                                   R"({"StreamName":"events","ShardCount":2})");
        }
        return *service_;
    }

  private:
    std::unique_ptr<Store> store_;
    std::unique_ptr<Service> service_;
    std::uint64_t requests_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    static Kinesis kinesis;
    const auto names = operation_names();
    const std::string_view operation = names[data[0] % names.size()];
    const auto encoding = (data[1] & 1) != 0 ? lk::wire::Encoding::json : lk::wire::Encoding::cbor;
    const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
    const Reply reply = kinesis.service().handle(operation, encoding, body);
    must(reply.status == 200 || reply.status == 400, "hostile bytes are the client's fault");
    must(reply.body.empty() || lk::wire::parse(encoding, reply.body).has_value(),
         "an answer can be read");
    return 0;
}
