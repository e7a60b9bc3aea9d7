// The list of FHIR servers: what is the same URL, what lies below it, and what only looks so.
#include "hooks/fhir_servers.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using hooks::FhirServers;

const std::vector<std::string> bases = {"https://ehr.example.org/fhir/r4", "https://root.example.org",
                                        "https://port.example.org:8443/r4/", "http://127.0.0.1:8081/fhir"};

struct Form {
    std::string url;
    const char* why = "";
};

class ListedServer : public testing::TestWithParam<Form> {};

TEST_P(ListedServer, MayBeAsked) {
    EXPECT_TRUE(FhirServers(bases, true).listed(GetParam().url)) << GetParam().url;
}

INSTANTIATE_TEST_SUITE_P(
    All, ListedServer,
    testing::Values(Form{"https://ehr.example.org/fhir/r4"}, Form{"https://ehr.example.org/fhir/r4/"},
                    Form{"https://ehr.example.org/fhir/r4/tenant-1"}, Form{"HTTPS://EHR.Example.ORG/fhir/r4"},
                    Form{"https://ehr.example.org:443/fhir/r4"}, Form{"https://root.example.org"},
                    Form{"https://root.example.org/"}, Form{"https://root.example.org/any/where"},
                    Form{"https://port.example.org:8443/r4"}, Form{"http://127.0.0.1:8081/fhir"}));

class UnlistedServer : public testing::TestWithParam<Form> {};

TEST_P(UnlistedServer, MayNotBeAsked) {  // A-8
    EXPECT_FALSE(FhirServers(bases, true).listed(GetParam().url)) << GetParam().url << ": " << GetParam().why;
}

