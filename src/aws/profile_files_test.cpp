#include "aws/profile_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/test_environment.hpp"
#include "aws/test_files.hpp"

namespace lk::aws {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A home with the two files.
struct Home {
    Home(std::string_view config, std::string_view credentials)
        : config_path(folder.write(".aws/config", config)),
          credentials_path(folder.write(".aws/credentials", credentials)) {}

    Expected<ProfileFiles, Error> load(std::map<std::string, std::string> variables = {},
                                       std::string_view option = {}) const {
        variables.emplace("HOME", folder.path());
        return ProfileFiles::load(environment_of(std::move(variables)), option);
    }

    TemporaryFolder folder;
    std::string config_path;
    std::string credentials_path;
};

TEST(ProfileFiles, TakeTheDefaultProfileOfTheHomeDirectory) {
    const Home home("[default]\nregion = eu-west-1\n[default-not]\nregion = x\n", "");
    const auto files = home.load();
    ASSERT_TRUE(files.has_value());
    EXPECT_EQ(files->selected(), "default");
    EXPECT_EQ(files->selected_by(), "default");
    EXPECT_EQ(files->profile().value("region"), "eu-west-1");
    EXPECT_EQ(files->profile().value("output"), "");
}

TEST(ProfileFiles, NeedNotExist) {
    const TemporaryFolder empty;
    for (const auto& files : {ProfileFiles::load(environment_of({{"HOME", empty.path()}}), {}),
                              ProfileFiles::load(environment_of({}), {}),
                              Expected<ProfileFiles, Error>(ProfileFiles())}) {
        ASSERT_TRUE(files.has_value());
        EXPECT_EQ(files->selected(), "default");
        EXPECT_EQ(files->profile().value("region"), "");
        EXPECT_FALSE(files->profile("default").has_value());
        EXPECT_FALSE(files->config_file().exists());
        EXPECT_FALSE(files->credentials_file().exists());
    }
}

TEST(ProfileFiles, AreFoundByTheirVariables) {
    const TemporaryFolder folder;
    (void)folder.write("c", "[default]\na = config\n");
    (void)folder.write("s", "[default]\nb = credentials\n");
    const std::string name = folder.path().substr(1);
    for (const auto& [config, credentials] :
         {std::pair(folder.path() + "/c", folder.path() + "/s"),
          std::pair(std::string("~/c"), std::string("$HOME/s")),
          std::pair(std::string("/${WHERE}/c"), std::string("/$WHERE/s"))}) {
        const auto files =
            ProfileFiles::load(environment_of({{"HOME", folder.path()},
                                               {"WHERE", name},
                                               {"AWS_CONFIG_FILE", config},
                                               {"AWS_SHARED_CREDENTIALS_FILE", credentials}}),
                               {});
        ASSERT_TRUE(files.has_value());
        EXPECT_EQ(files->profile().value("a"), "config") << config;
        EXPECT_EQ(files->profile().value("b"), "credentials") << credentials;
    }
}

TEST(ProfileFiles, KeepVariablesThatAreNotSetInAPath) {
    for (const char* path :
         {"/x/$NONE/c", "/x/${NONE}/c", "/x/${NONE", "/x/$", "/x/$/c", "~me/c"}) {
        const auto files =
            ProfileFiles::load(environment_of({{"HOME", "/h"}, {"AWS_CONFIG_FILE", path}}), {});
        ASSERT_TRUE(files.has_value());
        EXPECT_EQ(files->config_file().path(), path);
    }
}

TEST(ProfileFiles, LetTheOptionThenTheEnvironmentChooseTheProfile) {
    const Home home("[default]\nn=0\n[profile a]\nn=1\n[profile b]\nn=2\n", "[c]\nn=3\n");
    const std::map<std::string, std::string> both = {{"AWS_PROFILE", "a"},
                                                     {"AWS_DEFAULT_PROFILE", "b"}};
    EXPECT_EQ(home.load(both, "c")->profile().value("n"), "3");
    EXPECT_EQ(home.load(both, "c")->selected_by(), "option profile");
    EXPECT_EQ(home.load(both)->profile().value("n"), "1");
    EXPECT_EQ(home.load(both)->selected_by(), "AWS_PROFILE");
    EXPECT_EQ(home.load({{"AWS_DEFAULT_PROFILE", "b"}})->profile().value("n"), "2");
    EXPECT_EQ(home.load({{"AWS_DEFAULT_PROFILE", "b"}})->selected_by(), "AWS_DEFAULT_PROFILE");
}

TEST(ProfileFiles, SayWhichProfilesThereAreWhenTheChosenOneIsNot) {
    const Home home("[profile a]\n[x]\n", "[b]\naws_secret_access_key = hunter2\n");
    for (const auto& files : {home.load({{"AWS_PROFILE", "x"}})}) {
        ASSERT_FALSE(files.has_value());
        EXPECT_EQ(files.error().code, ErrorCode::bad_option);
        EXPECT_THAT(files.error().message,
                    AllOf(HasSubstr("AWS_PROFILE: the profile \"x\""), HasSubstr(home.config_path),
                          HasSubstr(home.credentials_path), HasSubstr("there are a, b"),
                          Not(HasSubstr("hunter2"))));
    }
    EXPECT_THAT(home.load({}, "default").error().message, HasSubstr("option profile: "));
    EXPECT_THAT(Home("", "").load({}, "y").error().message, HasSubstr("there are none"));
    std::string many;
    for (char c = 'a'; c <= 'z'; ++c) many += std::string("[profile ") + c + "]\n";
    EXPECT_THAT(Home(many, "").load({}, "none").error().message, HasSubstr("i, j and others"));
}

TEST(ProfileFiles, PreferProfileDefaultToDefault) {
    for (const char* config : {"[default]\na=1\nb=1\n[profile default]\na=2\n",
                               "[profile default]\na=2\n[default]\na=1\nb=1\n"}) {
        const auto files = Home(config, "").load();
        ASSERT_TRUE(files.has_value());
        EXPECT_EQ(files->profile().value("a"), "2");
        EXPECT_EQ(files->profile().value("b"), "");
    }
}

TEST(ProfileFiles, PutTheCredentialsFileBeforeTheConfigFileSettingBySetting) {
    const Home home("[profile a]\nx = config\ny = config\n", "[a]\nx = credentials\n");
    const auto files = home.load({}, "a");
    ASSERT_TRUE(files.has_value());
    const auto x = files->profile().find("x");
    ASSERT_TRUE(x.has_value());
    EXPECT_EQ(x->value, "credentials");
    EXPECT_TRUE(x->in_credentials_file);
    EXPECT_EQ(x->where("x"), "x in [a] of " + home.credentials_path + ", line 2");
    const auto y = files->profile().find("y");
    ASSERT_TRUE(y.has_value());
    EXPECT_EQ(y->value, "config");
    EXPECT_FALSE(y->in_credentials_file);
    EXPECT_EQ(y->where("y"), "y in [profile a] of " + home.config_path + ", line 3");
}

TEST(ProfileFiles, TakeNamesInQuotes) {
    const auto files = Home(
                           "[profile \"a b\"]\nn=1\n[profile 'c\"d']\nn=2\n[profile e\\ f]\nn=3\n"
                           "[profile \"g\\\"h\"]\nn=4\n[profile\t i]\nn=5\n"
                           "[profile two words]\nn=6\n[profile \"open]\nn=7\n[profilej]\nn=8\n",
                           "")
                           .load();
    ASSERT_TRUE(files.has_value());
    const std::pair<const char*, const char*> names[] = {
        {"a b", "1"}, {"c\"d", "2"}, {"e f", "3"}, {"g\"h", "4"}, {"i", "5"}};
    for (const auto& [name, n] : names) {
        ASSERT_TRUE(files->profile(name).has_value()) << name;
        EXPECT_EQ(files->profile(name)->value("n"), n);
    }
    for (const char* name : {"two words", "two", "words", "open", "j", "profilej"}) {
        EXPECT_FALSE(files->profile(name).has_value()) << name;
    }
}

TEST(ProfileFiles, TakeProfilesOfTheCredentialsFileByTheirWholeName) {
    const auto files = Home("[a]\nn=1\n", "[profile a]\nn=2\n[sso-session s]\nn=3\n").load();
    ASSERT_TRUE(files.has_value());
    EXPECT_FALSE(files->profile("a").has_value());
    EXPECT_EQ(files->profile("profile a")->value("n"), "2");
    EXPECT_FALSE(files->sso_session("s").has_value());
}

TEST(ProfileFiles, HoldSsoSessionsAndServices) {
    const Home home(
        "[profile a]\nsso_session = s\nservices = v\n"
        "[sso-session s]\nsso_region = eu-west-1\n"
        "[services v]\nkinesis = \n  endpoint_url = http://one\n  endpoint_url = http://two\n"
        "  empty =\n",
        "");
    const auto files = home.load({}, "a");
    ASSERT_TRUE(files.has_value());
    EXPECT_EQ(files->sso_session("s")->value("sso_region"), "eu-west-1");
    const auto url = files->services("v")->find("kinesis", "endpoint_url");
    ASSERT_TRUE(url.has_value());
    EXPECT_EQ(url->value, "http://two");
    EXPECT_EQ(url->where("kinesis endpoint_url"),
              "kinesis endpoint_url in [services v] of " + home.config_path + ", line 9");
    EXPECT_FALSE(files->services("v")->find("kinesis", "empty").has_value());
    EXPECT_FALSE(files->services("v")->find("s3", "endpoint_url").has_value());
    EXPECT_FALSE(files->services("s").has_value());
    EXPECT_FALSE(files->sso_session("v").has_value());
}

TEST(ProfileFiles, LiveAsLongAsACopyOfThem) {
    std::optional<ProfileFiles> copy;
    {
        const auto files = Home("[default]\nregion = eu-west-1\n", "").load();
        ASSERT_TRUE(files.has_value());
        copy = *files;
    }
    EXPECT_EQ(copy->profile().value("region"), "eu-west-1");
}

TEST(ProfileFiles, AMalformedOneIsAnErrorThatNamesIt) {
    const Home config("[default]\nnonsense\n", "");
    EXPECT_THAT(config.load().error().message, HasSubstr(config.config_path + "\", line 2"));
    const Home credentials("", "[default]\n\nhunter2\n");
    EXPECT_THAT(
        credentials.load().error().message,
        AllOf(HasSubstr(credentials.credentials_path + "\", line 3"), Not(HasSubstr("hunter2"))));
}

}  // namespace
}  // namespace lk::aws
