// One table of keys serves the file, the environment and the messages.
#include "hooks/settings.hpp"

#include "fhir/document.hpp"
#include "hooks/web_url.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <numeric>
#include <optional>

namespace hooks {

namespace {

/// A value of the file or the environment before its key has judged it.
struct Value {
    enum class Kind { number, word, flag, list, map } kind = Kind::word;
    std::string text;
    std::vector<std::string> items;                            // list
    std::vector<std::pair<std::string, std::string>> members;  // map
};

struct Key {
    std::string_view path, expected;
    Value::Kind kind;
    bool (*set)(Settings& settings, const Value& value);
};

template <class Number>
bool set_number(Number& target, const Value& value, std::uint64_t least, std::uint64_t most) {
    std::uint64_t number = 0;
    const char* end = value.text.data() + value.text.size();
    const auto [stop, ec] = std::from_chars(value.text.data(), end, number);
    if (ec != std::errc{} || stop != end || number < least || number > most) return false;
    target = Number(number);
    return true;
}

bool set_deadline(std::chrono::milliseconds& target, const Value& value, std::uint64_t least = 1) {
    std::int64_t number = 0;
    if (!set_number(number, value, least, 3'600'000)) return false;
    target = std::chrono::milliseconds(number);
    return true;
}

/// `https://host` or `https://host:port`: what a browser sends in Origin, so in lower case and without the
/// scheme's own port. `*` and `null` are refused (K-4).
bool is_origin(std::string_view text) {
    const std::size_t scheme = text.find("://");
    if (scheme == std::string_view::npos || scheme == 0) return false;
    const std::string_view host = text.substr(scheme + 3);
    return !host.empty() && host.find_first_of("/?#*@\\ \t") == std::string_view::npos &&
           !(text.starts_with("https:") && host.ends_with(":443")) &&
           !(text.starts_with("http:") && host.ends_with(":80")) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return c > ' ' && c < '\x7f' && (c < 'A' || c > 'Z'); });
}

bool set_origins(Settings& settings, const Value& value) {
    if (!std::all_of(value.items.begin(), value.items.end(), is_origin)) return false;
    settings.cors.origins = value.items;
    return true;
}

