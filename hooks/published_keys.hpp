// Published keys: those whose private half anybody can look up, so that a token signed with one proves
// nothing (W-21).
#pragma once

#include "hooks/jwk.hpp"
#include "hooks/trusted_client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// Who has published the private half of `key`, as words in a sentence; "" if nobody we know of.
std::string_view publisher_of(const Jwk& key);

/// Where `clients` trust what anybody can sign, one sentence each: the public sandbox as an issuer or as the
/// place of keys, or a key on disk that publisher_of() knows. Key files that cannot be read are not its
/// business.
std::vector<std::string> published_key_problems(const std::vector<TrustedClient>& clients);

}  // namespace hooks
