#include <array>
#include <deque>

#include "events/crypto/digest.h"
#include "events/schema/codec.h"
#include "gateways/audit/audit_routes.h"
#include "gateways/audit/record_json.h"
#include "gateways/http/schema_words.h"
#include "projections/sign_in_log/query.h"
#include "projections/sign_in_log/sign_in_log.h"

namespace chopmark::audit {
namespace {

using projections::OpenedRecord;
using projections::Personal;
using projections::PersonalLayer;
using service::Json;
using Page = projections::Page<OpenedRecord>;

constexpr std::array<std::pair<std::string_view, sign_in_log::Topic>, 7> topics{{
    {"all", sign_in_log::Topic::all},
    {"account", sign_in_log::Topic::account},
    {"devices", sign_in_log::Topic::devices},
    {"logins", sign_in_log::Topic::logins},
    {"consents", sign_in_log::Topic::consents},
    {"signatures", sign_in_log::Topic::signatures},
    {"looks", sign_in_log::Topic::looks},
}};

/// What is asked, from the body.
struct LogQuestion {
    sign_in_log::Question question;
    projections::PageRequest page;
    Instant visible_from;
};

Result<AccountId> account_of(const Json& body, const Ports& ports) {
    if (!service::has(body, "event")) {
        return service::id_of<AccountId>(body, "account");
    }
    CHOPMARK_ASSIGN(const EventId event, service::id_of<EventId>(body, "event"));
    CHOPMARK_ASSIGN(const runtime::FoundEvent found, ports.events.find(event));
    if (found.account.is_zero()) {
        return event_of_nobody;
    }
    return found.account;
}

/// Everything but the account, which may take a read: that has to wait until the question is
/// recorded.
Result<LogQuestion> question_of(const Json& body) {
    LogQuestion out;
    out.question.audience = sign_in_log::Audience::staff;
    if (service::has(body, "topic")) {
        CHOPMARK_ASSIGN(const std::string topic, service::text_of(body, "topic"));
        const auto at = std::find_if(topics.begin(), topics.end(),
                                     [&](const auto& row) { return row.first == topic; });
        if (at == topics.end()) {
            return Error(service::json_member, "topic");
        }
        out.question.topic = at->second;
    }
    if (service::has(body, "from_at")) {
        CHOPMARK_ASSIGN(out.question.from, service::instant_of(body, "from_at"));
    }
    if (service::has(body, "until_at")) {
        CHOPMARK_ASSIGN(out.question.until, service::instant_of(body, "until_at"));
    }
    if (service::has(body, "visible_from_at")) {
        CHOPMARK_ASSIGN(out.visible_from, service::instant_of(body, "visible_from_at"));
    }
    CHOPMARK_ASSIGN(out.page.cursor, service::text_or_empty(body, "cursor"));
    if (service::has(body, "limit")) {
        CHOPMARK_ASSIGN(out.page.limit, service::count_or_zero(body, "limit"));
    }
    if (!service::has(body, "event")) {
        CHOPMARK_TRY(service::id_of<AccountId>(body, "account"));
    } else {
        CHOPMARK_TRY(service::id_of<EventId>(body, "event"));
    }
    return out;
}

Answered answered(const AccountId& account, const Page& page, std::uint64_t subjects) {
    Answered out;
    out.body = service::page_to_json(page, record_to_json);
    out.body["account"] = account.hex();
    out.count = page.items.size();
    out.subjects = subjects;
    return out;
}

/// Opening the boxes of one page: a SubjectAccessed for each class, one after the other, and only
/// when the last is recorded the boxes.
class Opening : public std::enable_shared_from_this<Opening> {
  public:
    Opening(const Ports& ports, const service::StaffCalls& calls, InquiryPtr inquiry,
            LogQuestion question, fold::Reading rows, Inquiry::Done done)
        : ports_(ports),
          calls_(calls),
          inquiry_(std::move(inquiry)),
          question_(std::move(question)),
          rows_(std::move(rows)),
          done_(std::move(done)) {}

    void begin(const Page& sealed) {
        std::map<schema::Retention, std::vector<EventId>> by_class;
        for (const OpenedRecord& record : sealed.items) {
            if (record.personal == PersonalLayer::sealed) {
                by_class[schema::head(record.event).retention()].push_back(record.prelude.event_id);
            }
        }
        for (auto& [retention, events] : by_class) {
            citizen::RecordAccess access;
            access.query = inquiry_->ask.query;
            access.case_id = inquiry_->ask.case_id;
            access.opened = std::move(events);
            access.opened_class = retention;
            access.visible_from = question_.visible_from;
            access.text = inquiry_->ask.text;
            accesses_.push_back(std::move(access));
        }
        any_ = !accesses_.empty();
        record_next();
    }

