// ServerTls: what a TLS listener shows its clients and asks of them: certificate, key, authorities; read and
// checked once, then fixed.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct ssl_ctx_st;
struct x509_store_ctx_st;

namespace hooks {

struct TlsSettings {
    std::string
        certificate_file;  ///< PEM: the certificate, then those that lead to its authority; "": no TLS
    std::string key_file;  ///< PEM, without a passphrase
    enum class ClientCertificates : std::uint8_t { none, optional, required } client_certificates{};
    std::string client_ca_file;   ///< PEM: the authorities that sign client certificates
    std::string client_crl_file;  ///< PEM: their revocation lists; "": none is asked
    /// "": whoever an authority signed. Else the whole subject as RFC 2253 writes it ("CN=ehr,O=Hospital"),
    /// or "DNS:ehr.example.org" for a name in the certificate.
    std::vector<std::string> client_subjects;

    bool operator==(const TlsSettings&) const = default;
};

/// Changes when one of the files is written or replaced: names, inodes, sizes and times.
std::string state_of_files(const TlsSettings& settings);

/// TLS 1.2 with forward secrecy and authenticated encryption, or 1.3; no compression, renegotiation, or
/// resumption.
class ServerTls {
  public:
    using Time = std::chrono::system_clock::time_point;

    /// Null with problems, each with key and file: `tls.keyFile: /etc/key.pem: cannot be read`. A certificate
    /// that is not valid at `now` is one.
    struct Loaded {
        std::shared_ptr<const ServerTls> tls;
        std::vector<std::string> problems;
    };
    static Loaded load(const TlsSettings& settings, Time now);

    ServerTls();
    ~ServerTls();
    ServerTls(const ServerTls&) = delete;
    ServerTls& operator=(const ServerTls&) = delete;

    /// Never null; shared by handshakes of several threads.
    ssl_ctx_st* context() const { return context_.get(); }
    /// The end of the certificate's validity.
    Time expires() const { return expires_; }

  private:
    struct Free {
        void operator()(ssl_ctx_st* context) const;
    };
    static int verify_client(x509_store_ctx_st* chain, void* tls);
    bool is_listed(x509_store_ctx_st* chain) const;
    void read_pair(const TlsSettings& settings, Time now, std::vector<std::string>& problems);
    void read_client_trust(const TlsSettings& settings, Time now, std::vector<std::string>& problems);
    void read_revocations(const std::string& file, Time now, std::vector<std::string>& problems);

    std::unique_ptr<ssl_ctx_st, Free> context_;
    std::vector<std::string> client_subjects_;
    Time expires_{};
};

}  // namespace hooks
