// TrustedClient: what an operator says of one client that may call: whose tokens, which keys, which FHIR
// servers.
#pragma once

#include "fhir/document.hpp"
#include "hooks/jwt.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// One client, by the issuer of its tokens, and by their tenant where an issuer has several (W-7, W-12). The
/// members and their meaning stand in config/server.json.
struct TrustedClient {
    std::string issuer;
    std::string
        jku;  ///< where its keys are fetched; a token that names another address is refused. "": nowhere
    std::string keys_file;  ///< or a JWK Set on disk; exactly one of the two is given
    std::vector<Algorithm> algorithms = {Algorithm::ES384, Algorithm::RS384};  ///< W-5
    /// Its audiences are accepted beside the URL of the endpoint called: some EHRs are configured by hand.
    ClaimPolicy claims;
    bool tokens_once = true;  ///< a jti is taken once (W-11)
    /// FHIR bases that this client, and no other, may have asked; beside those that everybody may.
    std::vector<std::string> fhir_servers;
};

/// The client whose token says `issuer` and `tenant`. Null: none has the issuer. If none has the tenant it is
/// the first with the issuer, whose claims then do not hold.
const TrustedClient* find_client(const std::vector<TrustedClient>& clients, std::string_view issuer,
                                 std::string_view tenant);

/// What the client that a token with `issuer` and `tenant` found is called beside others: both, if it has
/// tenants.
std::string caller_name(const TrustedClient& client, std::string_view tenant);

/// The clients in the value of the key `clients`; what is wrong goes to `problems`, with its path.
std::vector<TrustedClient> read_clients(const fhir::Node& value, std::vector<std::string>& problems);

}  // namespace hooks
