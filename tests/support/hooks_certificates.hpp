// Certificates made for one test: an authority of its own, and what it or nobody signed.
#pragma once

#include <memory>
#include <string>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace hooks::testing {

/// A certificate with its key, as OpenSSL holds them.
struct Certificate {
    std::shared_ptr<x509_st> certificate;
    std::shared_ptr<evp_pkey_st> key;
    /// The certificate without its key.
    std::string pem() const;
    /// The key without the certificate.
    std::string key_pem() const;
};

struct CertificateWish {
    std::string dns{};  ///< subjectAltName
    std::string ip{};   ///< subjectAltName
    bool expired = false;
    bool authority = false;
    std::string name{};    ///< common name of the subject; "": one that tells what it is
    bool not_yet = false;  ///< valid from tomorrow on
};

/// The list of what `issuer` has revoked, in PEM; `old`: it was to be renewed yesterday.
std::string make_revocations(const Certificate& issuer, const std::vector<Certificate>& revoked,
                             bool old = false);

/// Signed by `issuer`, or by itself.
Certificate make_certificate(const CertificateWish& wish, const Certificate* issuer = nullptr);

}  // namespace hooks::testing
