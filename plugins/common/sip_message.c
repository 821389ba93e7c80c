#include "sip_message.h"

#include "number.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osipparser2/osip_md5.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>

/* What is wrong with a message is not the terminal's to show. */
static void say_nothing(const char *file, int line, osip_trace_level_t level, const char *format,
                        va_list args)
{
    (void)file;
    (void)line;
    (void)level;
    (void)format;
    (void)args;
}

void sip_init(void)
{
    parser_init();
    osip_trace_initialize_func(TRACE_LEVEL0, say_nothing);
}

/* ---- out ---- */

struct text {
    char *at;
    size_t len; /* SIP_BYTES and more: it did not fit */
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *fmt, ...)
{
    va_list args;
    if (text->len >= SIP_BYTES)
        return;
    va_start(args, fmt);
    text->len += (size_t)vsnprintf(text->at + text->len, SIP_BYTES - text->len, fmt, args);
    va_end(args);
}

size_t sip_make(const struct sip_request *r, char out[SIP_BYTES])
{
    struct text text = {.len = 0};
    const char *via = strcmp(r->transport, "tls") == 0   ? "TLS"
                      : strcmp(r->transport, "tcp") == 0 ? "TCP"
                                                         : "UDP";
    text.at = out;
    add(&text, "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=%s;rport\r\nMax-Forwards: 70\r\n",
        r->method, r->uri, via, r->local, r->branch);
    for (int i = 0; i < r->route_count; i++)
        add(&text, "Route: %s\r\n", r->routes[i]);
    add(&text, "From: <%s>;tag=%s\r\nTo: <%s>%s%s\r\nCall-ID: %s\r\nCSeq: %ld %s\r\n", r->from,
        r->from_tag, r->to, r->to_tag != NULL ? ";tag=" : "", r->to_tag != NULL ? r->to_tag : "",
        r->call_id, r->cseq, r->method);
    if (strcmp(r->method, "REGISTER") == 0 || strcmp(r->method, "INVITE") == 0)
        add(&text, "Contact: <sip:netdrill@%s%s%s>\r\n", r->local,
            strcmp(via, "UDP") != 0 ? ";transport=" : "",
            strcmp(via, "UDP") != 0 ? r->transport : "");
    if (r->expires >= 0)
        add(&text, "Expires: %ld\r\n", r->expires);
    if (r->priority != NULL)
        add(&text, "Resource-Priority: %s\r\nRequire: resource-priority\r\n", r->priority);
    if (r->location != NULL)
        add(&text, "Geolocation: <cid:%s>\r\nGeolocation-Routing: yes\r\n", r->location);
    if (r->authorization != NULL)
        add(&text, "%s\r\n", r->authorization);
    if (strcmp(r->method, "OPTIONS") == 0)
        add(&text, "Accept: application/sdp\r\n");
    add(&text, "User-Agent: netdrill (exercise)\r\n");
    if (r->body != NULL)
        add(&text, "Content-Type: %s\r\n", r->type != NULL ? r->type : "application/sdp");
    add(&text, "Content-Length: %zu\r\n\r\n%s", r->body != NULL ? strlen(r->body) : 0,
        r->body != NULL ? r->body : "");
    return text.len < SIP_BYTES ? text.len : 0;
}

/* The next line, its end cut off; 0: the headers have ended. */
static int next_line(const char **at, const char *end, const char **line, size_t *len)
{
    const char *feed = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;
    *line = *at;
    *len = feed != NULL ? (size_t)(feed - *at) : (size_t)(end - *at);
    *at = feed != NULL ? feed + 1 : end;
    while (*len > 0 && (*line)[*len - 1] == '\r')
        --*len;
    return *len > 0;
}

static int is_header(const char *line, size_t len, const char *name)
{
    size_t bytes = strlen(name);
    return len > bytes && strncasecmp(line, name, bytes) == 0;
}

