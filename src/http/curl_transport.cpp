#include "http/curl_loop.hpp"
#include "http/transport.hpp"

namespace lk::http {
namespace {

class CurlTransport final : public Transport {
  public:
    explicit CurlTransport(const TransportOptions& options)
        : loop_(std::make_shared<CurlLoop>(options)) {}

    // The loop may live on without it, for those who take part in it.
    ~CurlTransport() override { loop_->end_requests(); }

    void post(Request request, Done done) override {
        loop_->post(std::move(request), std::move(done));
    }

    std::shared_ptr<Loop> loop() override { return loop_; }

  private:
    std::shared_ptr<CurlLoop> loop_;
};

}  // namespace

std::shared_ptr<Transport> curl_transport(const TransportOptions& options) {
    return std::make_shared<CurlTransport>(options);
}

}  // namespace lk::http
