#include "ops/server_probes.h"

namespace chopmark::ops {

void probe_retired(telemetry::Samples& samples, const KeyRetirement::Probe& retired) {
    const auto total = [&samples](const char* name, const char* help, std::uint64_t value) {
        samples.counter(name, help, static_cast<double>(value));
    };
    total("chopmark_signing_keys_destroyed_total", "Keys of certificates that ended.",
          retired.destroyed);
    total("chopmark_signing_keys_failed_total", "Steps tried again.", retired.failed);
    total("chopmark_certificates_revoked_total", "At the authority, after they ended here.",
          retired.revoked);
    total("chopmark_certificate_revocations_refused_total",
          "Certificates that ended here and that the authority will not revoke.", retired.refused);
}

void probe_calendar(telemetry::Samples& samples, const RelyingPartyCalendar::Probe& calendar) {
    const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
    samples.counter("chopmark_relying_party_dates_recorded_total",
                    "Reminders and suspensions by date.", number(calendar.recorded));
    samples.counter("chopmark_relying_party_dates_failed_total", "Tried again.",
                    number(calendar.failed));
    samples.gauge("chopmark_relying_party_declarations_near",
                  "Services whose declaration is due within 30 days, or late.",
                  number(calendar.declarations_near));
    samples.gauge("chopmark_relying_party_keks_near",
                  "Services whose KEK certificate ends within 30 days, or has ended.",
                  number(calendar.keys_near));
}

void probe_keks(telemetry::Samples& samples, const KekWatch::Probe& keks) {
    samples.gauge("chopmark_relying_party_keks_revoked",
                  "Services whose KEK came in a certificate that its authority has revoked.",
                  static_cast<double>(keks.revoked));
    samples.gauge("chopmark_relying_party_keks_unread",
                  "Services whose KEK certificate could not be read, and so not looked for.",
                  static_cast<double>(keks.unread));
    if (keks.lists_end) {
        samples.gauge(
            "chopmark_kek_revocations_end_seconds",
            "When, since 1970, the first revocation list is over and certificates that it "
            "is about are no longer taken.",
            static_cast<double>(keks.lists_end->seconds()));
    }
}

void probe_desk(telemetry::Samples& samples, const service::LoginDesk::Probe& desk) {
    samples.gauge("chopmark_login_pages", "Pages that wait for a phone, or for its answer.",
                  static_cast<double>(desk.entries));
    samples.counter("chopmark_login_pages_refused_total", "Pages for which there was no place.",
                    static_cast<double>(desk.refused_full));
    samples.counter("chopmark_login_pages_taken_back_total",
                    "Pages that nobody had scanned, for those of addresses with fewer.",
                    static_cast<double>(desk.made_room));
    const auto scans = [&samples](const char* outcome, std::uint64_t count) {
        samples.counter("chopmark_login_scans_total", "Phones that read a login page.",
                        static_cast<double>(count), {{"outcome", outcome}});
    };
    scans("taken", desk.scanned);
    scans("claimed_twice", desk.claimed_twice);
    scans("code_old", desk.codes_old);
    scans("code_wrong", desk.codes_wrong);
    scans("code_missing", desk.codes_missing);
}

void probe_calls(telemetry::Samples& samples, const rp::RpGateway::Probe& calls) {
    const auto total = [&samples](const char* outcome, std::uint64_t count) {
        samples.counter("chopmark_relying_party_calls_total", "Signed calls, by what came of them.",
                        static_cast<double>(count), {{"outcome", outcome}});
    };
    total("passed", calls.passed);
    total("wrong_signature", calls.wrong_signature);
    total("repeated", calls.repeated);
    total("too_many", calls.too_many);
}

}  // namespace chopmark::ops
