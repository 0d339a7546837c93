#include "gateways/rp/parameters.h"

#include <algorithm>
#include <array>

namespace chopmark::rp {
namespace {

constexpr std::size_t id_bytes = 36;

constexpr std::array<std::string_view, 16> sources{"Android_Chrome",
                                                   "Android_Firefox",
                                                   "Android_Edge",
                                                   "Android_Samsung",
                                                   "Android_Huawei",
                                                   "Android_Xiaomi",
                                                   "iOS_Safari",
                                                   "iOS_Chrome",
                                                   "iOS_Firefox",
                                                   "iOS_Edge",
                                                   "PC_Browser",
                                                   "App_Scheme",
                                                   "App_Link",
                                                   "App_Package",
                                                   "Android_IMS_InAppBrowser",
                                                   "iOS_IMS_InAppBrowser"};

}  // namespace

Result<std::string> text_parameter(const service::Json& content, const char* name,
                                   std::size_t longest) {
    if (!service::has(content, name)) {
        return Error(parameter_missing, name);
    }
    CHOPMARK_ASSIGN(std::string text, optional_text(content, name, longest));
    return text.empty() ? Result<std::string>(Error(parameter_empty, name))
                        : Result<std::string>(std::move(text));
}

Result<std::string> optional_text(const service::Json& content, const char* name,
                                  std::size_t longest) {
    if (!service::has(content, name)) {
        return std::string();
    }
    const service::Json& value = content[name];
    if (!value.is_string() || value.get_ref<const std::string&>().size() > longest) {
        return Error(parameter_invalid, name);
    }
    return value.get<std::string>();
}

Result<std::vector<std::string>> optional_texts(const service::Json& content, const char* name) {
    auto texts = service::texts_or_none(content, name);
    return texts ? texts : Error(parameter_invalid, name);
}

Result<Bytes> bytes_parameter(const service::Json& content, const char* name, std::size_t longest) {
    CHOPMARK_ASSIGN(const std::string text, text_parameter(content, name));
    auto bytes = from_base64(text);
    if (!bytes || bytes->empty() || bytes->size() > longest) {
        return Error(parameter_invalid, name);
    }
    return *std::move(bytes);
}

std::vector<std::string> words_in(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string word(text.substr(0, end));
        if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) {
            words.push_back(word);
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

bool is_state(std::string_view text) {
    return text.size() <= id_bytes && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
           });
}

bool is_business_id(std::string_view text) {
    return !text.empty() && text.size() <= id_bytes &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_source(std::string_view text) {
    return std::find(sources.begin(), sources.end(), text) != sources.end();
}

bool is_on_phone(std::string_view source) { return is_source(source) && source != "PC_Browser"; }

bool is_app(std::string_view source) {
    return is_source(source) && (source.starts_with("App_") || source.ends_with("_InAppBrowser"));
}

}  // namespace chopmark::rp
