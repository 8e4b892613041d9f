#include "http/test_certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace lk::http {
namespace {

struct Free {
    void operator()(X509* one) const { X509_free(one); }
    void operator()(EVP_PKEY* one) const { EVP_PKEY_free(one); }
    void operator()(BIO* one) const { BIO_free(one); }
    void operator()(X509_EXTENSION* one) const { X509_EXTENSION_free(one); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

void require(bool done) {
    if (!done) throw std::runtime_error("OpenSSL could not make a certificate for a test");
}

std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(bio, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

Owned<BIO> reader_of(const std::string& pem) {
    return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Owned<X509_EXTENSION> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

// `issuer` and `issuer_key` absent: signs itself.
TestCertificate make(const std::string& common_name, X509* issuer, EVP_PKEY* issuer_key,
                     const std::string& alternative_name) {
    const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
    const Owned<X509> certificate(X509_new());
    require(key && certificate);
    X509* const made = certificate.get();
    X509_set_version(made, X509_VERSION_3);
    std::int64_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
    ASN1_INTEGER_set_int64(X509_get_serialNumber(made), serial & 0x7FFFFFFFFFFFFFFF);
    X509_gmtime_adj(X509_getm_notBefore(made), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made), 24 * 3600);
    X509_set_pubkey(made, key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                               0);
    X509* const signer = issuer == nullptr ? made : issuer;
    X509_set_issuer_name(made, X509_get_subject_name(signer));
    if (issuer == nullptr) {
        add_extension(made, signer, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(made, signer, NID_key_usage, "critical,keyCertSign");
    } else {
        add_extension(made, signer, NID_subject_alt_name, alternative_name);
    }
    require(X509_sign(made, issuer_key == nullptr ? key.get() : issuer_key, EVP_sha256()) > 0);

    const Owned<BIO> certificate_out(BIO_new(BIO_s_mem()));
    const Owned<BIO> key_out(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_X509(certificate_out.get(), made) == 1);
    require(PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                     nullptr) == 1);
    return {text_of(certificate_out.get()), text_of(key_out.get())};
}

}  // namespace

TestCertificate make_authority(const std::string& name) {
    return make(name, nullptr, nullptr, "");
}

TestCertificate make_server_certificate(const TestCertificate& authority, const std::string& name) {
    const Owned<BIO> certificate_in = reader_of(authority.certificate);
    const Owned<BIO> key_in = reader_of(authority.key);
    const Owned<X509> issuer(PEM_read_bio_X509(certificate_in.get(), nullptr, nullptr, nullptr));
    const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_in.get(), nullptr, nullptr, nullptr));
    require(issuer && key);
    return make("lk test server", issuer.get(), key.get(), name);
}

TemporaryFile::TemporaryFile(const std::string& content) {
    const char* folder = std::getenv("TMPDIR");
    path_ = std::string(folder == nullptr ? "/tmp" : folder) + "/lk-test-XXXXXX";
    const int file = mkstemp(path_.data());
    if (file < 0) throw std::runtime_error("no temporary file could be made at " + path_);
    close(file);
    std::ofstream(path_, std::ios::binary) << content;
}

TemporaryFile::~TemporaryFile() {
    unlink(path_.c_str());
}

}  // namespace lk::http
