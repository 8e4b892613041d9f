#include "local/http/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <stdexcept>

namespace lk::local {

namespace {

template <auto free>
struct Free {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Free<X509_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

class OpensslError : public std::runtime_error {
  public:
    explicit OpensslError(const char* doing)
        : std::runtime_error(std::string("cannot make a certificate: ") + doing + ": " + reason()) {
    }

  private:
    static std::string reason() {
        const char* const text = ERR_reason_error_string(ERR_get_error());
        return text ? text : "unknown";
    }
};

template <class T>
T check(T result, const char* doing) {
    if (!result) throw OpensslError(doing);
    return result;
}

constexpr long day_seconds = 24L * 60 * 60;

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension(
        check(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), "extension"));
    check(X509_add_ext(certificate, extension.get(), -1), "extension");
}

X509Ptr begin_certificate(const char* name, EVP_PKEY* key) {
    X509Ptr certificate(check(X509_new(), "certificate"));
    X509_set_version(certificate.get(), X509_VERSION_3);
    unsigned char serial[16];
    check(RAND_bytes(serial, sizeof serial) == 1, "serial number");
    serial[0] &= 0x7F;  // A serial number is positive.
    const std::unique_ptr<BIGNUM, Free<BN_free>> number(
        check(BN_bin2bn(serial, sizeof serial, nullptr), "serial number"));
    check(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())),
          "serial number");
    // From yesterday on, for clients whose clock is a little slow.
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -day_seconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 730 * day_seconds);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    check(X509_set_pubkey(certificate.get(), key), "public key");
    return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
    check(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)), "issuer");
    check(X509_sign(certificate, issuer_key, EVP_sha256()), "signature");
}

std::string text_of(const Bio& memory) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate) {
    const Bio memory(check(BIO_new(BIO_s_mem()), "PEM"));
    check(PEM_write_bio_X509(memory.get(), certificate), "PEM");
    return text_of(memory);
}

std::string pem(EVP_PKEY* key) {
    const Bio memory(check(BIO_new(BIO_s_mem()), "PEM"));
    check(PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr),
          "PEM");
    return text_of(memory);
}

Certificate make(const std::string& address) {
    const Key authority_key(check(EVP_EC_gen("P-256"), "key"));
    const X509Ptr authority = begin_certificate("lk-dispatch local authority", authority_key.get());
    extend(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    extend(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign");
    extend(authority.get(), authority.get(), NID_subject_key_identifier, "hash");
    sign(authority.get(), authority.get(), authority_key.get());

    const Key key(check(EVP_EC_gen("P-256"), "key"));
    const X509Ptr certificate = begin_certificate("localhost", key.get());
    X509* const issuer = authority.get();
    extend(certificate.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
    extend(certificate.get(), issuer, NID_key_usage, "critical,digitalSignature");
    extend(certificate.get(), issuer, NID_ext_key_usage, "serverAuth");
    extend(certificate.get(), issuer, NID_authority_key_identifier, "keyid:always");
    extend(certificate.get(), issuer, NID_subject_alt_name,
           "DNS:localhost,IP:127.0.0.1,IP:::1,IP:" + address);
    sign(certificate.get(), issuer, authority_key.get());
    return {pem(authority.get()), pem(certificate.get()), pem(key.get())};
}

X509Ptr read_certificate(const std::string& text) {
    const Bio memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    return X509Ptr(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
}

Key read_key(const std::string& text) {
    const Bio memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    return Key(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
}

}  // namespace

bool is_good(const Certificate& kept, const std::string& address) {
    const X509Ptr certificate = read_certificate(kept.certificate);
    const X509Ptr authority = read_certificate(kept.authority);
    const Key key = read_key(kept.key);
    if (!certificate || !authority || !key) {
        ERR_clear_error();
        return false;
    }
    std::time_t in_a_month = std::time(nullptr) + 30 * day_seconds;
    return X509_check_private_key(certificate.get(), key.get()) == 1 &&
           X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1 &&
           X509_check_ip_asc(certificate.get(), address.c_str(), 0) == 1 &&
           X509_cmp_time(X509_get0_notAfter(certificate.get()), &in_a_month) > 0;
}

Expected<Certificate, Error> make_certificate(const std::string& address) {
    try {
        return make(address);
    } catch (const OpensslError& error) {
        return Error{.code = ErrorCode::internal, .message = error.what()};
    }
}

}  // namespace lk::local
