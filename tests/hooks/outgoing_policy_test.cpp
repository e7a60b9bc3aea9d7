// What may be called: URLs that have one reading only, and addresses outside the house.
#include "hooks/address_policy.hpp"
#include "hooks/gzip.hpp"
#include "hooks/web_url.hpp"
#include "tests/support/hooks_faulty_server.hpp"

#include <boost/asio/ip/address.hpp>

#include <gtest/gtest.h>

#include <string>

namespace hooks {

namespace {

TEST(AddressPolicy, KnowsWhichAddressesAreTheInternetWhichInsideAndWhichNobodys) {
    struct Case {
        const char* address;
        AddressKind kind;
    };
    using enum AddressKind;
    for (const Case& given : {
             Case{"8.8.8.8", global},
             {"1.1.1.1", global},
             {"172.15.255.255", global},
             {"172.32.0.0", global},
             {"100.63.255.255", global},
             {"100.128.0.0", global},
             {"192.167.255.255", global},
             {"198.20.0.0", global},
             {"223.255.255.255", global},
             {"2606:4700::1111", global},
             {"2001:4860:4860::8888", global},
             {"::ffff:8.8.8.8", global},
             {"64:ff9b::808:808", global},
             {"2002:808:808::1", global},

             {"127.0.0.1", inside},
             {"127.255.255.255", inside},
             {"10.0.0.1", inside},
             {"172.16.0.0", inside},
             {"172.31.255.255", inside},
             {"192.168.1.1", inside},
             {"169.254.1.1", inside},
             {"100.64.0.1", inside},
             {"198.19.0.1", inside},
             {"::1", inside},
             {"fc00::1", inside},
             {"fdff::1", inside},
             {"fe80::1", inside},
             {"fec0::1", inside},
             {"::ffff:127.0.0.1", inside},
             {"::ffff:10.0.0.1", inside},
             {"64:ff9b::a00:1", inside},
             {"64:ff9b::7f00:1", inside},
             {"2002:7f00:1::", inside},
             {"2002:a00:1::1", inside},

             {"0.0.0.0", never},
             {"0.1.2.3", never},
             {"169.254.169.254", never},
             {"169.254.170.2", never},
             {"100.100.100.200", never},
             {"168.63.129.16", never},
             {"192.0.0.192", never},
             {"192.0.2.1", never},
             {"198.51.100.1", never},
             {"203.0.113.1", never},
             {"224.0.0.1", never},
             {"240.0.0.1", never},
             {"255.255.255.255", never},
             {"::", never},
             {"::127.0.0.1", never},
             {"::ffff:169.254.169.254", never},
             {"64:ff9b::a9fe:a9fe", never},
             {"64:ff9b:1::a00:1", never},
             {"2002:a9fe:a9fe::", never},
             {"2001::1", never},
             {"2001:db8::1", never},
             {"3fff::1", never},
             {"fd00:ec2::254", never},
             {"fd20:ce::254", never},
             {"ff02::1", never},
             {"100::1", never},
             {"4000::1", never},
         }) {
        const auto address = boost::asio::ip::make_address(given.address);

        EXPECT_EQ(kind_of(address), given.kind) << given.address;
        EXPECT_EQ(may_call(address, false), given.kind == global) << given.address;
        EXPECT_EQ(may_call(address, true), given.kind != never) << given.address;
    }
}

TEST(WebUrl, TakesAUrlApart) {
    struct Case {
        const char* text;
        const char* origin;
        const char* host;
        int port;
        const char* target;
    };
    for (const Case& given : {
             Case{"https://FHIR.Example.org/r4", "https://fhir.example.org", "fhir.example.org", 443, "/r4"},
             {"HTTP://ehr:8080", "http://ehr:8080", "ehr", 8080, "/"},
             {"https://ehr:443/a%2Fb?c=%7B|d", nullptr, "", 0, ""},
             {"https://ehr:443/a%2Fb?c=%7Bd", "https://ehr", "ehr", 443, "/a%2Fb?c=%7Bd"},
             {"https://ehr:/x", "https://ehr", "ehr", 443, "/x"},
             {"http://ehr?patient=1", "http://ehr", "ehr", 80, "/?patient=1"},
             {"http://10.0.0.7:443/", "http://10.0.0.7:443", "10.0.0.7", 443, "/"},
             {"https://[2001:DB8::1]:8443/r4", "https://[2001:db8::1]:8443", "2001:db8::1", 8443, "/r4"},
             {"http://[0:0:0:0:0:0:0:1]/", "http://[::1]", "::1", 80, "/"},
             {"https://a_b.example.org/", "https://a_b.example.org", "a_b.example.org", 443, "/"},
         }) {
        const auto url = parse_web_url(given.text);

        ASSERT_EQ(url.has_value(), given.origin != nullptr) << given.text;
        if (!url) continue;
        EXPECT_EQ(url->origin(), given.origin);
        EXPECT_EQ(url->host, given.host);
        EXPECT_EQ(url->port, given.port);
        EXPECT_EQ(url->target, given.target);
    }
}

TEST(WebUrl, RefusesWhatIsNoUrlOrHasTwoReadings) {
    for (const std::string text : {"",
                                   "ehr.example.org",
                                   "/r4/Patient/1",
                                   "//ehr/r4",
                                   "ftp://ehr/",
                                   "s:\x14",
                                   "file:///etc/passwd",
                                   "javascript:alert(1)",
                                   "https:ehr",
                                   "https:///r4",
                                   "https://",
                                   "https://?x",
                                   "https://user@ehr/",
                                   "https://user:word@ehr/",
                                   "https://@ehr/",
                                   "https://ehr/#here",
                                   "https://ehr:0/",
                                   "https://ehr:65536/",
                                   "https://ehr:99999999999/",
                                   "https://ehr:80a/",
                                   "https://ehr/a b",
                                   "https://ehr/\r\nX: y",
                                   "https://ehr\\@evil/",
                                   "https://ehr%2eexample.org/",
                                   "https://ehr%00/",
                                   "https://\xc3\xa4rzte/",
                                   "https://ehr./",
                                   "https://.ehr/",
                                   "https://a..b/",
                                   "https://2130706433/",
                                   "https://0x7f000001/",
                                   "https://0x7F.0.0.1/",
                                   "https://017700000001/",
                                   "https://0177.0.0.1/",
                                   "https://127.1/",
                                   "https://127.0.0.1./",
                                   "https://127.0.0.256/",
                                   "https://1.2.3.4.5/",
                                   "https://127.0.0.1.example.org/",
                                   "https://[::ffff:127.0.0.1]/",
                                   "https://[::ffff:7f00:1]/",
                                   "https://[fe80::1%25eth0]/",
                                   "https://[v1.x]/",
                                   "https://[::1",
                                   "https://::1/",
                                   "https://ehr:80:80/"}) {
        const auto url = parse_web_url(text);

        ASSERT_FALSE(url) << text << " became " << url->origin() << " and " << url->target;
        EXPECT_FALSE(url.error().diagnostics.empty());
    }
    EXPECT_FALSE(parse_web_url("https://ehr/" + std::string(20'000, 'a')));
    EXPECT_FALSE(parse_web_url("https://" + std::string(300, 'a') + "/"));
}

TEST(Gunzip, WritesNoMoreThanItsLimit) {
    // "aaaaaaaaaa", made by gzip -n.
    const std::string packed(
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c\x84\x01\x00\xf0\xcd\x11\x4c\x0a\x00\x00\x00", 23);
    std::string out, twice, little;

    EXPECT_EQ(gunzip(packed, 10, out), Unpacked::whole);
    EXPECT_EQ(gunzip(packed + packed, 20, twice), Unpacked::whole);
    EXPECT_EQ(gunzip(packed, 9, little), Unpacked::too_large);

    EXPECT_EQ(out, "aaaaaaaaaa");
    EXPECT_EQ(twice, "aaaaaaaaaaaaaaaaaaaa");
    EXPECT_LE(little.size(), 9U);
}

TEST(Gunzip, KnowsWhatATextSaysOfItsSize) {
    EXPECT_EQ(stated_size(hooks::testing::gzipped(std::string(70'000, 'a'))), 70'000U);
    EXPECT_EQ(stated_size(std::string(3, '\xff')), 0U);
    EXPECT_EQ(stated_size("\xff\xff\xff\xff"), 4'294'967'295U);
}

TEST(Gunzip, TakesNothingThatIsCutOrDamagedAnywhere) {
    const std::string packed(
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c\x84\x01\x00\xf0\xcd\x11\x4c\x0a\x00\x00\x00", 23);

    for (std::size_t cut = 0; cut < packed.size(); ++cut) {
        std::string out;
        EXPECT_EQ(gunzip(packed.substr(0, cut), 100, out), Unpacked::malformed) << cut;
    }
    for (const std::size_t damaged : {0U, 1U, 2U, 11U, 15U, 19U}) {
        std::string bytes = packed, out;
        bytes[damaged] ^= 0x40;
        EXPECT_EQ(gunzip(bytes, 100, out), Unpacked::malformed) << damaged;
    }
}

}  // namespace

}  // namespace hooks
