#include "ops/config/read.h"

#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "ops/config/nearest.h"
#include "ops/config/setting.h"

namespace chopmark::config {
namespace {

constexpr std::streamsize most_bytes = 1 << 20;

std::optional<Value> value_of(const toml::node& node) {
    if (const auto on = node.value_exact<bool>()) {
        return *on;
    }
    if (const auto number = node.value_exact<std::int64_t>()) {
        return *number;
    }
    if (auto text = node.value_exact<std::string>()) {
        return *std::move(text);
    }
    return std::nullopt;
}

const Setting* find(std::string_view key) {
    const auto& table = settings();
    const auto row = std::find_if(table.begin(), table.end(),
                                  [key](const Setting& each) { return each.key == key; });
    return row == table.end() ? nullptr : &*row;
}

std::string unknown(const std::string& key) {
    std::vector<std::string_view> known;
    for (const Setting& each : settings()) {
        known.push_back(each.key);
    }
    const auto near = nearest(key, known);
    return key + " is unknown" + (near ? "; is " + std::string(*near) + " meant?" : "");
}

class Reader {
  public:
    explicit Reader(std::string_view name) : name_(name) {}

    void read(const toml::table& table, const std::string& prefix) {
        for (const auto& [key, node] : table) {
            const std::string full = prefix + std::string(key.str());
            if (const auto* below = node.as_table()) {
                read(*below, full + ".");
            } else {
                read_one(full, node, key.source().begin.line);
            }
        }
    }

    void fault(std::uint32_t line, const std::string& what) { faults_.emplace_back(line, what); }

    Result<Config> finish() {
        if (faults_.empty()) {
            for (const std::string& what : contradictions(config_)) {
                fault(0, what);
            }
        }
        if (faults_.empty()) {
            return std::move(config_);
        }
        std::stable_sort(faults_.begin(), faults_.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        std::string detail;
        for (const auto& [line, what] : faults_) {
            detail += (detail.empty() ? "" : "\n") + name_ +
                      (line == 0 ? "" : ":" + std::to_string(line)) + ": " + what;
        }
        return Error(refused, detail);
    }

  private:
    void read_one(const std::string& key, const toml::node& node, std::uint32_t line) {
        const Setting* setting = find(key);
        if (setting == nullptr) {
            fault(line, unknown(key));
            return;
        }
        const auto value = value_of(node);
        const std::string wrong =
            value ? setting->assign(config_, *value) : "must be " + setting->type;
        if (!wrong.empty()) {
            fault(line, key + " " + wrong);
        }
    }

    std::string name_;
    Config config_;
    std::vector<std::pair<std::uint32_t, std::string>> faults_;
};

std::string table_of(const std::string& key) { return key.substr(0, key.rfind('.')); }

}  // namespace

Result<Config> parse_config(std::string_view text, std::string_view name) {
    Reader reader(name);
    try {
        reader.read(toml::parse(text), "");
    } catch (const toml::parse_error& error) {
        reader.fault(error.source().begin.line, std::string(error.description()));
    }
    return reader.finish();
}

Result<Config> read_config(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(static_cast<std::size_t>(most_bytes) + 1, '\0');
    file.read(text.data(), most_bytes + 1);
    if (file.bad() || (file.gcount() == 0 && !file.eof())) {
        return Error(unreadable, path + " cannot be read");
    }
    if (file.gcount() > most_bytes) {
        return Error(unreadable, path + " is longer than 1 MiB");
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    return parse_config(text, path);
}

std::string print_config(const Config& config) {
    const Config defaults;
    std::ostringstream out;
    out << "# Settings of one Chopmark node. What holds for the whole deployment (lives of codes "
           "and\n"
           "# tokens, quotas, scores) is policy, recorded as events: chopmark admin policy "
           "--help\n";
    std::string table;
    for (const Setting& setting : settings()) {
        if (const std::string here = table_of(setting.key); here != table) {
            out << "\n[" << here << "]\n";
            table = here;
        }
        const std::string value = setting.show(config);
        const std::string usual = setting.show(defaults);
        out << "# " << setting.consequence << "\n# " << setting.type << "; default " << usual
            << '\n'
            << setting.key.substr(table.size() + 1) << " = " << value << "\n";
    }
    return out.str();
}

}  // namespace chopmark::config
