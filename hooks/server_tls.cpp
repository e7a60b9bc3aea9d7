// OpenSSL's context of a server, made of the operator's files.
#include "hooks/server_tls.hpp"

#include "hooks/knowledge_folder.hpp"
#include "hooks/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <new>
#include <string_view>

namespace hooks {

namespace {

using openssl::Free;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Crl = std::unique_ptr<X509_CRL, Free<X509_CRL_free>>;

/// OpenSSL's words for what failed last: "no start line", "key values mismatch".
std::string reason() {
    const char* text = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return text ? text : "unknown reason";
}

ServerTls::Time time_of(const ASN1_TIME* given) {
    std::tm utc{};
    if (!given || ASN1_TIME_to_tm(given, &utc) != 1) return {};
    return std::chrono::system_clock::from_time_t(timegm(&utc));
}

std::string day_of(ServerTls::Time time) {
    const std::time_t second = std::chrono::system_clock::to_time_t(time);
    std::tm utc{};
    gmtime_r(&second, &utc);
    std::array<char, 24> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &utc);
    return text.data();
}

/// The file of `key` can be read; else a problem.
bool is_readable(std::string_view key, const std::string& file, std::vector<std::string>& problems) {
    if (read_text(file)) return true;
    problems.push_back(std::string(key) + ": " + file + ": cannot be read");
    return false;
}

/// A key that every user of the machine can read is no secret.
bool is_secret(std::string_view key, const std::string& file, std::vector<std::string>& problems) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0 || (info.st_mode & S_IROTH) == 0) return true;
    problems.push_back(std::string(key) + ": " + file +
                       ": every user of this machine may read it; chmod o-r");
    return false;
}

/// Never asks a terminal for a passphrase.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

/// http/1.1 if the client offers it (RFC 7301 3.2); one that can do only something else is told so at once.
int choose_protocol(SSL* /*connection*/, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void* /*data*/) {
    constexpr std::string_view ours = "http/1.1";
    for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
        const std::string_view one(reinterpret_cast<const char*>(offered + at + 1),
                                   std::min<unsigned>(offered[at], offered_size - at - 1));
        if (one != ours) continue;
        *chosen = offered + at + 1;
        *size = static_cast<unsigned char>(one.size());
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::string subject_of(X509* certificate) {
    const Bio text(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    std::string subject(BIO_ctrl_pending(text.get()), '\0');
    BIO_read(text.get(), subject.data(), static_cast<int>(subject.size()));
    return subject;
}

std::vector<std::string> files_of(const TlsSettings& settings) {
    return {settings.certificate_file, settings.key_file, settings.client_ca_file, settings.client_crl_file};
}

}  // namespace

std::string state_of_files(const TlsSettings& settings) {
    std::string state;
    for (const std::string& file : files_of(settings)) {
        struct stat info {};
        if (!file.empty() && ::stat(file.c_str(), &info) == 0) {
            const auto [seconds, nanoseconds] = info.st_mtim;
            for (const auto number : {static_cast<std::int64_t>(info.st_ino), std::int64_t{info.st_size},
                                      std::int64_t{seconds}, std::int64_t{nanoseconds}}) {
                state += std::to_string(number) + " ";
            }
        }
        state += file + "\n";
    }
    return state;
}

void ServerTls::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

ServerTls::ServerTls() : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX* const context = context_.get();
    if (!context) throw std::bad_alloc();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

ServerTls::~ServerTls() = default;

ServerTls::Loaded ServerTls::load(const TlsSettings& settings, Time now) {
    Loaded loaded;
    auto tls = std::make_shared<ServerTls>();
    tls->read_pair(settings, now, loaded.problems);
    tls->read_client_trust(settings, now, loaded.problems);
    if (loaded.problems.empty()) loaded.tls = std::move(tls);
    return loaded;
}

void ServerTls::read_pair(const TlsSettings& settings, Time now, std::vector<std::string>& problems) {
    const std::string &certificate = settings.certificate_file, &key = settings.key_file;
    if (certificate.empty()) problems.emplace_back("tls.certificateFile: TLS needs a certificate, got \"\"");
    if (key.empty()) problems.emplace_back("tls.keyFile: TLS needs the key of its certificate, got \"\"");
    if (certificate.empty() || key.empty()) return;
    const bool has_certificate = is_readable("tls.certificateFile", certificate, problems);
    const bool has_key = is_readable("tls.keyFile", key, problems);
    if (!has_certificate || !has_key || !is_secret("tls.keyFile", key, problems)) return;

    ERR_clear_error();
    SSL_CTX* const context = context_.get();
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
        problems.push_back("tls.certificateFile: " + certificate +
                           ": expected certificates in PEM: " + reason());
        return;
    }
    const X509* const shown = SSL_CTX_get0_certificate(context);
    expires_ = time_of(X509_get0_notAfter(shown));
    const Time begins = time_of(X509_get0_notBefore(shown));
    if (expires_ <= now)
        problems.push_back("tls.certificateFile: " + certificate + ": expired on " + day_of(expires_));
    if (begins > now)
        problems.push_back("tls.certificateFile: " + certificate + ": not valid before " + day_of(begins));
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        const int why = ERR_GET_REASON(ERR_peek_last_error());
        const bool is_other = why == X509_R_KEY_VALUES_MISMATCH || why == X509_R_KEY_TYPE_MISMATCH;
        problems.push_back("tls.keyFile: " + key + ": " +
                           (is_other ? "not the key of the certificate in " + certificate
                                     : "expected a private key in PEM without a passphrase: " + reason()));
        ERR_clear_error();
    } else if (SSL_CTX_check_private_key(context) != 1) {
        problems.push_back("tls.keyFile: " + key + ": not the key of the certificate in " + certificate);
        ERR_clear_error();
    }
}

