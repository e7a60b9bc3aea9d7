// Who may call: real tokens, real key servers, and every way in which the keys can fail to come. W-7, W-11,
// W-17, W-19; reliability R10.
#include "hooks/trust.hpp"

#include "hooks/base64url.hpp"
#include "hooks/signing_key.hpp"
#include "tests/support/hooks_server.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace {

namespace asio = boost::asio;
using hooks::Algorithm;
using hooks::SigningKey;
using hooks::TokenFault;
using hooks::Trust;
using hooks::TrustedClient;
using hooks::testing::TestServer;

const std::string endpoint = "https://cds.example.org/cds-services/s";
constexpr double now = 1'000'000;

/// A key server: answers with what the test put there, and counts.
class KeyServer final : public hooks::Handler {
  public:
    asio::awaitable<hooks::Response> answer(const hooks::Request&, hooks::RequestEvent&) override {
        ++asked;
        const std::lock_guard lock(mutex_);
        co_return response_;
    }
    hooks::Response refuse(const hooks::Refusal&, const hooks::Request&, hooks::RequestEvent&) override {
        return {.status = 400};
    }
    void set(unsigned status, const std::string& body, std::vector<hooks::Field> fields = {}) {
        const std::lock_guard lock(mutex_);
        response_.status = status;
        response_.body = body;
        response_.fields = std::move(fields);
    }
    std::atomic<int> asked = 0;

  private:
    std::mutex mutex_;
    hooks::Response response_;
};

struct Claims {
    std::string issuer = "https://ehr.example.org", audience = endpoint, jti = "j1", more{};
    double issued = now, expires = now + 300;
};

std::string token(const SigningKey& key, const Claims& claims = {}, const std::string& jku = {}) {
    const std::string header = R"({"alg":")" + std::string(to_string(key.algorithm)) +
                               R"(","typ":"JWT","kid":")" + key.kid + '"' +
                               (jku.empty() ? "" : R"(,"jku":")" + jku + '"') + "}";
    const std::string body = R"({"iss":")" + claims.issuer + R"(","aud":")" + claims.audience +
                             R"(","iat":)" + std::to_string(claims.issued) + R"(,"exp":)" +
                             std::to_string(claims.expires) + R"(,"jti":")" + claims.jti + '"' + claims.more +
                             "}";
    const std::string text = hooks::base64url(header) + "." + hooks::base64url(body);
    return "Bearer " + text + "." + hooks::base64url(sign(key, text));
}

/// A context with a thread, a client, a key server and keys.
class TrustTest : public testing::Test {
  protected:
    TrustTest()
        : work_(asio::make_work_guard(context_)),
          http_(std::make_shared<hooks::HttpClient>(context_.get_executor(), hooks::ClientOptions{})) {
        thread_ = std::thread([this] { context_.run(); });
        keys_.set(200, jwks_of(key_));
    }
    ~TrustTest() override {
        trust_.reset();
        work_.reset();
        context_.stop();
        thread_.join();
    }

    std::string jku() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/jwks"; }
    TrustedClient client() const {
        TrustedClient made;
        made.issuer = "https://ehr.example.org";
        made.jku = jku();
        return made;
    }
    void trust(std::vector<TrustedClient> clients) {
        trust_ = std::make_unique<Trust>(std::move(clients), http_, context_.get_executor(),
                                         [this] { return std::exchange(now_, now_ + passing_); });
    }
    /// "ok", or why not.
    std::string verdict(std::vector<std::string> authorization) {
        auto waiting = trust_->verify(std::move(authorization), {endpoint});
        auto answer = asio::co_spawn(context_, std::move(waiting), asio::use_future).get();
        const auto* fault = std::get_if<hooks::Refused>(&answer);
        return fault ? std::string(to_string(fault->why)) : "ok";
    }
    std::string verdict(const std::string& authorization) {
        return verdict(std::vector<std::string>{authorization});
    }

    KeyServer keys_;
    TestServer server_{keys_};
    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::shared_ptr<hooks::HttpClient> http_;
    std::thread thread_;
    const SigningKey key_ = hooks::new_signing_key(Algorithm::ES384);
    double now_ = now, passing_ = 0;  // passing_: between two looks at the clock
    std::unique_ptr<Trust> trust_;
};

