// Trace ids by W3C Trace Context: taken from a valid `traceparent`, drawn otherwise, echoed in
// every answer. They are random or the caller's own, never derived from a person.
#pragma once

#include "events/core/entropy.h"

namespace chopmark::http {

using TraceId = OpaqueId<struct TraceIdTag, 16>;
using SpanId = OpaqueId<struct SpanIdTag, 8>;

struct TraceContext {
    TraceId trace;
    SpanId span;  // of this request, drawn here
    bool sampled = false;
};

/// version 00: 00-<32 lower-case hex>-<16>-<2>; both ids not zero. Higher versions are read by
/// their first four fields, as the recommendation asks. The span is the caller's.
std::optional<TraceContext> parse_traceparent(std::string_view text);
std::string to_traceparent(const TraceContext& context);

/// Draws entropy in blocks: an id costs a copy. Not shared between threads.
class TraceSource {
  public:
    explicit TraceSource(Entropy& entropy) : entropy_(entropy) {}
    /// Continues the trace of `traceparent` if it is a valid one.
    TraceContext begin(std::string_view traceparent);

  private:
    void take(char* out, std::size_t count);

    Entropy& entropy_;
    ByteArray<3072> block_{};
    std::size_t used_ = 3072;
};

}  // namespace chopmark::http
