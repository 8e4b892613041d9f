#include "local/http/certificate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/test_directory.hpp"

namespace lk::local {
namespace {

Certificate kept(const TestDirectory& directory, const std::string& address = "127.0.0.1") {
    return kept_certificate(directory.path(), address).value();
}

TEST(Certificate, IsGoodForItsAddressAndLoopback) {
    const Certificate certificate = make_certificate("192.0.2.7").value();
    for (const char* address : {"192.0.2.7", "127.0.0.1", "::1"}) {
        EXPECT_TRUE(is_good(certificate, address)) << address;
    }
    EXPECT_FALSE(is_good(certificate, "192.0.2.8"));
}

TEST(Certificate, MustFitItsKeyAndAuthority) {
    const Certificate one = make_certificate("127.0.0.1").value();
    const Certificate other = make_certificate("127.0.0.1").value();
    EXPECT_FALSE(is_good({other.authority, one.certificate, one.key}, "127.0.0.1"));
    EXPECT_FALSE(is_good({one.authority, one.certificate, other.key}, "127.0.0.1"));
    EXPECT_FALSE(is_good({one.authority, one.certificate, ""}, "127.0.0.1"));
    EXPECT_FALSE(is_good({}, "127.0.0.1"));
}

TEST(Certificate, CannotBeMadeForWhatIsNoAddress) {
    const auto made = make_certificate("no address");
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message, testing::HasSubstr("cannot make a certificate"));
}

TEST(KeptCertificate, StaysTheSame) {
    const TestDirectory directory;
    const Certificate first = kept(directory);
    EXPECT_EQ(kept(directory).certificate, first.certificate);
    EXPECT_EQ(kept(directory).authority, first.authority);
}

TEST(KeptCertificate, IsReplacedWhenItIsNotGood) {
    const TestDirectory directory;
    const Certificate first = kept(directory);
    directory.write("tls-key.pem", "broken");
    const Certificate second = kept(directory);
    EXPECT_NE(second.authority, first.authority);
    const Certificate elsewhere = kept(directory, "192.0.2.7");
    EXPECT_NE(elsewhere.authority, second.authority);
    EXPECT_TRUE(is_good(elsewhere, "192.0.2.7"));
}

TEST(KeptCertificate, HasAKeyThatItsOwnerAloneReads) {
    const TestDirectory directory;
    kept(directory);
    struct stat facts {};
    ASSERT_EQ(::stat((directory.path() + "/tls-key.pem").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST(KeptCertificate, NamesADirectoryThatCannotBeWritten) {
    const auto made = kept_certificate("/proc/none", "127.0.0.1");
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message,
                testing::HasSubstr("cannot write the certificate to /proc/none"));
}

}  // namespace
}  // namespace lk::local
