// The server's side of a TLS connection, as a Stream.
#pragma once

#include "hooks/server_tls.hpp"
#include "hooks/stream.hpp"

namespace hooks {

/// TLS over the socket, whose executor must be the connection's strand. `tls` as it is now: a connection
/// lives on with the certificate it began with.
std::unique_ptr<Stream> tls_stream(boost::asio::ip::tcp::socket socket, std::shared_ptr<const ServerTls> tls);

}  // namespace hooks
