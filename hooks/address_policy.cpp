// The special-purpose networks as tables; the first that holds an address says what it is.
#include "hooks/address_policy.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace hooks {

namespace {

namespace ip = boost::asio::ip;

struct Network4 {
    std::array<std::uint8_t, 4> start;
    unsigned bits;
    AddressKind kind;
};

constexpr Network4 networks4[] = {
    {{169, 254, 169, 254}, 32, AddressKind::never},  // metadata of most clouds
    {{169, 254, 170, 2}, 32, AddressKind::never},    // metadata of AWS containers
    {{169, 254, 170, 23}, 32, AddressKind::never},   // credentials of AWS pods
    {{100, 100, 100, 200}, 32, AddressKind::never},  // metadata of Alibaba
    {{168, 63, 129, 16}, 32, AddressKind::never},    // Azure's host
    {{0, 0, 0, 0}, 8, AddressKind::never},           // this network; connects to loopback
    {{10, 0, 0, 0}, 8, AddressKind::inside},         // RFC 1918
    {{100, 64, 0, 0}, 10, AddressKind::inside},      // shared by a carrier, RFC 6598
    {{127, 0, 0, 0}, 8, AddressKind::inside},        // loopback
    {{169, 254, 0, 0}, 16, AddressKind::inside},     // link-local
    {{172, 16, 0, 0}, 12, AddressKind::inside},      // RFC 1918
    {{192, 0, 0, 0}, 24, AddressKind::never},        // protocol assignments; metadata of Oracle
    {{192, 0, 2, 0}, 24, AddressKind::never},        // documentation
    {{192, 88, 99, 0}, 24, AddressKind::never},      // 6to4 relays
    {{192, 168, 0, 0}, 16, AddressKind::inside},     // RFC 1918
    {{198, 18, 0, 0}, 15, AddressKind::inside},      // benchmarking; private in practice
    {{198, 51, 100, 0}, 24, AddressKind::never},     // documentation
    {{203, 0, 113, 0}, 24, AddressKind::never},      // documentation
    {{224, 0, 0, 0}, 4, AddressKind::never},         // multicast
    {{240, 0, 0, 0}, 4, AddressKind::never},         // reserved, broadcast
};

struct Network6 {
    std::array<std::uint8_t, 16> start;
    unsigned bits;
    AddressKind kind;
};

constexpr Network6 networks6[] = {
    {{0xfd, 0x00, 0x0e, 0xc2}, 32, AddressKind::never},  // metadata of AWS: fd00:ec2::254
    {{0xfd, 0x20, 0x00, 0xce}, 32, AddressKind::never},  // metadata of Google: fd20:ce::254
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, AddressKind::inside},  // loopback
    {{0xfc}, 7, AddressKind::inside},                                              // unique local
    {{0xfe, 0x80}, 10, AddressKind::inside},                                       // link-local
    {{0xfe, 0xc0}, 10, AddressKind::inside},                                       // site-local, deprecated
    {{0x20, 0x01, 0x00}, 23, AddressKind::never},        // protocol assignments: Teredo, ORCHID
    {{0x20, 0x01, 0x0d, 0xb8}, 32, AddressKind::never},  // documentation
    {{0x3f, 0xff, 0x00}, 20, AddressKind::never},        // documentation
    {{0x20}, 3, AddressKind::global},                    // what IANA has given out
    {{}, 0, AddressKind::never},                         // all else: unspecified, multicast, reserved
};

/// The first `bits` bits are the same.
bool begins_alike(std::span<const std::uint8_t> address, std::span<const std::uint8_t> start, unsigned bits) {
    for (std::size_t byte = 0; bits > 0; ++byte) {
        const unsigned here = bits < 8 ? bits : 8;
        const auto mask = static_cast<std::uint8_t>(0xff << (8 - here));
        if ((address[byte] & mask) != (start[byte] & mask)) return false;
        bits -= here;
    }
    return true;
}

AddressKind kind_of_v4(const ip::address_v4::bytes_type& bytes) {
    for (const Network4& network : networks4) {
        if (begins_alike(bytes, network.start, network.bits)) return network.kind;
    }
    return AddressKind::global;
}

AddressKind kind_of_v6(const ip::address_v6::bytes_type& bytes) {
    constexpr std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // RFC 4291
    constexpr std::array<std::uint8_t, 16> nat64{0x00, 0x64, 0xff, 0x9b};                     // RFC 6052
    constexpr std::array<std::uint8_t, 16> six_to_four{0x20, 0x02};                           // RFC 3056
    if (begins_alike(bytes, mapped, 96) || begins_alike(bytes, nat64, 96)) {
        return kind_of_v4({bytes[12], bytes[13], bytes[14], bytes[15]});
    }
    if (begins_alike(bytes, six_to_four, 16)) return kind_of_v4({bytes[2], bytes[3], bytes[4], bytes[5]});
    for (const Network6& network : networks6) {
        if (begins_alike(bytes, network.start, network.bits)) return network.kind;
    }
    return AddressKind::never;
}

}  // namespace

AddressKind kind_of(const ip::address& address) {
    return address.is_v4() ? kind_of_v4(address.to_v4().to_bytes()) : kind_of_v6(address.to_v6().to_bytes());
}

bool may_call(const ip::address& address, bool listed) {
    switch (kind_of(address)) {
        case AddressKind::global:
            return true;
        case AddressKind::inside:
            return listed;
        case AddressKind::never:
            return false;
    }
    return false;
}

}  // namespace hooks
