// Certificates made for one test: an authority of its own, and what it or nobody signed.
#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace hooks::testing {

/// A certificate with its key, as OpenSSL holds them.
struct Certificate {
    std::shared_ptr<x509_st> certificate;
    std::shared_ptr<evp_pkey_st> key;
    /// The certificate without its key.
    std::string pem() const;
};

struct CertificateWish {
    std::string dns{};  ///< subjectAltName
    std::string ip{};   ///< subjectAltName
    bool expired = false;
    bool authority = false;
};

/// Signed by `issuer`, or by itself.
Certificate make_certificate(const CertificateWish& wish, const Certificate* issuer = nullptr);

}  // namespace hooks::testing
