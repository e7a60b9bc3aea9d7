// Model: reads the embedded R4 element table into flat tables of integers.
#include "fhir/model.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace fhir {

extern const char r4_model_text[];

namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(System::count)> system_names = {
    "",
    "System.Boolean",
    "System.String",
    "System.Integer",
    "System.Decimal",
    "System.Date",
    "System.DateTime",
    "System.Time",
    "System.Quantity",
    "System.Any"};

/// FHIR primitives without a primitive parent, and what they are in FHIRPath
/// (http://hl7.org/fhir/fhirpath.html).
constexpr std::array<std::pair<std::string_view, System>, 12> root_systems = {{
    {"boolean", System::Boolean},
    {"integer", System::Integer},
    {"decimal", System::Decimal},
    {"string", System::String},
    {"uri", System::String},
    {"base64Binary", System::String},
    {"xhtml", System::String},
    {"date", System::Date},
    {"dateTime", System::DateTime},
    {"instant", System::DateTime},
    {"time", System::Time},
    {"Quantity", System::Quantity},
}};

struct MemberEntry {
    NameId member;
    TypeId type;
    const Element* element;
};

struct Type {
    std::string_view name;
    TypeId base = 0;
    System system = System::none;
    bool primitive = false;
    std::vector<const Element*> own, all;
    std::vector<MemberEntry> members;  // sorted by member
};

std::string_view next_word(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

}  // namespace

struct Model::Tables {
    std::deque<std::string> made_names;        // choice members: valueQuantity
    std::vector<std::string_view> names{""};   // by NameId / 2
    std::vector<std::string> underscored{""};  // "_" + name
    std::vector<Type> types;
    std::vector<System> systems;  // of the types, close together: every value asks
    std::unordered_map<std::string_view, TypeId> type_ids;
    std::deque<Element> elements;
    std::deque<std::vector<Choice>> choices;
    /// Elements by (type, name), open addressing: what every path step asks.
    struct Place {
        std::uint64_t key = 0;
        const Element* element = nullptr;
    };
    static constexpr std::size_t place_bits = 15;
    std::vector<Place> places{std::size_t{1} << place_bits};

    static std::uint64_t key_of(TypeId type, NameId name) { return (std::uint64_t{type} << 32) | name; }
    std::size_t place_of(std::uint64_t key) const {
        std::size_t place = (key * 0x9E3779B97F4A7C15ULL) >> (64 - place_bits);
        const Place* all = places.data();
        while (all[place].key != 0 && all[place].key != key) place = (place + 1) & (places.size() - 1);
        return place;
    }
    void index_elements() {
        for (std::size_t type = 1; type < types.size(); ++type) {
            for (const Element* element : types[type].all) {
                const std::uint64_t key = key_of(static_cast<TypeId>(type), element->name);
                places[place_of(key)] = {key, element};
            }
        }
    }

    /// A name by both its ends: names of up to 16 bytes are compared without looking at their text. Every key
    /// of every request comes here.
    struct NameSlot {
        static constexpr unsigned slot_bits = 14;  // few names share a place
        std::uint64_t head = 0, tail = 0;
        std::uint32_t size = 0;
        NameId id = 0;  // 0: free

        explicit NameSlot(std::string_view name = {}) : size(static_cast<std::uint32_t>(name.size())) {
            const char* text = name.data();
            if (name.size() >= 8) {
                head = load<std::uint64_t>(text);
                tail = load<std::uint64_t>(text + name.size() - 8);
            } else if (name.size() >= 4) {
                head = load<std::uint32_t>(text);
                tail = load<std::uint32_t>(text + name.size() - 4);
            } else if (!name.empty()) {
                head = static_cast<unsigned char>(name.front());
                tail = static_cast<std::uint64_t>(static_cast<unsigned char>(name[name.size() / 2])) << 8 |
                       static_cast<unsigned char>(name.back());
            }
        }
        template <class Word>
        static Word load(const char* text) {  // a register: a store in parts could not be forwarded
            Word word = 0;
            std::memcpy(&word, text, sizeof word);
            return word;
        }
        std::size_t hash() const {
            return ((head ^ (tail * 0x9E3779B97F4A7C15ULL) ^ size) * 0xD6E8FEB86659FD93ULL) >>
                   (64 - slot_bits);
        }
        bool may_equal(const NameSlot& other) const {
            return head == other.head && tail == other.tail && size == other.size;
        }
    };
    static_assert(sizeof(NameSlot) == 24);
    std::vector<NameSlot> name_slots = std::vector<NameSlot>(std::size_t{1} << NameSlot::slot_bits);