INSTANTIATE_TEST_SUITE_P(
    All, UnlistedServer,
    testing::Values(
        Form{"http://ehr.example.org/fhir/r4", "another scheme"},
        Form{"https://ehr.example.org:8443/fhir/r4", "another port"},
        Form{"https://ehr.example.org/fhir", "above the base"},
        Form{"https://ehr.example.org/fhir/r40", "no border of a segment"},
        Form{"https://ehr.example.org/fhir/r4.evil", "no border of a segment"},
        Form{"https://ehr.example.org/FHIR/r4", "paths have case"},
        Form{"https://ehr.example.org.evil.example/fhir/r4", "a longer name"},
        Form{"https://evil.example/ehr.example.org/fhir/r4", "the name in the path"},
        Form{"https://ehr.example.org@evil.example/fhir/r4", "a user name"},
        Form{"https://user:pass@ehr.example.org/fhir/r4", "a user name"},
        Form{"https://@ehr.example.org/fhir/r4", "an empty user name"},
        Form{"https://ehr.example.org%40evil.example/fhir/r4", "an escape in the host"},
        Form{"https://ehr.example.org\\@evil.example/fhir/r4", "a backslash"},
        Form{"https:\\\\ehr.example.org\\fhir\\r4", "backslashes"},
        Form{"https://ehr.example.org/fhir\\r4", "a backslash"},
        Form{"https://ehr.example.org/fhir/r4#", "a fragment"},
        Form{"https://ehr.example.org/fhir/r4#@evil.example", "a fragment"},
        Form{"https://ehr.example.org/fhir/r4?x=1", "a query"},
        Form{"https://ehr.example.org/fhir/r4?", "a query"}, Form{"https://ehr.example.org/fhir/r4/..", "up"},
        Form{"https://ehr.example.org/fhir/r4/../admin", "up"},
        Form{"https://ehr.example.org/x/../fhir/r4", "dots"},
        Form{"https://ehr.example.org/fhir/./r4", "dots"},
        Form{"https://ehr.example.org/fhir/r4/%2e%2e/admin", "hidden dots"},
        Form{"https://ehr.example.org/fhir/r4/%2E%2E%2Fadmin", "hidden dots"},
        Form{"https://ehr.example.org/fhir/r4/.%2e/admin", "half hidden dots"},
        Form{"https://ehr.example.org/fhir/r4/%252e%252e/admin", "dots hidden twice"},
        Form{"https://ehr.example.org/fhir/r4/..;/admin", "dots with a path parameter"},
        Form{"https://ehr.example.org/fhir%2fr4", "a hidden slash"},
        Form{"https://ehr.example.org/fhir/r4/%5c..%5cadmin", "hidden backslashes"},
        Form{"https://ehr.example.org/fhir/r4%00", "a NUL"},
        Form{"https://ehr.example.org/fhir/r4/%0d%0a", "a line"},
        Form{"https://ehr.example.org/fhir//r4", "an empty segment"},
        Form{"https://ehr.example.org//fhir/r4", "an empty segment"},
        Form{"https://ehr.example.org/fhir/r4//", "an empty segment"},
        Form{"https://ehr.example.org/f%68ir/r4", "an escape that need not be"},
        Form{"https://ehr.example.org./fhir/r4", "a dot at the end of the name"},
        Form{"https://ehr.example.org:0/fhir/r4", "no such port"},
        Form{"https://ehr.example.org:99999/fhir/r4", "no such port"},
        Form{"https://ehr.example.org:443x/fhir/r4", "no such port"},
        Form{"//ehr.example.org/fhir/r4", "no scheme"}, Form{"ehr.example.org/fhir/r4", "no scheme"},
        Form{"https:/ehr.example.org/fhir/r4", "one slash"},
        Form{"https:ehr.example.org/fhir/r4", "no slash"},
        Form{"https:///ehr.example.org/fhir/r4", "no host"}, Form{"https://", "no host"}, Form{"", "nothing"},
        Form{"file:///etc/passwd", "a file"}, Form{"ftp://ehr.example.org/fhir/r4", "another scheme"},
        Form{"gopher://ehr.example.org/fhir/r4", "another scheme"},
        Form{"javascript:alert(1)", "no address at all"},
        Form{" https://ehr.example.org/fhir/r4", "a space before"},
        Form{"https://ehr.example.org/fhir/r4 ", "a space behind"},
        Form{"https://ehr.example.org/fhir/r4\n", "a line feed"},
        Form{"https://ehr.example.org\t/fhir/r4", "a tab"},
        Form{"https://ehr\xC2\xAD"
             "example.org/fhir/r4",
             "not ASCII"},
        Form{"https://\xEF\xBD\x85hr.example.org/fhir/r4", "a wide letter"},
        Form{"http://2130706433:8081/fhir", "127.0.0.1 as one number"},
        Form{"http://0x7f000001:8081/fhir", "127.0.0.1 in hex"},
        Form{"http://0177.0.0.1:8081/fhir", "in octal"}, Form{"http://127.1:8081/fhir", "a short form"},
        Form{"http://127.0.0.1.:8081/fhir", "a dot at the end"},
        Form{"http://[::ffff:127.0.0.1]:8081/fhir", "IPv4 in IPv6"},
        Form{"http://[::ffff:7f00:1]:8081/fhir", "IPv4 in IPv6"},
        Form{"http://[::1]:8081/fhir", "another address"}, Form{"http://localhost:8081/fhir", "another name"},
        Form{"http://127.0.0.2:8081/fhir", "another address"},
        Form{"http://169.254.169.254/latest/meta-data", "a cloud's metadata"},
        Form{"http://127.0.0.1:8082/fhir", "another port"}, Form{"http://127.0.0.1:808/fhir", "another port"},
        Form{"http://127.0.0.1:80810/fhir", "another port"}));

TEST(FhirServerList, TakesHttpOnlyWhereTheSwitchSaysSo) {
    EXPECT_TRUE(FhirServers(bases, true).listed("http://127.0.0.1:8081/fhir"));
    EXPECT_FALSE(FhirServers(bases, false).listed("http://127.0.0.1:8081/fhir"));
    EXPECT_EQ(FhirServers(bases, false).size(), 3U);
}

