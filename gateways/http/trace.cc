#include "gateways/http/trace.h"

#include <algorithm>

namespace chopmark::http {
namespace {

constexpr std::size_t version_end = 2;
constexpr std::size_t trace_begin = 3;
constexpr std::size_t span_begin = 36;
constexpr std::size_t flags_begin = 53;
constexpr std::size_t length = 55;

bool is_lower_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view text) {
    if (text.size() < length || text[version_end] != '-' || text[span_begin - 1] != '-' ||
        text[flags_begin - 1] != '-') {
        return std::nullopt;
    }
    const std::string_view version = text.substr(0, version_end);
    const std::string_view trace = text.substr(trace_begin, 32);
    const std::string_view span = text.substr(span_begin, 16);
    const std::string_view flags = text.substr(flags_begin, 2);
    if (!is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(span) ||
        !is_lower_hex(flags) || version == "ff") {
        return std::nullopt;
    }
    if (text.size() > length && (version == "00" || text[length] != '-')) {
        return std::nullopt;
    }
    const auto trace_id = TraceId::from_hex(trace);
    const auto span_id = SpanId::from_hex(span);
    const auto flag_bits = from_hex(flags);
    if (!trace_id || !span_id || !flag_bits || trace_id->is_zero() || span_id->is_zero()) {
        return std::nullopt;
    }
    return TraceContext{*trace_id, *span_id, (flag_bits->front() & 1) != 0};
}

std::string to_traceparent(const TraceContext& context) {
    std::string out = "00-";
    out.append(context.trace.hex()).append("-").append(context.span.hex());
    out.append(context.sampled ? "-01" : "-00");
    return out;
}

TraceContext TraceSource::begin(std::string_view traceparent) {
    TraceContext context;
    if (const auto parent = parse_traceparent(traceparent)) {
        context = *parent;
    } else {
        ByteArray<TraceId::size> bytes{};
        take(reinterpret_cast<char*>(bytes.data()), bytes.size());
        context.trace = TraceId(bytes);
    }
    ByteArray<SpanId::size> bytes{};
    take(reinterpret_cast<char*>(bytes.data()), bytes.size());
    context.span = SpanId(bytes);
    return context;
}

void TraceSource::take(char* out, std::size_t count) {
    if (used_ + count > block_.size()) {
        entropy_.fill(block_);
        used_ = 0;
    }
    std::copy_n(reinterpret_cast<const char*>(block_.data()) + used_, count, out);
    used_ += count;
}

}  // namespace chopmark::http