    /// Where the name stands in name_slots, or the free place where it would.
    std::size_t name_place(const NameSlot& wanted, std::string_view name) const {
        const NameSlot* slots = name_slots.data();
        std::size_t place = wanted.hash();
        while (slots[place].id != 0 && !(slots[place].may_equal(wanted) &&
                                         (name.size() <= 16 || names[slots[place].id / 2] == name))) {
            place = (place + 1) & ((std::size_t{1} << NameSlot::slot_bits) - 1);
        }
        return place;
    }

    NameId intern(std::string_view name) {
        NameSlot made(name);
        NameSlot& slot = name_slots[name_place(made, name)];
        if (slot.id == 0) {
            made.id = static_cast<NameId>(2 * names.size());
            slot = made;
            names.push_back(name);
            underscored.push_back("_" + std::string(name));
        }
        return slot.id;
    }

    void read_elements(TypeId id, std::string_view list) {
        while (!list.empty()) {
            std::string_view kinds = next_word(list, ' ');
            if (kinds.empty()) continue;
            std::string_view name = next_word(kinds, ':');
            Element element;
            if (name.ends_with('*')) {
                element.repeats = true;
                name.remove_suffix(1);
            }
            const bool is_choice = name.ends_with("[x]");
            if (is_choice) name.remove_suffix(3);
            element.name = intern(name);
            if (!is_choice) element.bits = name_bits(element.name);
            if (is_choice) {
                choices.emplace_back();
                while (!kinds.empty()) {
                    const std::string_view type = next_word(kinds, '|');
                    std::string member(name);
                    member +=
                        static_cast<char>(type[0] >= 'a' && type[0] <= 'z' ? type[0] - 'a' + 'A' : type[0]);
                    member += type.substr(1);
                    choices.back().push_back(
                        {intern(made_names.emplace_back(std::move(member))), type_ids.at(type)});
                }
                element.choices = choices.back();
                const auto [first, last] =
                    std::minmax_element(element.choices.begin(), element.choices.end(),
                                        [](const Choice& a, const Choice& b) { return a.member < b.member; });
                element.first_choice = first->member;
                element.last_choice = last->member;
                for (const Choice& choice : element.choices) element.bits |= name_bits(choice.member);
            } else if (kinds == ".") {
                element.type = type_ids.at(std::string(types[id].name) + "." + std::string(name));
            } else {
                element.type = type_ids.at(kinds.starts_with('@') ? kinds.substr(1) : next_word(kinds, '|'));
            }
            types[id].own.push_back(&elements.emplace_back(element));
        }
    }

    void inherit(Type& type) {
        if (!type.all.empty() || !type.members.empty()) return;
        if (type.base != 0) {
            Type& base = types[type.base];
            inherit(base);
            type.all = base.all;
            if (type.system == System::none) type.system = base.system;
        }
        type.all.insert(type.all.end(), type.own.begin(), type.own.end());
        for (const Element* element : type.all) {
            if (element->choices.empty()) type.members.push_back({element->name, element->type, element});
            for (const Choice& choice : element->choices)
                type.members.push_back({choice.member, choice.type, element});
        }
        std::sort(type.members.begin(), type.members.end(),
                  [](const MemberEntry& a, const MemberEntry& b) { return a.member < b.member; });
    }
};

