#include "inspector/page_resource.hpp"

#include <string>

namespace sandboxd::inspector {

void send_page_file(const call& incoming, const page_file& file) {
  incoming.answer->send({200,
                         {{"Content-Type", std::string(file.content_type)},
                          {"Cache-Control", "no-cache"},
                          {"Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'"},
                          {"X-Content-Type-Options", "nosniff"},
                          {"Referrer-Policy", "no-referrer"}},
                         std::string(file.content)});
}

} // namespace sandboxd::inspector
