#include "http/document_answer.hpp"

#include "http/paced_body.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

namespace sandboxd::http {

void send_document(const call& incoming, json_document document) {
  const std::size_t window = incoming.settings().http.stream_window_bytes;
  if (document.raw_size() <= window) {
    incoming.send_json(document.rest());
    return;
  }
  const std::size_t largest_piece = std::min<std::size_t>(64u << 10, window / 4);
  auto shared = std::make_shared<json_document>(std::move(document));
  auto body = paced_body::start(
      incoming.answer->stream(200, {{"Content-Type", "application/json"}}, stream_kind::document), window,
      largest_piece, [shared, largest_piece] {
        body_piece piece;
        piece.bytes = shared->next(largest_piece);
        piece.last = shared->done();
        return piece;
      });
  body->pump();
}

} // namespace sandboxd::http
