#include "gateways/node/node_routes.h"

#include <charconv>

#include "aggregates/runtime/command_wire.h"
#include "aggregates/runtime/event_finder.h"
#include "gateways/node/bundle.h"
#include "gateways/node/desk_wire.h"
#include "gateways/node/remote_tails.h"
#include "gateways/node/software.h"
#include "gateways/node/tail_wire.h"

namespace chopmark::node {
namespace {

namespace wire = runtime::wire;

constexpr Reason bad_question{"node.bad_question", Kind::invalid};

/// Shared, because what holds it goes through queues that copy.
using SharedReply = std::shared_ptr<http::Reply>;

void send(http::Reply& reply, const Bytes& bytes) {
    httplib::Response response;
    response.set_content(bytes, "application/octet-stream");
    reply.send(std::move(response));
}

http::Route row(const char* path, const char* name, const char* summary,
                std::function<void(const http::Call& call, const SharedReply& reply)> act) {
    http::Route out;
    out.method = "POST";
    out.path = path;
    out.name = name;
    out.permission = "node";
    out.body_limit_bytes = message_bytes;
    out.summary = summary;
    out.handler = [act = std::move(act)](const http::CallPtr& call, http::Reply reply) {
        act(*call, std::make_shared<http::Reply>(std::move(reply)));
    };
    return out;
}

/// The answer to one question of a bundle.
using Tell = std::function<void(Bytes answer)>;

/// The answers to a bundle, which are sent together once all are there; on whichever threads.
class Answers {
  public:
    Answers(std::size_t questions, SharedReply reply)
        : reply_(std::move(reply)), answers_(questions), left_(questions) {}

    void put(std::size_t place, Bytes answer) {
        {
            const std::lock_guard lock(mutex_);
            answers_[place] = std::move(answer);
            if (--left_ > 0) {
                return;
            }
        }
        send(*reply_, bundle(answers_));
    }

  private:
    const SharedReply reply_;
    std::mutex mutex_;
    std::vector<Bytes> answers_;
    std::size_t left_;
};

/// Whether control is known here as far as it is to the node that asks.
bool knows_control_of(const NodePorts& ports, const http::Call& call) {
    const std::string text = call.request.get_header_value(control_header);
    std::uint64_t told = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), told);
    return text.empty() || (bad == std::errc() && end == text.data() + text.size() &&
                            ports.control.latest()->basis.value() >= told);
}

/// Every question of a bundle by itself.
void answer_bundle(const NodePorts& ports, const http::Call& call, const SharedReply& reply,
                   void (*act)(const NodePorts&, ByteView, const Tell&)) {
    if (!knows_control_of(ports, call)) {
        reply->fail(Error(runtime::event_unread));
        return;
    }
    const auto questions = unbundle(call.request.body);
    if (!questions) {
        reply->fail(Error(bad_question));
        return;
    }
    const auto answers = std::make_shared<Answers>(questions->size(), reply);
    for (std::size_t place = 0; place < questions->size(); ++place) {
        act(ports, (*questions)[place],
            [answers, place](Bytes answer) { answers->put(place, std::move(answer)); });
    }
}

void decide(const NodePorts& ports, ByteView question, const Tell& tell) {
    const runtime::Answer answer = [tell](const Result<runtime::Receipt>& outcome) {
        tell(wire::encode_receipt(outcome));
    };
    auto order = wire::decode_order(question);
    if (!order) {
        answer(order.error());
    } else if (auto* citizen = std::get_if<wire::CitizenOrder>(&*order)) {
        ports.local.submit(citizen->account, std::move(citizen->command), std::move(citizen->head),
                           answer);
    } else {
        auto& control = std::get<wire::ControlOrder>(*order);
        ports.local.submit(std::move(control.command), std::move(control.head), answer);
    }
}

/// Executors of partitions that others own follow the log; only the owner's state is current.
Result<void> check_owned(const NodePorts& ports, Slot slot) {
    return ports.routes.is_here(partition_of(slot, ports.routes.partitions()))
               ? Result<void>()
               : Result<void>(runtime::not_serving);
}