TEST_F(TrustTest, StillKnowsAfterAReloadWhatItHasSeenAndFetched) {  // W-11, R10
    trust({client()});
    ASSERT_EQ(verdict(token(key_)), "ok");
    const std::unique_ptr<Trust> older = std::move(trust_);
    keys_.set(503, "");

    trust_ = std::make_unique<Trust>(
        std::vector{client()}, http_, context_.get_executor(), [this] { return now_; }, hooks::JwksTimes{},
        older.get());

    EXPECT_EQ(verdict(token(key_)), "replayed");
    EXPECT_EQ(verdict(token(key_, {.jti = "j2"})), "ok") << "the keys are there though their server is down";
    EXPECT_EQ(keys_.asked, 1);
}

TEST_F(TrustTest, TakesATokenOfAKnownClientOnce) {  // W-11
    trust({client()});

    EXPECT_EQ(verdict(token(key_)), "ok");
    EXPECT_EQ(verdict(token(key_)), "replayed");
    EXPECT_EQ(verdict(token(key_, {.jti = "j2"})), "ok");
    EXPECT_EQ(keys_.asked, 1);
}

TEST_F(TrustTest, TakesATokenOnceThoughItsEndComesWhileItIsChecked) {  // W-11
    trust({client()});
    ASSERT_EQ(verdict(token(key_)), "ok");
    now_ = now + 300 + 60 - 0.01;
    passing_ = 0.02;

    EXPECT_EQ(verdict(token(key_)), "replayed");
}

TEST_F(TrustTest, TakesARepeatedTokenIfTheOperatorLetsTheClient) {
    TrustedClient repeating = client();
    repeating.tokens_once = false;
    trust({repeating});

    EXPECT_EQ(verdict(token(key_)), "ok");
    EXPECT_EQ(verdict(token(key_)), "ok");
}

