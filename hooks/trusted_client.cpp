// One table of members; a client that is wrong anywhere is told whole.
#include "hooks/trusted_client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <set>
#include <string_view>

namespace hooks {

namespace {

using fhir::Kind;
using fhir::Node;

bool is_https(std::string_view url) { return url.starts_with("https://") && url.size() > 8; }

bool set_text(std::string& target, const Node& node) {
    target = node.text();
    return node.is_string() && !target.empty();
}

bool set_texts(std::vector<std::string>& target, const Node& node) {
    if (!node.is_array()) return false;
    for (const Node& item : node.children()) {
        if (!item.is_string() || item.text().empty()) return false;
        target.emplace_back(item.text());
    }
    return true;
}

bool set_seconds(std::int64_t& target, const Node& node, std::int64_t least, std::int64_t most) {
    const std::string_view text = node.text();
    const char* end = text.data() + text.size();
    return node.kind == Kind::number && std::from_chars(text.data(), end, target).ptr == end &&
           target >= least && target <= most;
}

struct Member {
    std::string_view name, expected;
    bool (*set)(TrustedClient& client, const Node& node);
};

constexpr std::array members = {
    Member{"issuer", "the iss of its tokens",
           [](TrustedClient& c, const Node& n) { return set_text(c.issuer, n); }},
    Member{"jku", "the https address of its JWK Set",
           [](TrustedClient& c, const Node& n) { return set_text(c.jku, n) && is_https(c.jku); }},
    Member{"keysFile", "the file of its JWK Set",
           [](TrustedClient& c, const Node& n) { return set_text(c.keys_file, n); }},
    Member{"algorithms", "a list of ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512",
           [](TrustedClient& c, const Node& n) {
               std::vector<std::string> names;
               if (!set_texts(names, n) || names.empty()) return false;
               c.algorithms.clear();
               for (const std::string& name : names) {
                   const auto algorithm = algorithm_of(name);
                   if (!algorithm) return false;
                   c.algorithms.push_back(*algorithm);
               }
               return true;
           }},
    Member{"audiences", "a list of texts",
           [](TrustedClient& c, const Node& n) { return set_texts(c.claims.audiences, n); }},
    Member{"subjects", "a list of texts",
           [](TrustedClient& c, const Node& n) { return set_texts(c.claims.subjects, n); }},
    Member{"tenants", "a list of texts",
           [](TrustedClient& c, const Node& n) { return set_texts(c.claims.tenants, n); }},
    Member{
        "lifetimeSeconds", "seconds from 1 to 604800",
        [](TrustedClient& c, const Node& n) { return set_seconds(c.claims.most_lifetime, n, 1, 604'800); }},
    Member{"leewaySeconds", "seconds from 0 to 600",
           [](TrustedClient& c, const Node& n) { return set_seconds(c.claims.leeway, n, 0, 600); }},
    Member{"tokensOnce", "true or false",
           [](TrustedClient& c, const Node& n) {
               c.tokens_once = n.is_true();
               return n.kind == Kind::boolean;
           }},
    Member{"fhirServers", "a list of FHIR base URLs",
           [](TrustedClient& c, const Node& n) { return set_texts(c.fhir_servers, n); }},
};

std::string known_members() {
    std::string known;
    for (const Member& member : members) known.append(known.empty() ? "" : ", ").append(member.name);
    return known;
}

TrustedClient read_client(const Node& node, const std::string& place, std::vector<std::string>& problems) {
    TrustedClient client;
    if (!node.is_object()) {
        problems.push_back(place + ": expected an object");
        return client;
    }
    const std::size_t before = problems.size();
    for (const Node& given : node.children()) {
        const std::string path = place + "." + std::string(given.name());
        const auto* member = std::find_if(members.begin(), members.end(), [&given](const Member& known) {
            return known.name == given.name();
        });
        if (member == members.end()) {
            problems.push_back(path + ": unknown key; known: " + known_members());
        } else if (!member->set(client, given)) {
            problems.push_back(path + ": expected " + std::string(member->expected));
        }
    }
    if (problems.size() > before) return client;
    if (client.issuer.empty())
        problems.push_back(place + ".issuer: required, expected the iss of its tokens");
    if (client.jku.empty() == client.keys_file.empty()) {
        problems.push_back(place + ": expected either jku or keysFile");
    }
    return client;
}

}  // namespace

std::vector<TrustedClient> read_clients(const Node& value, std::vector<std::string>& problems) {
    std::vector<TrustedClient> clients;
    if (!value.is_array()) {
        problems.emplace_back("clients: expected a list of objects");
        return clients;
    }
    std::set<std::string> issuers;
    std::size_t index = 0;
    for (const Node& node : value.children()) {
        const std::string place = "clients[" + std::to_string(index++) + "]";
        TrustedClient client = read_client(node, place, problems);
        if (!client.issuer.empty() && !issuers.insert(client.issuer).second) {
            problems.push_back(place + ".issuer: named twice");
        }
        clients.push_back(std::move(client));
    }
    return clients;
}

}  // namespace hooks
