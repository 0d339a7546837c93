// How a GatewayBench calls a row of a gateway: as the front does, but to its end.
#include "gateways/http/problem.h"
#include "gateways/http/refusal.h"
#include "gateways/http/target.h"
#include "tests/support/gateway_bench.h"
#include "tests/support/http_openapi.h"

namespace chopmark::test {
namespace {

/// Keeps what a handler answers.
class KeptAnswer final : public http::ReplyTarget {
  public:
    void answer(httplib::Response response) override { response_ = std::move(response); }
    void fail(const Error& error) override { error_ = error; }
    void drop() override { error_ = Error(http::refusals::reply_dropped.reason); }
    void park(http::Park) override {}
    http::Stream open_stream(httplib::Response, http::StreamHooks) override { return {}; }
    [[nodiscard]] bool is_open() const override { return true; }

    [[nodiscard]] GatewayAnswer taken() const {
        GatewayAnswer out;
        if (error_) {
            out.status = http::status_of(error_->kind());
            out.reason = error_->reason.name;
        } else if (response_) {
            out.status = response_->status;
            out.headers = response_->headers;
            out.body = Json::parse(response_->body, nullptr, false);
        }
        return out;
    }

  private:
    std::optional<httplib::Response> response_;
    std::optional<Error> error_;
};

GatewayAnswer refused(const Error& error) {
    GatewayAnswer out;
    out.status = http::status_of(error.kind());
    out.reason = error.reason.name;
    return out;
}

const http::Route* find_row(const std::vector<http::Route>& rows, const std::string& method,
                            std::string_view path) {
    for (const http::Route& row : rows) {
        if (row.method == method && row.path == path) {
            return &row;
        }
    }
    return nullptr;
}

}  // namespace

GatewayAnswer GatewayBench::call(const std::vector<http::Route>& rows, http::Authorizer& authorizer,
                                 const std::string& method, const std::string& target,
                                 const std::string& body, const httplib::Headers& headers,
                                 const std::string& address) {
    const std::string path = target.substr(0, target.find('?'));
    const http::Route* row = find_row(rows, method, path);
    ensure(row != nullptr, "a row of that path");
    auto made = std::make_shared<http::Call>();
    made->request.method = method;
    made->request.target = target;
    made->request.path = path;
    made->request.body = body;
    made->request.headers = headers;
    made->request.remote_addr = address;
    if (path.size() < target.size()) {
        made->request.params =
            http::parse_form(std::string_view(target).substr(path.size() + 1)).value();
    }
    made->route = row;
    if (row->permission != http::public_access) {
        auto principal = authorizer.authorize(*made, row->permission);
        if (!principal) {
            return refused(principal.error());
        }
        made->principal = *std::move(principal);
    }
    const auto kept = std::make_shared<KeptAnswer>();
    http::Reply reply(kept);
    if (const auto* now = std::get_if<http::Handler>(&row->handler)) {
        reply.finish((*now)(*made));
    } else {
        std::get<http::AsyncHandler>(row->handler)(made, std::move(reply));
    }
    run();
    GatewayAnswer answer = kept->taken();
    http_test::expect_promised(*row, body, answer.status, answer.body);
    return answer;
}

}  // namespace chopmark::test
