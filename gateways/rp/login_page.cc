#include "gateways/rp/login_page.h"

#include <fmt/format.h>

#include <array>

#include "gateways/rp/page_script.h"
#include "gateways/rp/qr_picture.h"

namespace chopmark::rp {
namespace {

struct Texts {
    std::string_view language;
    std::string_view title;
    std::string_view scan;
    std::string_view open;
    std::string_view or_scan;
    std::string_view compare;
    std::string_view scanned;
    std::string_view over;
    std::string_view again;
    std::string_view failed;
    std::string_view needs_script;
};

constexpr std::array texts{
    Texts{"zh-HK", "登入", "請用手機應用程式掃描二維碼", "開啟手機應用程式", "或以另一部手機掃描",
          "請核對手機上的號碼", "請在手機上確認登入", "此頁已過時。", "重新整理",
          "未能處理登入要求", "請使用已啟用 JavaScript 的瀏覽器經 https 開啟此頁"},
    Texts{"zh-CN", "登录", "请用手机应用程序扫描二维码", "打开手机应用程序", "或用另一部手机扫描",
          "请核对手机上的号码", "请在手机上确认登录", "此页已过时。", "刷新", "未能处理登录请求",
          "请使用已启用 JavaScript 的浏览器经 https 打开此页"},
    Texts{"en-US", "Log in", "Scan the QR code with your mobile app", "Open the mobile app",
          "or scan with another phone", "Compare this number with the one on your phone",
          "Confirm the login on your phone", "This page is out of date.", "Reload",
          "The login request could not be processed",
          "Open this page by https, in a browser that runs JavaScript"},
};

const Texts& texts_of(std::string_view language) {
    for (const Texts& candidate : texts) {
        if (candidate.language == language) {
            return candidate;
        }
    }
    return texts.front();
}

std::string escape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out.push_back(c);
        }
    }
    return out;
}

constexpr std::string_view style = R"(
body{margin:0;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#f4f5f7}
main{max-width:22rem;margin:4vh auto;padding:1.5rem;background:#fff;border-radius:.75rem;
text-align:center}
h1{font-size:1.1rem;margin:0 0 1rem}
.code{aspect-ratio:1}
svg{display:block;width:100%;height:auto}
.number{font-size:2.5rem;font-weight:700;letter-spacing:.2em;margin:.25rem 0}
.open{display:block;margin:1rem 0;padding:.75rem;border-radius:.5rem;background:#1b5e4b;color:#fff;
text-decoration:none}
.later,main.scanned .first{display:none}
main.scanned .scanned,main.over .over{display:block}
main.over .first,main.over .scanned{display:none}
)";

httplib::Response html(std::string body, const std::string& nonce) {
    httplib::Response response;
    response.set_header(
        "Content-Security-Policy",
        fmt::format("default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; "
                    "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                    "frame-ancestors 'none'",
                    nonce));
    response.set_header("Referrer-Policy", "no-referrer");
    response.set_header("X-Frame-Options", "DENY");
    response.set_header("Cross-Origin-Opener-Policy", "same-origin");
    response.set_content(body, "text/html; charset=utf-8");
    return response;
}

std::string head(const Texts& words, const std::string& nonce) {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"{0}\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<title>{1}</title><style nonce=\"{2}\">{3}</style></head>\n",
        words.language, words.title, nonce, style);
}

/// What stands in the picture's place: the picture, or that this page has none without its script.
Result<std::string> code_of(const LoginPage& page, const Texts& words) {
    if (page.picture) {
        CHOPMARK_ASSIGN(const std::string picture, qr_svg(page.app_link));
        return "<div class=\"code\">" + picture + "</div>";
    }
    return fmt::format("<div class=\"code\" data-plain=\"{0}\"><noscript>{0}</noscript></div>",
                       words.needs_script);
}

}  // namespace

std::string_view language_of(std::string_view asked) { return texts_of(asked).language; }

Result<httplib::Response> login_page(const LoginPage& page) {
    const Texts& words = texts_of(page.language);
    const bool redrawn = !page.page_key.empty() && can_redraw(page.app_link);
    if (!redrawn && !page.picture) {
        return qr_too_long;
    }
    CHOPMARK_ASSIGN(const std::string code, code_of(page, words));
    std::string body = head(words, page.nonce);
    body += fmt::format("<body><main data-handle=\"{}\"", escape(page.handle));
    if (redrawn) {
        body +=
            fmt::format(" data-key=\"{}\" data-link=\"{}\"", page.page_key, escape(page.app_link));
    }
    body += fmt::format("><h1>{}: {}</h1>\n<div class=\"first\">", words.title,
                        escape(page.service_name));
    if (page.on_phone) {
        body += fmt::format("<a class=\"open\" href=\"{}\">{}</a><p>{}</p>", escape(page.app_link),
                            words.open, words.or_scan);
    } else {
        body += fmt::format("<p>{}</p>", words.scan);
    }
    body += code + "</div>\n";
    body +=
        fmt::format("<p>{}</p><p class=\"number\">{}</p>\n", words.compare, escape(page.number));
    body += fmt::format(
        "<p class=\"later scanned\">{}</p>\n<p class=\"later over\">{} <a class=\"reload\" "
        "href=\"\">{}</a></p></main>\n<script nonce=\"{}\">{}{}</script></body></html>\n",
        words.scanned, words.over, words.again, page.nonce, waiting_script(),
        redrawn ? redrawing_script() : std::string_view());
    return html(std::move(body), page.nonce);
}

httplib::Response error_page(std::string_view language, std::string_view code,
                             const std::string& nonce) {
    const Texts& words = texts_of(language);
    httplib::Response response =
        html(head(words, nonce) + fmt::format("<body><main><h1>{}</h1><p>{}</p></main></body>"
                                              "</html>\n",
                                              words.failed, escape(code)),
             nonce);
    response.status = 400;
    return response;
}

}  // namespace chopmark::rp
