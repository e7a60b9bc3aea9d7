// Digests against the published examples.
#include "hooks/digest.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Digest, IsSha256) {  // FIPS 180-4 examples
    EXPECT_EQ(hooks::sha256_hex({"abc"}), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hooks::sha256_hex({"a", "", "bc"}), hooks::sha256_hex({"abc"}));
    EXPECT_EQ(hooks::sha256_hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, IsHmacOfSha256) {  // RFC 4231 4.3 and 4.7
    EXPECT_EQ(hooks::HmacSha256("Jefe").hex({"what do ya want ", "", "for nothing?"}),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hooks::HmacSha256(std::string(131, '\xaa'))
                  .hex({"Test Using Larger Than Block-Size Key - Hash Key First"}),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Pseudonyms, AreTheSameForTheSameIdAndKeyAndForNothingElse) {
    const hooks::Pseudonyms names(std::string(32, 'k')), others(std::string(32, 'o'));
    const std::string name = names.of("patient", "https://ehr", "1");

    EXPECT_EQ(name, names.of("patient", "https://ehr", "1"));
    EXPECT_EQ(name, "f0ff653f3b3bf31f7c0a25e2a2c266fd") << "records of older versions name the patient so";
    EXPECT_EQ(name.size(), 32U);
    EXPECT_NE(name, names.of("patient", "https://ehr", "2"));
    EXPECT_NE(name, names.of("patient", "https://other", "1"));
    EXPECT_NE(name, names.of("user", "https://ehr", "1"));
    EXPECT_NE(name, others.of("patient", "https://ehr", "1"));
    EXPECT_EQ(names.of("patient", "https://ehr", ""), "");
}

}  // namespace
