#include "ops/owed_answers.h"

#include "aggregates/citizen/request_claimed.h"
#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "gateways/app/claimed_documents.h"
#include "ops/deciding.h"
#include "ops/key_retirement.h"

namespace chopmark::ops {
namespace {

/// An old phone that cannot be reached is not waited for longer than this.
constexpr unsigned notice_attempts = 8;

RequestId request_of(const FollowUp& follow_up) {
    const CommandId id = follow_up_id(follow_up.cause, follow_up.name);
    return RequestId(to_array<RequestId::size>(id.bytes().substr(0, RequestId::size)));
}

/// The certificates of a chain, which are DER sequences one after the other; what does not parse
/// ends it.
std::vector<Bytes> split_chain(ByteView chain) {
    std::vector<Bytes> out;
    constexpr std::size_t long_header = 4;  // 0x30 0x82 and two bytes of length
    while (chain.size() > long_header && chain.substr(0, 2) == ByteView("\x30\x82", 2)) {
        const std::size_t size = long_header + get_big_endian<std::uint16_t>(chain, 2);
        if (size > chain.size()) {
            break;
        }
        out.emplace_back(chain.substr(0, size));
        chain.remove_prefix(size);
    }
    return out;
}

/// The name on the card that the account rests on.
Result<std::string> card_name(runtime::EventFinder& events, const EventId& source) {
    CHOPMARK_ASSIGN(const auto event, events.open(source));
    return std::visit(
        []<class E>(const E& one) -> Result<std::string> {
            if constexpr (requires { one.personal().card().english_name(); }) {
                return one.personal().card().english_name();
            } else {
                return Error({"certificate.no_card", Kind::internal});
            }
        },
        *event);
}

Result<citizen::IssueCertificate> issue(const OwedAnswerSources& sources, const FollowUp& owed,
                                        const EventId& card_source) {
    CHOPMARK_ASSIGN(std::string name, card_name(sources.events, card_source));
    const keys::KeyHandle handle = signing_key_of(owed.cause);
    CHOPMARK_ASSIGN(const Bytes key, sources.keys.create(handle));
    CHOPMARK_ASSIGN(
        ports::IssuedCertificate issued,
        sources.authority.issue(request_of(owed), key, Sensitive<std::string>(std::move(name))));
    citizen::IssueCertificate command;
    command.cause = owed.cause;
    command.serial = std::move(issued.serial);
    command.key_handle = handle;
    command.not_after = issued.until;
    command.certificate = Sensitive<Bytes>(std::move(issued.certificate));
    command.chain = split_chain(issued.chain);
    return command;
}

/// Of a refusal that no later attempt will overcome.
bool is_lasting(Kind kind) {
    return kind == Kind::conflict || kind == Kind::refused || kind == Kind::expired ||
           kind == Kind::forbidden || kind == Kind::not_found;
}

/// A certificate that came when the account had no use for it any more is recorded by nobody, so
/// nobody else would ever have it revoked.
runtime::Answer or_revoke(const OwedAnswerSources& sources, WorkPool& work, const OwedAnswer& owed,
                          Bytes serial, FollowUps::Done done) {
    return [sources, &work, owed, serial = std::move(serial),
            done = std::move(done)](const Result<runtime::Receipt>& receipt) {
        if (receipt || !is_lasting(receipt.error().kind())) {
            answered(done)(receipt);
            return;
        }
        with_state(sources.commands, work, owed.account, done,
                   [sources, owed, serial](const citizen::State& state, FollowUps::Done ended) {
                       const bool recorded = state.certificate.serial == serial;
                       ended(recorded
                                 ? Result<void>()
                                 : sources.authority.revoke(request_of(owed.follow_up), serial));
                   });
    };
}

/// Blocks on key port and authority. That the authority says no for good is an answer as well.
void certificate(const OwedAnswerSources& sources, const OwedAnswer& owed,
                 const citizen::State& state, WorkPool& work, FollowUps::Done done) {
    auto issued = issue(sources, owed.follow_up, state.account.card_source);
    if (!issued && !(issued.error() == ports::outside_refused)) {
        done(issued.error());
        return;
    }
    const Bytes serial = issued ? issued->serial : Bytes();
    auto command = issued
                       ? citizen::CertificateCommand(*std::move(issued))
                       : citizen::CertificateCommand(citizen::RefuseCertificate{
                             owed.follow_up.cause, Sensitive<std::string>(issued.error().detail)});
    auto answer = serial.empty() ? answered(std::move(done))
                                 : or_revoke(sources, work, owed, serial, std::move(done));
    sources.commands.submit(owed.account, std::move(command),
                            head_of(owed.follow_up, sources.clock.now()), std::move(answer));
}

/// Blocks on the push service.
void device_notice(const OwedAnswerSources& sources, const OwedAnswer& owed,
                   const citizen::State& state, FollowUps::Done done) {
    for (const auto& notice : state.devices.notices) {
        if (notice.cause != owed.follow_up.cause) {
            continue;
        }
        const auto sent = sources.push.notify(request_of(owed.follow_up), notice.to,
                                              std::string(citizen::device_notice));
        if (!sent && owed.failures < notice_attempts) {
            done(sent.error());
            return;
        }
        citizen::SettleDeviceNotice command{notice.cause, sent.has_value(), owed.failures + 1};
        sources.commands.submit(owed.account, citizen::DeviceCommand(command),
                                head_of(owed.follow_up, sources.clock.now()),
                                answered(std::move(done)));
        return;
    }
    done({});
}

/// A dispute is a case for the security team. Its id follows from the event, so control opens it
/// once, whatever is killed in between.
void dispute_case(const OwedAnswerSources& sources, const OwedAnswer& owed, FollowUps::Done done) {
    const Digest name = crypto::sha256({"chopmark/case/1", owed.follow_up.cause.bytes()});
    const control::CaseId id(
        to_array<control::CaseId::size>(name.bytes().substr(0, control::CaseId::size)));
    // Later, control may have forgotten the case and would refuse another: nothing is owed.
    const bool too_late = owed.follow_up.since + limits::closed_alerts_kept < sources.clock.now();
    if (too_late || sources.control.latest()->state->cases->contains(id)) {
        done({});
        return;
    }
    const auto found = sources.events.find(owed.follow_up.cause);
    if (!found) {
        done(found.error());
        return;
    }
    control::OpenCase command;
    command.id = id;
    command.kind = "login.disputed";
    command.cause.set_partition(found->place.partition.value());
    command.cause.set_sequence(found->place.sequence.value());
    command.cause.set_event_id(found->id.to_bytes());
    command.caused_at = owed.follow_up.since;
    command.entity.set_kind(schema::Entity::KIND_ACCOUNT);
    command.entity.set_id(owed.account.to_bytes());
    sources.commands.submit(control::Command(control::AlertCaseCommand(std::move(command))),
                            head_of(owed.follow_up, sources.clock.now()),
                            answered(std::move(done)));
}

/// The same commands that the phone's gateway sends at once: whoever comes second finds it done.
void open_claimed(const OwedAnswerSources& sources, WorkPool& work, const OwedAnswer& owed,
                  FollowUps::Done done) {
    // Both last to the end of the next day, far beyond the grace of a claim.
    const auto claimed = sources.events.open(owed.follow_up.cause);
    if (!claimed) {
        done(claimed.error());
        return;
    }
    const auto opened = sources.events.open(owed.opened);
    if (!opened) {
        done(opened.error());
        return;
    }
    const auto* claim = std::get_if<schema::RequestClaimed>(claimed->get());
    const auto* request = std::get_if<schema::RequestOpened>(opened->get());
    auto command = request != nullptr ? citizen::ask_claimed(*request) : std::nullopt;
    const auto claimer =
        claim != nullptr ? AccountId::from_bytes(claim->link().claimer_account_id()) : std::nullopt;
    if (!command || !claimer) {
        done({});
        return;
    }
    const auto end = [done = std::move(done)](const Result<void>& outcome) {
        const bool over = outcome || (is_lasting(outcome.error().kind()) &&
                                      !(outcome.error() == runtime::event_unknown));
        done(over ? Result<void>() : outcome);
    };
    sources.commands.submit(
        *claimer, *std::move(command),
        citizen::head_of_claimed(owed.follow_up.cause, sources.clock.now()),
        [sources, &work, end, claimed = *claimed](const Result<runtime::Receipt>& receipt) {
            // Its documents may be listed in part even where it was asked long ago.
            if (!receipt && !(receipt.error() == citizen::request_id_used)) {
                end(receipt.error());
                return;
            }
            app::list_claimed({sources.commands, sources.events, sources.clock, work},
                              std::get<schema::RequestClaimed>(*claimed), end);
        });
}

}  // namespace

CommandHead head_of(const FollowUp& follow_up, Instant at) {
    return timer_command(follow_up_id(follow_up.cause, follow_up.name), at);
}

runtime::Answer answered(FollowUps::Done done) {
    return [done = std::move(done)](const Result<runtime::Receipt>& receipt) {
        const bool over = receipt || receipt.error().kind() == Kind::conflict;
        done(over ? Result<void>() : Result<void>(receipt.error()));
    };
}

void with_state(runtime::CommandService& commands, WorkPool& work, const AccountId& account,
                FollowUps::Done done, ActOnState act) {
    commands.look(account, [&work, done = std::move(done), act = std::move(act)](const auto& seen) {
        if (!seen || *seen == nullptr) {
            done(seen ? Result<void>() : Result<void>(seen.error()));
            return;
        }
        if (!work.try_post([act, done, state = *seen] { act(*state, done); })) {
            done(Error(runtime::executor_busy));
        }
    });
}

void handle_owed_answers(FollowUps& follow_ups, WorkPool& work, const OwedAnswerSources& sources) {
    const auto on_state = [&](std::string_view name, auto answer) {
        follow_ups.handle(std::string(name), [sources, &work, answer](const OwedAnswer& owed,
                                                                      FollowUps::Done done) {
            with_state(sources.commands, work, owed.account, std::move(done),
                       [sources, owed, answer](const citizen::State& state, FollowUps::Done ended) {
                           answer(sources, owed, state, std::move(ended));
                       });
        });
    };
    on_state(
        citizen::certificate_follow_up,
        [&work](const OwedAnswerSources& of, const OwedAnswer& owed, const citizen::State& state,
                FollowUps::Done done) { certificate(of, owed, state, work, std::move(done)); });
    on_state(citizen::device_notice, device_notice);
    follow_ups.handle(std::string(citizen::dispute_case),
                      [sources](const OwedAnswer& owed, FollowUps::Done done) {
                          dispute_case(sources, owed, std::move(done));
                      });
    follow_ups.handle(std::string(citizen::open_claimed),
                      [sources, &work](const OwedAnswer& owed, FollowUps::Done done) {
                          open_claimed(sources, work, owed, std::move(done));
                      });
}

}  // namespace chopmark::ops
