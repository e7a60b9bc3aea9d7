// gunzip() stops at the limit; the bound on the ratio lowers it for small bodies.
#include "hooks/content_coding.hpp"

#include "hooks/gzip.hpp"

#include <algorithm>

namespace hooks {

namespace {

// JSON of patients packs 5 to 40 times; zeros 1,030 times.
constexpr std::size_t most_ratio = 200, always_allowed = 65'536;

}  // namespace

std::variant<std::string_view, Refusal> content_of(const Request& request, std::size_t limit,
                                                   std::pmr::string& unpacked) {
    if (request.body.empty()) {
        return Refusal{400,
                       {fhir::IssueCode::required,
                        "the request has no body: expected a JSON object, with Content-Length or "
                        "Transfer-Encoding: chunked",
                        {}},
                       {}};
    }
    if (!request.is_gzip) return std::string_view(request.body);
    const std::size_t most = std::min(limit, std::max(always_allowed, request.body.size() * most_ratio));
    unpacked.reserve(std::min(most, stated_size(request.body)));
    switch (gunzip(request.body, most, [&unpacked](std::string_view piece) { unpacked.append(piece); })) {
        case Unpacked::whole:
            return std::string_view(unpacked);
        case Unpacked::too_large:
            return Refusal{413,
                           {fhir::IssueCode::too_long,
                            "body too large once unpacked: at most " + std::to_string(most) + " bytes",
                            {}},
                           {}};
        case Unpacked::malformed:
            break;
    }
    return Refusal{400, {fhir::IssueCode::structure, "the body is no whole gzip stream", {}}, {}};
}

}  // namespace hooks
