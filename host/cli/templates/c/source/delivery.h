// What is sent and what an answer means. Pure, so that it is tested without WebAssembly.
//
// An answer that is not understood never counts as accepted.

#pragma once

#include <stdbool.h>
#include <stddef.h>

// UTF-8 of a known length, without a zero byte at its end.
typedef struct {
  const char *bytes;
  size_t length;
} delivery_text;

// One object of a request.
typedef struct {
  delivery_text subtype;
  delivery_text value;
} delivery_entry;

typedef enum {
  // The service has the objects.
  DELIVERY_ACCEPTED,
  // The service refuses them, and would again.
  DELIVERY_REJECTED,
  // It is not known whether the service has them.
  DELIVERY_FAILED,
  // Nothing more can be done.
  DELIVERY_STOPPED,
} delivery_verdict;

// What an answer means for every object of its request. Codes are stable; messages are for people. Both are empty where the
// objects are accepted.
typedef struct {
  delivery_verdict verdict;
  const char *code;
  char message[160];
} delivery_judgement;

// Whether the service accepts objects of this type.
bool delivery_accepts(delivery_text subtype);

// The JSON of one request: type and value of each object. To be freed by the caller.
char *delivery_body(const delivery_entry *entries, size_t count, size_t *length);

// What an answer means, by its HTTP status: 0 if there was no answer, and `failure` has the reason, in ASCII.
delivery_judgement delivery_judge(int status, const char *failure);