/// Address and port of `127.0.0.1:8080` or `[::1]:8080`.
std::optional<std::pair<std::string, std::uint16_t>> read_listen(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    std::string_view address = text.substr(0, colon);
    const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
    if (bracketed) address = address.substr(1, address.size() - 2);
    if (!bracketed && address.find(':') != std::string_view::npos) return std::nullopt;
    Value value;
    value.text = text.substr(colon + 1);
    std::uint16_t port = 0;
    if (!set_number(port, value, 0, 65'535)) return std::nullopt;
    return std::pair(std::string(address), port);
}

/// "" (then the address is "") or where to listen.
bool set_address(std::string& address, std::uint16_t& port, std::string_view text) {
    auto listen =
        text.empty() ? std::optional(std::pair(std::string(), std::uint16_t{0})) : read_listen(text);
    if (!listen) return false;
    address = std::move(listen->first);
    port = listen->second;
    return true;
}

bool set_switches(cards::Switches& switches, const Value& value) {
    for (const auto& [id, flag] : value.members) {
        if (id.empty() || (flag != "true" && flag != "false")) return false;
        switches[id] = flag == "true";
    }
    return true;
}

bool set_base_path(Settings& settings, const Value& value) {
    const std::string& path = value.text;
    if (!path.empty() && (path.front() != '/' || path.back() == '/' || path.find("//") != std::string::npos ||
                          path.find_first_of("?# ") != std::string::npos)) {
        return false;
    }
    settings.base_path = path;
    return true;
}

bool set_required(Settings& settings, const Value& value) {
    using Required = Authentication::Required;
    Required& required = settings.authentication.required;
    if (value.text == "auto") {
        required = Required::automatic;
    } else if (value.text == "always") {
        required = Required::always;
    } else if (value.text == "never") {
        required = Required::never;
    } else {
        return false;
    }
    return true;
}

bool set_on_overload(Settings& settings, const Value& value) {
    settings.on_overload = value.text == "empty" ? OnOverload::empty : OnOverload::service_unavailable;
    return value.text == "empty" || value.text == "503";
}

/// "" or a URL without a slash at its end.
bool set_public_url(Settings& settings, const Value& value) {
    const std::string& url = value.text;
    const bool is_web = url.starts_with("https://") || url.starts_with("http://");
    if (!url.empty() && (!is_web || url.back() == '/' || url.find_first_of("?# ") != std::string::npos))
        return false;
    settings.public_url = url;
    return true;
}

bool set_flag(bool& target, const Value& value) {
    if (value.text != "true" && value.text != "false") return false;
    target = value.text == "true";
    return true;
}

bool set_client_certificates(Settings& settings, const Value& value) {
    using Asked = TlsSettings::ClientCertificates;
    Asked& asked = settings.tls.client_certificates;
    if (value.text == "none") {
        asked = Asked::none;
    } else if (value.text == "optional") {
        asked = Asked::optional;
    } else if (value.text == "required") {
        asked = Asked::required;
    } else {
        return false;
    }
    return true;
}

bool set_tls_required(Settings& settings, const Value& value) {
    settings.tls_required = value.text == "never" ? TlsRequired::never : TlsRequired::automatic;
    return value.text == "auto" || value.text == "never";
}

bool set_log_level(Settings& settings, const Value& value) {
    const auto level = log_level(value.text);
    if (level) settings.log_level = *level;
    return level.has_value();
}

using Kind = Value::Kind;
constexpr std::uint64_t gigabyte = 1'073'741'824;

constexpr std::array keys = {
    Key{"listen", "\"\" or address:port such as 127.0.0.1:8080", Kind::word,
        [](Settings& s, const Value& v) { return set_listen(s, v.text); }},
    Key{"threads", "a number from 0 (one a core) to 256", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.server.threads, v, 0, 256); }},
    Key{"basePath", "\"\" or a path such as /asps", Kind::word, set_base_path},
    Key{"knowledge", "a folder", Kind::word,
        [](Settings& s, const Value& v) {
            s.knowledge = v.text;
            return true;
        }},
    Key{"services", "service ids with true or false", Kind::map,
        [](Settings& s, const Value& v) { return set_switches(s.services, v); }},
    Key{"rules", "rule ids with true or false", Kind::map,
        [](Settings& s, const Value& v) { return set_switches(s.rules, v); }},
    Key{"limits.headerBytes", "a number from 1024 to 65536", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.server.http.header_bytes, v, 1'024, 65'536); }},
    Key{"limits.fields", "a number from 1 to 1000", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.server.http.fields, v, 1, 1'000); }},
    Key{"limits.bodyBytes", "a number from 1024 to 1073741824", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.server.http.body_bytes, v, 1'024, gigabyte); }},
    Key{"limits.chunkOverheadBytes", "a number from 1024 to 1048576", Kind::number,
        [](Settings& s, const Value& v) {
            return set_number(s.server.http.overhead_bytes, v, 1'024, 1'048'576);
        }},
    Key{"limits.connections", "a number from 1 to 1000000", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.server.connections, v, 1, 1'000'000); }},
    Key{"limits.connectionsPerAddress", "a number from 0 (no limit) to 1000000", Kind::number,
        [](Settings& s, const Value& v) {
            return set_number(s.server.connections_per_address, v, 0, 1'000'000);
        }},
    Key{"limits.requestsPerConnection", "a number from 1 to 1000000000", Kind::number,
        [](Settings& s, const Value& v) {
            return set_number(s.server.requests_per_connection, v, 1, 1'000'000'000);
        }},
    Key{"limits.bodyBytesInFlight", "a number from 1024 to 1073741824", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.server.bodies_bytes, v, 1'024, gigabyte); }},
    Key{"limits.bodyBytesPerSecond", "a number from 0 (at any rate) to 1073741824", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.server.body_rate, v, 0, gigabyte); }},
    Key{"limits.requestMemoryBytes", "a number from 1048576 to 1073741824", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.request_memory, v, 1'048'576, gigabyte); }},
    Key{"limits.sharedMemoryBytes", "a number from 1048576 to 1073741824", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.shared_memory, v, 1'048'576, gigabyte); }},
    Key{"limits.callsWaiting", "a number from 1 to 1000000", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.admission.queue, v, 1, 1'000'000); }},
    Key{"limits.callsPerSecond", "a number from 0 (any) to 1000000", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.calls_per_second, v, 0, 1'000'000); }},
    Key{"limits.fhirCalls", "a number from 1 to 1000", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.fhir.calls, v, 1, 1'000); }},
    Key{"limits.fhirCallsAtOnce", "a number from 1 to 100", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.fhir.calls_at_once, v, 1, 100); }},
    Key{"limits.fhirConnections", "a number from 1 to 1000", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.fhir.connections, v, 1, 1'000); }},
    Key{"limits.fhirPages", "a number from 1 to 1000", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.fhir.pages, v, 1, 1'000); }},
    Key{"limits.fhirResponseBytes", "a number from 1024 to 1073741824", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.fhir.response_bytes, v, 1'024, gigabyte); }},
    Key{"limits.fhirTotalBytes", "a number from 1024 to 1073741824", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.fhir.total_bytes, v, 1'024, gigabyte); }},
    Key{"limits.fhirFailures", "a number from 1 to 1000000", Kind::number,
        [](Settings& s, const Value& v) { return set_number(s.fhir.circuit_failures, v, 1, 1'000'000); }},
    Key{"deadlinesMs.request", "milliseconds from 1 to 3600000", Kind::number,
        [](Settings& s, const Value& v) { return set_deadline(s.fhir.request_deadline, v); }},
    Key{"deadlinesMs.fhir", "milliseconds from 1 to 3600000", Kind::number,
        [](Settings& s, const Value& v) { return set_deadline(s.fhir.deadline, v); }},
    Key{"deadlinesMs.fhirPause", "milliseconds from 1 to 3600000", Kind::number,
        [](Settings& s, const Value& v) { return set_deadline(s.fhir.circuit_pause, v); }},
    Key{"fhir.servers", "a list of FHIR base URLs such as https://ehr.example.org/fhir/r4", Kind::list,
        [](Settings& s, const Value& v) {
            s.fhir.servers = v.items;
            return true;
        }},
    Key{"fhir.plainHttp", "true or false", Kind::flag,
        [](Settings& s, const Value& v) { return set_flag(s.fhir.plain_http, v); }},
    Key{"fhir.withoutToken", "true or false", Kind::flag,
        [](Settings& s, const Value& v) { return set_flag(s.fhir.without_token, v); }},
    Key{"fhir.caFile", "a file of certificates in PEM", Kind::word,
        [](Settings& s, const Value& v) {
            s.fhir.ca_file = v.text;
            return true;
        }},
    Key{"fhir.proxy", "\"\" or a URL such as http://proxy.example.org:3128", Kind::word,
        [](Settings& s, const Value& v) {
            s.fhir.proxy = v.text;
            return true;
        }},
    Key{"deadlinesMs.header", "milliseconds from 1 to 3600000", Kind::number,
        [](Settings& s, const Value& v) { return set_deadline(s.server.deadlines.header, v); }},
    Key{"deadlinesMs.body", "milliseconds from 1 to 3600000", Kind::number,
        [](Settings& s, const Value& v) { return set_deadline(s.server.deadlines.body, v); }},
    Key{"deadlinesMs.write", "milliseconds from 1 to 3600000", Kind::number,
        [](Settings& s, const Value& v) { return set_deadline(s.server.deadlines.write, v); }},
    Key{"deadlinesMs.idle", "milliseconds from 1 to 3600000", Kind::number,
        [](Settings& s, const Value& v) { return set_deadline(s.server.deadlines.idle, v); }},
    Key{"deadlinesMs.drain", "milliseconds from 1 to 3600000", Kind::number,
        [](Settings& s, const Value& v) { return set_deadline(s.server.deadlines.drain, v); }},
    Key{"deadlinesMs.drainDelay", "milliseconds from 0 to 3600000", Kind::number,
        [](Settings& s, const Value& v) { return set_deadline(s.server.deadlines.drain_delay, v, 0); }},
    Key{"deadlinesMs.feedback", "milliseconds from 1 to 3600000", Kind::number,
        [](Settings& s, const Value& v) { return set_deadline(s.feedback.deadline, v); }},
    Key{"deadlinesMs.bodyPause", "milliseconds from 1 to 3600000", Kind::number,
        [](Settings& s, const Value& v) { return set_deadline(s.server.deadlines.body_pause, v); }},
    Key{"deadlinesMs.waiting", "milliseconds from 1 to 3600000", Kind::number,
        [](Settings& s, const Value& v) { return set_deadline(s.admission.age, v); }},
    Key{"onOverload", "503 or empty", Kind::word, set_on_overload},
    Key{"cors.origins", "a list of exact origins such as https://sandbox.cds-hooks.org", Kind::list,
        set_origins},
    Key{"cors.maxAgeSeconds", "seconds from 0 to 86400", Kind::number,
        [](Settings& s, const Value& v) {
            std::int64_t seconds = 0;
            if (!set_number(seconds, v, 0, 86'400)) return false;
            s.cors.max_age = std::chrono::seconds(seconds);
            return true;
        }},
    Key{"publicUrl", "\"\" or an address such as https://cds.example.org/asps", Kind::word, set_public_url},
    Key{"auth.required", "auto, always or never", Kind::word, set_required},
    Key{"auth.discovery", "true or false", Kind::flag,
        [](Settings& s, const Value& v) { return set_flag(s.authentication.discovery, v); }},
    Key{"auth.staleKeysSeconds", "seconds from 3600 to 604800", Kind::number,
        [](Settings& s, const Value& v) {
            std::int64_t seconds = 0;
            if (!set_number(seconds, v, 3'600, 604'800)) return false;
            s.authentication.stale_keys = std::chrono::seconds(seconds);
            return true;
        }},
    Key{"cors.privateNetwork", "true or false", Kind::flag,
        [](Settings& s, const Value& v) {
            s.cors.private_network = v.text == "true";
            return v.text == "true" || v.text == "false";
        }},
    Key{"feedback.file", "\"\" or a file such as var/feedback.sqlite", Kind::word,
        [](Settings& s, const Value& v) {
            s.feedback.file = v.text;
            return !v.text.ends_with('/');
        }},
    Key{"feedback.retentionDays", "days from 0 (for ever) to 36500", Kind::number,
        [](Settings& s, const Value& v) {
            std::int64_t days = 0;
            if (!set_number(days, v, 0, 36'500)) return false;
            s.feedback.retention = std::chrono::days(days);
            return true;
        }},
    Key{"decisions.file", "\"\" or a file such as var/decisions.ndjson", Kind::word,
        [](Settings& s, const Value& v) {
            s.decisions.file = v.text;
            return !v.text.ends_with('/');
        }},
    Key{"decisions.keyFile", "a file such as var/decisions.key", Kind::word,
        [](Settings& s, const Value& v) {
            s.decisions.key_file = v.text;
            return !v.text.empty() && !v.text.ends_with('/');
        }},
    Key{"admin.listen", "\"\" or address:port such as 127.0.0.1:9090", Kind::word,
        [](Settings& s, const Value& v) { return set_address(s.admin.address, s.admin.port, v.text); }},
    Key{"tls.listen", "\"\" or address:port such as 0.0.0.0:8443", Kind::word,
        [](Settings& s, const Value& v) { return set_address(s.server.tls_address, s.server.tls_port, v.text); }},
    Key{"tls.required", "auto or never", Kind::word, set_tls_required},
    Key{"tls.certificateFile", "\"\" or a file of certificates in PEM", Kind::word,
        [](Settings& s, const Value& v) {
            s.tls.certificate_file = v.text;
            return true;
        }},
    Key{"tls.keyFile", "\"\" or a file with a private key in PEM", Kind::word,
        [](Settings& s, const Value& v) {
            s.tls.key_file = v.text;
            return true;
        }},
    Key{"tls.clientCertificates", "none, optional or required", Kind::word, set_client_certificates},
    Key{"tls.clientCaFile", "\"\" or a file of certificates in PEM", Kind::word,
        [](Settings& s, const Value& v) {
            s.tls.client_ca_file = v.text;
            return true;
        }},
    Key{"tls.clientCrlFile", "\"\" or a file of revocation lists in PEM", Kind::word,
        [](Settings& s, const Value& v) {
            s.tls.client_crl_file = v.text;
            return true;
        }},
    Key{"tls.clientSubjects", "a list of subjects such as CN=ehr,O=Hospital or DNS:ehr.example.org", Kind::list,
        [](Settings& s, const Value& v) {
            s.tls.client_subjects = v.items;
            return std::none_of(v.items.begin(), v.items.end(), [](const auto& item) { return item.empty(); });
        }},
    Key{"deadlinesMs.handshake", "milliseconds from 1 to 3600000", Kind::number,
        [](Settings& s, const Value& v) { return set_deadline(s.server.deadlines.handshake, v); }},
    Key{"log.level", "debug, info, warn, error or off", Kind::word, set_log_level},
};

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
        }
    }
    return row.back();
}

std::string unknown_key(std::string_view path) {
    const Key* nearest = std::min_element(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
        return distance(path, a.path) < distance(path, b.path);
    });
    return std::string(path) + ": unknown key; nearest: " + std::string(nearest->path);
}

std::string_view kind_name(const fhir::Node& node) {
    switch (node.kind) {
        case fhir::Kind::object:
            return "an object";
        case fhir::Kind::array:
            return "a list";
        case fhir::Kind::null:
            return "null";
        case fhir::Kind::string:
            return "a text";
        case fhir::Kind::number:
            return "a number";
        case fhir::Kind::boolean:
            return "true or false";
    }
    return "";
}

/// What came, for a message: the value if it is a short one.
std::string shown(const fhir::Node& node) {
    if (node.is_string()) return "\"" + std::string(node.text()) + "\"";
    if (!node.text().empty()) return std::string(node.text());
    return std::string(kind_name(node));
}

/// The node as the kind of value that the key takes; none if it is another kind.
std::optional<Value> value_of(const fhir::Node& node, Kind kind) {
    Value value;
    value.kind = kind;
    value.text = node.text();
    switch (kind) {
        case Kind::number:
            if (node.kind != fhir::Kind::number) return std::nullopt;
            break;
        case Kind::word:
            if (!node.is_string()) return std::nullopt;
            break;
        case Kind::flag:
            if (node.kind != fhir::Kind::boolean) return std::nullopt;
            break;
        case Kind::list:
            if (!node.is_array()) return std::nullopt;
            for (const fhir::Node& item : node.children()) {
                if (!item.is_string()) return std::nullopt;
                value.items.emplace_back(item.text());
            }
            break;
        case Kind::map:
            if (!node.is_object()) return std::nullopt;
            for (const fhir::Node& member : node.children()) {
                if (member.kind != fhir::Kind::boolean) return std::nullopt;
                value.members.emplace_back(member.name(), member.text());
            }
            break;
    }
    return value;
}

void read_object(const fhir::Node& object, const std::string& prefix, LoadedSettings& loaded) {
    for (const fhir::Node& member : object.children()) {
        const std::string path = prefix + std::string(member.name());
        if (path == "clients") {  // a list of objects, which no other key is
            loaded.settings.clients = read_clients(member, loaded.problems);
            continue;
        }
        const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.path == path; });
        if (key != keys.end()) {
            const auto value = value_of(member, key->kind);
            if (!value || !key->set(loaded.settings, *value)) {
                loaded.problems.push_back(path + ": expected " + std::string(key->expected) + ", got " +
                                          shown(member));
            }
            continue;
        }
        const std::string section = path + ".";
        const bool is_section =
            std::any_of(keys.begin(), keys.end(), [&](const Key& k) { return k.path.starts_with(section); });
        if (!is_section) {
            loaded.problems.push_back(unknown_key(path));
        } else if (!member.is_object()) {
            loaded.problems.push_back(path + ": expected an object, got " + shown(member));
        } else {
            read_object(member, section, loaded);
        }
    }
}

/// Comments become blanks, so that places in messages stay true.
std::string without_comments(std::string_view text) {
    std::string out(text);
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (out[i] == '"') {
            for (++i; i < out.size() && out[i] != '"'; ++i) {
                if (out[i] == '\\') ++i;
            }
        } else if (out[i] == '/' && i + 1 < out.size() && (out[i + 1] == '/' || out[i + 1] == '*')) {
            const bool line = out[i + 1] == '/';
            std::size_t end = line ? out.find('\n', i) : out.find("*/", i + 2);
            if (end == std::string::npos) {
                if (!line) return out;  // never closed: the parser will say where
                end = out.size();
            } else if (!line) {
                end += 2;
            }
            for (; i < end; ++i) {
                if (out[i] != '\n') out[i] = ' ';
            }
            --i;
        }
    }
    return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (end > 0) parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

/// `limits.bodyBytes` -> `ASPS_CDS_LIMITS_BODY_BYTES`
std::string variable_name(std::string_view path) {
    std::string name = "ASPS_CDS_";
    for (const char c : path) {
        if (c >= 'A' && c <= 'Z') name += '_';
        name += c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    }
    return name;
}

void read_environment(const Environment& environment, LoadedSettings& loaded) {
    for (const Key& key : keys) {
        const std::string name = variable_name(key.path);
        const auto variable = environment.find(name);
        if (variable == environment.end()) continue;
        Value value;
        value.kind = key.kind;
        value.text = variable->second;
        value.items = split(value.text, ',');
        for (const std::string& item : value.items) {
            const std::size_t equals = std::min(item.find('='), item.size());
            value.members.emplace_back(item.substr(0, equals),
                                       item.substr(std::min(equals + 1, item.size())));
        }
        if (!key.set(loaded.settings, value)) {
            loaded.problems.push_back(name + ": expected " + std::string(key.expected) + ", got \"" +
                                      value.text + "\"");
        }
    }
}

}  // namespace