TEST(FhirServerList, SaysWhatIsWrongWithAnEntry) {
    EXPECT_EQ(FhirServers::problem("https://ehr.example.org/r4", false), "");
    EXPECT_NE(FhirServers::problem("http://ehr.example.org/r4", false).find("fhir.plainHttp"),
              std::string::npos);
    EXPECT_EQ(FhirServers::problem("http://ehr.example.org/r4", true), "");
    for (const char* wrong :
         {"ehr.example.org", "https://ehr.example.org/r4?x=1", "https://a@ehr.example.org",
          "https://ehr.example.org/a/../b", "ftp://ehr.example.org", "https://*.example.org", ""}) {
        EXPECT_NE(FhirServers::problem(wrong, true), "") << wrong;
    }
}

// ---- what lies within a base

struct Link {
    std::string next, absolute;  ///< "": not followed
};

class PageLink : public testing::TestWithParam<Link> {};

TEST_P(PageLink, IsFollowedOnlyWithinItsBase) {
    const auto base = FhirServers(bases, true).listed("https://ehr.example.org/fhir/r4/");
    ASSERT_TRUE(base);

    EXPECT_EQ(base->link(GetParam().next).value_or(""), GetParam().absolute);
}

const std::string root = "https://ehr.example.org/fhir/r4";

INSTANTIATE_TEST_SUITE_P(
    Within, PageLink,
    testing::Values(
        Link{root + "?_getpages=a&_offset=2", root + "?_getpages=a&_offset=2"},
        Link{root + "/Condition?patient=1&_page=2", root + "/Condition?patient=1&_page=2"},
        Link{"https://EHR.example.org:443/fhir/r4/Condition?x=%2F..%2F", root + "/Condition?x=%2F..%2F"},
        Link{"/fhir/r4/Condition?page=2", root + "/Condition?page=2"},
        Link{"Condition?page=2", root + "/Condition?page=2"},
        Link{"Condition?page=https://evil.example/", root + "/Condition?page=https://evil.example/"}));

INSTANTIATE_TEST_SUITE_P(
    Without, PageLink,
    testing::Values(
        Link{"https://evil.example/fhir/r4?page=2", ""}, Link{"http://ehr.example.org/fhir/r4?page=2", ""},
        Link{"//evil.example/fhir/r4?page=2", ""}, Link{"///evil.example/fhir/r4", ""},
        Link{"https://ehr.example.org:8443/fhir/r4?page=2", ""}, Link{"https://ehr.example.org/?page=2", ""},
        Link{"https://ehr.example.org/fhir/r40?page=2", ""}, Link{"/admin", ""}, Link{"../admin", ""},
        Link{"/fhir/r4/../admin", ""}, Link{"/fhir/r4/%2e%2e/admin", ""}, Link{"?page=2", ""},
        Link{"https://ehr.example.org@evil.example/fhir/r4", ""}, Link{"https:evil.example/fhir/r4", ""},
        Link{"urn:uuid:1", ""}, Link{"javascript:alert(1)", ""}, Link{"\\\\evil.example\\fhir", ""},
        Link{"/\\evil.example", ""}, Link{"", ""}, Link{"https://ehr.example.org/fhir/r4?page=2#x", ""},
        Link{"https://ehr.example.org/fhir/r4?page=2 HTTP/1.1\r\nHost: x", ""}));

TEST(FhirBaseUrl, JoinsWithOneSlash) {  // A-9
    const auto base = FhirServers(bases, true).listed("https://root.example.org/");

    EXPECT_EQ(base->url("Patient/1"), "https://root.example.org/Patient/1");
    EXPECT_EQ(FhirServers(bases, true).listed(root + "/")->url("/Patient/1"), root + "/Patient/1");
}

}  // namespace
