#include "base/fork.hpp"
#include "base/per_process.hpp"
#include "http/curl_loop.hpp"
#include "http/handles.hpp"
#include "http/transport.hpp"

namespace lk::http {
namespace {

std::shared_ptr<CurlLoop> loop_for(const TransportOptions& options) {
    if (options.own_loop || options.read_clocks) {
        return std::make_shared<CurlLoop>(options.read_clocks);
    }
    // It lives also while only who takes part in it has it.
    constinit static SharedPerProcess<CurlLoop> shared;
    return shared.get([] { return std::make_shared<CurlLoop>(ReadClocks()); });
}

class CurlTransport final : public Transport {
  public:
    explicit CurlTransport(const TransportOptions& options)
        : loop_(loop_for(options)), handles_(std::make_shared<Handles>(options)) {}

    // The loop may live on without it, for others and for those who take part in it.
    ~CurlTransport() override {
        loop_->end_requests(handles_);
        if (loop_->inherited()) keep_for_good(std::move(handles_));
    }

    void post(Request request, Done done) override {
        loop_->post(handles_, std::move(request), std::move(done));
    }

    void after_turns(std::function<void()> act) override { loop_->after_turns(std::move(act)); }

    std::shared_ptr<Loop> loop() override { return loop_; }

  private:
    const std::shared_ptr<CurlLoop> loop_;
    std::shared_ptr<Handles> handles_;
};

}  // namespace

std::shared_ptr<Transport> curl_transport(const TransportOptions& options) {
    return std::make_shared<CurlTransport>(options);
}

}  // namespace lk::http
