#include "post.h"

#include <string.h>

// `blocking-write-and-flush` accepts at most this many bytes.
#define CHUNK 4096

// The names of `error-code` in `wasi:http`, in its order.
static const char *const ERRORS[] = {
    "DNS-timeout", "DNS-error", "destination-not-found", "destination-unavailable", "destination-IP-prohibited",
    "destination-IP-unroutable", "connection-refused", "connection-terminated", "connection-timeout",
    "connection-read-timeout", "connection-write-timeout", "connection-limit-reached", "TLS-protocol-error",
    "TLS-certificate-error", "TLS-alert-received", "HTTP-request-denied", "HTTP-request-length-required",
    "HTTP-request-body-size", "HTTP-request-method-invalid", "HTTP-request-URI-invalid", "HTTP-request-URI-too-long",
    "HTTP-request-header-section-size", "HTTP-request-header-size", "HTTP-request-trailer-section-size",
    "HTTP-request-trailer-size", "HTTP-response-incomplete", "HTTP-response-header-section-size",
    "HTTP-response-header-size", "HTTP-response-body-size", "HTTP-response-trailer-section-size",
    "HTTP-response-trailer-size", "HTTP-response-transfer-coding", "HTTP-response-content-coding",
    "HTTP-response-timeout", "HTTP-upgrade-failed", "HTTP-protocol-error", "loop-detected", "configuration-error",
};

static const char *name(const wasi_http_types_error_code_t *error) {
  return error->tag < sizeof ERRORS / sizeof *ERRORS ? ERRORS[error->tag] : "internal-error";
}

// The request without its body; false where the host refuses it.
static bool describe(wasi_http_types_borrow_outgoing_request_t request, const bundle_string_t *origin, const char *path) {
  const size_t scheme_length = strlen("https://");  // An `origin` of the manifest begins with it.
  wasi_http_types_method_t method = {.tag = WASI_HTTP_TYPES_METHOD_POST};
  wasi_http_types_scheme_t scheme = {.tag = WASI_HTTP_TYPES_SCHEME_HTTPS};
  bundle_string_t authority = {origin->ptr + scheme_length, origin->len - scheme_length};
  bundle_string_t target;
  bundle_string_set(&target, path);
  return wasi_http_types_method_outgoing_request_set_method(request, &method) &&
         wasi_http_types_method_outgoing_request_set_scheme(request, &scheme) &&
         wasi_http_types_method_outgoing_request_set_authority(request, &authority) &&
         wasi_http_types_method_outgoing_request_set_path_with_query(request, &target);
}

// Writes the body and ends it. A service may answer before it has read everything; the response shows what happened.
static void write_body(wasi_http_types_own_outgoing_body_t outgoing, const char *body, size_t length) {
  wasi_http_types_own_output_stream_t stream;
  bool written = wasi_http_types_method_outgoing_body_write(wasi_http_types_borrow_outgoing_body(outgoing), &stream);
  if (written) {
    for (size_t start = 0; written && start < length; start += CHUNK) {
      bundle_list_u8_t part = {(uint8_t *)body + start, length - start < CHUNK ? length - start : CHUNK};
      wasi_io_streams_stream_error_t error;
      written = wasi_io_streams_method_output_stream_blocking_write_and_flush(
          wasi_io_streams_borrow_output_stream(stream), &part, &error);
      if (!written) {
        wasi_io_streams_stream_error_free(&error);
      }
    }
    // The stream is a child of the body and has to go before the body is finished.
    wasi_io_streams_output_stream_drop_own(stream);
  }
  wasi_http_types_error_code_t error;
  if (!written) {
    wasi_http_types_outgoing_body_drop_own(outgoing);
  } else if (!wasi_http_types_static_outgoing_body_finish(outgoing, NULL, &error)) {
    wasi_http_types_error_code_free(&error);
  }
}

// Waits for the answer and gives its status.
static int status_of(wasi_http_types_own_future_incoming_response_t future, const char **failure) {
  wasi_http_types_borrow_future_incoming_response_t answer = wasi_http_types_borrow_future_incoming_response(future);
  wasi_io_poll_own_pollable_t answered = wasi_http_types_method_future_incoming_response_subscribe(answer);
  wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(answered));
  wasi_io_poll_pollable_drop_own(answered);
  wasi_http_types_result_result_own_incoming_response_error_code_void_t got;
  int status = 0;
  if (!wasi_http_types_method_future_incoming_response_get(answer, &got) || got.is_err) {
    *failure = "it was already taken";
  } else if (got.val.ok.is_err) {
    *failure = name(&got.val.ok.val.err);
    wasi_http_types_error_code_free(&got.val.ok.val.err);
  } else {
    wasi_http_types_own_incoming_response_t response = got.val.ok.val.ok;
    status = wasi_http_types_method_incoming_response_status(wasi_http_types_borrow_incoming_response(response));
    wasi_http_types_incoming_response_drop_own(response);
  }
  wasi_http_types_future_incoming_response_drop_own(future);
  return status;
}

int post(const bundle_string_t *origin, const char *path, const char *body, size_t length, const char **failure) {
  wasi_http_types_tuple2_field_name_field_value_t header;
  bundle_string_set(&header.f0, "content-type");
  header.f1 = (wasi_http_types_field_value_t){(uint8_t *)"application/json", strlen("application/json")};
  wasi_http_types_list_tuple2_field_name_field_value_t headers = {&header, 1};
  wasi_http_types_own_fields_t fields;
  wasi_http_types_header_error_t refused;
  if (!wasi_http_types_static_fields_from_list(&headers, &fields, &refused)) {
    *failure = "the host refused the request's headers";
    return 0;
  }
  wasi_http_types_own_outgoing_request_t request = wasi_http_types_constructor_outgoing_request(fields);
  wasi_http_types_borrow_outgoing_request_t described = wasi_http_types_borrow_outgoing_request(request);
  wasi_http_types_own_outgoing_body_t outgoing;
  if (!describe(described, origin, path) || !wasi_http_types_method_outgoing_request_body(described, &outgoing)) {
    wasi_http_types_outgoing_request_drop_own(request);
    *failure = "the host refused the request's address";
    return 0;
  }
  wasi_http_outgoing_handler_own_future_incoming_response_t future;
  wasi_http_outgoing_handler_error_code_t error;
  if (!wasi_http_outgoing_handler_handle(request, NULL, &future, &error)) {
    *failure = name(&error);
    wasi_http_types_error_code_free(&error);
    wasi_http_types_outgoing_body_drop_own(outgoing);
    return 0;
  }
  write_body(outgoing, body, length);
  return status_of(future, failure);
}
