#include "run/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Regulatory clocks of a run that died. */

static const char *str_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static nd_ns int_of(const json_t *object, const char *key)
{
    const json_t *number = json_object_get(object, key);
    return json_is_integer(number) ? (nd_ns)json_integer_value(number) : -1;
}

static struct nd_past_duty *find(struct nd_past *past, const char *id)
{
    for (size_t i = 0; i < past->duties.count; i++) {
        if (strcmp(past->duties.at[i].id, id) == 0)
            return &past->duties.at[i];
    }
    return NULL;
}

void nd_past_read_duty(struct nd_past *past, const char *type, const char *subject,
                       const json_t *data)
{
    if (strcmp(type, "event.occurred") == 0) {
        const struct nd_past_event event = {nd_strdup(subject), nd_strdup(str_of(data, "case")),
                                            json_is_true(json_object_get(data, "planned")),
                                            int_of(data, "moment_ns")};
        nd_vec_push(&past->events, event);
        return;
    }
    if (strncmp(type, "obligation.", 11) != 0)
        return;
    type += 11;
    if (strcmp(type, "opened") == 0) {
        const struct nd_past_duty duty = {.id = nd_strdup(subject),
                                          .profile = nd_strdup(str_of(data, "profile")),
                                          .duty = nd_strdup(str_of(data, "duty")),
                                          .case_name = nd_strdup(str_of(data, "case")),
                                          .number = int_of(data, "number"),
                                          .again = json_is_true(json_object_get(data, "again")),
                                          .opened = int_of(data, "opened_ns"),
                                          .due = int_of(data, "due_ns"),
                                          .done = -1,
                                          .state = "open"};
        nd_vec_push(&past->duties, duty);
        return;
    }
    struct nd_past_duty *duty = find(past, subject);
    if (duty == NULL)
        return;
    snprintf(duty->state, sizeof duty->state, "%s", type);
    if (strcmp(type, "met") == 0 || strcmp(type, "late") == 0)
        duty->done = duty->opened + int_of(data, "took_ns");
}

void nd_past_free_duties(struct nd_past *past)
{
    for (size_t i = 0; i < past->duties.count; i++) {
        free(past->duties.at[i].id);
        free(past->duties.at[i].profile);
        free(past->duties.at[i].duty);
        free(past->duties.at[i].case_name);
    }
    for (size_t i = 0; i < past->events.count; i++) {
        free(past->events.at[i].id);
        free(past->events.at[i].case_name);
    }
    nd_vec_free(&past->duties);
    nd_vec_free(&past->events);
}
