#include "local/http/tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "local/http/hints.hpp"

namespace lk::local {

namespace {

struct FreeBio {
    void operator()(BIO* memory) const noexcept { BIO_free(memory); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

Bio bio_of(const std::string& text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

bool use(SSL_CTX* context, const Certificate& certificate) {
    X509* const own =
        PEM_read_bio_X509(bio_of(certificate.certificate).get(), nullptr, nullptr, nullptr);
    X509* const authority =
        PEM_read_bio_X509(bio_of(certificate.authority).get(), nullptr, nullptr, nullptr);
    EVP_PKEY* const key =
        PEM_read_bio_PrivateKey(bio_of(certificate.key).get(), nullptr, nullptr, nullptr);
    const bool used = own != nullptr && authority != nullptr && key != nullptr &&
                      SSL_CTX_use_certificate(context, own) == 1 &&
                      SSL_CTX_add1_chain_cert(context, authority) == 1 &&
                      SSL_CTX_use_PrivateKey(context, key) == 1;
    X509_free(own);
    X509_free(authority);
    EVP_PKEY_free(key);
    return used;
}

// Called during a handshake with the protocols that the client offers: a list of names, each after
// its length in one byte (RFC 7301).
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes,
                    const unsigned char* offered, unsigned int offered_bytes, void* log) {
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, chosen_bytes, ours, sizeof ours - 1, offered,
                              offered_bytes) == OPENSSL_NPN_NEGOTIATED) {
        *chosen = found;
        return SSL_TLSEXT_ERR_OK;
    }
    static_cast<Log*>(log)->seldom(speaks_http2);
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

void FreeTlsContext::operator()(ssl_ctx_st* context) const noexcept {
    SSL_CTX_free(context);
}

Expected<TlsContext, Error> make_tls_context(const Certificate& certificate, Log& log) {
    TlsContext context(SSL_CTX_new(TLS_server_method()));
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
        !use(context.get(), certificate)) {
        const char* const reason = ERR_reason_error_string(ERR_get_error());
        return Error{
            .code = ErrorCode::internal,
            .message = std::string("cannot set up TLS: ") + (reason ? reason : "unknown reason")};
    }
    SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, &log);
    return context;
}

}  // namespace lk::local
