// Rows that a phone calls under its session's MAC: the authorizer has established account and
// device. Queries read the rows of a view, waiting for the position that the caller names, and are
// rendered in the work pool, for they open boxes.
#pragma once

#include "gateways/app/answer.h"
#include "gateways/app/app_ports.h"
#include "gateways/app/signed_call.h"

namespace chopmark::app {

/// Answers by the reply, then or later.
using SessionHandler = std::function<void(const http::Call& call, const http::AppCaller& caller,
                                          const SharedReply& reply)>;
/// POST: something that is no command.
http::Route session_row(RowName name, SessionHandler handler);

using QueryHandler = std::function<Result<Json>(const fold::Reading& rows, const http::Call& call,
                                                const http::AppCaller& caller)>;
/// GET of a view. `context` must outlive the row.
http::Route query_row(const AppContext& context, RowName name, std::string_view view,
                      QueryHandler handler);

}  // namespace chopmark::app
