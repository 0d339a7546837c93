// The table. A row's consequence says what follows from the value, for someone who has not read the
// design; --print-config shows it as a comment above the value. What must be the same on every node
// – lives of codes and tokens, quotas, scores – is no setting of a node: it is policy, set by an
// event (aggregates/control/policy.h). The rows of one TOML table MUST stand together.
#include <array>
#include <iterator>

#include "ops/config/setting_kinds.h"

namespace chopmark::config {
namespace {

using http::ClientCertificate;
using std::chrono::milliseconds;
using std::chrono::minutes;
using telemetry::Level;

// The member that a row is about, in a Config that may be const.
#define CHOPMARK_AT(member) \
    [](auto& config) -> auto& { return config.member; }

using Rows = std::vector<Setting>;

constexpr std::array environments{
    Choice<Environment>{"production", Environment::production},
    Choice<Environment>{"integration", Environment::integration},
    Choice<Environment>{"sandbox", Environment::sandbox},
};
constexpr std::array back_ends{
    Choice<BackEnd>{"embedded", BackEnd::embedded},
    Choice<BackEnd>{"memory", BackEnd::memory},
    Choice<BackEnd>{"kafka", BackEnd::kafka},
};
constexpr std::array wires{
    Choice<Wire>{"clear", Wire::clear},
    Choice<Wire>{"tls", Wire::tls},
};
constexpr std::array logins{
    Choice<Login>{"none", Login::none},
    Choice<Login>{"scram-sha-256", Login::scram_sha_256},
    Choice<Login>{"scram-sha-512", Login::scram_sha_512},
};
constexpr std::array epoch_keys{
    Choice<EpochKeys>{"file", EpochKeys::file},
    Choice<EpochKeys>{"pkcs11", EpochKeys::pkcs11},
};
constexpr std::array levels{
    Choice<Level>{"debug", Level::debug},
    Choice<Level>{"info", Level::info},
    Choice<Level>{"warn", Level::warn},
    Choice<Level>{"error", Level::error},
};

constexpr std::array client_certificates{
    Choice<ClientCertificate>{"none", ClientCertificate::none},
    Choice<ClientCertificate>{"optional", ClientCertificate::optional},
    Choice<ClientCertificate>{"required", ClientCertificate::required},
};

template <class Enum, std::size_t N>
std::span<const Choice<Enum>> of(const std::array<Choice<Enum>, N>& choices) {
    return choices;
}

void node_rows(Rows& rows) {
    rows.push_back(text("node.name", CHOPMARK_AT(node.name), node_name,
                        "names this node in its certificate, logs and metrics"));
    rows.push_back(text("node.data", CHOPMARK_AT(node.data), not_empty,
                        "folder of journal, views and keys; beside the working directory unless it "
                        "begins with /; one process at a time"));
    rows.push_back(choice<Environment>(
        "node.environment", CHOPMARK_AT(node.environment), of(environments),
        "written into the genesis of a new journal and never changed; only a sandbox may play "
        "outside parties and keep epoch keys in files"));
    rows.push_back(number("node.strand_threads", CHOPMARK_AT(threads.strand_threads), 1, 256,
                          "threads",
                          "run decisions and views; fewer than cores leaves room for HTTP"));
    rows.push_back(number("node.work_threads", CHOPMARK_AT(threads.work_threads), 1, 256, "threads",
                          "run expensive checks and calls to outside parties"));
    rows.push_back(number("node.work_queue", CHOPMARK_AT(threads.work_queue), 1, 1'000'000,
                          "checks", "checks that may wait; beyond it callers are told busy"));
    rows.push_back(text("node.peer_address", CHOPMARK_AT(node.peer_address), numeric_address,
                        "where other nodes connect, if journal.back_end is kafka; always mutual "
                        "TLS by the certificates of the node CA"));
    rows.push_back(
        number("node.peer_port", CHOPMARK_AT(node.peer_port), 1, 65535, "", "see peer_address"));
    rows.push_back(text("node.endpoint", CHOPMARK_AT(node.endpoint), any_text,
                        "host:port where other nodes reach this one, written into the log with "
                        "every term; empty: peer_address and peer_port"));
}

void journal_rows(Rows& rows) {
    rows.push_back(choice<BackEnd>("journal.back_end", CHOPMARK_AT(journal.back_end), of(back_ends),
                                   "embedded keeps records in node.data, for one node; kafka in a "
                                   "cluster that nodes share, with a copy in node.data; memory "
                                   "forgets them and is for the sandbox only"));
    rows.push_back(number("journal.partitions", CHOPMARK_AT(journal.partitions), 1, 1024,
                          "partitions",
                          "written into the genesis of a new journal and never changed; bounds "
                          "how many nodes can share the citizens"));
}

void kafka_rows(Rows& rows) {
    rows.push_back(
        text("kafka.brokers", CHOPMARK_AT(kafka.brokers), any_text,
             "host:port of some brokers, with commas; the others are learned from them"));
    rows.push_back(text("kafka.client_id", CHOPMARK_AT(kafka.client_id), not_empty,
                        "names us in the brokers' logs and quotas"));
    rows.push_back(text("kafka.topic", CHOPMARK_AT(kafka.topic), not_empty,
                        "the journal; `chopmark kafka create` makes it as it must be"));
    rows.push_back(text("kafka.ownership_topic", CHOPMARK_AT(kafka.ownership_topic), not_empty,
                        "stays empty; its consumer group says which node owns which partition"));
    rows.push_back(text("kafka.group", CHOPMARK_AT(kafka.group), not_empty,
                        "that consumer group; the same on every node of a deployment"));
    rows.push_back(text("kafka.public_topic", CHOPMARK_AT(kafka.public_topic), any_text,
                        "every accepted leaf as a CloudEvent, for readers outside, never a box; "
                        "empty: nothing is published"));
    rows.push_back(
        text("kafka.alert_topic", CHOPMARK_AT(kafka.alert_topic), any_text,
             "every record about an alert, for security teams, without what is personal; "
             "empty: none"));
    rows.push_back(text("kafka.alert_state_topic", CHOPMARK_AT(kafka.alert_state_topic), any_text,
                        "how each alert stands now, compacted by its id; empty: none"));
    rows.push_back(number("kafka.replication", CHOPMARK_AT(kafka.replication), 1, 9, "replicas",
                          "fewer are refused; 1 is for a single broker, which then syncs every "
                          "append"));
    rows.push_back(number("kafka.min_insync", CHOPMARK_AT(kafka.min_insync), 1, 9, "replicas",
                          "that have a record before it counts as written"));
    rows.push_back(duration("kafka.session", CHOPMARK_AT(kafka.session), milliseconds(1000),
                            minutes(1),
                            "without a sign of life a node loses its partitions after it; brokers "
                            "may refuse less than 6s (group.min.session.timeout.ms)"));
    rows.push_back(duration("kafka.heartbeat", CHOPMARK_AT(kafka.heartbeat), milliseconds(100),
                            minutes(1), "between signs of life; a third of the session or less"));
    rows.push_back(flag("kafka.restore_from_mirror", CHOPMARK_AT(kafka.restore_from_mirror),
                        "fills an empty topic from this node's copy instead of refusing to start"));
    rows.push_back(choice<Wire>("kafka.wire", CHOPMARK_AT(kafka.wire), of(wires),
                                "clear can be read and changed on the way, sealed boxes excepted"));
    rows.push_back(text("kafka.ca_file", CHOPMARK_AT(kafka.ca_file), any_text,
                        "PEM, the issuers that brokers are believed by; empty: those of the "
                        "system"));
    rows.push_back(text("kafka.certificate_file", CHOPMARK_AT(kafka.certificate_file), any_text,
                        "PEM, what this node shows to brokers"));
    rows.push_back(text("kafka.key_file", CHOPMARK_AT(kafka.key_file), any_text,
                        "PEM, the key of that certificate"));
    rows.push_back(choice<Login>("kafka.login", CHOPMARK_AT(kafka.login), of(logins),
                                 "how brokers are told who we are, besides the certificate"));
    rows.push_back(text("kafka.user", CHOPMARK_AT(kafka.user), any_text,
                        "the account at the brokers; needed with a SCRAM login"));
    rows.push_back(text("kafka.password_file", CHOPMARK_AT(kafka.password_file), any_text,
                        "file that holds its password alone, readable by this user alone"));
}

void key_rows(Rows& rows) {
    rows.push_back(choice<EpochKeys>(
        "keys.epoch_keys", CHOPMARK_AT(keys.epoch_keys), of(epoch_keys),
        "where the key lies under which all key files are sealed; a file can be copied before it "
        "is deleted, so erasure proves nothing with it: sandbox only"));
    rows.push_back(text("keys.pkcs11.module", CHOPMARK_AT(keys.pkcs11_module), any_text,
                        "library of the token, by its full path"));
    rows.push_back(text("keys.pkcs11.token", CHOPMARK_AT(keys.pkcs11_token), any_text,
                        "label of the token; exactly one present must bear it"));
    rows.push_back(text("keys.pkcs11.pin_file", CHOPMARK_AT(keys.pkcs11_pin_file), any_text,
                        "file that holds the user PIN alone, readable by this user alone"));
    rows.push_back(
        text("keys.pkcs11.key_label", CHOPMARK_AT(keys.pkcs11_key_label), not_empty,
             "keys are called LABEL-EPOCH; nodes that share a token need different ones"));
}

void keyport_rows(Rows& rows) {
    rows.push_back(text("keyport.address", CHOPMARK_AT(keyport.address), any_text,
                        "host:port of `chopmark keyport`, which nodes that share a journal need; "
                        "empty: signing keys and passwords lie in node.data"));
    rows.push_back(text("keyport.node", CHOPMARK_AT(keyport.node), any_text,
                        "32 hex digits, the key port's own certificate; `chopmark keyport` says "
                        "them"));
}

void gateway_rows(Rows& rows, const std::string& name, GatewayConfig Config::*gateway,
                  const std::string& whom) {
    const std::string key = "gateways." + name + ".";
    const auto at = [gateway](auto field) {
        return [ gateway, field ](auto& config) -> auto& { return field(config.*gateway); };
    };
    rows.push_back(text(key + "address", at(CHOPMARK_AT(listen.address)), numeric_address,
                        "where " + whom + " connect; beyond loopback it needs tls"));
    rows.push_back(number(key + "port", at(CHOPMARK_AT(listen.port)), 0, 65535, "",
                          "0 lets the system choose; the log names the choice"));
    rows.push_back(text(key + "origin", at(CHOPMARK_AT(origin)), empty_or_web_origin,
                        "how the address is written in pages and answers, if a proxy stands in "
                        "front; empty: made of address and port"));
    rows.push_back(flag(key + "clear_text", at(CHOPMARK_AT(listen.allow_clear_text_off_loopback)),
                        "allows an address beyond loopback without TLS: whatever passes, personal "
                        "data included, can be read on the way"));
    rows.push_back(text(key + "tls.certificate_file", at(CHOPMARK_AT(listen.tls.certificate_file)),
                        any_text,
                        "PEM, the certificate and its chain; empty: no TLS; on SIGHUP all "
                        "these files are read again"));
    rows.push_back(text(key + "tls.key_file", at(CHOPMARK_AT(listen.tls.key_file)), any_text,
                        "PEM, not encrypted, readable by this user alone"));
    rows.push_back(text(key + "tls.client_ca_file", at(CHOPMARK_AT(listen.tls.client_ca_file)),
                        any_text, "PEM, the issuers whose certificates " + whom + " may show"));
    rows.push_back(text(key + "tls.client_crl_file", at(CHOPMARK_AT(listen.tls.client_crl_file)),
                        any_text,
                        "PEM, revocation lists of all those issuers; past its next update one lets "
                        "nobody in; empty: not looked at"));
    rows.push_back(choice<ClientCertificate>(key + "tls.client_certificate",
                                             at(CHOPMARK_AT(listen.tls.client_certificate)),
                                             of(client_certificates),
                                             "whether " + whom +
                                                 " are asked for one; required: no handshake "
                                                 "without"));
}

void front_rows(Rows& rows) {
    const auto time = [&rows](const char* key, auto get, const char* consequence) {
        rows.push_back(
            duration(std::string("http.") + key, get, milliseconds(100), minutes(10), consequence));
    };
    const auto bound = [&rows](const char* key, auto get, std::int64_t least, std::int64_t most,
                               const char* unit, const char* consequence) {
        rows.push_back(number(std::string("http.") + key, get, least, most, unit, consequence));
    };
    bound("io_threads", CHOPMARK_AT(front.io_threads), 1, 64, "threads",
          "a gateway's sockets, TLS and framing; one carries about 50,000 requests/s");
    bound("workers", CHOPMARK_AT(front.workers), 1, 256, "threads",
          "a gateway's handlers; more than cores helps only if handlers block");
    bound("connections", CHOPMARK_AT(front.bounds.connections), 1, 1'000'000, "connections",
          "a gateway; beyond it the longest idle is closed, or a newcomer gets 503");
    bound("parked", CHOPMARK_AT(front.bounds.parked), 1, 1'000'000, "requests",
          "that wait without a thread, such as a page for its approval; beyond it 503");
    bound("streams", CHOPMARK_AT(front.bounds.streams), 1, 100'000, "streams",
          "open event streams; beyond it 503");
    bound("body_bytes", CHOPMARK_AT(front.bounds.body_bytes), 1 << 20, 1LL << 36, "bytes",
          "request bodies in memory at once; beyond it 503");
    time("handshake", CHOPMARK_AT(front.time.handshake), "a TLS handshake, whole");
    time("idle", CHOPMARK_AT(front.time.idle), "a connection without requests is closed after it");
    time("header", CHOPMARK_AT(front.time.header), "a request's header must have come; then 408");
    time("request", CHOPMARK_AT(front.time.request), "a request must have come; then 408");
    time("answer", CHOPMARK_AT(front.time.answer), "a handler must have answered; then 504");
    bound("peer.connections", CHOPMARK_AT(front.peers.connections), 1, 1'000'000, "connections",
          "of one address, or one IPv6 /64");
    bound("peer.requests_per_second", CHOPMARK_AT(front.peers.requests_per_second), 1, 1'000'000,
          "requests/s", "of one address in the long run; beyond it 429");
    bound("peer.burst", CHOPMARK_AT(front.peers.burst), 1, 1'000'000, "requests",
          "that one address may send at once");
    bound("peer.all_requests_per_second", CHOPMARK_AT(front.peers.all_requests_per_second), 1,
          10'000'000, "requests/s", "of all addresses together in the long run; beyond it 429");
    bound("peer.all_burst", CHOPMARK_AT(front.peers.all_burst), 1, 10'000'000, "requests",
          "that all addresses together may send at once");
    rows.push_back(flag("http.peer.exempt_loopback", CHOPMARK_AT(front.peers.exempt_loopback),
                        "peers on this machine, such as a proxy, are not limited"));
}

void party_rows(Rows& rows, const std::string& name, PartyConfig Config::*party,
                const std::string& what) {
    const std::string key = "outside." + name + ".";
    const auto at = [party](auto field) {
        return [ party, field ](auto& config) -> auto& { return field(config.*party); };
    };
    rows.push_back(text(key + "url", at(CHOPMARK_AT(url)), empty_or_https,
                        "address of " + what + "; empty: the sandbox plays it"));
    rows.push_back(text(key + "ca_file", at(CHOPMARK_AT(ca_file)), any_text,
                        "PEM, the issuers it is believed by; empty: those of the system"));
    rows.push_back(text(key + "certificate_file", at(CHOPMARK_AT(certificate_file)), any_text,
                        "PEM, what this node shows to it"));
    rows.push_back(text(key + "key_file", at(CHOPMARK_AT(key_file)), any_text,
                        "PEM, the key of that certificate"));
    rows.push_back(duration(key + "timeout", at(CHOPMARK_AT(timeout)), milliseconds(100),
                            minutes(1), "one attempt, whole; a citizen waits for it"));
    rows.push_back(number(key + "attempts", at(CHOPMARK_AT(attempts)), 1, 10, "attempts",
                          "before the answer is that it cannot be reached"));
}

void relying_party_rows(Rows& rows) {
    rows.push_back(text("relying_parties.kek_authorities_file",
                        CHOPMARK_AT(relying_parties.kek_authorities_file), any_text,
                        "PEM, the authorities whose certificates a relying party's KEK may come "
                        "in; empty: the sandbox's own, and none elsewhere"));
    rows.push_back(text("relying_parties.kek_revocations_file",
                        CHOPMARK_AT(relying_parties.kek_revocations_file), any_text,
                        "revocation lists, one in DER or all in PEM: of those authorities and of "
                        "all between them and a KEK's certificate; behind the next update of one, "
                        "no certificate that it is about is taken; empty: not looked at"));
}

void log_rows(Rows& rows) {
    rows.push_back(choice<Level>("log.level", CHOPMARK_AT(log.level), of(levels),
                                 "what is less important than this is not written"));
    rows.push_back(
        text("log.file", CHOPMARK_AT(log.file), any_text, "JSON lines; empty: to standard error"));
    rows.push_back(number("log.file_bytes", CHOPMARK_AT(log.file_bytes), 1 << 16, 1LL << 40,
                          "bytes", "a file that has grown to this is put aside for a new one"));
    rows.push_back(number("log.files", CHOPMARK_AT(log.files), 1, 1000, "files",
                          "put aside; the oldest beyond it is deleted"));
    rows.push_back(flag("metrics.on", CHOPMARK_AT(metrics),
                        "serves /metrics in Prometheus' text format on the admin gateway"));
}

Rows make_table() {
    Rows rows;
    node_rows(rows);
    journal_rows(rows);
    kafka_rows(rows);
    key_rows(rows);
    keyport_rows(rows);
    gateway_rows(rows, "rp", &Config::rp, "relying parties");
    gateway_rows(rows, "app", &Config::app, "phones");
    gateway_rows(rows, "channel", &Config::channel, "kiosks, counters and mobile teams");
    gateway_rows(rows, "audit", &Config::audit, "auditors");
    gateway_rows(rows, "security", &Config::security, "security teams");
    gateway_rows(rows, "admin", &Config::admin, "operators");
    front_rows(rows);
    party_rows(rows, "immigration", &Config::immigration, "the register of identity cards");
    party_rows(rows, "face_matcher", &Config::face_matcher, "the face matcher");
    party_rows(rows, "certification", &Config::certification, "the certification authority");
    party_rows(rows, "push", &Config::push, "the push notice service");
    relying_party_rows(rows);
    log_rows(rows);
    return rows;
}

#undef CHOPMARK_AT

}  // namespace

const std::vector<Setting>& settings() {
    static const std::vector<Setting> table = make_table();
    return table;
}

}  // namespace chopmark::config
