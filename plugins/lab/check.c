#include "lab.h"

#include <net/if.h>
#include <string.h>

/* The lab section in depth, before anything is made: docs in README.md. */

static int has_host(const struct job *job, const char *name)
{
    return json_object_get(json_object_get(job->lab, "hosts"), name) != NULL;
}

static nd_err known_keys(struct job *job, const json_t *object, const char *what,
                         const char *const *keys)
{
    const char *key = NULL;
    json_t *value = NULL;
    if (json_is_null(object) || object == NULL)
        return ND_OK;
    if (!json_is_object(object))
        return lab_fail(job, ND_EARG, "%s has to be a mapping", what);
    json_object_foreach((json_t *)object, key, value)
    {
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], key) != 0)
            i++;
        if (keys[i] == NULL)
            return lab_fail(job, ND_EARG, "%s has no key '%s'", what, key);
    }
    return ND_OK;
}

static nd_err check_host(struct job *job, const char *name, const json_t *host)
{
    static const char *const keys[] = {"title",    "forward", "addresses", "admission",
                                       "services", "daemons", NULL};
    static const char *const service_keys[] = {"kind",  "address",     "port", "names",
                                               "plmns", "certificate", "key",  NULL};
    static const char *const kinds[] = {"web", "dns",  "emergency", "echo",      "stamp", "sink",
                                        "sip", "ngap", "inbox",     "inbox-tls", NULL};
    char what[96];
    size_t i = 0;
    json_t *service = NULL;
    snprintf(what, sizeof what, "host '%.40s'", name);
    if (strncmp(name, LAB_MIDDLE, strlen(LAB_MIDDLE)) == 0)
        return lab_fail(job, ND_EARG, "%s: names with 'line.' are those of emulated links", what);
    if (known_keys(job, host, what, keys) != ND_OK)
        return job->err;
    json_array_foreach(json_object_get(host, "services"), i, service)
    {
        const char *kind = lab_text(service, "kind");
        size_t k = 0;
        if (known_keys(job, service, "a service", service_keys) != ND_OK)
            return job->err;
        while (kinds[k] != NULL && strcmp(kinds[k], kind) != 0)
            k++;
        json_int_t port = json_integer_value(json_object_get(service, "port"));
        if (kinds[k] == NULL || *lab_text(service, "address") == '\0' || port < 1 || port > 65535)
            return lab_fail(
                job, ND_EARG,
                "%s: a service needs kind (web, dns, emergency, echo, stamp, sink, sip, "
                "ngap, inbox or inbox-tls), address and port",
                what);
        if (strcmp(kind, "ngap") == 0 && json_array_size(json_object_get(service, "plmns")) == 0)
            return lab_fail(job, ND_EARG, "%s: an ngap service needs 'plmns: [\"46692\"]'", what);
        if (strcmp(kind, "inbox-tls") == 0 && *lab_text(service, "certificate") == '\0')
            return lab_fail(job, ND_EARG,
                            "%s: an inbox-tls service needs 'certificate: FILE.pem', and 'key: "
                            "FILE.pem' where it is not in the same file",
                            what);
    }
    return ND_OK;
}

static nd_err check_end(struct job *job, const json_t *end)
{
    static const char *const keys[] = {"host", "interface", "addresses", NULL};
    const char *interface = lab_text(end, "interface");
    if (known_keys(job, end, "a link's end", keys) != ND_OK)
        return job->err;
    if (!has_host(job, lab_text(end, "host")))
        return lab_fail(job, ND_EARG, "a link's end names host '%s', which the lab does not have",
                        lab_text(end, "host"));
    if (*interface == '\0' || strlen(interface) >= IFNAMSIZ || strpbrk(interface, "/ :\"") != NULL)
        return lab_fail(job, ND_EARG, "a link's end needs 'interface': 1 to 15 letters, got '%s'",
                        interface);
    return ND_OK;
}

nd_err lab_check(struct job *job)
{
    static const char *const keys[] = {"hosts", "links", "routes", NULL};
    static const char *const link_keys[] = {"ends", "line", NULL};
    static const char *const route_keys[] = {"host", "to", "via", "metric", NULL};
    const char *name = NULL;
    json_t *item = NULL;
    size_t i = 0;
    if (known_keys(job, job->lab, "the lab", keys) != ND_OK)
        return job->err;
    json_object_foreach(json_object_get(job->lab, "hosts"), name, item)
    {
        if (check_host(job, name, item) != ND_OK)
            return job->err;
    }
    json_array_foreach(json_object_get(job->lab, "links"), i, item)
    {
        const json_t *ends = json_object_get(item, "ends");
        if (known_keys(job, item, "a link", link_keys) != ND_OK)
            return job->err;
        if (json_array_size(ends) != 2)
            return lab_fail(job, ND_EARG, "a link has two ends, got %zu", json_array_size(ends));
        if (check_end(job, json_array_get(ends, 0)) != ND_OK ||
            check_end(job, json_array_get(ends, 1)) != ND_OK)
            return job->err;
        if (json_object_get(item, "line") != NULL &&
            lab_line_check(job, json_object_get(item, "line")) != ND_OK)
            return job->err;
    }
    json_array_foreach(json_object_get(job->lab, "routes"), i, item)
    {
        if (known_keys(job, item, "a route", route_keys) != ND_OK)
            return job->err;
        if (!has_host(job, lab_text(item, "host")) || *lab_text(item, "to") == '\0' ||
            *lab_text(item, "via") == '\0')
            return lab_fail(job, ND_EARG, "a route needs 'host' (of the lab), 'to' and 'via'");
    }
    return ND_OK;
}
