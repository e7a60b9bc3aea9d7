// conformance: what the rules of CDS Hooks say of a service, one line a rule, for integrators and for CI.
#include "fhir/json_writer.hpp"
#include "hooks/command_input.hpp"
#include "hooks/commands.hpp"
#include "hooks/conformance.hpp"
#include "hooks/web_url.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>

namespace hooks {

namespace {

namespace asio = boost::asio;

/// An HttpClient whose answers are waited for.
class Asker {
  public:
    Asker(const ClientOptions& options, std::chrono::milliseconds deadline)
        : deadline_(deadline), client_(context_.get_executor(), options) {}

    std::optional<std::string> problem() const { return client_.problem(); }

    ClientAnswer ask(const ClientRequest& request) {
        std::optional<ClientAnswer> answer;
        std::exception_ptr mistake;
        asio::co_spawn(context_, client_.ask(request, deadline_),
                       [&](const std::exception_ptr& thrown, ClientAnswer came) {
                           mistake = thrown;
                           answer = std::move(came);
                       });
        context_.restart();
        while (!answer) context_.run_one();
        if (mistake) std::rethrow_exception(mistake);
        return *std::move(answer);
    }

  private:
    asio::io_context context_{1};
    std::chrono::milliseconds deadline_;
    HttpClient client_;
};

std::string variable(const char* name, const char* in_capitals) {
    const char* value = std::getenv(name);
    if (!value && in_capitals) value = std::getenv(in_capitals);
    return value ? value : "";
}

/// Whether no_proxy names the host, a domain that it is in, or everything.
bool goes_direct(const std::string& host) {
    std::string_view rest;
    const std::string list = variable("no_proxy", "NO_PROXY");
    rest = list;
    while (!rest.empty()) {
        std::string_view one = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (one == "*") return true;
        if (one.starts_with('.')) one.remove_prefix(1);
        const bool ends = !one.empty() && std::string_view(host).ends_with(one);
        if (ends && (host.size() == one.size() || host[host.size() - one.size() - 1] == '.')) return true;
    }
    return false;
}

/// As curl does: http_proxy counts in small letters only, for servers hand a header over under that name.
std::string proxy_for(const WebUrl& url, const std::string& given) {
    if (!given.empty()) return given;
    if (goes_direct(url.host)) return {};
    return url.tls ? variable("https_proxy", "HTTPS_PROXY") : variable("http_proxy", nullptr);
}

std::string padded(std::string_view text, std::size_t width) {
    std::string out(text);
    out.append(width - std::min(width, out.size()), ' ');
    return out;
}

/// What came from the service, without what a terminal would obey.
std::string printable(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; },
        ' ');
    return text;
}

std::size_t count(const ConformanceReport& report, Verdict verdict) {
    return static_cast<std::size_t>(
        std::count_if(report.rules.begin(), report.rules.end(),
                      [&](const CheckedRule& one) { return one.verdict == verdict; }));
}

void print(const ConformanceReport& report) {
    for (const CheckedRule& one : report.rules) {
        std::cout << padded(to_string(one.verdict), 16) << padded(one.rule, 12)
                  << padded(to_string(one.level), 8) << one.says << (one.why.empty() ? "" : ": ")
                  << printable(one.why) << '\n';
    }
    std::cout << '\n'
              << report.rules.size() << " rules: " << count(report, Verdict::passed) << " passed, "
              << count(report, Verdict::failed) << " failed, " << count(report, Verdict::advice)
              << " advice, " << count(report, Verdict::not_applicable) << " not applicable\n";
}

void print_json(const ConformanceReport& report, const std::string& url) {
    std::string text;
    fhir::JsonWriter json(text);
    json.begin_object();
    json.member("url", std::string_view(url));
    for (const Verdict verdict :
         {Verdict::passed, Verdict::failed, Verdict::advice, Verdict::not_applicable}) {
        const std::string_view name =
            verdict == Verdict::not_applicable ? "notApplicable" : to_string(verdict);
        json.member(name, static_cast<std::int64_t>(count(report, verdict)));
    }
    json.key("rules");
    json.begin_array();
    for (const CheckedRule& one : report.rules) {
        json.begin_object();
        json.member("rule", std::string_view(one.rule));
        json.member("level", to_string(one.level));
        json.member("says", std::string_view(one.says));
        json.member("verdict", to_string(one.verdict));
        if (!one.why.empty()) json.member("why", std::string_view(one.why));
        json.end_object();
    }
    json.end_array();
    json.end_object();
    std::cout << text << '\n';
}

int wrong(const std::string& message) {
    std::cerr << message << '\n';
    return wrong_use;
}

}  // namespace

int check_conformance(const ConformanceArguments& arguments) {
    const auto url = parse_web_url(arguments.url);
    if (!url) return wrong("URL: " + url.error().diagnostics);
    ConformanceQuestion question;
    question.url = arguments.url;
    question.origin = arguments.origin;
    for (const std::string& file : arguments.requests) {
        auto text = read_input(file);
        if (!text) return wrong_use;
        question.requests.emplace_back(file, *std::move(text));
    }
    if (!arguments.token.empty()) {
        auto token = read_input(arguments.token);
        if (!token) return wrong_use;
        while (!token->empty() && static_cast<unsigned char>(token->back()) <= ' ') token->pop_back();
        question.token = *std::move(token);
    }
    ClientOptions options;
    options.proxy = proxy_for(*url, arguments.proxy);
    options.ca_file = arguments.ca;
    const std::chrono::milliseconds deadline(static_cast<std::int64_t>(arguments.timeout * 1'000));
    Asker asker(options, deadline);
    if (const auto problem = asker.problem()) return wrong(*problem);

    const auto stopwatch = [] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now().time_since_epoch());
    };
    const ConformanceReport report = check_conformance(
        question, [&](const ClientRequest& request) { return asker.ask(request); }, stopwatch);
    if (!report.problem.empty()) return wrong(printable(report.problem));
    if (arguments.json) {
        print_json(report, arguments.url);
    } else {
        print(report);
    }
    return count(report, Verdict::failed) == 0 ? well : faults;
}

}  // namespace hooks