Model::Model(std::string_view table) : tables_(std::make_unique<Tables>()) {
    Tables& t = *tables_;
    for (const std::string_view name : system_names) {
        t.type_ids.emplace(name, static_cast<TypeId>(t.types.size()));
        t.types.push_back({.name = name, .own = {}, .all = {}, .members = {}});
        t.types.back().system = static_cast<System>(t.types.size() - 1);
    }
    struct Line {
        TypeId type;
        std::string_view base, elements;
    };
    std::vector<Line> lines;
    while (!table.empty()) {
        std::string_view line = next_word(table, '\n');
        if (line.empty()) continue;
        const std::string_view name = next_word(line, '<');
        const std::string_view base = next_word(line, ' ');
        const auto id = static_cast<TypeId>(t.types.size());
        t.type_ids.emplace(name, id);
        t.types.push_back({.name = name, .own = {}, .all = {}, .members = {}});
        t.types.back().primitive =
            name[0] >= 'a' && name[0] <= 'z' && name.find('.') == std::string_view::npos;
        lines.push_back({id, base, line});
    }
    t.intern("resourceType");
    for (const auto& [name, system] : root_systems) t.types[t.type_ids.at(name)].system = system;
    for (const Line& line : lines) {
        if (!line.base.empty()) t.types[line.type].base = t.type_ids.at(line.base);
        t.read_elements(line.type, line.elements);
    }
    for (Type& type : t.types) t.inherit(type);
    for (const Type& type : t.types) t.systems.push_back(type.system);
    systems_ = t.systems.data();
    t.index_elements();
}

Model::~Model() = default;

const Model& Model::load_r4() {
    static const Model model(r4_model_text);
    r4_.store(&model, std::memory_order_release);
    return model;
}

std::atomic<const Model*> Model::r4_;

NameId Model::name_id(std::string_view name) const {
    const Tables::NameSlot wanted(name);
    const Tables::NameSlot& slot = tables_->name_slots[wanted.hash()];
    if (name.size() <= 16 && slot.may_equal(wanted)) return slot.id;  // nearly always, and without a call
    return rarer_name_id(name);
}

NameId Model::rarer_name_id(std::string_view name) const {
    const bool underscore = name.starts_with('_');
    if (underscore) name.remove_prefix(1);
    const NameId id = tables_->name_slots[tables_->name_place(Tables::NameSlot(name), name)].id;
    return id == 0 ? 0 : id + (underscore ? 1 : 0);
}

std::string_view Model::name(NameId id) const {
    return (id & 1) != 0 ? std::string_view(tables_->underscored[id / 2]) : tables_->names[id / 2];
}

NameId Model::name_count() const { return static_cast<NameId>(2 * tables_->names.size()); }

TypeId Model::type_id(std::string_view type) const {
    const auto found = tables_->type_ids.find(type);
    return found == tables_->type_ids.end() ? TypeId{0} : found->second;
}

std::string_view Model::type_name(TypeId type) const { return tables_->types[type].name; }
TypeId Model::type_count() const { return static_cast<TypeId>(tables_->types.size()); }
TypeId Model::base(TypeId type) const { return tables_->types[type].base; }

bool Model::is_a(TypeId type, TypeId ancestor) const {
    for (; type != 0; type = base(type)) {
        if (type == ancestor) return true;
    }
    return false;
}

bool Model::is_resource(TypeId type) const {
    static const TypeId resource = type_id("Resource");
    return is_a(type, resource);
}

bool Model::is_primitive(TypeId type) const { return tables_->types[type].primitive; }
const Element* Model::element(TypeId type, NameId name) const {
    return tables_->places[tables_->place_of(Tables::key_of(type, name))].element;
}

Model::Member Model::member(TypeId type, NameId member) const {
    const auto& members = tables_->types[type].members;
    const auto found =
        std::lower_bound(members.begin(), members.end(), member,
                         [](const MemberEntry& entry, NameId id) { return entry.member < id; });
    if (found == members.end() || found->member != member) return {nullptr, 0};
    return {found->element, found->type};
}

std::span<const Element* const> Model::elements(TypeId type) const { return tables_->types[type].all; }

}  // namespace fhir
