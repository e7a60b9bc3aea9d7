// The text of a chart: a mark before a decimal's digits, and R4's table for what XML needs to know.
#include "tests/population/text.hpp"

#include "fhir/json_writer.hpp"
#include "fhir/model.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace population {

namespace json = boost::json;

namespace {

constexpr char mark = '\x02';

void write(std::string& out, const json::value& value) {
    if (const json::object* object = value.if_object()) {
        out += '{';
        for (const auto& [name, member] : *object) {
            if (out.back() != '{') out += ',';
            fhir::write_json_string(out, std::string_view(name));
            out += ':';
            write(out, member);
        }
        out += '}';
    } else if (const json::array* array = value.if_array()) {
        out += '[';
        for (const json::value& item : *array) {
            if (out.back() != '[') out += ',';
            write(out, item);
        }
        out += ']';
    } else if (const json::string* text = value.if_string()) {
        if (!text->empty() && text->front() == mark) {
            out += std::string_view(*text).substr(1);
        } else {
            fhir::write_json_string(out, std::string_view(*text));
        }
    } else {
        out += json::serialize(value);  // whole numbers, true, false, null
    }
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string primitive_text(const json::value& value) {
    std::string text;
    write(text, value);
    if (!value.is_string() || value.as_string().front() == mark) return text;
    return std::string(std::string_view(value.as_string()));
}

class XmlWriter {
  public:
    void resource(const json::object& resource, std::string_view attributes = {}) {
        const std::string type(resource.at("resourceType").as_string());
        out_.append("<").append(type).append(attributes).append(">");
        members(resource, model_.type_id(type));
        out_.append("</").append(type).append(">");
    }
    std::string take() { return std::move(out_); }

  private:
    void members(const json::object& object, fhir::TypeId type) {
        const auto elements = model_.elements(type);
        struct Member {
            std::size_t place = 0;
            std::string_view name;
            const json::value* value = nullptr;
            fhir::TypeId type = 0;
        };
        std::vector<Member> ordered;
        for (const auto& [name, value] : object) {
            if (name == "resourceType") continue;
            const auto found = model_.member(type, model_.name_id(std::string_view(name)));
            if (found.element == nullptr) throw std::logic_error("R4 does not know " + std::string(name));
            if (is_attribute(type, name)) continue;
            const auto at = std::find(elements.begin(), elements.end(), found.element);
            ordered.push_back({static_cast<std::size_t>(at - elements.begin()), name, &value, found.type});
        }
        std::stable_sort(ordered.begin(), ordered.end(),
                         [](const Member& a, const Member& b) { return a.place < b.place; });
        for (const Member& member : ordered) {
            if (const json::array* items = member.value->if_array()) {
                for (const json::value& item : *items) element(member.name, member.type, item);
            } else {
                element(member.name, member.type, *member.value);
            }
        }
    }

    /// Extension.url and Element.id stand in attributes.
    bool is_attribute(fhir::TypeId type, std::string_view name) const {
        if (name == "url") return model_.is_a(type, model_.type_id("Extension"));
        return name == "id" && !model_.is_resource(type);
    }

    void element(std::string_view name, fhir::TypeId type, const json::value& value) {
        out_.append("<").append(name);
        const json::object* object = value.if_object();
        if (object == nullptr) {
            out_.append(" value=\"").append(escaped(primitive_text(value))).append("\"/>");
            return;
        }
        if (object->contains("resourceType")) {
            out_ += '>';
            resource(*object);
        } else {
            for (const char* attribute : {"id", "url"}) {
                const json::value* text = object->if_contains(attribute);
                if (text == nullptr || !is_attribute(type, attribute)) continue;
                out_.append(" ")
                    .append(attribute)
                    .append("=\"")
                    .append(escaped(primitive_text(*text)))
                    .append("\"");
            }
            out_ += '>';
            members(*object, type);
        }
        out_.append("</").append(name).append(">");
    }

    const fhir::Model& model_ = fhir::Model::r4();
    std::string out_;
};

}  // namespace

json::value decimal(std::string_view digits) {
    json::string text;
    text.push_back(mark);
    text.append(digits);
    return text;
}

std::string json_text(const json::value& value) {
    std::string out;
    write(out, value);
    return out;
}

std::string xml_text(const json::object& resource) {
    XmlWriter writer;
    writer.resource(resource, " xmlns=\"http://hl7.org/fhir\"");
    return writer.take();
}

}  // namespace population
