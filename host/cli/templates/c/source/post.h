// One POST over `wasi:http`, from its body to the status of the answer. Carries no credential: the host adds it.

#pragma once

#include <stddef.h>

#include "bundle.h"

// Sends JSON to a path of an origin and returns the status of the answer, whose body is not read. Where there is none it
// returns 0, and `failure` says why, in ASCII.
int post(const bundle_string_t *origin, const char *path, const char *body, size_t length, const char **failure);