void ServerTls::read_client_trust(const TlsSettings& settings, Time now, std::vector<std::string>& problems) {
    using Asked = TlsSettings::ClientCertificates;
    const std::string& authorities = settings.client_ca_file;
    if (settings.client_certificates == Asked::none) {
        const bool is_unused =
            !authorities.empty() || !settings.client_crl_file.empty() || !settings.client_subjects.empty();
        if (is_unused) {
            problems.emplace_back(
                "tls.clientCertificates: expected optional or required, since clientCaFile, "
                "clientCrlFile or clientSubjects is set, got \"none\"");
        }
        return;
    }
    if (authorities.empty()) {
        problems.emplace_back(
            "tls.clientCaFile: client certificates are asked for: expected a file of the authorities "
            "that sign them, got \"\"");
        return;
    }
    if (!is_readable("tls.clientCaFile", authorities, problems)) return;
    ERR_clear_error();
    SSL_CTX* const context = context_.get();
    STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(authorities.c_str());
    if (!names || SSL_CTX_load_verify_file(context, authorities.c_str()) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        problems.push_back("tls.clientCaFile: " + authorities +
                           ": expected certificates in PEM: " + reason());
        return;
    }
    SSL_CTX_set_client_CA_list(context, names);  // owns them
    client_subjects_ = settings.client_subjects;
    const int demand = settings.client_certificates == Asked::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | demand, nullptr);
    SSL_CTX_set_cert_verify_callback(context, verify_client, this);
    if (!settings.client_crl_file.empty()) read_revocations(settings.client_crl_file, now, problems);
}

void ServerTls::read_revocations(const std::string& file, Time now, std::vector<std::string>& problems) {
    if (!is_readable("tls.clientCrlFile", file, problems)) return;
    X509_STORE* const store = SSL_CTX_get_cert_store(context_.get());
    const Bio text(BIO_new_file(file.c_str(), "r"));
    std::size_t lists = 0;
    for (;;) {
        const Crl list(text ? PEM_read_bio_X509_CRL(text.get(), nullptr, no_passphrase, nullptr) : nullptr);
        if (!list) break;
        ++lists;
        X509_STORE_add_crl(store, list.get());
        const Time until = time_of(X509_CRL_get0_nextUpdate(list.get()));
        if (until == Time{} || until > now) continue;
        // Every client would be refused.
        problems.push_back("tls.clientCrlFile: " + file + ": a list that was to be renewed by " +
                           day_of(until));
    }
    const int why = ERR_GET_REASON(ERR_peek_last_error());
    if (lists == 0 || why != PEM_R_NO_START_LINE) {  // that is how the end of the file shows
        problems.push_back("tls.clientCrlFile: " + file + ": expected revocation lists in PEM: " + reason());
    }
    ERR_clear_error();
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}

/// What OpenSSL checks of a chain, then the list of subjects.
int ServerTls::verify_client(x509_store_ctx_st* chain, void* tls) {
    if (X509_verify_cert(chain) != 1) return 0;
    if (static_cast<const ServerTls*>(tls)->is_listed(chain)) return 1;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

bool ServerTls::is_listed(x509_store_ctx_st* chain) const {
    constexpr std::string_view name_prefix = "DNS:";
    if (client_subjects_.empty()) return true;
    X509* const client = X509_STORE_CTX_get0_cert(chain);
    const std::string subject = subject_of(client);
    return std::any_of(client_subjects_.begin(), client_subjects_.end(), [&](const std::string& listed) {
        if (!listed.starts_with(name_prefix)) return listed == subject;
        constexpr unsigned exactly = X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
        return X509_check_host(client, listed.data() + name_prefix.size(), listed.size() - name_prefix.size(),
                               exactly, nullptr) == 1;
    });
}

}  // namespace hooks
