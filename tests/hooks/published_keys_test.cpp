// Keys whose private half anybody can look up are named before they are trusted (W-21).
#include "hooks/published_keys.hpp"

#include "hooks/signing_key.hpp"
#include "tests/support/hooks_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using hooks::testing::Commands;
using hooks::testing::Finished;
using hooks::testing::run;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string sandbox_key = R"({"kty":"EC","crv":"P-384","kid":"mine","use":"sig","alg":"ES384",)"
                                R"("x":"dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",)"
                                R"("y":"Sm3mLE-n1zYNla_aiE3cb3nZsL51RbC7ysw3q8aJLxGm-hx79RPMYpITDjp7kgzy"})";
const std::string specification_key =
    R"({"kty":"EC","crv":"P-384","kid":"example-kid","use":"sig",)"
    R"("x":"46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",)"
    R"("y":"XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI"})";

std::string set_of(const std::string& keys) { return "{\"keys\":[" + keys + "]}"; }

TEST(PublishedKeys, AreKnownByTheirPointWhateverTheirKid) {
    const auto keys = hooks::read_jwks(set_of(sandbox_key + "," + specification_key));
    ASSERT_TRUE(keys);
    ASSERT_EQ(keys->size(), 2U);

    EXPECT_EQ(hooks::publisher_of((*keys)[0]), "the CDS Hooks sandbox");
    EXPECT_EQ(hooks::publisher_of((*keys)[1]), "the CDS Hooks specification");
    for (const auto algorithm : {hooks::Algorithm::ES256, hooks::Algorithm::ES384, hooks::Algorithm::ES512,
                                 hooks::Algorithm::RS384}) {
        const auto own = hooks::read_jwks(jwks_of(hooks::new_signing_key(algorithm)));
        ASSERT_TRUE(own);
        EXPECT_EQ(hooks::publisher_of(own->at(0)), "");
    }
    EXPECT_EQ(hooks::publisher_of({}), "");
}

TEST(PublishedKeys, AreThoseOfTheSandboxUnderAnyOfItsAddresses) {
    hooks::TrustedClient issuer, address, neither;
    issuer.issuer = "https://sandbox.cds-hooks.org/";
    address.issuer = neither.issuer = "https://sandbox.cds-hooks.org.example.org";
    address.jku = "https://SANDBOX.cds-hooks.org/.well-known/jwks.json";
    neither.jku = "https://example.org/sandbox.cds-hooks.org";

    EXPECT_THAT(hooks::published_key_problems({neither, issuer, address}),
                ElementsAre(HasSubstr("clients[1].issuer: the CDS Hooks sandbox has published"),
                            HasSubstr("clients[2].jku: the CDS Hooks sandbox has published")));
}

class PublishedKeysOfAClient : public Commands {
  protected:
    /// check --config with one client that has these keys.
    Finished checked(const std::string& listen, const std::string& keys) {
        write("keys.json", set_of(keys));
        write("server.json", R"({"listen":")" + listen + R"(","tls":{"required":"never"},"knowledge":")" +
                                 path("demo") + R"(","clients":[{"issuer":"https://ehr.example.org",)" +
                                 R"("keysFile":")" + path("keys.json") + R"("}]})");
        return run({"check", "--config", path("server.json")}, demo());
    }
};

TEST_F(PublishedKeysOfAClient, KeepItFromStartingBeyondLoopbackAndAreAWarningOnThisMachine) {
    const std::string named = "clients[0].keysFile: " + path("keys.json") +
                              ": the CDS Hooks specification has published the private half of the key "
                              "\"example-kid\"";

    const Finished beyond = checked("0.0.0.0:8080", specification_key);
    const Finished here = checked("127.0.0.1:8080", specification_key);

    EXPECT_EQ(beyond.code, 1);
    EXPECT_THAT(beyond.err, HasSubstr(named));
    EXPECT_EQ(here.code, 0) << here.err;
    EXPECT_THAT(here.err, HasSubstr(named));
    EXPECT_THAT(here.err, HasSubstr("(warning)"));
}

TEST_F(PublishedKeysOfAClient, AreNotLookedForAmongGoodOnes) {
    const std::string own = jwks_of(hooks::new_signing_key(hooks::Algorithm::ES384));
    const std::string key = own.substr(own.find('[') + 1, own.rfind(']') - own.find('[') - 1);

    const Finished good = checked("0.0.0.0:8080", key);

    EXPECT_EQ(good.code, 0) << good.err;
    EXPECT_THAT(good.err, testing::Not(HasSubstr("published")));
}

}  // namespace
