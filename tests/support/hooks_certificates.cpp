// P-256 keys and X.509 through OpenSSL's own functions.
#include "tests/support/hooks_certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace hooks::testing {

namespace {

void must(bool holds) {
    if (!holds) throw std::runtime_error("OpenSSL would not make a certificate");
}

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

}  // namespace

namespace {

using Bio = std::unique_ptr<BIO, int (*)(BIO*)>;

Bio memory() { return {BIO_new(BIO_s_mem()), BIO_free}; }

std::string text_of(const Bio& bio) {
    std::string text(BIO_ctrl_pending(bio.get()), '\0');
    must(BIO_read(bio.get(), text.data(), static_cast<int>(text.size())) == static_cast<int>(text.size()));
    return text;
}

}  // namespace

std::string Certificate::pem() const {
    const Bio bio = memory();
    must(PEM_write_bio_X509(bio.get(), certificate.get()) == 1);
    return text_of(bio);
}

std::string Certificate::key_pem() const {
    const Bio bio = memory();
    must(PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return text_of(bio);
}

std::string make_revocations(const Certificate& issuer, const std::vector<Certificate>& revoked, bool old) {
    const std::unique_ptr<X509_CRL, void (*)(X509_CRL*)> list(X509_CRL_new(), X509_CRL_free);
    const std::unique_ptr<ASN1_TIME, void (*)(ASN1_TIME*)> begin(X509_gmtime_adj(nullptr, -2 * 86'400),
                                                                 ASN1_TIME_free);
    const std::unique_ptr<ASN1_TIME, void (*)(ASN1_TIME*)> end(
        X509_gmtime_adj(nullptr, old ? -86'400 : 86'400), ASN1_TIME_free);
    X509_CRL_set_version(list.get(), 1);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.certificate.get()));
    X509_CRL_set1_lastUpdate(list.get(), begin.get());
    X509_CRL_set1_nextUpdate(list.get(), end.get());
    for (const Certificate& one : revoked) {
        X509_REVOKED* const entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one.certificate.get()));
        X509_REVOKED_set_revocationDate(entry, begin.get());
        must(X509_CRL_add0_revoked(list.get(), entry) == 1);
    }
    must(X509_CRL_sign(list.get(), issuer.key.get(), EVP_sha256()) != 0);
    const Bio bio = memory();
    must(PEM_write_bio_X509_CRL(bio.get(), list.get()) == 1);
    return text_of(bio);
}

Certificate make_certificate(const CertificateWish& wish, const Certificate* issuer) {
    static std::atomic<long> serial = 1;
    Certificate made;
    made.key.reset(EVP_EC_gen("P-256"), EVP_PKEY_free);
    made.certificate.reset(X509_new(), X509_free);
    X509* const x509 = made.certificate.get();
    must(made.key && x509);
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
    constexpr long day = 86'400;
    X509_gmtime_adj(X509_getm_notBefore(x509), wish.not_yet ? day : -2 * day);
    X509_gmtime_adj(X509_getm_notAfter(x509), wish.expired ? -day : 2 * day + day / 2);
    const std::string usual = wish.authority ? "Test authority" : "Test server";
    const std::string name = wish.name.empty() ? usual : wish.name;
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* const parent = issuer ? issuer->certificate.get() : x509;
    X509_set_issuer_name(x509, X509_get_subject_name(parent));
    X509_set_pubkey(x509, made.key.get());
    extend(x509, parent, NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(x509, parent, NID_subject_key_identifier, "hash");
    const std::string dns = wish.dns.empty() ? "" : "DNS:" + wish.dns,
                      ip = wish.ip.empty() ? "" : "IP:" + wish.ip;
    const std::string names = dns + (dns.empty() || ip.empty() ? "" : ",") + ip;
    if (!names.empty()) extend(x509, parent, NID_subject_alt_name, names);
    must(X509_sign(x509, issuer ? issuer->key.get() : made.key.get(), EVP_sha256()) != 0);
    return made;
}

}  // namespace hooks::testing