size_t sip_reply(const char *text, size_t len, const struct sip_reply *reply, char out[SIP_BYTES])
{
    /* In full and compact form (RFC 3261 §7.3.3), a bit each. */
    static const struct {
        const char *name;
        int bit;
    } names[] = {{"via:", 1}, {"v:", 1}, {"from:", 2},    {"f:", 2},    {"to:", 4},
                 {"t:", 4},   {"i:", 8}, {"call-id:", 8}, {"cseq:", 16}};
    struct text made = {.len = 0};
    int have = 0;
    const char *end = text + len;
    const char *line = NULL;
    made.at = out;
    add(&made, "SIP/2.0 %s\r\n", reply->status);
    while (next_line(&text, end, &line, &len)) {
        int bit = 0;
        for (size_t i = 0; i < sizeof names / sizeof names[0] && bit == 0; i++)
            bit = is_header(line, len, names[i].name) ? names[i].bit : 0;
        have |= bit;
        if (bit != 0 || (reply->contact != NULL && is_header(line, len, "record-route:")))
            add(&made, "%.*s%s%s\r\n", (int)len, line,
                bit == 4 && reply->to_tag != NULL ? ";tag=" : "",
                bit == 4 && reply->to_tag != NULL ? reply->to_tag : "");
    }
    if (reply->contact != NULL)
        add(&made, "Contact: <%s>\r\n", reply->contact);
    if (reply->more != NULL)
        add(&made, "%s", reply->more);
    if (reply->body != NULL)
        add(&made, "Content-Type: application/sdp\r\n");
    add(&made, "Content-Length: %zu\r\n\r\n%s", reply->body != NULL ? strlen(reply->body) : 0,
        reply->body != NULL ? reply->body : "");
    return have == 31 && made.len < SIP_BYTES ? made.len : 0;
}

size_t sip_frame(const uint8_t *bytes, size_t len)
{
    const char *at = (const char *)bytes;
    const char *end = at + len;
    const char *line = NULL;
    size_t bare = 0;
    unsigned long body = 0;
    while (at < end && (*at == '\r' || *at == '\n')) /* also what keeps a connection alive */
        at++;
    if (at != (const char *)bytes)
        return (size_t)(at - (const char *)bytes);
    while (next_line(&at, end, &line, &bare)) {
        size_t name = is_header(line, bare, "content-length:") ? 15
                      : is_header(line, bare, "l:")            ? 2
                                                               : 0;
        char digits[12];
        snprintf(digits, sizeof digits, "%.*s", name != 0 ? (int)(bare - name) : 0, line + name);
        body = name != 0 ? strtoul(digits, NULL, 10) : body;
    }
    if (at == line || at[-1] != '\n') /* the headers' end has not come yet */
        return len >= SIP_STREAM ? SIP_NONSENSE : 0;
    size_t all = (size_t)(at - (const char *)bytes) + body;
    return body > SIP_STREAM || all > SIP_STREAM ? SIP_NONSENSE : all;
}

/* ---- in ---- */

static void copy(char *out, size_t bytes, const char *from)
{
    snprintf(out, bytes, "%s", from != NULL ? from : "");
}

/* A quoted string without its quotes. */
static void unquote(char *out, size_t bytes, const char *from)
{
    size_t len = from != NULL ? strlen(from) : 0;
    int quoted = len >= 2 && from[0] == '"' && from[len - 1] == '"';
    copy(out, bytes, from != NULL ? from + quoted : NULL);
    if (quoted && len - 2 < bytes)
        out[len - 2] = '\0';
}

static void take_challenge(const osip_www_authenticate_t *from, int proxy,
                           struct sip_answer *answer)
{
    struct sip_challenge *c = &answer->challenge;
    char algorithm[32];
    answer->challenged = from->realm != NULL && from->nonce != NULL;
    unquote(c->realm, sizeof c->realm, from->realm);
    unquote(c->nonce, sizeof c->nonce, from->nonce);
    unquote(c->opaque, sizeof c->opaque, from->opaque);
    unquote(algorithm, sizeof algorithm, from->algorithm);
    c->proxy = proxy;
    c->qop = from->qop_options != NULL && strstr(from->qop_options, "auth") != NULL;
    c->other = algorithm[0] != '\0' && strcasecmp(algorithm, "MD5") != 0;
}

