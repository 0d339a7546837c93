// All rows of one listener, merged from the gateways, and the search for the row a request means.
// A look-up is one hash of the path per shape of template (usually one in all), never a regular
// expression. Immutable once built; safe from any thread.
#pragma once

#include <map>
#include <unordered_map>

#include "gateways/http/refusal.h"
#include "gateways/http/route.h"

namespace chopmark::http {

inline constexpr Reason route_invalid{"http.route_invalid", Kind::internal};

struct Match {
    const Route* route = nullptr;  // null: `refusal` says why not
    std::size_t index = 0;         // of the route in routes()
    PathParams params;
    Refusal refusal = refusals::not_found;
    std::string allow;  // for 405 and OPTIONS
};

class RouteTable {
  public:
    /// Refuses a row without name, permission or handler, a template that is not one, a method the
    /// front does not know, two rows of one name, two rows that one request could mean equally.
    static Result<RouteTable> build(std::vector<Route> rows);

    /// `path` is Target::path. Literal segments MUST be spelt as in the template; where a literal
    /// and a parameter both fit, the literal wins. HEAD finds the GET row of a query.
    [[nodiscard]] Match find(std::string_view method, std::string_view path) const;

    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };
    /// Bit i: segment i is a parameter.
    using Shape = std::uint32_t;
    struct Entry {
        Shape shape = 0;
        std::map<std::string, std::size_t, std::less<>> by_method;
    };

    Result<void> add(std::size_t index);
    [[nodiscard]] const std::size_t* row_for(const Entry& entry, std::string_view method) const;
    bool take(Match& match, const Entry& entry, std::size_t row, std::string_view path) const;
    [[nodiscard]] std::string allow_of(const std::vector<const Entry*>& entries) const;

    std::vector<Route> routes_;
    std::vector<std::vector<std::string>> param_names_;  // by route
    std::vector<std::vector<Shape>> shapes_;             // by number of segments
    std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
};

/// The `{name}`s of a template in their order.
std::vector<std::string> param_names(std::string_view path_template);

}  // namespace chopmark::http
