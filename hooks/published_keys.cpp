// Keys are compared by the point of the curve, for a kid is only a name.
#include "hooks/published_keys.hpp"

#include "hooks/base64url.hpp"
#include "hooks/jwt.hpp"
#include "hooks/knowledge_folder.hpp"
#include "hooks/openssl.hpp"
#include "hooks/web_url.hpp"

#include <openssl/core_names.h>

#include <algorithm>
#include <array>

namespace hooks {

namespace {

struct Published {
    std::string_view x, y;  // base64url
    std::string_view by;
};

constexpr std::array published = {
    Published{"dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",
              "Sm3mLE-n1zYNla_aiE3cb3nZsL51RbC7ysw3q8aJLxGm-hx79RPMYpITDjp7kgzy", "the CDS Hooks sandbox"},
    Published{"46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",
              "XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI",
              "the CDS Hooks specification"},
};

constexpr std::string_view sandbox = "https://sandbox.cds-hooks.org";
constexpr std::string_view consequence = ", so anybody can make a token of this client's";

/// X and Y of an elliptic key, one behind the other; "" for any other.
std::string point_of(const Jwk& jwk) {
    std::array<unsigned char, 256> encoded{};
    std::size_t size = 0;
    if (jwk.key == nullptr || EVP_PKEY_get_base_id(jwk.key.get()) != EVP_PKEY_EC ||
        EVP_PKEY_get_octet_string_param(jwk.key.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(),
                                        encoded.size(), &size) != 1 ||
        size < 2) {
        return {};
    }
    return {encoded.begin() + 1,
            encoded.begin() + static_cast<std::ptrdiff_t>(size)};  // behind the form's byte
}

bool is_of_sandbox(std::string_view url) {
    const auto parsed = parse_web_url(url), known = parse_web_url(sandbox);
    return parsed && parsed->host == known->host;
}

}  // namespace

std::string_view publisher_of(const Jwk& key) {
    const std::string point = point_of(key);
    const auto* found = std::find_if(published.begin(), published.end(), [&point](const Published& known) {
        return point == bytes_of_base64url(known.x).value_or("") + bytes_of_base64url(known.y).value_or("");
    });
    return found == published.end() ? std::string_view() : found->by;
}

std::vector<std::string> published_key_problems(const std::vector<TrustedClient>& clients) {
    std::vector<std::string> problems;
    std::size_t index = 0;
    for (const TrustedClient& client : clients) {
        const std::string place = "clients[" + std::to_string(index++) + "].";
        for (const auto& [member, url] :
             {std::pair{"issuer", &client.issuer}, std::pair{"jku", &client.jku}}) {
            if (!is_of_sandbox(*url)) continue;
            problems.push_back(place + member + ": the CDS Hooks sandbox has published its private key" +
                               std::string(consequence));
        }
        const auto text = client.keys_file.empty() ? std::nullopt : read_text(client.keys_file);
        const auto keys = text ? read_jwks(*text) : fhir::Result<std::vector<Jwk>>(std::vector<Jwk>());
        if (!keys) continue;
        for (const Jwk& key : *keys) {
            const std::string_view by = publisher_of(key);
            if (by.empty()) continue;
            problems.push_back(place + "keysFile: " + client.keys_file + ": " + std::string(by) +
                               " has published the private half of the key \"" + shown_claim(key.kid) + '"' +
                               std::string(consequence));
        }
    }
    return problems;
}

}  // namespace hooks
