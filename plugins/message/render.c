#include "letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Titles, texts, and the renderings of a line or two. */

char *letter_title(const struct letter *letter)
{
    char *text = NULL;
    const char *zh = letter->title[ZH];
    const char *en = letter->title[EN];
    if (zh != NULL && en != NULL && strcmp(zh, en) == 0)
        en = NULL;
    if (asprintf(&text, "%s %s%s%s %s", MARK, zh != NULL ? zh : "",
                 zh != NULL && en != NULL ? " / " : "", en != NULL ? en : "", MARK) < 0)
        abort();
    return text;
}

char *letter_title_in(const struct letter *letter, enum language language)
{
    char *text = NULL;
    const char *own = letter->title[language];
    if (asprintf(&text, "%s %s %s", MARK, own != NULL ? own : letter->title[!language], MARK) < 0)
        abort();
    return text;
}

/* Without the CRs that a text from elsewhere may have. */
static void put_lines(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text != '\r')
            putc(*text, out);
    }
}

static void put_row(FILE *out, enum language language, const char *zh, const char *en,
                    const char *value)
{
    if (value != NULL)
        fprintf(out, "%s%s\n", language == ZH ? zh : en, value);
}

char *letter_text(const struct letter *letter, enum language language)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    const char *title = letter->title[language];
    fprintf(out, "%s\n\n%s\n", MARK_LINE, title != NULL ? title : letter->title[!language]);
    if (letter->body[language] != NULL) {
        fputs("\n", out);
        put_lines(out, letter->body[language]);
        fputs("\n", out);
    }
    fputs("\n", out);
    put_row(out, language, "發送者：", "From: ", letter->sender);
    put_row(out, language, "狀況編號：", "Inject: ", letter->inject);
    put_row(out, language, "參照：", "Reference: ", letter->reference);
    put_row(out, language, "請於此時前回覆：", "Answer by: ", letter->react_by);
    fprintf(out, "\n%s\n", MARK_LINE);
    fclose(out);
    return text;
}

/* ---- JSON ---- */

static json_t *both(const struct letter *letter,
                    char *(*render)(const struct letter *, enum language))
{
    static const char *const keys[] = {"zh", "en"};
    json_t *object = json_object();
    for (int i = 0; i < LANGUAGES; i++) {
        char *text = letter->title[i] != NULL || letter->body[i] != NULL
                         ? render(letter, (enum language)i)
                         : NULL;
        if (text != NULL)
            json_object_set_new(object, keys[i], json_string(text));
        free(text);
    }
    return object;
}

char *letter_json(const struct letter *letter)
{
    char iso[ISO_BYTES];
    char id[ID_BYTES];
    char *title = letter_title(letter);
    json_t *to = json_array();
    text_iso(letter->wall_ns, iso);
    letter_id(letter, id);
    for (size_t i = 0; i < letter->to_count; i++)
        json_array_append_new(to, json_pack("{s:s, s:s}", "name", letter->to[i].name, "address",
                                            letter->to[i].address));
    json_t *all = json_pack(
        "{s:b, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s?, s:s?, s:s?, s:s?}", "exercise", 1, "mark",
        MARK, "id", id, "sent", iso, "subject", title, "title", both(letter, letter_title_in),
        "text", both(letter, letter_text), "to", to, "sender", letter->sender, "inject",
        letter->inject, "reference", letter->reference, "react_by", letter->react_by);
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    free(title);
    return text;
}

/* ---- syslog ---- */

/* A parameter of structured data (RFC 5424 §6.3.3). */
static void put_param(FILE *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    fprintf(out, " %s=\"", name);
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\' || *value == ']')
            putc('\\', out);
        putc(*value, out);
    }
    putc('"', out);
}

/* In one line: a receiver writes lines. */
static void put_flat(FILE *out, const char *text)
{
    int blank = 0;
    for (; *text != '\0'; text++) {
        int gap = *text == '\n' || *text == '\r' || *text == '\t' || *text == ' ';
        if (!gap || !blank)
            putc(gap ? ' ' : *text, out);
        blank = gap;
    }
}

char *letter_syslog(const struct letter *letter, const char *host)
{
    char iso[ISO_BYTES];
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    char *title = letter_title(letter);
    text_iso(letter->wall_ns, iso);
    /* local0.notice; RFC 5424 takes -00:00 for an offset that is not known. */
    if (strcmp(iso + strlen(iso) - 6, "-00:00") == 0)
        memcpy(iso + strlen(iso) - 6, "+00:00", 6);
    fprintf(out, "<133>1 %s %s netdrill - EXERCISE [exercise@32473", iso, host);
    put_param(out, "inject", letter->inject);
    put_param(out, "reference", letter->reference);
    put_param(out, "sender", letter->sender);
    put_param(out, "react_by", letter->react_by);
    for (size_t i = 0; i < letter->to_count; i++)
        put_param(out, "to", letter->to[i].name);
    fprintf(out, "] \xef\xbb\xbf%s", title);
    for (int i = 0; i < LANGUAGES; i++) {
        if (letter->body[i] != NULL) {
            putc(' ', out);
            put_flat(out, letter->body[i]);
        }
    }
    fprintf(out, " %s", MARK);
    fclose(out);
    free(title);
    return text;
}
