// Each change puts raw text in the place of one value: so it need not be JSON, nor anything that a library
// would write.
#include "tests/support/hooks_mutants.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace hooks::testing {

namespace json = boost::json;

namespace {

constexpr std::string_view mark = "@mutant@";

std::string nested(std::size_t depth, const std::string& inner = "7") {
    return std::string(depth, '[') + inner + std::string(depth, ']');
}

std::string with(std::string text, std::string_view from, const std::string& to) {
    const std::size_t at = text.find(from);
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// The pointers of all values below `value`, parents first.
void collect(const json::value& value, const std::string& pointer, std::vector<std::string>& into) {
    if (const json::object* object = value.if_object()) {
        for (const auto& [name, member] : *object) {
            const std::string own = pointer + "/" + std::string(name);
            into.push_back(own);
            collect(member, own, into);
        }
    } else if (const json::array* array = value.if_array()) {
        for (std::size_t i = 0; i < array->size(); ++i) {
            const std::string own = pointer + "/" + std::to_string(i);
            into.push_back(own);
            collect((*array)[i], own, into);
        }
    }
}

/// What may stand in the place of a value whose text is `own`.
std::vector<std::string> replacements(const std::string& own) {
    return {"null",
            R"("")",
            R"("x")",
            "7",
            "true",
            "[]",
            "{}",
            "[" + own + "]",
            R"({"value":)" + own + "}",
            "[" + own + "," + own + "]",
            "[null,7,\"x\",{},[]]",
            "1e400",
            "-0.0e-0",
            "123456789012345678901234567890",
            R"("\ud800")",
            R"("\u0000<img src=x onerror=alert(1)>\"'\\")",
            "\"\xff\xfe\"",
            nested(40),
            nested(100),
            R"({"resourceType":"Patient","id":"CANARY-2","contained":[{"resourceType":"Bundle"}]})",
            "\"" + std::string(5'000, 'y') + "\""};
}

class Mutation {
  public:
    Mutation(const json::value& call, std::size_t turn) : call_(call), turn_(turn) {}

    std::vector<Mutant> all() {
        std::vector<std::string> pointers;
        collect(call_, "", pointers);
        for (const std::string& pointer : pointers) change(pointer);
        change_text();
        return std::move(mutants_);
    }

  private:
    void add(const std::string& what, std::string body) { mutants_.push_back({what, std::move(body)}); }

    /// The body with `raw` in the place of the value there.
    std::string body_with(const std::string& pointer, const std::string& raw) {
        json::value changed = call_;
        changed.at_pointer(pointer) = mark;
        return with(json::serialize(changed), "\"" + std::string(mark) + "\"", raw);
    }

    void change(const std::string& pointer) {
        const std::size_t slash = pointer.rfind('/');
        const std::string name = pointer.substr(slash + 1), parent = pointer.substr(0, slash);
        const std::string own = json::serialize(call_.at_pointer(pointer));
        const auto depth = static_cast<std::size_t>(std::count(pointer.begin(), pointer.end(), '/'));
        const std::vector<std::string> raws = replacements(own);
        const std::size_t some = depth <= 2 ? raws.size() : 3;
        for (std::size_t i = 0; i < some; ++i) {
            const std::string& raw = raws[(turn_ + i) % raws.size()];
            add(pointer + " = " + raw.substr(0, 40), body_with(pointer, raw));
        }
        turn_ += some;
        json::value without = call_;
        json::value& holder = parent.empty() ? without : without.at_pointer(parent);
        if (json::object* object = holder.if_object()) {
            object->erase(name);
            add(pointer + " dropped", json::serialize(without));
            if (depth <= 2 || turn_ % 4 == 0)
                add(pointer + " twice", body_with(pointer, own + ",\"" + name + "\":" + own));
        }
        if (name == "resourceType")
            exchange(pointer, {"Patient", "Bundle", "OperationOutcome", "Nothing", "patient"});
        if (name == "id")
            exchange(pointer,
                     {"a\\u0001b", "<b>\\\"'&", "..\\/..", "CANARY-1\\u202e", std::string(10'000, 'z')});
        if (name == "reference")
            exchange(pointer, {"#", "#CANARY", "Condition/asps", "Patient/", "/Patient/1", "urn:uuid:x",
                               "Patient/CANARY-3", "https://[::1/Patient/1", "MedicationRequest/draft-1"});
        if (name.ends_with("Date") || name.ends_with("DateTime"))
            exchange(pointer, {"0000-00-00", "2026-02-30", "2026-13", "9999-12-31T23:59:60Z", "-0001-01-01",
                               "T", "2026-1-1", "2026-11-24T24:00:00+99:99", "99999999999999999999"});
    }

    void exchange(const std::string& pointer, const std::vector<std::string>& texts) {
        for (const std::string& text : texts)
            add(pointer + " = " + text.substr(0, 40), body_with(pointer, "\"" + text + "\""));
    }

    void change_text() {
        const std::string whole = json::serialize(call_);
        for (std::size_t size = 0; size < whole.size(); size += whole.size() / 40)
            add("cut off after " + std::to_string(size), whole.substr(0, size));
        for (std::size_t at = 1; at < whole.size(); at += whole.size() / 40) {
            for (const char byte : {'\xff', '\xc0', '\0', '"', '}', '\n'}) {
                std::string changed = whole;
                changed[at] = byte;
                add("byte " + std::to_string(at) + " is " + std::to_string(static_cast<int>(byte)),
                    std::move(changed));
            }
        }
        add("a mark of byte order", "\xEF\xBB\xBF" + whole);
        add("UTF-16", std::string("{\0\"\0", 4) + whole);
        add("two bodies", whole + whole);
        add("in an array", "[" + whole + "]");
        add("deep", nested(100'000, ""));
        add("deep objects", [] {
            std::string text;
            for (int i = 0; i < 20'000; ++i) text += "{\"a\":";
            return text;
        }());
        std::string many = "[";
        for (int i = 0; i < 100'000; ++i) many += "0,";
        many.back() = ']';
        for (const char* pointer : {"/context", "/prefetch", "/prefetch/patient", "/prefetch/reports"})
            add(std::string(pointer) + " = 100,000 numbers", body_with(pointer, many));
        add("100,000 entries", body_with("/prefetch/reports/entry", many));
        std::string members = "{";
        for (int i = 0; i < 20'000; ++i) members += "\"m" + std::to_string(i) + "\":0,";
        members.back() = '}';
        add("20,000 keys", body_with("/prefetch/appointments", members));
        add("references in a circle", body_with("/prefetch/conditions", R"({"resourceType":"Bundle","entry":[
            {"fullUrl":"urn:uuid:a","resource":{"resourceType":"Condition","id":"a","subject":{"reference":"urn:uuid:b"},
                "stage":[{"assessment":[{"reference":"urn:uuid:a"}]}],"evidence":[{"detail":[{"reference":"Condition/b"}]}]}},
            {"fullUrl":"urn:uuid:b","resource":{"resourceType":"Condition","id":"b","subject":{"reference":"#b"},
                "contained":[{"resourceType":"Condition","id":"b","subject":{"reference":"#b"}}],
                "evidence":[{"detail":[{"reference":"Condition/a"}]}]}}]})"));
        add("a bundle in a bundle",
            body_with("/prefetch/conditions", R"({"resourceType":"Bundle","entry":[{"resource":)"
                                              R"({"resourceType":"Bundle","entry":[{"resource":{}}]}}]})"));
    }

    const json::value& call_;
    std::size_t turn_;
    std::vector<Mutant> mutants_;
};

}  // namespace

std::vector<Mutant> mutants_of(const json::value& call, std::size_t turn) {
    return Mutation(call, turn).all();
}

}  // namespace hooks::testing