TEST_F(TrustTest, SaysWhyATokenIsRefused) {  // W-16: for the log
    TrustedClient tenant = client();
    tenant.claims.tenants = {"north"};
    tenant.issuer = "https://tenant.example.org";
    trust({client(), tenant});
    const SigningKey other = hooks::new_signing_key(Algorithm::ES384);
    SigningKey forged = other;
    forged.kid = key_.kid;

    EXPECT_EQ(verdict(std::vector<std::string>{}), "missing");
    EXPECT_EQ(verdict(std::vector<std::string>{token(key_), token(key_)}), "missing");  // W-20
    EXPECT_EQ(verdict("null"), "missing");  // clients.md 4: really sent
    EXPECT_EQ(verdict("Bearer a.b.c"), "malformed");
    EXPECT_EQ(verdict(token(key_, {.issuer = "https://evil.example"})), "unknown-issuer");
    EXPECT_EQ(verdict(token(key_, {}, "https://evil.example/jwks")), "jku");           // W-7
    EXPECT_EQ(verdict(token(hooks::new_signing_key(Algorithm::ES256))), "algorithm");  // W-5
    EXPECT_EQ(verdict(token(other)), "unknown-key");
    EXPECT_EQ(verdict(token(forged)), "signature");
    EXPECT_EQ(verdict(token(key_, {.audience = endpoint + "2"})), "audience");
    EXPECT_EQ(verdict(token(key_, {.issued = now - 400, .expires = now - 100})), "expired");
    EXPECT_EQ(verdict(token(key_, {.issued = now + 100, .expires = now + 200})), "not-yet");
    EXPECT_EQ(verdict(token(key_, {.expires = now + 4'000})), "lifetime");
    EXPECT_EQ(verdict(token(key_, {.issuer = tenant.issuer, .more = R"(,"tenant":"south")"})), "tenant");
    EXPECT_EQ(verdict(token(key_, {.issuer = tenant.issuer, .more = R"(,"tenant":"north")"})), "ok");
}

TEST_F(TrustTest, TellsTenantsOfOneIssuerApart) {  // W-12: a vendor's cloud signs for many hospitals
    TrustedClient north = client(), south = client();
    north.claims.tenants = {"north"};
    south.claims.tenants = {"south"};
    south.claims.subjects = {"ehr-of-south"};
    trust({north, south});

    EXPECT_EQ(verdict(token(key_, {.jti = "1", .more = R"(,"tenant":"north")"})), "ok");
    EXPECT_EQ(verdict(token(key_, {.jti = "2", .more = R"(,"tenant":"south")"})), "subject");
    EXPECT_EQ(verdict(token(key_, {.jti = "3", .more = R"(,"tenant":"south","sub":"ehr-of-south")"})), "ok");
    EXPECT_EQ(verdict(token(key_, {.jti = "4", .more = R"(,"tenant":"west")"})), "tenant");
    EXPECT_EQ(verdict(token(key_, {.jti = "5"})), "tenant");
}

TEST_F(TrustTest, AForgedTokenUsesNoIdUp) {  // W-11: stored only after all other checks
    trust({client()});
    SigningKey forged = hooks::new_signing_key(Algorithm::ES384);
    forged.kid = key_.kid;

    EXPECT_EQ(verdict(token(forged)), "signature");
    EXPECT_EQ(verdict(token(key_)), "ok");
}

TEST_F(TrustTest, AcceptsConfiguredAudiences) {  // Epic: aud is agreed by hand
    TrustedClient epic = client();
    epic.claims.audiences = {"https://agreed.example"};
    trust({epic});
    EXPECT_EQ(verdict(token(key_, {.audience = "https://agreed.example"})), "ok");
}

TEST_F(TrustTest,
       FetchesKeysOnceForManyUnknownOnes) {  // R10: 200 tokens with an unknown kid, at most 5 fetches
    trust({client()});
    const SigningKey stranger = hooks::new_signing_key(Algorithm::ES384);
    for (int i = 0; i < 200; ++i) {
        SigningKey key = stranger;
        key.kid = "unknown-" + std::to_string(i);
        EXPECT_EQ(verdict(token(key, {.jti = std::to_string(i)})), "unknown-key");
    }
    EXPECT_LE(keys_.asked, 5);
    EXPECT_EQ(verdict(token(key_)), "ok");
}

TEST_F(TrustTest, ReadsKeysFromAFile) {
    const std::string file = testing::TempDir() + "keys.json";
    std::ofstream(file) << jwks_of(key_);
    TrustedClient offline = client();
    offline.jku.clear();
    offline.keys_file = file;
    trust({offline});

    EXPECT_TRUE(trust_->problems().empty());
    EXPECT_EQ(verdict(token(key_, {}, "https://sandbox.cds-hooks.org/.well-known/jwks.json")),
              "ok");  // clients.md 2.3
    EXPECT_EQ(keys_.asked, 0);
    std::remove(file.c_str());
}

TEST_F(TrustTest, NamesAKeyFileThatIsNone) {
    TrustedClient offline = client();
    offline.jku.clear();
    offline.keys_file = "/nowhere/keys.json";
    trust({offline});
    ASSERT_EQ(trust_->problems().size(), 1U);
    EXPECT_EQ(trust_->problems()[0], "/nowhere/keys.json: cannot be read");
    EXPECT_EQ(verdict(token(key_)), "no-keys");
}

struct KeyFault {
    std::string name;
    unsigned status;
    std::string body;
};
class FaultyKeys : public TrustTest, public testing::WithParamInterface<KeyFault> {};

TEST_P(FaultyKeys, RefuseTheTokenAndNoMore) {
    keys_.set(GetParam().status, GetParam().body, {{"Location", "https://evil.example/jwks"}});
    trust({client()});
    EXPECT_EQ(verdict(token(key_)), "no-keys");
}

INSTANTIATE_TEST_SUITE_P(Servers, FaultyKeys,
                         testing::Values(KeyFault{"error", 500, "{}"}, KeyFault{"not_found", 404, ""},
                                         KeyFault{"redirect", 302, ""}, KeyFault{"garbage", 200, "<html>"},
                                         KeyFault{"no_set", 200, "{}"},
                                         KeyFault{"empty_set", 200, R"({"keys":[]})"},
                                         KeyFault{"nothing", 200, ""},
                                         KeyFault{"huge", 200, std::string(300'000, ' ')}),
                         [](const auto& test) { return test.param.name; });

// ---- the cache, with a clock of its own

class JwksCacheTest : public TrustTest {
  protected:
    hooks::JwksCache cache_{
        http_, context_.get_executor(), {}, [this] { return start_ + std::chrono::seconds(later_); }};

    /// The kids that the cache gives for `kid`, `later` seconds after the start; "none" without keys.
    std::string ask(int later, const std::string& kid) {
        later_ = later;
        auto waiting = cache_.keys(jku(), kid);
        const hooks::KeySet keys = asio::co_spawn(context_, std::move(waiting), asio::use_future).get();
        if (!keys) return "none";
        std::string kids;
        for (const hooks::Jwk& key : *keys) kids += kids.empty() ? key.kid : " " + key.kid;
        return kids;
    }
    /// The same, but waits until a fetch in the background has changed the answer.
    std::string eventually(int later, const std::string& kid, const std::string& expected) {
        std::string got = ask(later, kid);
        for (int i = 0; i < 2'000 && got != expected; ++i) {
            std::this_thread::yield();
            got = ask(later, kid);
        }
        return got;
    }

    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::atomic<int> later_ = 0;
};

TEST_F(JwksCacheTest, TakesARotatedKeyAtOnce) {  // W-17
    const SigningKey next = hooks::new_signing_key(Algorithm::ES384);
    EXPECT_EQ(ask(0, key_.kid), key_.kid);
    keys_.set(200, jwks_of(next));

    EXPECT_EQ(ask(1, next.kid), next.kid);
    EXPECT_EQ(keys_.asked, 2);

    keys_.set(200, jwks_of(key_));
    EXPECT_EQ(ask(30, key_.kid), next.kid) << "asked again too soon";
    EXPECT_EQ(ask(31, key_.kid), key_.kid);
    EXPECT_EQ(keys_.asked, 3);
}

TEST_F(JwksCacheTest, TriesAgainSoonAndThenLessOftenWhileNothingCanBeHad) {  // W-17
    keys_.set(503, "");
    EXPECT_EQ(ask(0, key_.kid), "none");
    EXPECT_EQ(ask(0, key_.kid), "none");
    EXPECT_EQ(keys_.asked, 1);
    EXPECT_EQ(ask(1, key_.kid), "none");
    EXPECT_EQ(ask(2, key_.kid), "none");
    EXPECT_EQ(keys_.asked, 2) << "the second pause is 2 s";
    for (int later = 3; later < 200; ++later) ask(later, key_.kid);
    EXPECT_LE(keys_.asked, 11) << "at most every 30 s in the end";

    keys_.set(200, jwks_of(key_));
    EXPECT_EQ(ask(230, key_.kid), key_.kid);
}

TEST_F(JwksCacheTest, RefreshesInTheBackground) {
    const SigningKey next = hooks::new_signing_key(Algorithm::ES384);
    EXPECT_EQ(ask(0, key_.kid), key_.kid);
    keys_.set(200, jwks_of(next));

    EXPECT_EQ(ask(3'599, key_.kid), key_.kid);
    EXPECT_EQ(keys_.asked, 1);
    EXPECT_EQ(eventually(3'601, key_.kid, next.kid), next.kid);
}

TEST_F(JwksCacheTest, KeepsKeysThroughAnOutageOfADay) {  // R10
    EXPECT_EQ(ask(0, key_.kid), key_.kid);
    keys_.set(503, "");

    EXPECT_EQ(ask(40'000, key_.kid), key_.kid);
    EXPECT_EQ(ask(86'400, key_.kid), key_.kid);
    EXPECT_EQ(ask(86'500, key_.kid), "none");
    keys_.set(200, jwks_of(key_));
    EXPECT_EQ(eventually(90'000, key_.kid, key_.kid), key_.kid);
}

TEST_F(JwksCacheTest, HeedsCacheControlWithinBounds) {
    const SigningKey next = hooks::new_signing_key(Algorithm::ES384);
    keys_.set(200, jwks_of(key_), {{"Cache-Control", "public, max-age=1"}});
    EXPECT_EQ(ask(0, key_.kid), key_.kid);
    keys_.set(200, jwks_of(next), {{"Cache-Control", "max-age=999999999"}});

    EXPECT_EQ(ask(29, key_.kid), key_.kid);
    EXPECT_EQ(keys_.asked, 1) << "no sooner than 30 s";
    EXPECT_EQ(eventually(31, key_.kid, next.kid), next.kid);
    keys_.set(200, jwks_of(key_));
    EXPECT_EQ(eventually(31 + 3'601, next.kid, key_.kid), key_.kid) << "no later than an hour";
}

TEST_F(JwksCacheTest, TakesTheGoodKeysOfASetThatHasABrokenOne) {  // RFC 7517 5
    const SigningKey next = hooks::new_signing_key(Algorithm::ES384);
    EXPECT_EQ(ask(0, key_.kid), key_.kid);
    const std::string good = jwks_of(next);
    keys_.set(200, R"({"keys":[{"kty":"RSA","kid":"broken"},)" + good.substr(good.find('[') + 1));

    EXPECT_EQ(ask(1, next.kid), next.kid) << "and what was withdrawn is gone";
}

TEST_F(JwksCacheTest, AsksSoonAgainForKeysWhereThereWereNone) {
    keys_.set(200, R"({"keys":[]})");
    for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(0, key_.kid), "");
    EXPECT_EQ(keys_.asked, 1);
    keys_.set(200, jwks_of(key_));
    EXPECT_EQ(ask(1, key_.kid), key_.kid);

    const SigningKey next = hooks::new_signing_key(Algorithm::ES384);
    keys_.set(200, jwks_of(next));
    EXPECT_EQ(ask(2, next.kid), next.kid) << "the pause of unknown keys is not used up by the first";
}

TEST_F(JwksCacheTest, HeedsThatAllKeysAreWithdrawn) {
    EXPECT_EQ(ask(0, key_.kid), key_.kid);
    keys_.set(200, R"({"keys":[]})");

    EXPECT_EQ(eventually(3'601, key_.kid, ""), "");

    keys_.set(200, R"({"keys":[{"kty":"RSA","kid":"broken"}]})");
    EXPECT_EQ(eventually(7'300, key_.kid, ""), "") << "a set of broken keys says nothing";
}

TEST_F(JwksCacheTest, AsksOnceForAllThatWait) {
    std::vector<std::future<hooks::KeySet>> waiting;
    for (int i = 0; i < 20; ++i) {
        auto asking = cache_.keys(jku(), key_.kid);
        waiting.push_back(asio::co_spawn(context_, std::move(asking), asio::use_future));
    }
    for (auto& one : waiting) EXPECT_TRUE(one.get());
    EXPECT_EQ(keys_.asked, 1);
}

// ---- ids

TEST(ReplayStore, ForgetsIdsWhenTheirTokensExpireAndIsBounded) {
    using Answer = hooks::ReplayStore::Answer;
    hooks::ReplayStore store(2);
    EXPECT_EQ(store.insert("a", "1", 100, 0), Answer::fresh);
    EXPECT_EQ(store.insert("a", "1", 100, 0), Answer::seen);
    EXPECT_EQ(store.insert("b", "1", 50, 0), Answer::fresh) << "ids are an issuer's own";
    EXPECT_EQ(store.insert("a", "2", 100, 49), Answer::full);
    EXPECT_EQ(store.insert("a", "2", 100, 50), Answer::fresh);
    EXPECT_EQ(store.insert("a", "1", 300, 100), Answer::fresh) << "its first token has expired";
    EXPECT_EQ(store.size(), 1U);
}

TEST(ReplayStore, TakesAnIdAgainThatWasTakenBackAndForgetsItNoSooner) {
    using Answer = hooks::ReplayStore::Answer;
    hooks::ReplayStore store(3);
    EXPECT_EQ(store.insert("a", "1", 100, 0), Answer::fresh);
    store.take_back("a", "1");
    store.take_back("a", "unknown");

    EXPECT_EQ(store.insert("a", "1", 100, 1), Answer::fresh);
    EXPECT_EQ(store.insert("a", "1", 100, 2), Answer::seen) << "once";

    store.take_back("a", "1");
    EXPECT_EQ(store.insert("a", "1", 200, 3), Answer::fresh) << "another token with its id";
    EXPECT_EQ(store.insert("a", "1", 200, 150), Answer::seen)
        << "the first one's end is not the second one's";
    EXPECT_EQ(store.insert("a", "1", 300, 200), Answer::fresh);
    for (int i = 0; i < 10; ++i) {
        store.take_back("a", "1");
        EXPECT_EQ(store.insert("a", "1", 300, 201), Answer::fresh) << "and takes no more room each time";
    }
    EXPECT_EQ(store.insert("a", "2", 300, 201), Answer::fresh);
    EXPECT_EQ(store.insert("a", "3", 300, 201), Answer::fresh);
    EXPECT_EQ(store.insert("a", "4", 300, 201), Answer::full);
}

}  // namespace
