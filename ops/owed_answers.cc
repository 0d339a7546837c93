#include "ops/owed_answers.h"

#include "events/crypto/digest.h"
#include "events/schema/event.h"
#include "ops/deciding.h"

namespace chopmark::ops {
namespace {

/// An old phone that cannot be reached is not waited for longer than this.
constexpr unsigned notice_attempts = 8;

RequestId request_of(const FollowUp& follow_up) {
    const CommandId id = follow_up_id(follow_up.cause, follow_up.name);
    return RequestId(to_array<RequestId::size>(id.bytes().substr(0, RequestId::size)));
}

CommandHead head_of(const FollowUp& follow_up, Instant at) {
    return timer_command(follow_up_id(follow_up.cause, follow_up.name), at);
}

/// A command that the state has no use for any more was overtaken: nothing is owed.
FollowUps::Done settled(FollowUps::Done done) {
    return [done = std::move(done)](const Result<void>& outcome) {
        const bool overtaken = !outcome && outcome.error().kind() == Kind::conflict;
        done(overtaken ? Result<void>() : outcome);
    };
}

runtime::Answer answered(FollowUps::Done done) {
    return [done = settled(std::move(done))](const Result<runtime::Receipt>& receipt) {
        done(receipt ? Result<void>() : Result<void>(receipt.error()));
    };
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

/// The same cause names the same key in every attempt: a key made before a crash is found again.
keys::KeyHandle key_for(const EventId& cause) {
    const Digest name = crypto::sha256({"chopmark/signing-key/1", cause.bytes()});
    return keys::KeyHandle(
        to_array<keys::KeyHandle::size>(name.bytes().substr(0, keys::KeyHandle::size)));
}

Result<citizen::IssueCertificate> issue(const OwedAnswerSources& sources, const FollowUp& owed,
                                        const EventId& card_source) {
    CHOPMARK_ASSIGN(std::string name, card_name(sources.events, card_source));
    const keys::KeyHandle handle = key_for(owed.cause);
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

void certificate(const OwedAnswerSources& sources, WorkPool& work, const OwedAnswer& owed,
                 FollowUps::Done done) {
    sources.commands.look(owed.account, [sources, &work, owed,
                                         done = std::move(done)](const auto& seen) {
        if (!seen || *seen == nullptr) {
            done(seen ? Result<void>(citizen::account_unknown) : Result<void>(seen.error()));
            return;
        }
        const EventId card = (*seen)->account.card_source;
        const bool taken = work.try_post([sources, owed, card, done] {
            auto command = issue(sources, owed.follow_up, card);
            if (!command) {
                done(command.error());
                return;
            }
            sources.commands.submit(owed.account, citizen::CertificateCommand(*std::move(command)),
                                    head_of(owed.follow_up, sources.clock.now()), answered(done));
        });
        if (!taken) {
            done(Error(runtime::executor_busy));
        }
    });
}

/// Blocks on the push service: in a pool, never where the state was looked up.
void notify(const OwedAnswerSources& sources, const OwedAnswer& owed, const citizen::State& state,
            FollowUps::Done done) {
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

void device_notice(const OwedAnswerSources& sources, WorkPool& work, const OwedAnswer& owed,
                   FollowUps::Done done) {
    sources.commands.look(
        owed.account, [sources, &work, owed, done = std::move(done)](const auto& seen) {
            if (!seen || *seen == nullptr) {
                done(seen ? Result<void>() : Result<void>(seen.error()));
                return;
            }
            const bool taken = work.try_post(
                [sources, owed, state = *seen, done] { notify(sources, owed, *state, done); });
            if (!taken) {
                done(Error(runtime::executor_busy));
            }
        });
}

/// A dispute is a case for the security team. Its id follows from the event, so control opens it
/// once, whatever is killed in between.
void dispute_case(const OwedAnswerSources& sources, const OwedAnswer& owed, FollowUps::Done done) {
    const Digest name = crypto::sha256({"chopmark/case/1", owed.follow_up.cause.bytes()});
    const control::CaseId id(
        to_array<control::CaseId::size>(name.bytes().substr(0, control::CaseId::size)));
    if (sources.control.latest()->state->cases->contains(id)) {
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
    command.entity.set_kind(schema::Entity::KIND_ACCOUNT);
    command.entity.set_id(owed.account.to_bytes());
    sources.commands.submit(control::Command(control::AlertCaseCommand(std::move(command))),
                            head_of(owed.follow_up, sources.clock.now()),
                            answered(std::move(done)));
}

}  // namespace

void handle_owed_answers(FollowUps& follow_ups, WorkPool& work, const OwedAnswerSources& sources) {
    follow_ups.handle(std::string(citizen::certificate_follow_up),
                      [sources, &work](const OwedAnswer& owed, FollowUps::Done done) {
                          certificate(sources, work, owed, std::move(done));
                      });
    follow_ups.handle(std::string(citizen::device_notice),
                      [sources, &work](const OwedAnswer& owed, FollowUps::Done done) {
                          device_notice(sources, work, owed, std::move(done));
                      });
    follow_ups.handle(std::string(citizen::dispute_case),
                      [sources](const OwedAnswer& owed, FollowUps::Done done) {
                          dispute_case(sources, owed, std::move(done));
                      });
}

}  // namespace chopmark::ops
