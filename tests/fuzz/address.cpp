// Fuzz target: a FHIR base that is listed, a fhirServer and a page's link, a line each: whatever is called
// lies within the base, for a reader of URLs that normalises all it can, too.
#include "hooks/fhir_servers.hpp"
#include "hooks/web_url.hpp"
#include "tests/fuzz/target.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

namespace {

/// The path as RFC 3986 6.2.2 normalises it, with a slash at the end; dots go last, for some servers decode
/// first.
std::string normal_path(std::string_view text) {
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
    fuzz::expect(parsed.has_value());
    boost::urls::url url(*parsed);
    const auto decoded = url.path();
    url.set_path(decoded);
    url.normalize();
    const auto path = url.encoded_path();
    std::string result(path.data(), path.size());
    if (!result.ends_with('/')) result += '/';
    return result;
}

void expect_within(const std::string& called, const std::string& base) {
    fuzz::expect(normal_path(called).starts_with(normal_path(base)));
    const auto to = hooks::parse_web_url(called), from = hooks::parse_web_url(base);
    fuzz::expect(to && from && to->origin() == from->origin());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = fuzz::text_of(data, size);
    const std::string base(fuzz::take_line(rest)), server(fuzz::take_line(rest)), link(fuzz::take_line(rest));
    const hooks::FhirServers servers({base}, true);
    const auto listed = servers.listed(server);
    if (!listed) return 0;
    expect_within(listed->origin + listed->path + "/", base);
    expect_within(listed->url("Patient/1"), base);
    const auto next = listed->link(link);
    if (next) expect_within(*next, listed->origin + listed->path);
    return 0;
}
