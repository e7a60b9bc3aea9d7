// A plain Boost.Beast server to measure asps-cds against: reads the body, parses it or not, answers a fixed
// card.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace json = boost::json;
using asio::ip::tcp;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t body_limit = 4'194'304;

/// What a server does with a body before it answers; true if the body was well.
using Work = bool (*)(std::string_view body);

bool bare(std::string_view body) { return !body.empty(); }

/// Takes every event of basic_parser and keeps nothing.
struct NoHandler {
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);
    using Error = boost::system::error_code;
    bool on_document_begin(Error&) { return true; }
    bool on_document_end(Error&) { return true; }
    bool on_object_begin(Error&) { return true; }
    bool on_object_end(std::size_t, Error&) { return true; }
    bool on_array_begin(Error&) { return true; }
    bool on_array_end(std::size_t, Error&) { return true; }
    bool on_key_part(json::string_view, std::size_t, Error&) { return true; }
    bool on_key(json::string_view, std::size_t, Error&) { return true; }
    bool on_string_part(json::string_view, std::size_t, Error&) { return true; }
    bool on_string(json::string_view, std::size_t, Error&) { return true; }
    bool on_number_part(json::string_view, Error&) { return true; }
    bool on_int64(std::int64_t, json::string_view, Error&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, Error&) { return true; }
    bool on_double(double, json::string_view, Error&) { return true; }
    bool on_bool(bool, Error&) { return true; }
    bool on_null(Error&) { return true; }
    bool on_comment_part(json::string_view, Error&) { return true; }
    bool on_comment(json::string_view, Error&) { return true; }
};

bool events(std::string_view body) {
    json::basic_parser<NoHandler> parser(json::parse_options{});
    boost::system::error_code ec;
    return parser.write_some(false, body.data(), body.size(), ec) == body.size() && !ec;
}

bool tree(std::string_view body) {
    static thread_local std::array<unsigned char, 262'144> first_block;
    json::monotonic_resource arena(first_block.data(), first_block.size());
    boost::system::error_code ec;
    const json::value value = json::parse({body.data(), body.size()}, ec, &arena);
    return !ec && value.is_object();
}

/// About as long as a real answer with one card.
std::string fixed_card() {
    std::string detail;
    while (detail.size() < 1'700)
        detail += "A line of the detail, as a card has them: what is known and since when.\\n";
    return R"({"cards":[{"uuid":"00000000-0000-4000-8000-000000000000","summary":"A fixed card","indicator":"info",)"
           R"("detail":")" +
           detail + R"(","source":{"label":"tests/bench","url":"https://example.org/bench"}}]})";
}

asio::awaitable<void> session(tcp::socket socket, Work work, const std::string& card) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    beast::tcp_stream stream(std::move(socket));
    beast::flat_buffer buffer;
    buffer.reserve(65'536);  // a fresh one reads 512 bytes a call

    for (;;) {
        http::request_parser<http::string_body> parser;
        parser.body_limit(body_limit);
        stream.expires_after(std::chrono::seconds(30));
        auto [read_error, read] = co_await http::async_read(stream, buffer, parser, quietly);
        if (read_error) co_return;

        const bool well = work(parser.get().body());
        http::response<http::string_body> response(well ? http::status::ok : http::status::bad_request, 11);
        response.set(http::field::content_type, "application/json");
        response.keep_alive(parser.get().keep_alive());
        response.body() = card;
        response.prepare_payload();
        stream.expires_after(std::chrono::seconds(30));
        auto [write_error, written] = co_await http::async_write(stream, response, quietly);
        if (write_error || !response.keep_alive()) co_return;
    }
}

asio::awaitable<void> accept(tcp::acceptor acceptor, Work work, const std::string& card) {
    for (;;) {
        auto [error, socket] = co_await acceptor.async_accept(quietly);
        if (error) continue;
        asio::co_spawn(acceptor.get_executor(), session(std::move(socket), work, card), asio::detached);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view kind = argc == 3 ? argv[1] : "";
    Work work = nullptr;
    if (kind == "bare") work = bare;
    if (kind == "events") work = events;
    if (kind == "tree") work = tree;
    if (work == nullptr) {
        std::fputs("usage: beast_server bare|events|tree PORT\n", stderr);
        return 2;
    }

    asio::io_context context(1);
    const auto port = static_cast<std::uint16_t>(std::strtoul(argv[2], nullptr, 10));
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), port));
    const std::string card = fixed_card();
    asio::co_spawn(context, accept(std::move(acceptor), work, card), asio::detached);
    context.run();
}