void look(const NodePorts& ports, ByteView question, const Tell& tell) {
    const auto account = wire::decode_account(question);
    const auto owned = account ? check_owned(ports, slot_of(*account)) : Result<void>();
    if (!account || !owned) {
        const Error& error = account ? owned.error() : account.error();
        tell(wire::encode_state(error));
        return;
    }
    ports.local.look(
        *account, [tell](const Result<wire::StatePtr>& state) { tell(wire::encode_state(state)); });
}

void look_card(const NodePorts& ports, ByteView bytes, const Tell& tell) {
    const auto question = wire::decode_card(bytes);
    const auto owned = question ? check_owned(ports, question->slot) : Result<void>();
    if (!question || !owned) {
        const Error& error = question ? owned.error() : question.error();
        tell(wire::encode_holder(error));
        return;
    }
    ports.local.look_card(
        question->slot, question->card,
        [tell](const Result<wire::HolderPtr>& holder) { tell(wire::encode_holder(holder)); });
}

void scan(const NodePorts& ports, ByteView body, const SharedReply& reply) {
    const auto question = decode_scan(body);
    send(*reply, encode_claimed(question ? ports.desk.scan(question->scan, question->phone)
                                         : Result<service::ClaimedLogin>(question.error())));
}

void tell_software(const NodePorts&, ByteView, const SharedReply& reply) {
    send(*reply, encode_software(own_software()));
}

void show_tail(const NodePorts& ports, ByteView body, const SharedReply& reply) {
    const auto question = decode_tail_question(body);
    if (!question) {
        reply->fail(Error(bad_question));
        return;
    }
    const auto page = ports.tails->tail(question->partition, question->from, question->at_most);
    if (page) {
        send(*reply, encode(*page));
    } else {
        reply->fail(page.error());
    }
}

}  // namespace

std::vector<http::Route> node_routes(const NodePorts& ports) {
    const auto with = [&ports](void (*act)(const NodePorts&, ByteView, const SharedReply&)) {
        return [ports, act](const http::Call& call, const SharedReply& reply) {
            act(ports, call.request.body, reply);
        };
    };
    const auto each = [&ports](void (*act)(const NodePorts&, ByteView, const Tell&)) {
        return [ports, act](const http::Call& call, const SharedReply& reply) {
            answer_bundle(ports, call, reply, act);
        };
    };
    std::vector<http::Route> rows;
    rows.push_back(row(command_path, "node.command",
                       "Decides commands of partitions owned here, bundled", each(decide)));
    rows.push_back(row(look_path, "node.look", "Shows citizens' states, bundled", each(look)));
    rows.back().kind = http::RouteKind::query;
    rows.push_back(
        row(look_card_path, "node.look_card", "Says who holds cards, bundled", each(look_card)));
    rows.back().kind = http::RouteKind::query;
    rows.push_back(
        row(scan_path, "node.desk.scan", "Claims a login that was drawn here", with(scan)));
    rows.push_back(row(software_path, "node.software", "Says which types of events are known here",
                       with(tell_software)));
    rows.back().kind = http::RouteKind::query;
    if (ports.tails != nullptr) {
        rows.push_back(row(tail_path, "node.tail", "Says what the mirror has of a partition's end",
                           with(show_tail)));
        rows.back().kind = http::RouteKind::query;
    }
    return rows;
}

Result<http::Principal> NodeAuthorizer::authorize(const http::Call& call,
                                                  std::string_view permission) {
    const auto node = call.peer_certificate && permission == "node"
                          ? authority_.node_of(call.peer_certificate->der)
                          : std::nullopt;
    if (!node) {
        return not_a_node;
    }
    const auto control = control_.latest();
    const control::Nodes& nodes = *control->state->nodes;
    const auto known = nodes.find(*node);
    if (known != nodes.end() && known->second.standing != control::Enrolment::active) {
        return withdrawn;
    }
    http::Principal principal;
    principal.who = *node;
    return principal;
}

}  // namespace chopmark::node
