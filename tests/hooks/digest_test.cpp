// Digests against the published examples.
#include "hooks/digest.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Digest, IsSha256) {  // FIPS 180-4 examples
    EXPECT_EQ(hooks::sha256_hex({"abc"}), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hooks::sha256_hex({"a", "", "bc"}), hooks::sha256_hex({"abc"}));
    EXPECT_EQ(hooks::sha256_hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, IsHmacOfSha256) {  // RFC 4231 4.3
    EXPECT_EQ(hooks::hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Pseudonyms, AreTheSameForTheSameIdAndKeyAndForNothingElse) {
    const hooks::Pseudonyms names(std::string(32, 'k')), others(std::string(32, 'o'));
    const std::string name = names.of("patient", "https://ehr", "1");

    EXPECT_EQ(name, names.of("patient", "https://ehr", "1"));
    EXPECT_EQ(name.size(), 32U);
    EXPECT_NE(name, names.of("patient", "https://ehr", "2"));
    EXPECT_NE(name, names.of("patient", "https://other", "1"));
    EXPECT_NE(name, names.of("user", "https://ehr", "1"));
    EXPECT_NE(name, others.of("patient", "https://ehr", "1"));
    EXPECT_EQ(names.of("patient", "https://ehr", ""), "");
}

}  // namespace
