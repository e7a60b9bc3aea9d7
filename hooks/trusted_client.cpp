// One table of members; a client that is wrong anywhere is told whole.
#include "hooks/trusted_client.hpp"

#include "hooks/web_url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace hooks {

namespace {

using fhir::Kind;
using fhir::Node;

/// https; plain only on this machine, where nobody stands between.
bool is_safe(std::string_view text) {
    const auto url = parse_web_url(text);
    return url && (url->tls || (url->is_address ? is_loopback(url->host) : url->host == "localhost"));
}

/// True if a token could be that of either.
bool overlap(const TrustedClient& a, const TrustedClient& b) {
    const auto& theirs = b.claims.tenants;
    if (a.issuer != b.issuer) return false;
    return a.claims.tenants.empty() || theirs.empty() ||
           std::any_of(a.claims.tenants.begin(), a.claims.tenants.end(),
                       [&theirs](const std::string& tenant) {
                           return std::find(theirs.begin(), theirs.end(), tenant) != theirs.end();
                       });
}

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
    Member{"jku", "the https address of its JWK Set; http only on this machine",
           [](TrustedClient& c, const Node& n) { return set_text(c.jku, n) && is_safe(c.jku); }},
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
    // Without these anybody is meant, with an empty list nobody would be.
    Member{"subjects", "a list of at least one text",
           [](TrustedClient& c, const Node& n) {
               return set_texts(c.claims.subjects, n) && !c.claims.subjects.empty();
           }},
    Member{"tenants", "a list of at least one text",
           [](TrustedClient& c, const Node& n) {
               return set_texts(c.claims.tenants, n) && !c.claims.tenants.empty();
           }},
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
    std::size_t index = 0;
    for (const Node& node : value.children()) {
        const std::string place = "clients[" + std::to_string(index++) + "]";
        TrustedClient client = read_client(node, place, problems);
        const bool is_known =
            std::any_of(clients.begin(), clients.end(), [&client](const TrustedClient& other) {
                return !client.issuer.empty() && overlap(client, other);
            });
        if (is_known) problems.push_back(place + ".issuer: named twice; give each its own tenants");
        clients.push_back(std::move(client));
    }
    return clients;
}

const TrustedClient* find_client(const std::vector<TrustedClient>& clients, std::string_view issuer,
                                 std::string_view tenant) {
    const TrustedClient* found = nullptr;
    for (const TrustedClient& client : clients) {
        if (client.issuer != issuer) continue;
        const auto& tenants = client.claims.tenants;
        if (tenants.empty() || std::find(tenants.begin(), tenants.end(), tenant) != tenants.end())
            return &client;
        if (found == nullptr) found = &client;
    }
    return found;
}

std::string caller_name(const TrustedClient& client, std::string_view tenant) {
    return client.claims.tenants.empty() ? client.issuer : client.issuer + " " + std::string(tenant);
}

}  // namespace hooks
