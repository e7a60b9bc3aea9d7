// OpenSSL makes and reads the keys; JWK members come out of them again.
#include "hooks/signing_key.hpp"

#include "fhir/json_writer.hpp"
#include "hooks/base64url.hpp"
#include "hooks/openssl.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace hooks {

namespace {

using openssl::Number;
using Bio = std::unique_ptr<BIO, openssl::Free<BIO_free_all>>;

constexpr int rsa_bits = 3'072;

void must(bool done) {
    if (!done) throw std::runtime_error("OpenSSL failed");
}

std::string octets(const BIGNUM& number, std::size_t size) {
    std::string text(size, '\0');
    must(BN_bn2binpad(&number, reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(size)) >= 0);
    return text;
}

Number parameter(EVP_PKEY& key, const char* name) {
    BIGNUM* number = nullptr;
    must(EVP_PKEY_get_bn_param(&key, name, &number) == 1);
    return Number(number);
}

/// The members of the public JWK that RFC 7638 hashes, in its order.
std::vector<std::pair<std::string_view, std::string>> public_members(const SigningKey& key) {
    const openssl::Scheme& scheme = openssl::scheme_of(key.algorithm);
    if (scheme.group == nullptr) {
        const Number n = parameter(*key.key, OSSL_PKEY_PARAM_RSA_N);
        const Number e = parameter(*key.key, OSSL_PKEY_PARAM_RSA_E);
        return {{"e", base64url(octets(*e, static_cast<std::size_t>(BN_num_bytes(e.get()))))},
                {"kty", "RSA"},
                {"n", base64url(octets(*n, static_cast<std::size_t>(BN_num_bytes(n.get()))))}};
    }
    const Number x = parameter(*key.key, OSSL_PKEY_PARAM_EC_PUB_X);
    const Number y = parameter(*key.key, OSSL_PKEY_PARAM_EC_PUB_Y);
    return {{"crv", std::string(scheme.curve)},
            {"kty", "EC"},
            {"x", base64url(octets(*x, scheme.coordinate))},
            {"y", base64url(octets(*y, scheme.coordinate))}};
}

std::string thumbprint(const SigningKey& key) {
    std::string text;
    fhir::JsonWriter json(text);
    json.begin_object();
    for (const auto& [name, value] : public_members(key)) json.member(name, std::string_view(value));
    json.end_object();
    std::string digest(32, '\0');
    must(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                    EVP_sha256(), nullptr) == 1);
    return base64url(digest);
}

fhir::Issue no_key(std::string what) { return {fhir::IssueCode::value, std::move(what), {}}; }

}  // namespace

SigningKey new_signing_key(Algorithm algorithm) {
    const openssl::Scheme& scheme = openssl::scheme_of(algorithm);
    EVP_PKEY* made = scheme.group != nullptr ? EVP_EC_gen(scheme.group) : EVP_RSA_gen(rsa_bits);
    must(made != nullptr);
    SigningKey key{{}, {made, EVP_PKEY_free}, algorithm};
    key.kid = thumbprint(key);
    return key;
}

fhir::Result<SigningKey> read_signing_key(std::string_view pem, Algorithm rsa_algorithm) {
    const Bio file(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    char no_password[] = "";  // else OpenSSL asks on the terminal
    EVP_PKEY* read = file ? PEM_read_bio_PrivateKey(file.get(), nullptr, nullptr, no_password) : nullptr;
    if (read == nullptr) return no_key("no private key in PEM without a password");
    SigningKey key{{}, {read, EVP_PKEY_free}, rsa_algorithm};
    if (EVP_PKEY_is_a(read, "RSA") != 1) {
        std::string group(64, '\0');
        std::size_t size = 0;
        const bool is_curve = EVP_PKEY_is_a(read, "EC") == 1 &&
                              EVP_PKEY_get_group_name(read, group.data(), group.size(), &size) == 1;
        group.resize(is_curve ? size : 0);
        if (group == "prime256v1") {
            key.algorithm = Algorithm::ES256;
        } else if (group == "secp384r1") {
            key.algorithm = Algorithm::ES384;
        } else if (group == "secp521r1") {
            key.algorithm = Algorithm::ES512;
        } else {
            return no_key("expected a key for P-256, P-384, P-521 or RSA");
        }
    } else if (EVP_PKEY_get_bits(read) < 2'048) {
        return no_key("an RSA key needs 2048 bits");
    }
    key.kid = thumbprint(key);
    return key;
}

std::string pem_of(const SigningKey& key) {
    const Bio memory(BIO_new(BIO_s_mem()));
    must(memory && PEM_write_bio_PKCS8PrivateKey(memory.get(), key.key.get(), nullptr, nullptr, 0, nullptr,
                                                 nullptr) == 1);
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string jwks_of(const SigningKey& key) {
    std::string text;
    fhir::JsonWriter json(text);
    json.begin_object();
    json.key("keys");
    json.begin_array();
    json.begin_object();
    json.member("kid", std::string_view(key.kid));
    json.member("use", "sig");
    json.member("alg", to_string(key.algorithm));
    for (const auto& [name, value] : public_members(key)) json.member(name, std::string_view(value));
    json.end_object();
    json.end_array();
    json.end_object();
    return text;
}

std::string sign(const SigningKey& key, std::string_view text) {
    const openssl::Scheme& scheme = openssl::scheme_of(key.algorithm);
    const openssl::DigestContext context(EVP_MD_CTX_new());
    must(context && openssl::start(*context, scheme, *key.key, true));
    std::size_t size = 0;
    must(EVP_DigestSign(context.get(), nullptr, &size, openssl::bytes(text), text.size()) == 1);
    std::string signature(size, '\0');
    must(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                        openssl::bytes(text), text.size()) == 1);
    signature.resize(size);
    if (scheme.group == nullptr) return signature;
    const unsigned char* der = openssl::bytes(signature);
    const openssl::EcdsaSignature parts(d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size)));
    must(parts != nullptr);
    return octets(*ECDSA_SIG_get0_r(parts.get()), scheme.coordinate) +
           octets(*ECDSA_SIG_get0_s(parts.get()), scheme.coordinate);
}

}  // namespace hooks