  private:
    void record_next() {
        if (accesses_.empty()) {
            calls_.on_worker(inquiry_->reply, [self = shared_from_this()] { self->open(); });
            return;
        }
        citizen::RecordAccess access = std::move(accesses_.front());
        accesses_.pop_front();
        Bytes content(1, static_cast<char>(access.opened_class));
        for (const EventId& event : access.opened) {
            content += event.to_bytes();
        }
        const Digest digest = crypto::sha256(content);
        // Its own id: a later try may find other records on the page.
        CommandHead head = service::dependent_head(inquiry_->head, "access/" + digest.hex());
        head.digest = digest;
        calls_.commands().submit(question_.question.account,
                                 citizen::Command(citizen::AccessCommand(std::move(access))), head,
                                 [self = shared_from_this()](Result<runtime::Receipt> recorded) {
                                     if (recorded) {
                                         self->record_next();
                                     } else {
                                         self->done_(recorded.error());
                                     }
                                 });
    }

    void open() {
        question_.question.personal = Personal::open;
        const auto page =
            sign_in_log::read_log(rows_, ports_.vault, question_.question, question_.page);
        done_(page ? Result<Answered>(answered(question_.question.account, *page, any_ ? 1 : 0))
                   : Result<Answered>(page.error()));
    }

    const Ports& ports_;
    const service::StaffCalls& calls_;
    const InquiryPtr inquiry_;
    LogQuestion question_;
    const fold::Reading rows_;  // the same for both looks: what was recorded is what is opened
    const Inquiry::Done done_;
    std::deque<citizen::RecordAccess> accesses_;
    bool any_ = false;
};

void answer(const Ports& ports, const service::StaffCalls& calls, const InquiryPtr& inquiry,
            const Json& body, LogQuestion question, Inquiry::Done done) {
    const auto account = account_of(body, ports);
    if (!account) {
        done(account.error());
        return;
    }
    question.question.account = *account;
    question.question.now = ports.clock.now();
    auto rows = ports.queries.any(sign_in_log::SignInLog::view_name);
    if (!rows) {
        done(rows.error());
        return;
    }
    const auto sealed = sign_in_log::read_log(*rows, ports.vault, question.question, question.page);
    if (!sealed) {
        done(sealed.error());
    } else if (!inquiry->ask.boxes) {
        done(answered(*account, *sealed, 0));
    } else {
        std::make_shared<Opening>(ports, calls, inquiry, std::move(question), *std::move(rows),
                                  std::move(done))
            ->begin(*sealed);
    }
}

Result<Inquiry> inquiry(const Ports& ports, const service::StaffCalls& calls,
                        const http::CallPtr& call) {
    CHOPMARK_ASSIGN(const Json body, service::parse_object(call->request.body));
    CHOPMARK_ASSIGN(LogQuestion question, question_of(body));
    CHOPMARK_ASSIGN(const bool boxes, service::flag_or_false(body, "boxes"));
    CHOPMARK_ASSIGN(Inquiry out, inquiry_of(call, body, schema::QUERY_KIND_SUBJECT, boxes, ports));
    out.answer = [&ports, &calls, body, question](const InquiryPtr& asked, Inquiry::Done done) {
        answer(ports, calls, asked, body, question, std::move(done));
    };
    return out;
}

}  // namespace

Routes log_routes(const Ports& ports, const service::StaffCalls& calls) {
    Routes rows;
    rows.push_back(service::staff_route(
        "POST", "/audit/v1/queries/log", "audit.query.log", "audit.queries.ask",
        "The log of a citizen, newest first; with personal boxes once that is approved.",
        [&ports, &calls](const http::CallPtr& call, http::Reply reply) {
            auto asked = inquiry(ports, calls, call);
            if (!asked) {
                reply.fail(asked.error());
                return;
            }
            asked->reply = std::make_shared<http::Reply>(std::move(reply));
            pursue(std::make_shared<const Inquiry>(*std::move(asked)), ports, calls);
        }));
    rows.back().answers.push_back(
        {202, "recorded; waits for approval", "application/json",
         http::words::closed(
             {{"query", http::words::id()}, {"standing", http::words::one_of({"asked"})}})
             .dump()});
    return rows;
}

}  // namespace chopmark::audit
