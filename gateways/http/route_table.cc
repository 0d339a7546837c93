#include "gateways/http/route_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <set>

#include "events/core/limits.h"
#include "gateways/http/target.h"

namespace chopmark::http {
namespace {

constexpr std::array<std::string_view, 5> methods = {"GET", "POST", "PUT", "PATCH", "DELETE"};
/// Stands for any parameter in a key; no literal may contain a brace.
constexpr std::string_view hole = "{}";

/// Splits "/a/b" into "a", "b"; nothing for more than limits::path_segments.
struct Segments {
    std::array<std::string_view, limits::path_segments> at;
    std::size_t count = 0;
    bool fits = true;
};

Segments split(std::string_view path) {
    Segments out;
    std::size_t begin = 1;  // behind the leading slash
    while (begin <= path.size()) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        if (out.count == out.at.size()) {
            out.fits = false;
            return out;
        }
        out.at[out.count++] = path.substr(begin, end - begin);
        begin = end + 1;
    }
    return out;
}

bool is_param(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    });
}

Error invalid(const Route& route, std::string_view why) {
    return Error(route_invalid,
                 route.method + " " + route.path + " (" + route.name + "): " + std::string(why));
}

Result<void> check(const Route& route) {
    if (std::find(methods.begin(), methods.end(), route.method) == methods.end()) {
        return invalid(route, "unknown method");
    }
    if (!is_word(route.name) || route.permission.empty()) {
        return invalid(route, "name or permission missing");
    }
    if (std::holds_alternative<std::monostate>(route.handler)) {
        return invalid(route, "no handler");
    }
    const bool waits = route.kind == RouteKind::park || route.kind == RouteKind::stream;
    if (waits && !std::holds_alternative<AsyncHandler>(route.handler)) {
        return invalid(route, "park and stream need an AsyncHandler");
    }
    const Segments segments = split(route.path);
    if (!route.path.starts_with('/') || !segments.fits) {
        return invalid(route, "not a path template");
    }
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < segments.count; ++i) {
        const std::string_view segment = segments.at[i];
        const bool param = is_param(segment);
        const std::string_view word = param ? segment.substr(1, segment.size() - 2) : segment;
        if (!is_word(word) && route.path != "/") {
            return invalid(route, "not a path template");
        }
        if (param && !names.insert(word).second) {
            return invalid(route, "parameter named twice");
        }
    }
    return {};
}

std::string key_of(const Segments& segments, std::uint32_t shape) {
    std::string key;
    for (std::size_t i = 0; i < segments.count; ++i) {
        key.push_back('/');
        key.append(((shape >> i) & 1U) != 0 ? hole : segments.at[i]);
    }
    return key;
}

}  // namespace

std::vector<std::string> param_names(std::string_view path_template) {
    std::vector<std::string> out;
    const Segments segments = split(path_template);
    for (std::size_t i = 0; i < segments.count; ++i) {
        if (is_param(segments.at[i])) {
            out.emplace_back(segments.at[i].substr(1, segments.at[i].size() - 2));
        }
    }
    return out;
}

Result<RouteTable> RouteTable::build(std::vector<Route> rows) {
    RouteTable table;
    table.routes_ = std::move(rows);
    table.shapes_.resize(limits::path_segments + 1);
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < table.routes_.size(); ++i) {
        const Route& route = table.routes_[i];
        CHOPMARK_TRY(check(route));
        if (!names.insert(route.name).second) {
            return invalid(route, "name used twice");
        }
        CHOPMARK_TRY(table.add(i));
    }
    for (auto& shapes : table.shapes_) {
        // Fewest parameters first; among equals, literals as far to the left as possible.
        std::sort(shapes.begin(), shapes.end(), [](Shape a, Shape b) {
            const int left = std::popcount(a);
            const int right = std::popcount(b);
            return left != right ? left < right : a > b;
        });
    }
    return table;
}

Result<void> RouteTable::add(std::size_t index) {
    const Route& route = routes_[index];
    const Segments segments = split(route.path);
    Shape shape = 0;
    for (std::size_t i = 0; i < segments.count; ++i) {
        shape |= is_param(segments.at[i]) ? Shape{1} << i : 0;
    }
    Entry& entry = entries_[key_of(segments, shape)];
    entry.shape = shape;
    if (!entry.by_method.emplace(route.method, index).second) {
        return invalid(route, "another row has the same method and path");
    }
    auto& shapes = shapes_[segments.count];
    if (std::find(shapes.begin(), shapes.end(), shape) == shapes.end()) {
        shapes.push_back(shape);
    }
    param_names_.push_back(param_names(route.path));
    return {};
}

const std::size_t* RouteTable::row_for(const Entry& entry, std::string_view method) const {
    auto found = entry.by_method.find(method);
    if (found == entry.by_method.end() && method == "HEAD") {
        found = entry.by_method.find("GET");
        if (found != entry.by_method.end() && routes_[found->second].kind != RouteKind::query) {
            return nullptr;
        }
    }
    return found == entry.by_method.end() ? nullptr : &found->second;
}

bool RouteTable::take(Match& match, const Entry& entry, std::size_t row,
                      std::string_view path) const {
    if (entry.shape != 0) {
        const Segments segments = split(path);
        for (std::size_t i = 0; i < segments.count; ++i) {
            if (((entry.shape >> i) & 1U) == 0) {
                continue;
            }
            auto value = percent_decode(segments.at[i], false);
            if (!value || value->empty()) {
                match.params.clear();
                return false;
            }
            match.params.emplace_back(param_names_[row][match.params.size()], *std::move(value));
        }
    }
    match.route = &routes_[row];
    match.index = row;
    return true;
}

Match RouteTable::find(std::string_view method, std::string_view path) const {
    Match match;
    std::vector<const Entry*> others;  // the path fits, the method does not
    const Segments segments = split(path);
    if (!segments.fits) {
        return match;
    }
    for (const Shape shape : shapes_[segments.count]) {
        const auto found = shape == 0 ? entries_.find(path)
                                      : entries_.find(std::string_view(key_of(segments, shape)));
        // A path may itself contain "{}": then the shape tells.
        if (found == entries_.end() || found->second.shape != shape) {
            continue;
        }
        const std::size_t* row = row_for(found->second, method);
        if (row == nullptr) {
            others.push_back(&found->second);
        } else if (take(match, found->second, *row, path)) {
            return match;
        }
    }
    if (!others.empty()) {
        match.refusal = refusals::method_not_allowed;
        match.allow = allow_of(others);
    }
    return match;
}

std::string RouteTable::allow_of(const std::vector<const Entry*>& entries) const {
    std::set<std::string_view> names = {"OPTIONS"};
    for (const Entry* entry : entries) {
        for (const auto& [method, row] : entry->by_method) {
            names.insert(method);
            if (method == "GET" && routes_[row].kind == RouteKind::query) {
                names.insert("HEAD");
            }
        }
    }
    std::string out;
    for (const std::string_view name : names) {
        out.append(out.empty() ? "" : ", ").append(name);
    }
    return out;
}

}  // namespace chopmark::http
