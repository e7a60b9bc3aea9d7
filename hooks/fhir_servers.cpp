// URLs are compared in the one form in which they will be sent; what another reader could normalise further
// is refused.
#include "hooks/fhir_servers.hpp"

#include "hooks/web_url.hpp"

#include <algorithm>

namespace hooks {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// A percent sign and two digits that hide a dot, a slash, a backslash, a percent sign or a control byte.
bool hides_structure(std::string_view path) {
    for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
        if (at + 2 >= path.size()) return true;
        const char high = path[at + 1], low = lower(path[at + 2]);
        if (high == '0' || high == '1') return true;
        if (high == '2' && (low == 'e' || low == 'f' || low == '5')) return true;
        if ((high == '5' && low == 'c') || (high == '7' && low == 'f')) return true;
    }
    return false;
}

/// The path without a slash at its end; nothing if it has empty segments, dots or anything hidden.
std::optional<std::string> plain_path(std::string_view path) {
    if (path.ends_with('/')) path.remove_suffix(1);
    if (hides_structure(path)) return std::nullopt;
    for (std::string_view rest = path; !rest.empty();) {
        rest.remove_prefix(1);  // its slash
        const std::string_view segment = rest.substr(0, rest.find('/'));
        if (segment.empty() || segment == "." || segment == "..") return std::nullopt;
        // `..;` goes up in servlet containers that cut path parameters off first
        const std::string_view name = segment.substr(0, segment.find(';'));
        if (name == "." || name == "..") return std::nullopt;
        rest.remove_prefix(segment.size());
    }
    return std::string(path);
}

bool is_within(std::string_view path, std::string_view base) {
    return path.starts_with(base) && (path.size() == base.size() || path[base.size()] == '/');
}

fhir::Result<FhirBase> read_base(std::string_view text) {
    const auto url = parse_web_url(text);
    if (!url) return url.error();
    if (url->target.find('?') != std::string::npos) {
        return fhir::Issue{fhir::IssueCode::value, "a base URL has no query", {}};
    }
    auto path = plain_path(url->target);
    if (!path) {
        return fhir::Issue{
            fhir::IssueCode::value, "a path has no empty segments, dots or escaped slashes", {}};
    }
    return FhirBase{url->origin(), *std::move(path), 0};
}

}  // namespace

std::string FhirBase::url(std::string_view relative) const {
    while (relative.starts_with('/')) relative.remove_prefix(1);
    return origin + path + "/" + std::string(relative);
}

std::optional<std::string> FhirBase::link(std::string_view next) const {
    if (next.empty() || next.starts_with("//")) return std::nullopt;
    std::string absolute(next);
    if (next.starts_with('/')) {
        absolute = origin + absolute;
    } else if (next.substr(0, next.find_first_of("/?")).find(':') == std::string_view::npos) {
        if (next.starts_with('?')) return std::nullopt;
        absolute = url(next);
    }
    const auto target = parse_web_url(absolute);
    if (!target || target->origin() != origin) return std::nullopt;
    const auto within = plain_path(std::string_view(target->target).substr(0, target->target.find('?')));
    if (!within || !is_within(*within, path)) return std::nullopt;
    return origin + target->target;
}

std::string FhirServers::problem(std::string_view base, bool plain_http) {
    const auto read = read_base(base);
    if (!read) return read.error().diagnostics;
    if (!plain_http && !read->origin.starts_with("https:")) {
        return "expected https; fhir.plainHttp allows http, which shows patients' data to the network";
    }
    return {};
}

FhirServers::FhirServers(const std::vector<std::string>& bases, bool plain_http,
                         const std::vector<ClientBases>& clients) {
    const auto add = [&](const std::string& base, const std::string& owner) {
        if (!problem(base, plain_http).empty()) return;
        entries_.push_back({*read_base(base), owner});
        entries_.back().base.server = entries_.size() - 1;
    };
    for (const std::string& base : bases) add(base, "");
    for (const ClientBases& client : clients) {
        for (const std::string& base : client.bases) add(base, client.caller);
    }
}

std::optional<FhirBase> FhirServers::listed(std::string_view fhir_server, std::string_view caller) const {
    const auto asked = read_base(fhir_server);
    if (!asked) return std::nullopt;
    for (const auto& [base, owner] : entries_) {
        if (!owner.empty() && owner != caller) continue;
        if (base.origin != asked->origin || !is_within(asked->path, base.path)) continue;
        return FhirBase{asked->origin, asked->path, base.server};
    }
    return std::nullopt;
}

}  // namespace hooks
