// What is decided, without WebAssembly.

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../source/delivery.h"

static void only_a_2xx_counts_as_success(void) {
  assert(delivery_judge(204, "").verdict == DELIVERY_ACCEPTED);
  assert(delivery_judge(302, "").verdict == DELIVERY_FAILED);
  assert(delivery_judge(400, "").verdict == DELIVERY_REJECTED);
  assert(delivery_judge(401, "").verdict == DELIVERY_STOPPED);
  assert(delivery_judge(500, "").verdict == DELIVERY_FAILED);
  assert(delivery_judge(0, "connection-refused").verdict == DELIVERY_FAILED);
  assert(strcmp(delivery_judge(503, "").message, "the service answered with status 503") == 0);
}

static void the_body_holds_type_and_value(void) {
  delivery_entry entries[] = {
      {{"FQDN", 4}, {"a.example", 9}},
      {{"URL", 3}, {"https://b.example/\"\\\n", 21}},
  };
  const char *expected =
      "[{\"type\":\"FQDN\",\"value\":\"a.example\"},"
      "{\"type\":\"URL\",\"value\":\"https://b.example/\\\"\\\\\\u000a\"}]";
  size_t length;
  char *body = delivery_body(entries, 2, &length);
  assert(length == strlen(expected) && memcmp(body, expected, length) == 0);
  free(body);
}

int main(void) {
  only_a_2xx_counts_as_success();
  the_body_holds_type_and_value();
  puts("2 tests passed");
}
