// Fuzz target: a token on the first line, a JWK Set on the rest: parts that are the token's own, keys that
// fit their algorithms, and a signature that holds only for the text that was signed.
#include "hooks/jwt.hpp"
#include "hooks/knowledge_folder.hpp"
#include "tests/fuzz/target.hpp"

namespace {

/// What somebody signed: the first lines of two seeds. With these keys nobody can sign anything else.
bool is_signed(const std::string& text) {
    static const std::string signed_lines = [] {
        const std::string folder = SOURCE_DIR "/tests/fuzz/seeds/token/";
        return hooks::read_text(folder + "es384").value() + hooks::read_text(folder + "rs384").value();
    }();
    return signed_lines.find(" " + text + ".") != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = fuzz::text_of(data, size);
    const std::string_view line = fuzz::take_line(rest);
    const auto read = hooks::read_token(hooks::bearer_token(line));
    const auto keys = hooks::read_jwks(rest);
    if (keys) {
        fuzz::expect(keys->size() <= hooks::most_keys);
        for (const hooks::Jwk& key : *keys)
            fuzz::expect(!key.kid.empty() && key.key && !key.algorithms.empty());
    }
    const hooks::Token* token = std::get_if<hooks::Token>(&read);
    if (token == nullptr) return 0;
    fuzz::expect(line.find(token->signed_text + ".") != std::string_view::npos);
    fuzz::expect(!token->kid.empty() && !token->issuer.empty() && !token->jti.empty() &&
                 !token->audiences.empty());
    hooks::ClaimPolicy policy;
    policy.audiences = {"https://cds.example.org/cds-services"};
    hooks::check_claims(*token, policy, 1'800'000'000);
    if (!keys) return 0;
    for (const hooks::Jwk& key : *keys) {
        const bool good = hooks::verify(key, token->algorithm, token->signed_text, token->signature);
        fuzz::expect(!good || is_signed(token->signed_text));
    }
    return 0;
}
