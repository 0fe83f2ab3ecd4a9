// The action as the host calls it: pages in, requests out, one outcome for each object. In a dry run nothing is sent.
//
// What decides is in `delivery.c`; what talks over `wasi:http` is in `post.c`. Each run has an instance of its own, so that
// what is not freed here goes with the run.

#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "delivery.h"
#include "post.h"

// Objects in one request.
#define PAGE 100

typedef palisade_action_model_offered_t offered;
typedef palisade_action_model_outcome_t outcome;
typedef palisade_action_model_submission_t submission;
typedef palisade_action_model_verdict_t verdict;
typedef exports_palisade_action_action_run_error_t run_error;

static bool equals(const bundle_string_t *text, const char *other) {
  return text->len == strlen(other) && memcmp(text->ptr, other, text->len) == 0;
}

static delivery_text text_of(const bundle_string_t *text) {
  return (delivery_text){(const char *)text->ptr, text->len};
}

// The text of a parameter; NULL if it is missing.
static bundle_string_t *parameter(exports_palisade_action_action_list_attribute_t *configuration, const char *name) {
  for (size_t i = 0; i < configuration->len; i++) {
    palisade_action_model_attribute_t *one = &configuration->ptr[i];
    if (equals(&one->name, name) && one->value.tag == PALISADE_ACTION_MODEL_VALUE_TEXT) {
      return &one->value.val.text;
    }
  }
  return NULL;
}

// Ends the run; what is not recorded yet gets this problem.
static bool stop(run_error *error, const char *code, const char *message, const char *hint) {
  exports_palisade_action_action_stop_t *stop = &error->val.stopped;
  error->tag = EXPORTS_PALISADE_ACTION_ACTION_RUN_ERROR_STOPPED;
  bundle_string_dup(&stop->problem.code, code);
  bundle_string_dup(&stop->problem.message, message);
  stop->hint.is_some = true;
  bundle_string_dup(&stop->hint.val, hint);
  return false;
}

// Reports one verdict for all of these objects, with what was or would have been submitted for each.
static void record(offered *const *objects, size_t count, verdict all, int status, int attempts) {
  static outcome outcomes[PAGE];
  static submission submissions[PAGE];
  for (size_t i = 0; i < count; i++) {
    const palisade_action_model_object_t *one = &objects[i]->object;
    submissions[i] = (submission){.field = one->subtype, .value = one->value, .attempts = (uint32_t)attempts};
    submissions[i].status.is_some = status != 0;
    submissions[i].status.val = (uint16_t)status;
    outcomes[i] = (outcome){.key = objects[i]->key, .verdict = all, .submissions = {&submissions[i], 1}};
  }
  palisade_action_results_list_outcome_t list = {outcomes, count};
  palisade_action_results_record(&list);
}

// Reports that the service does not accept objects of this type.
static void skip(const offered *one) {
  static const char before[] = "the service does not accept objects of type `";
  const bundle_string_t *subtype = &one->object.subtype;
  size_t length = strlen(before) + subtype->len + 1;
  char *message = malloc(length);
  if (message == NULL) {
    abort();
  }
  memcpy(message, before, strlen(before));
  memcpy(message + strlen(before), subtype->ptr, subtype->len);
  message[length - 1] = '`';
  outcome skipped = {.key = one->key, .verdict = {.tag = PALISADE_ACTION_MODEL_VERDICT_SKIPPED}};
  bundle_string_set(&skipped.verdict.val.skipped.code, "type-not-accepted");
  skipped.verdict.val.skipped.message = (bundle_string_t){(uint8_t *)message, length};
  palisade_action_results_list_outcome_t list = {&skipped, 1};
  palisade_action_results_record(&list);
  free(message);
}

// Sends the objects and reports their outcomes; false if the run has to end.
static bool send(offered *const *objects, size_t count, const bundle_string_t *service, run_error *error) {
  delivery_entry entries[PAGE];
  for (size_t i = 0; i < count; i++) {
    entries[i] = (delivery_entry){text_of(&objects[i]->object.subtype), text_of(&objects[i]->object.value)};
  }
  size_t length;
  char *body = delivery_body(entries, count, &length);
  const char *failure = "";
  int status = post(service, "/objects", body, length, &failure);
  free(body);
  delivery_judgement judged = delivery_judge(status, failure);
  if (judged.verdict == DELIVERY_STOPPED) {
    return stop(error, judged.code, judged.message, "check the API Key");
  }
  verdict all = {.tag = PALISADE_ACTION_MODEL_VERDICT_ACCEPTED};
  if (judged.verdict != DELIVERY_ACCEPTED) {
    bool rejected = judged.verdict == DELIVERY_REJECTED;
    all.tag = rejected ? PALISADE_ACTION_MODEL_VERDICT_REJECTED : PALISADE_ACTION_MODEL_VERDICT_FAILED;
    palisade_action_model_reason_t *problem = rejected ? &all.val.rejected : &all.val.failed;
    bundle_string_set(&problem->code, judged.code);
    bundle_string_set(&problem->message, judged.message);
  }
  record(objects, count, all, status, 1);
  return true;
}

// The world's export `action`.
bool exports_palisade_action_action_run(
    bundle_string_t *action_id,
    exports_palisade_action_action_list_attribute_t *configuration,
    run_error *error) {
  if (!equals(action_id, "send")) {
    error->tag = EXPORTS_PALISADE_ACTION_ACTION_RUN_ERROR_UNKNOWN_ACTION;
    error->val.unknown_action = *action_id;
    return false;
  }
  const bundle_string_t *service = parameter(configuration, "service");
  if (service == NULL) {
    return stop(error, "missing-parameter", "the parameter `service` is missing", "set it");
  }
  for (;;) {
    palisade_action_collection_list_offered_t page;
    palisade_action_collection_next(PAGE, &page);
    if (page.len == 0) {
      return true;
    }
    offered *taken[PAGE];
    size_t count = 0;
    for (size_t i = 0; i < page.len; i++) {
      if (delivery_accepts(text_of(&page.ptr[i].object.subtype))) {
        taken[count++] = &page.ptr[i];
      } else {
        skip(&page.ptr[i]);
      }
    }
    if (palisade_action_circumstances_dry_run()) {
      record(taken, count, (verdict){.tag = PALISADE_ACTION_MODEL_VERDICT_PLANNED}, 0, 0);
    } else if (count > 0 && !send(taken, count, service, error)) {
      return false;
    }
    palisade_action_collection_list_offered_free(&page);
  }
}
