#include "base/openmetrics.h"

#include <string.h>

static bool ends_with(const char *name, const char *unit)
{
    const char *last = strrchr(name, '_');
    return last != NULL && strcmp(last + 1, unit) == 0;
}

void nd_openmetrics_head(struct nd_buf *out, const char *name, const char *type, const char *help)
{
    static const char *const units[] = {"seconds", "ratio"};
    nd_buf_addf(out, "# TYPE %s %s\n", name, type);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (ends_with(name, units[i]))
            nd_buf_addf(out, "# UNIT %s %s\n", name, units[i]);
    }
    nd_buf_addf(out, "# HELP %s %s\n", name, help);
}

void nd_openmetrics_label(struct nd_buf *out, const char *name, const char *value,
                          const char *before)
{
    nd_buf_addf(out, "%s%s=\"", before, name);
    for (; value != NULL && *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            nd_buf_addf(out, "\\%c", *value);
        else if (*value == '\n')
            nd_buf_adds(out, "\\n");
        else
            nd_buf_add(out, value, 1);
    }
    nd_buf_adds(out, "\"");
}
