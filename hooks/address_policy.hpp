// Which addresses the service may call: none inside the house but those the operator named (SSRF).
#pragma once

#include <boost/asio/ip/address.hpp>

namespace hooks {

enum class AddressKind {
    global,  ///< a unicast address of the internet
    inside,  ///< loopback, link-local, private, shared by a carrier, unique local: only if listed
    never    ///< cloud metadata, multicast, broadcast, unspecified, reserved, documentation
};

/// IPv4 inside IPv6 (mapped, NAT64, 6to4) is what the IPv4 address is. Source: IANA's special-purpose address
/// registries (RFC 6890).
AddressKind kind_of(const boost::asio::ip::address& address);

/// `listed`: the operator named the origin whose address this is.
bool may_call(const boost::asio::ip::address& address, bool listed);

}  // namespace hooks
