#pragma once

#include <string>

#include <lk/error.hpp>
#include <lk/expected.hpp>

namespace lk::local {

/// A server's certificate and the authority that signed it, all in PEM. The authority's own key is
/// thrown away once it has signed, so whoever comes to trust it trusts this one server and nothing
/// else.
struct Certificate {
    std::string authority;
    std::string certificate;
    std::string key;
};

/// A new one for localhost, 127.0.0.1, ::1 and `address` (numeric), good for two years.
[[nodiscard]] Expected<Certificate, Error> make_certificate(const std::string& address);

/// True when its parts fit together, it is for `address` too, and it is good for another month.
[[nodiscard]] bool is_good(const Certificate& certificate, const std::string& address);

/// The one that the directory keeps, if it is good; else a new one, which it then keeps.
[[nodiscard]] Expected<Certificate, Error> kept_certificate(const std::string& directory,
                                                            const std::string& address);

}  // namespace lk::local
