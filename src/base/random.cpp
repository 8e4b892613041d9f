#include "base/random.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <ctime>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/fork.hpp"

namespace lk {
namespace {

constexpr std::int64_t oldest_store_ms = 1000;

constexpr std::size_t store_bytes = std::size_t{16} * 1024;

// Up to 256 bytes come whole, once the kernel's generator is up (getrandom(2)). Without random
// bytes ids would collide, and nothing the caller could do would help.
template <std::size_t count>
std::array<std::uint8_t, count> from_kernel() {
    static_assert(count <= 256);
    std::array<std::uint8_t, count> bytes;
    ssize_t got = 0;
    do {
        got = getrandom(bytes.data(), bytes.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got != static_cast<ssize_t>(count)) std::abort();
    return bytes;
}

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};

}  // namespace

std::int64_t RandomBytes::coarse_clock() noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void RandomBytes::fill(std::span<std::uint8_t> out) {
    if (stale()) used_ = store_.size();
    while (!out.empty()) {
        if (used_ == store_.size()) refill();
        const std::size_t count = std::min(out.size(), store_.size() - used_);
        std::memcpy(out.data(), store_.data() + used_, count);
        used_ += count;
        out = out.subspan(count);
    }
}

std::uint64_t RandomBytes::number() {
    std::uint64_t drawn = 0;
    fill({reinterpret_cast<std::uint8_t*>(&drawn), sizeof drawn});
    return drawn;
}

std::uint64_t RandomBytes::below(std::uint64_t bound) {
    return bound == 0 ? 0 : number() % bound;
}

bool RandomBytes::stale() const noexcept {
    const std::int64_t now_ms = clock_();
    return process_generation_ != fork_generation() || now_ms < filled_at_ms_ ||
           now_ms - filled_at_ms_ > oldest_store_ms;
}

// The key stream of AES-256 in counter mode under a key that is used once. The kernel's own
// stream of this length took four times as long.
void RandomBytes::refill() {
    process_generation_ = fork_generation();
    filled_at_ms_ = clock_();
    auto seed = from_kernel<32 + 16>();
    store_.assign(store_bytes, 0);
    const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
    int written = 0;
    if (context == nullptr ||
        EVP_EncryptInit_ex2(context.get(), EVP_aes_256_ctr(), seed.data(), seed.data() + 32,
                            nullptr) != 1 ||
        EVP_EncryptUpdate(context.get(), store_.data(), &written, store_.data(),
                          static_cast<int>(store_.size())) != 1 ||
        written != static_cast<int>(store_.size())) {
        std::abort();
    }
    OPENSSL_cleanse(seed.data(), seed.size());
    used_ = 0;
}

}  // namespace lk