/* Of several the first that can be met: a server may ask for a newer digest first (RFC 8760 §2.3).
 */
static void take_challenges(const osip_message_t *message, struct sip_answer *answer)
{
    osip_www_authenticate_t *challenge = NULL;
    for (int i = 0; osip_message_get_www_authenticate(message, i, &challenge) >= 0; i++) {
        if (!answer->challenged || answer->challenge.other)
            take_challenge(challenge, 0, answer);
    }
    for (int i = 0; osip_message_get_proxy_authenticate(message, i, &challenge) >= 0; i++) {
        if (!answer->challenged || answer->challenge.other)
            take_challenge(challenge, 1, answer);
    }
}

static void take_routes(const osip_message_t *message, struct sip_answer *answer)
{
    osip_record_route_t *route = NULL;
    char all[SIP_ROUTES][SIP_URI];
    int count = 0;
    while (count < SIP_ROUTES && osip_message_get_record_route(message, count, &route) >= 0) {
        char *text = NULL;
        if (osip_record_route_to_str(route, &text) != 0)
            break;
        copy(all[count++], SIP_URI, text);
        osip_free(text);
    }
    for (int i = 0; i < count; i++)
        memcpy(answer->routes[i], all[count - 1 - i], SIP_URI);
    answer->route_count = count;
}

/* What is asked of whoever answers. */
static void take_demands(const osip_message_t *message, struct sip_answer *answer)
{
    osip_header_t *header = NULL;
    for (int at = 0; (at = osip_message_header_get_byname(message, "require", at, &header)) >= 0;
         at++) {
        answer->requires |=
            header->hvalue == NULL || strcasecmp(header->hvalue, "resource-priority") != 0;
    }
    answer->expires = -1;
    if (osip_message_header_get_byname(message, "expires", 0, &header) >= 0 &&
        header->hvalue != NULL)
        answer->expires = strtol(header->hvalue, NULL, 10);
    if (osip_message_header_get_byname(message, "resource-priority", 0, &header) >= 0)
        copy(answer->priority, sizeof answer->priority, header->hvalue);
}

static void take_headers(const osip_message_t *message, struct sip_answer *answer)
{
    osip_via_t *via = NULL;
    osip_generic_param_t *param = NULL;
    osip_contact_t *contact = NULL;
    if (osip_message_get_via(message, 0, &via) >= 0 &&
        osip_via_param_get_byname(via, (char *)"branch", &param) == 0)
        copy(answer->branch, sizeof answer->branch, param->gvalue);
    if (message->to != NULL && osip_to_get_tag(message->to, &param) == 0)
        copy(answer->to_tag, sizeof answer->to_tag, param->gvalue);
    if (message->from != NULL && osip_from_get_tag(message->from, &param) == 0)
        copy(answer->from_tag, sizeof answer->from_tag, param->gvalue);
    if (message->call_id != NULL)
        copy(answer->call_id, sizeof answer->call_id, message->call_id->number);
    if (message->cseq != NULL && message->cseq->number != NULL) {
        answer->cseq = strtol(message->cseq->number, NULL, 10);
        copy(answer->method, sizeof answer->method, message->cseq->method);
    }
    if (osip_message_get_contact(message, 0, &contact) >= 0 && contact->url != NULL) {
        char *text = NULL;
        if (osip_uri_to_str(contact->url, &text) == 0) {
            copy(answer->contact, sizeof answer->contact, text);
            osip_free(text);
        }
    }
    take_challenges(message, answer);
    take_routes(message, answer);
    take_demands(message, answer);
}

static int is_type(const osip_content_type_t *type, const char *major, const char *minor)
{
    return type != NULL && type->type != NULL && type->subtype != NULL &&
           strcasecmp(type->type, major) == 0 && strcasecmp(type->subtype, minor) == 0;
}

