#include "host/secret.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static nd_err from_file(const char *path, char **secret, struct nd_arena *arena,
                        struct nd_fail *why)
{
    char line[1024];
    struct stat st;
    FILE *file = fopen(path, "re");
    if (file == NULL || fstat(fileno(file), &st) != 0 || fgets(line, sizeof line, file) == NULL) {
        nd_fail_set(why, ND_EARG, "the secret 'file:%s' cannot be read, or is empty", path);
    } else if ((st.st_mode & 077) != 0) {
        nd_fail_set(why, ND_EARG,
                    "the secret 'file:%s' can be read by others than its owner; chmod 600 it",
                    path);
    } else {
        line[strcspn(line, "\r\n")] = '\0';
        *secret = nd_arena_strdup(arena, line);
    }
    memset(line, 0, sizeof line);
    if (file != NULL)
        fclose(file);
    return *secret != NULL ? ND_OK : ND_EARG;
}

static nd_err resolve(const char *reference, char **secret, struct nd_arena *arena,
                      struct nd_fail *why)
{
    if (strncmp(reference, "file:", 5) == 0)
        return from_file(reference + 5, secret, arena, why);
    const char *value = strncmp(reference, "env:", 4) == 0 ? getenv(reference + 4) : NULL;
    if (value == NULL || *value == '\0')
        return nd_fail_set(why, ND_EARG, "the secret '%s' is not set in the environment",
                           reference);
    *secret = nd_arena_strdup(arena, value);
    return ND_OK;
}

/* The reference that a call gives, or else its subject's fact of the option's name; NULL: none. */
static nd_err reference_of(const struct nd_call_spec *spec, uint32_t i, const char **reference,
                           struct nd_fail *why)
{
    const struct nd_value *subject = spec->args.at;
    const char *name = spec->verb->options[i].name;
    *reference = spec->args.at[i].u.text;
    if (*reference != NULL || subject->type != ND_TARGET || subject->u.target == NULL)
        return ND_OK;
    for (const struct nd_note *fact = subject->u.target->facts; fact->key != NULL; fact++) {
        if (strcmp(fact->key, name) == 0)
            *reference = fact->value;
    }
    if (*reference == NULL || strncmp(*reference, "env:", 4) == 0 ||
        strncmp(*reference, "file:", 5) == 0)
        return ND_OK;
    return nd_fail_set(why, ND_EARG,
                       "target '%s' has its '%s' in the site file itself; write env:NAME or "
                       "file:PATH there",
                       subject->u.target->name, name);
}

nd_err nd_secrets_resolve(struct nd_call_spec *spec, struct nd_arena *arena, struct nd_fail *why)
{
    struct nd_value *values = nd_arena_alloc(arena, (spec->args.count + 1) * sizeof *values);
    for (uint32_t i = 0; i < spec->args.count; i++) {
        char *secret = NULL;
        const char *reference = NULL;
        values[i] = spec->args.at[i];
        if ((spec->verb->options[i].flags & ND_OPT_SECRET) == 0)
            continue;
        nd_err err = reference_of(spec, i, &reference, why);
        if (err == ND_OK && reference != NULL)
            err = resolve(reference, &secret, arena, why);
        if (err != ND_OK)
            return err;
        if (secret == NULL)
            continue;
        values[i].u.text = secret;
    }
    spec->args.at = values;
    return ND_OK;
}
