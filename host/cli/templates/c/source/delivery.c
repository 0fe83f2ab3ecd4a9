#include "delivery.h"

#include <stdlib.h>
#include <string.h>

// The types of objects that the service accepts; the manifest's `accepts` lists the same types.
static const char *const ACCEPTED_TYPES[] = {"FQDN", "IP Address", "URL"};

bool delivery_accepts(delivery_text subtype) {
  for (size_t i = 0; i < sizeof ACCEPTED_TYPES / sizeof *ACCEPTED_TYPES; i++) {
    if (strlen(ACCEPTED_TYPES[i]) == subtype.length && memcmp(ACCEPTED_TYPES[i], subtype.bytes, subtype.length) == 0) {
      return true;
    }
  }
  return false;
}

// Text that grows.
typedef struct {
  char *bytes;
  size_t length;
  size_t capacity;
} buffer;

static void append(buffer *to, const char *bytes, size_t length) {
  if (to->capacity - to->length < length) {
    to->capacity = 2 * to->capacity + length;
    to->bytes = realloc(to->bytes, to->capacity);
    if (to->bytes == NULL) {
      abort();  // The host reports the objects without an outcome as failed.
    }
  }
  memcpy(to->bytes + to->length, bytes, length);
  to->length += length;
}

// A string of JSON: quotes, backslashes and control characters are escaped, all else is UTF-8 as it is.
static void append_string(buffer *to, delivery_text text) {
  append(to, "\"", 1);
  for (size_t i = 0; i < text.length; i++) {
    unsigned char one = (unsigned char)text.bytes[i];
    if (one == '"' || one == '\\') {
      append(to, "\\", 1);
    }
    if (one < 0x20) {
      const char escaped[] = {'\\', 'u', '0', '0', (char)('0' + one / 16), "0123456789abcdef"[one % 16]};
      append(to, escaped, sizeof escaped);
    } else {
      append(to, text.bytes + i, 1);
    }
  }
  append(to, "\"", 1);
}

char *delivery_body(const delivery_entry *entries, size_t count, size_t *length) {
  buffer body = {0};
  append(&body, "[", 1);
  for (size_t i = 0; i < count; i++) {
    const char *before = i == 0 ? "{\"type\":" : ",{\"type\":";
    append(&body, before, strlen(before));
    append_string(&body, entries[i].subtype);
    append(&body, ",\"value\":", 9);
    append_string(&body, entries[i].value);
    append(&body, "}", 1);
  }
  append(&body, "]", 1);
  *length = body.length;
  return body.bytes;
}

// Adds to a message; what does not fit is left out. `snprintf` would bring the whole of stdio into the component.
static void say(delivery_judgement *judged, const char *text) {
  strncat(judged->message, text, sizeof judged->message - strlen(judged->message) - 1);
}

delivery_judgement delivery_judge(int status, const char *failure) {
  delivery_judgement judged = {DELIVERY_FAILED, "service-error", ""};
  if (status == 0) {
    judged.code = "no-answer";
    say(&judged, "the service gave no answer: ");
    say(&judged, failure);
    return judged;
  }
  if (status >= 200 && status <= 299) {
    return (delivery_judgement){DELIVERY_ACCEPTED, "", ""};
  }
  const char digits[] = {(char)('0' + status / 100 % 10), (char)('0' + status / 10 % 10), (char)('0' + status % 10), 0};
  say(&judged, "the service answered with status ");
  say(&judged, digits);
  if (status == 401 || status == 403) {
    judged.verdict = DELIVERY_STOPPED;
    judged.code = "credential-refused";
  } else if (status >= 400 && status <= 499 && status != 408 && status != 425 && status != 429) {
    judged.verdict = DELIVERY_REJECTED;
    judged.code = "service-refused";
  }
  return judged;
}
