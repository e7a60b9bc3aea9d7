// Connecting to a host that has several addresses, of which not all answer.
#include "hooks/stream_client.hpp"

#include "tests/support/hooks_faulty_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hooks {

namespace {

using namespace testing;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Connected {
    bool well = false;
    ClientStream::End end = ClientStream::End::open;
    std::string reason{};
};

Connected connect(const std::vector<std::string>& addresses, std::uint16_t port, milliseconds deadline) {
    boost::asio::io_context context;
    ClientStream stream(context.get_executor());
    stream.expires_at(Clock::now() + deadline);
    std::vector<boost::asio::ip::address> parsed;
    for (const std::string& address : addresses) parsed.push_back(boost::asio::ip::make_address(address));
    auto connecting = stream.connect(parsed, port);
    auto well = boost::asio::co_spawn(context, std::move(connecting), boost::asio::use_future);
    while (context.run_one() > 0 && well.wait_for(milliseconds(0)) != std::future_status::ready) {
    }
    return {well.get(), stream.end(), stream.reason()};
}

TEST(ClientStream, GoesOnToTheAddressThatAnswers) {
    FaultyServer server(std::vector<Script>{{hang()}});
    const ClosedPort closed("127.0.0.2", server.port());
    const SilentPort silent("127.0.0.3", server.port());

    EXPECT_TRUE(connect({"127.0.0.2", "127.0.0.1"}, server.port(), milliseconds(20'000)).well);
    EXPECT_TRUE(connect({"127.0.0.3", "127.0.0.1"}, server.port(), milliseconds(1'000)).well);
    EXPECT_TRUE(connect({"127.0.0.1", "127.0.0.3"}, server.port(), milliseconds(20'000)).well);
}

TEST(ClientStream, SaysWhyNoAddressAnswers) {
    const ClosedPort closed;
    const SilentPort silent("127.0.0.3", closed.port());

    const Connected refused = connect({"127.0.0.1", "127.0.0.1"}, closed.port(), milliseconds(20'000));
    const Connected late = connect({"127.0.0.1", "127.0.0.3"}, closed.port(), milliseconds(200));

    EXPECT_FALSE(refused.well);
    EXPECT_EQ(refused.end, ClientStream::End::broken);
    EXPECT_EQ(refused.reason, "Connection refused");
    EXPECT_FALSE(late.well);
    EXPECT_EQ(late.end, ClientStream::End::expired);
}

}  // namespace

}  // namespace hooks
