#include "credentials/chain.hpp"

#include <gtest/gtest.h>

#include "credentials/profile_source.hpp"
#include "credentials/test_far_end.hpp"

namespace lk::credentials {
namespace {

using Variables = std::map<std::string, std::string>;

const Variables environment_keys = {{"AWS_ACCESS_KEY_ID", "AKIDENV"},
                                    {"AWS_SECRET_ACCESS_KEY", std::string(secret_key)}};
const Variables web_identity = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"},
                                {"AWS_ROLE_ARN", "arn:aws:iam::1:role/pod"}};
const Variables container = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"}};
constexpr const char* key_file =
    "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = "
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
    "[other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = "
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n";

Variables joined(std::initializer_list<Variables> all) {
    Variables one;
    for (const auto& variables : all) one.insert(variables.begin(), variables.end());
    return one;
}

struct Found {
    std::string source;
    std::string error;
    std::vector<Step> steps;
};

Found choose(World& world, std::string_view profile = {}) {
    const auto surroundings = world.shared(profile);
    auto choice = choose_source(surroundings, std::make_shared<InstanceMetadata>(surroundings));
    Found found{.source = choice.source ? choice.source->name() : "",
                .error = choice.error.message,
                .steps = std::move(choice.steps)};
    for (const Step& step : found.steps) expect_no_secret_in(step.finding);
    expect_no_secret_in(found.error);
    return found;
}

TEST(Chain, IsInTheOrderOfTheSdks) {
    struct Case {
        Variables variables;
        bool with_files;
        const char* profile;
        const char* source;
    };
    const Case cases[] = {
        {joined({environment_keys, web_identity, container}), true, "", "AWS_ACCESS_KEY_ID"},
        {joined({web_identity, container}), true, "", "web identity"},
        {container, true, "", "[default]"},
        {container, false, "", "container"},
        {{}, false, "", "EC2 instance metadata"},
        // A profile by option comes first, one by variable does not.
        {environment_keys, true, "other", "[other]"},
        {joined({environment_keys, {{"AWS_PROFILE", "other"}}}), true, "", "AWS_ACCESS_KEY_ID"},
        {{{"AWS_PROFILE", "other"}}, true, "", "[other]"},
    };
    for (const auto& one : cases) {
        World world;
        for (const auto& [name, value] : one.variables) world.variables[name] = value;
        if (one.with_files) world.keys(key_file);
        const Found found = choose(world, one.profile);
        EXPECT_NE(found.source.find(one.source), std::string::npos)
            << "wanted " << one.source << ", found " << found.source << found.error;
        ASSERT_FALSE(found.steps.empty());
        EXPECT_TRUE(found.steps.back().chosen);
    }
}

TEST(Chain, NamesEachPlaceWhenNoneHasAny) {
    World world;
    world.variables["AWS_EC2_METADATA_DISABLED"] = "TRUE";
    const Found found = choose(world);
    for (const char* word :
         {"AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "profile default",
          "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_EC2_METADATA_DISABLED", "aws configure"}) {
        EXPECT_NE(found.error.find(word), std::string::npos) << word << " in " << found.error;
    }
    EXPECT_EQ(found.steps.size(), 5U);
}

TEST(Chain, DoesNotAskTheMachineForAKinesisOnIt) {
    World world;
    Surroundings surroundings = world.surroundings();
    surroundings.may_ask_machine = false;
    const auto shared = std::make_shared<const Surroundings>(std::move(surroundings));
    const auto choice = choose_source(shared, std::make_shared<InstanceMetadata>(shared));
    EXPECT_EQ(choice.source, nullptr);
    EXPECT_NE(choice.error.message.find("not asked for a Kinesis on this machine"),
              std::string::npos);
}

// Going on to the next place would use what the user did not mean.
TEST(Chain, EndsAtAPlaceThatSaysHalf) {
    const std::pair<Variables, const char*> cases[] = {
        {{{"AWS_ACCESS_KEY_ID", "AKID"}}, "AWS_SECRET_ACCESS_KEY is not"},
        {{{"AWS_SECRET_ACCESS_KEY", "x"}}, "AWS_ACCESS_KEY_ID is not"},
        {{{"AWS_WEB_IDENTITY_TOKEN_FILE", "/t"}}, "AWS_ROLE_ARN is not"},
        {{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://8.8.8.8/"}}, "not asked for there"},
        {{{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "no-slash"}}, "begins with a slash"},
    };
    for (const auto& [variables, why] : cases) {
        World world;
        for (const auto& [name, value] : variables) world.variables[name] = value;
        const Found found = choose(world);
        EXPECT_EQ(found.source, "");
        EXPECT_NE(found.error.find(why), std::string::npos) << found.error;
    }
}

struct ProfileCase {
    const char* config;
    const char* keys;
    // Of the profile p: in the source's name, or in the error.
    std::vector<const char*> words;
    bool refused = false;
};

TEST(ProfileSource, ReadsEveryKindOfProfile) {
    const ProfileCase cases[] = {
        {"[profile p]\nregion = x\n", "", {}},
        {"",
         "[p]\naws_access_key_id = A\naws_secret_access_key = S\n",
         {"aws_access_key_id", "[p]"}},
        {"[profile p]\naws_access_key_id = A\naws_secret_access_key = S\n", "", {"[profile p]"}},
        {"[profile p]\ncredential_process = /bin/x\n", "", {"credential_process"}},
        // As botocore has it: keys in the credentials file come before the program, those in the
        // config file after it.
        {"[profile p]\ncredential_process = /bin/x\n",
         "[p]\naws_access_key_id = A\naws_secret_access_key = S\n",
         {"aws_access_key_id"}},
        {"[profile p]\ncredential_process = x\naws_access_key_id = A\naws_secret_access_key = S\n",
         "",
         {"credential_process"}},
        {"[profile p]\naws_access_key_id = A\n", "", {"aws_secret_access_key is missing"}, true},
        {"[profile p]\naws_secret_access_key = S\n", "", {"aws_access_key_id is missing"}, true},
        // The id of one pair and the secret of another.
        {"[profile p]\naws_access_key_id = A\naws_secret_access_key = S\n",
         "[p]\naws_access_key_id = B\n",
         {"[p]", "aws_secret_access_key is missing"},
         true},
        {"[profile p]\naws_access_key_id = A\n",
         "[p]\naws_secret_access_key = S\n",
         {"[p]", "aws_access_key_id is missing"},
         true},

        {"[profile p]\nrole_arn = arn:r\nsource_profile = base\n",
         "[base]\naws_access_key_id = A\naws_secret_access_key = S\n",
         {"role arn:r", "with aws_access_key_id in [base]"}},
        {"[profile p]\nrole_arn = arn:r\nsource_profile = q\n"
         "[profile q]\nrole_arn = arn:q\nsource_profile = base\n",
         "[base]\naws_access_key_id = A\naws_secret_access_key = S\n",
         {"role arn:r", "with role arn:q", "with aws_access_key_id in [base]"}},
        // As in botocore and the SDK for Go: the keys of a source come before its own role.
        {"[profile p]\nrole_arn = arn:r\nsource_profile = base\n"
         "[profile base]\nrole_arn = arn:b\nsource_profile = nowhere\n",
         "[base]\naws_access_key_id = A\naws_secret_access_key = S\n",
         {"role arn:r", "with aws_access_key_id in [base]"}},
        {"[profile p]\nrole_arn = arn:r\nsource_profile = q\n"
         "[profile q]\nrole_arn = arn:q\nsource_profile = p\naws_access_key_id = A\n"
         "aws_secret_access_key = S\n",
         "",
         {"role arn:r", "with aws_access_key_id in [profile q]"}},
        {"[profile p]\nrole_arn = arn:r\nsource_profile = q\n"
         "[profile q]\nrole_arn = arn:q\nweb_identity_token_file = /t\naws_access_key_id = A\n"
         "aws_secret_access_key = S\n",
         "",
         {"role arn:r", "with web identity, role arn:q"}},
        {"[profile p]\nrole_arn = arn:r\nsource_profile = p\naws_access_key_id = A\n"
         "aws_secret_access_key = S\n",
         "",
         {"role arn:r", "with aws_access_key_id in [profile p]"}},
        {"[profile p]\nrole_arn = arn:r\nsource_profile = p\n", "", {"names its own"}, true},
        {"[profile p]\nrole_arn = arn:r\nsource_profile = q\n"
         "[profile q]\nrole_arn = arn:q\nsource_profile = p\n",
         "",
         {"[profile q]", "leads back to [p], in a circle", "credential_source in place"},
         true},
        {"[profile p]\nrole_arn = arn:r\nsource_profile = q\n", "", {"q does not exist"}, true},
        {"[profile p]\nrole_arn = arn:r\nsource_profile = q\n[profile q]\nregion = x\n",
         "",
         {"q has no credentials"},
         true},
        {"[profile p]\nrole_arn = arn:r\n", "", {"needs source_profile"}, true},
        {"[profile p]\nrole_arn = arn:r\nsource_profile = q\ncredential_source = Environment\n",
         "",
         {"not both"},
         true},
        {"[profile p]\nrole_arn = arn:r\nsource_profile = q\nmfa_serial = arn:mfa\n",
         "",
         {"mfa_serial", "code from a device"},
         true},
        {"[profile p]\nrole_arn = arn:r\nsource_profile = q\nduration_seconds = 60\n",
         "",
         {"duration_seconds", "\"60\"", "900 to 43200"},
         true},
        {"[profile p]\nrole_arn = arn:r\ncredential_source = Ec2InstanceMetadata\n",
         "",
         {"with EC2 instance metadata"}},
        {"[profile p]\nrole_arn = arn:r\ncredential_source = EcsContainer\n",
         "",
         {"no such container"},
         true},
        {"[profile p]\nrole_arn = arn:r\ncredential_source = Environment\n",
         "",
         {"no AWS_ACCESS_KEY_ID"},
         true},
        {"[profile p]\nrole_arn = arn:r\ncredential_source = Elsewhere\n",
         "",
         {"\"Elsewhere\"", "Environment, EcsContainer, Ec2InstanceMetadata"},
         true},
        {"[profile p]\nrole_arn = arn:r\nweb_identity_token_file = /t\n",
         "",
         {"web identity, role arn:r"}},

        {"[profile p]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n"
         "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = u\n",
         "",
         {"SSO of profile p"}},
        {"[profile p]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n",
         "",
         {"[sso-session s]", "missing"},
         true},
        {"[profile p]\nsso_account_id = 1\nsso_role_name = r\nsso_start_url = u\n",
         "",
         {"sso_region is missing"},
         true},
        {"[profile p]\nsso_account_id = 1\nsso_role_name = r\nsso_region = x\n",
         "",
         {"sso_start_url is missing"},
         true},
        {"[profile p]\nsso_session = s\n", "", {"sso_account_id is missing"}, true},
        // As botocore has it: another tool's session.
        {"[profile p]\nsso_session = s\naws_access_key_id = A\naws_secret_access_key = S\n",
         "",
         {"aws_access_key_id in [profile p]"}},
        {"[profile p]\nsso_session = s\ncredential_process = /bin/x\n", "", {"credential_process"}},
        {"[profile p]\nsso_session = s\nsso_account_id = 1\n",
         "",
         {"sso_role_name is missing"},
         true},
        {"[profile p]\nsso_session = s\nsso_role_name = r\n",
         "",
         {"sso_account_id is missing"},
         true},
    };
    for (const auto& one : cases) {
        World world;
        world.config(one.config);
        world.keys(one.keys);
        const auto surroundings = world.shared("p");
        auto made =
            profile_source("p", surroundings, std::make_shared<InstanceMetadata>(surroundings));
        ASSERT_EQ(!made.has_value(), one.refused)
            << one.config << (made ? "" : made.error().message);
        if (made && one.words.empty()) {
            EXPECT_EQ(*made, nullptr) << one.config;
            continue;
        }
        ASSERT_TRUE(!made || *made) << one.config;
        const std::string text = made ? (*made)->name() : made.error().message;
        for (const char* word : one.words) {
            EXPECT_NE(text.find(word), std::string::npos) << "no \"" << word << "\" in: " << text;
        }
    }
}

TEST(ProfileSource, TakesNoSessionTokenOfOtherKeys) {
    World world;
    world.config("[profile p]\naws_session_token = stale\n");
    world.keys("[p]\naws_access_key_id = A\naws_secret_access_key = S\n");
    const auto surroundings = world.shared("p");
    const auto made =
        profile_source("p", surroundings, std::make_shared<InstanceMetadata>(surroundings));
    ASSERT_TRUE(made && *made);
    const auto fetched = (*made)->fetch();
    ASSERT_TRUE(fetched);
    EXPECT_EQ(fetched->credentials.session_token.reveal(), "");
}

TEST(ProfileSource, NamesTheSettingOfATokenFileThatIsNotThere) {
    World world;
    world.config("[profile p]\nrole_arn = arn:r\nweb_identity_token_file = /nowhere/token\n");
    const auto surroundings = world.shared("p");
    const auto made =
        profile_source("p", surroundings, std::make_shared<InstanceMetadata>(surroundings));
    ASSERT_TRUE(made && *made);
    expect_refused((*made)->fetch(),
                   {"web_identity_token_file in [profile p]", "line 3", "/nowhere/token"});
}

}  // namespace
}  // namespace lk::credentials
