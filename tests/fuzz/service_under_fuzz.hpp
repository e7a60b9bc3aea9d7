// ServiceUnderFuzz: the real server with the knowledge of config/asps on a port of this machine, in a thread;
// and what it is asked.
#pragma once

#include "hooks/clock.hpp"
#include "hooks/feedback.hpp"
#include "hooks/http_server.hpp"
#include "hooks/knowledge_folder.hpp"
#include "hooks/service.hpp"
#include "tests/fuzz/target.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <thread>
#include <vector>

namespace fuzz {

/// The methods of the requests in `bytes`, as far as they go; the last may be incomplete or refused.
inline std::vector<std::string> methods_in(std::string_view bytes) {
    using State = hooks::RequestReader::State;
    std::vector<std::string> methods;
    hooks::RequestReader reader{hooks::HttpLimits{}};
    for (State state = State::head; state != State::refused;) {
        if (state == State::complete) {
            methods.push_back(reader.request().method);
            state = reader.next();
            continue;
        }
        if (bytes.empty()) break;
        const auto space = reader.space();
        const std::size_t count = std::min(space.size(), bytes.size());
        bytes.copy(space.data(), count);
        bytes.remove_prefix(count);
        state = reader.received(count);
    }
    methods.push_back(reader.request().method);
    return methods;
}

class ServiceUnderFuzz {
  public:
    ServiceUnderFuzz()
        : service_(settings(), knowledge(), *hooks::pinned_clock("2026-01-15"), &feedback_),
          server_(settings().server, service_) {
        expect(!server_.listen());
        thread_ = std::thread([this] { server_.run(); });
    }
    ~ServiceUnderFuzz() {
        server_.stop();
        thread_.join();
    }

    /// All that comes back on a new connection until the service closes it: soon, for nothing follows
    /// `bytes`.
    std::string answers(std::string_view bytes) {
        using boost::asio::ip::tcp;
        const auto interrupted = boost::asio::error::interrupted;  // by libFuzzer's alarm
        boost::asio::io_context context;
        tcp::socket socket(context);
        boost::system::error_code ec;
        do {
            socket.connect({boost::asio::ip::address_v4::loopback(), server_.port()}, ec);
        } while (ec == interrupted);
        expect(!ec || ec == boost::asio::error::already_connected);
        do {  // a refused sender may not get rid of all of it
            bytes.remove_prefix(boost::asio::write(socket, boost::asio::buffer(bytes), ec));
        } while (ec == interrupted);
        socket.shutdown(tcp::socket::shutdown_send, ec);
        std::string answers;
        do {
            boost::asio::read(socket, boost::asio::dynamic_buffer(answers), ec);
        } while (ec == interrupted);
        return answers;
    }

  private:
    /// Takes everything: the disk would be what the fuzzer waits for.
    struct Feedback final : hooks::FeedbackStore {
        void keep(std::string, std::vector<hooks::Feedback> given, Done done) override {
            done(Kept{.stored = given.size()});
        }
        void remember(std::vector<hooks::IssuedCard>) override {}
        bool is_open() const override { return true; }
    };

    static hooks::Settings settings() {
        hooks::Settings made;
        made.server.port = 0;
        made.server.threads = 1;
        made.cors.origins = {"https://ehr.example.org"};
        return made;
    }
    static std::shared_ptr<const cards::Knowledge> knowledge() {
        return cards::Knowledge::load(hooks::read_knowledge_folder(SOURCE_DIR "/config/asps").files)
            .knowledge;
    }

    Feedback feedback_;
    hooks::CdsService service_;
    hooks::HttpServer server_;
    std::thread thread_;
};

}  // namespace fuzz