/* The session: the body, or the first part of it that is one. */
static void take_body(const osip_message_t *message, struct sip_answer *answer)
{
    osip_body_t *body = NULL;
    int parts = is_type(message->content_type, "multipart", "mixed");
    if (!parts && !is_type(message->content_type, "application", "sdp"))
        return;
    for (int i = 0; osip_message_get_body(message, i, &body) >= 0; i++) {
        if (body->body != NULL && (!parts || is_type(body->content_type, "application", "sdp"))) {
            sip_read_sdp(body->body, &answer->media);
            return;
        }
    }
}

int sip_read(const char *text, size_t len, struct sip_answer *answer)
{
    osip_message_t *message = NULL;
    *answer = (struct sip_answer){.status = 0};
    /* The library reads texts: a copy with an end, and none with an end within. */
    if (len == 0 || memchr(text, '\0', len) != NULL || osip_message_init(&message) != 0)
        return 0;
    char *whole = strndup(text, len);
    int good = whole != NULL && osip_message_parse(message, whole, len) == 0;
    if (good) {
        answer->status = MSG_IS_RESPONSE(message) ? osip_message_get_status_code(message) : 0;
        copy(answer->reason, sizeof answer->reason, message->reason_phrase);
        take_headers(message, answer);
        take_body(message, answer);
    }
    free(whole);
    osip_message_free(message);
    return good;
}

/* ---- digest ---- */

/* MD5 of parts with ":" between, as 32 hexadecimal digits. parts: NULL-ended. */
static void digest(const char *const *parts, char hex[33])
{
    osip_MD5_CTX context;
    unsigned char bytes[16];
    osip_MD5Init(&context);
    for (int i = 0; parts[i] != NULL; i++) {
        if (i != 0)
            osip_MD5Update(&context, (unsigned char *)":", 1);
        osip_MD5Update(&context, (unsigned char *)parts[i], (unsigned int)strlen(parts[i]));
    }
    osip_MD5Final(bytes, &context);
    for (size_t i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

int sip_authorize(const struct sip_challenge *c, const char *user, const char *password,
                  const char *method, const char *uri, const char *cnonce, char *line, size_t bytes)
{
    static const char count[] = "00000001";
    char a1[33];
    char a2[33];
    char response[33];
    char opaque[SIP_REALM + 16] = "";
    digest((const char *const[]){user, c->realm, password, NULL}, a1);
    digest((const char *const[]){method, uri, NULL}, a2);
    if (c->qop)
        digest((const char *const[]){a1, c->nonce, count, cnonce, "auth", a2, NULL}, response);
    else
        digest((const char *const[]){a1, c->nonce, a2, NULL}, response);
    if (c->opaque[0] != '\0')
        snprintf(opaque, sizeof opaque, ", opaque=\"%s\"", c->opaque);
    int len = snprintf(line, bytes,
                       "%s: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
                       "response=\"%s\", algorithm=MD5%s",
                       c->proxy ? "Proxy-Authorization" : "Authorization", user, c->realm, c->nonce,
                       uri, response, opaque);
    if (c->qop && len > 0 && (size_t)len < bytes)
        len += snprintf(line + len, bytes - (size_t)len, ", qop=auth, nc=%s, cnonce=\"%s\"", count,
                        cnonce);
    return len > 0 && (size_t)len < bytes;
}

/* ---- safety ---- */

int sip_emergency(const char *uri)
{
    char user[24];
    size_t len = 0;
    const char *at = strchr(uri, ':');
    if (strncasecmp(uri, "urn:service:sos", 15) == 0 ||
        strncasecmp(uri, "urn:service:test", 16) == 0)
        return 1;
    for (at = at != NULL ? at + 1 : uri; *at != '\0' && *at != '@' && *at != ';'; at++) {
        if (*at == '%') /* written so that it cannot be seen what it is */
            return 1;
        if (strchr("-.()", *at) == NULL && len < sizeof user - 1) /* visual separators */
            user[len++] = *at;
    }
    user[len] = '\0';
    return number_diallable(user) && number_emergency(user);
}

int sip_plain(const char *text, int token)
{
    for (; *text != '\0'; text++) {
        if (*text < 0x20 || *text > 0x7e || (token && strchr(" \"<>", *text) != NULL))
            return 0;
    }
    return 1;
}
