// A lean HTTP/1.1 client over one kept connection, in clear or under TLS, blocking, for generators
// that must cost little beside what they measure. Answers must carry Content-Length. One thread a
// connection; what the peer answers is believed, certificates included: this is loopback.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "events/core/result.h"

namespace chopmark::figures {

inline constexpr Reason wire_broken{"figures.wire_broken", Kind::unavailable};
/// The detail is the status and the head of the answer.
inline constexpr Reason answer_bad{"figures.answer_bad", Kind::refused};

struct Origin {
    std::uint16_t port = 0;
    bool tls = false;
};

struct WireAnswer {
    int status = 0;
    std::string head;
    std::string body;
};

class ByteStream {
  public:
    virtual ~ByteStream() = default;
    virtual bool write(std::string_view bytes) = 0;
    /// Bytes read; 0: the end or an error.
    virtual std::size_t read(char* into, std::size_t room) = 0;
};

Result<std::unique_ptr<ByteStream>> connect_clear(std::uint16_t port);
Result<std::unique_ptr<ByteStream>> connect_tls(std::uint16_t port);

class Wire {
  public:
    static Result<Wire> connect(const Origin& origin);

    /// `headers`: whole lines, each with its end.
    Result<void> send(std::string_view method, std::string_view target, std::string_view headers,
                      std::string_view body);
    Result<WireAnswer> receive();
    /// Both, and answer.bad unless 200.
    Result<WireAnswer> call(std::string_view method, std::string_view target,
                            std::string_view headers, std::string_view body);

  private:
    explicit Wire(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {}
    std::unique_ptr<ByteStream> stream_;
    std::string out_;
    std::string in_;
};

/// What stands between `before` and `after`; empty if it is not there.
std::string_view between(std::string_view text, std::string_view before, std::string_view after);
/// A text member of a flat JSON object whose text needs no unescaping.
std::string_view member(std::string_view json, std::string_view name);

}  // namespace chopmark::figures