LoadedSettings load_settings(std::string_view text, std::string_view file, const Environment& environment) {
    LoadedSettings loaded;
    if (!text.empty()) {
        const auto document = fhir::Document::parse(without_comments(text));
        if (!document) {
            const fhir::Issue& issue = document.error();
            loaded.problems.push_back((issue.expression.empty() ? "" : issue.expression + ": ") +
                                      issue.diagnostics);
        } else if (!(*document)->root().is_object()) {
            loaded.problems.push_back("expected an object, got " + shown((*document)->root()));
        } else {
            read_object((*document)->root(), "", loaded);
        }
        for (std::string& problem : loaded.problems) problem.insert(0, std::string(file) + ": ");
    }
    read_environment(environment, loaded);
    const ServerOptions& server = loaded.settings.server;
    if (server.bodies_bytes / 2 < server.http.body_bytes) {
        loaded.problems.push_back("limits.bodyBytesInFlight: expected at least twice limits.bodyBytes, got " +
                                  std::to_string(server.bodies_bytes));
    }
    for (const std::string& base : loaded.settings.fhir.servers) {
        const std::string problem = FhirServers::problem(base, loaded.settings.fhir.plain_http);
        if (problem.empty()) continue;
        loaded.problems.emplace_back("fhir.servers: \"").append(base).append("\": ").append(problem);
    }
    std::size_t index = 0;
    for (const TrustedClient& client : loaded.settings.clients) {
        const std::string place = "clients[" + std::to_string(index++) + "].fhirServers: \"";
        for (const std::string& base : client.fhir_servers) {
            const std::string problem = FhirServers::problem(base, loaded.settings.fhir.plain_http);
            if (problem.empty()) continue;
            loaded.problems.emplace_back(place).append(base).append("\": ").append(problem);
        }
    }
    return loaded;
}

bool set_listen(Settings& settings, std::string_view text) {
    return set_address(settings.server.address, settings.server.port, text);
}

Environment process_environment() {
    Environment found;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (text.starts_with("ASPS_CDS_") && equals != std::string_view::npos) {
            found.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return found;
}

}  // namespace hooks
