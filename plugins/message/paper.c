#include "letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* CAP 1.2 documents (OASIS CAP-v1.2) and cards that a controller hands over. */

/* For XML and HTML; CR goes. */
static void put_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\r':
            break;
        default:
            putc(*text, out);
            break;
        }
    }
}

static void put_element(FILE *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    fprintf(out, "<%s>", name);
    put_escaped(out, text);
    fprintf(out, "</%s>\n", name);
}

/* ---- CAP ---- */

int64_t cap_moment(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00+00:00";
    struct tm tm = {0};
    int zone[2] = {0};
    if (text == NULL || strlen(text) != sizeof form - 1)
        return -1;
    for (size_t i = 0; i < sizeof form - 1; i++) {
        int digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == '0' ? !digit : text[i] != form[i] && !(form[i] == '+' && text[i] == '-'))
            return -1;
    }
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    struct tm same = tm;
    if (rest == NULL || sscanf(rest + 1, "%2d:%2d", &zone[0], &zone[1]) != 2 || zone[0] > 14 ||
        zone[1] > 59)
        return -1;
    time_t seconds = timegm(&same);
    if (same.tm_mday != tm.tm_mday || same.tm_sec != tm.tm_sec) /* the 31st of February */
        return -1;
    int offset = (zone[0] * 60 + zone[1]) * 60;
    return ((int64_t)seconds - (*rest == '-' ? -offset : offset)) * 1000000000;
}

static void put_parameter(FILE *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    fprintf(out, "<parameter><valueName>netdrill:%s</valueName><value>", name);
    put_escaped(out, value);
    fputs("</value></parameter>\n", out);
}

static void put_info(FILE *out, const struct letter *letter, const struct cap_words *words,
                     enum language language, const char *sent)
{
    char *title = letter_title_in(letter, language);
    char *text = letter_text(letter, language);
    const char *own = letter->title[language];
    const char *area = channel_text(letter->channel, "area", "");
    fprintf(out, "<info>\n<language>%s</language>\n", language == ZH ? "zh-TW" : "en-US");
    put_element(out, "category", words->category);
    put_element(out, "event", own != NULL ? own : letter->title[!language]);
    put_element(out, "responseType", words->response);
    put_element(out, "urgency", words->urgency);
    put_element(out, "severity", words->severity);
    put_element(out, "certainty", words->certainty);
    put_element(out, "effective", sent);
    if (cap_moment(letter->react_by) >= 0)
        put_element(out, "expires", letter->react_by);
    put_element(out, "senderName", letter->sender);
    put_element(out, "headline", title);
    put_element(out, "description", text);
    put_parameter(out, "exercise", "true");
    put_parameter(out, "inject", letter->inject);
    put_parameter(out, "react_by", letter->react_by);
    fprintf(out, "<area><areaDesc>%s ", MARK);
    put_escaped(out, area);
    fputs("</areaDesc></area>\n</info>\n", out);
    free(title);
    free(text);
}

char *letter_cap(const struct letter *letter, const struct cap_words *words)
{
    char iso[ISO_BYTES];
    char id[ID_BYTES];
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    text_iso(letter->wall_ns, iso);
    letter_id(letter, id);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\n",
          out);
    fprintf(out, "<identifier>exercise-%s</identifier>\n", id);
    put_element(out, "sender", channel_text(letter->channel, "sender", ""));
    put_element(out, "sent", iso);
    fputs(
        "<status>Exercise</status>\n<msgType>Alert</msgType>\n<scope>Private</scope>\n<addresses>",
        out);
    for (size_t i = 0; i < letter->to_count; i++) {
        /* One with blanks in it stands in quotation marks (§3.2.1). */
        const char *quote = strchr(letter->to[i].address, ' ') != NULL ? "&quot;" : "";
        fprintf(out, "%s%s", i != 0 ? " " : "", quote);
        put_escaped(out, letter->to[i].address);
        fputs(quote, out);
    }
    fprintf(out, "</addresses>\n<note>%s ", MARK_LINE);
    put_escaped(out, letter->reference != NULL ? letter->reference : id);
    fprintf(out, " %s</note>\n", MARK);
    for (int i = 0; i < LANGUAGES; i++) {
        if (letter->title[i] != NULL || letter->body[i] != NULL)
            put_info(out, letter, words, (enum language)i, iso);
    }
    fputs("</alert>\n", out);
    fclose(out);
    return text;
}

/* ---- cards ---- */

static const char style[] =
    "@page{size:A4;margin:18mm}"
    "body{font:14pt/1.6 \"Noto Sans TC\",\"Noto Sans CJK TC\",\"Microsoft JhengHei\",sans-serif;"
    "max-width:170mm;margin:0 auto;color:#000;background:#fff}"
    ".mark{border:3px solid #000;text-align:center;font-weight:bold;padding:2mm}"
    "h1{font-size:20pt}pre{font:inherit;white-space:pre-wrap}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #000;padding:2mm;text-align:left;font-size:11pt}th{width:38%}";

static void put_names(FILE *out, const struct letter *letter, void (*put)(FILE *, const char *))
{
    for (size_t i = 0; i < letter->to_count; i++) {
        put(out, letter->to[i].name);
        fputs(i + 1 < letter->to_count ? ", " : "", out);
    }
}

static void html_row(FILE *out, const char *head, const char *value)
{
    if (value == NULL)
        return;
    fprintf(out, "<tr><th scope=\"row\">%s</th><td>", head);
    put_escaped(out, value);
    fputs("</td></tr>\n", out);
}

static void html_card(FILE *out, const struct letter *letter, const char *sent)
{
    static const char *const tongues[] = {"zh-Hant-TW", "en"};
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"zh-Hant-TW\"><head><meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "style-src 'unsafe-inline'\">\n<title>%s",
            MARK);
    put_escaped(out, letter->inject != NULL ? letter->inject : "");
    fprintf(out, "</title>\n<style>%s</style></head><body>\n<p class=\"mark\">%s</p>\n<main>\n",
            style, MARK_LINE);
    for (int i = 0; i < LANGUAGES; i++) {
        if (letter->title[i] == NULL && letter->body[i] == NULL)
            continue;
        fprintf(out, "<section lang=\"%s\">\n", tongues[i]);
        put_element(out, i == ZH || letter->title[ZH] == NULL ? "h1" : "h2",
                    letter->title[i] != NULL ? letter->title[i] : letter->title[!i]);
        if (letter->body[i] != NULL)
            put_element(out, "pre", letter->body[i]);
        fputs("</section>\n", out);
    }
    fputs("<table>\n<tr><th scope=\"row\">收件者 To</th><td>", out);
    put_names(out, letter, put_escaped);
    fputs("</td></tr>\n", out);
    html_row(out, "發送者 From", letter->sender);
    html_row(out, "狀況編號 Inject", letter->inject);
    html_row(out, "參照 Reference", letter->reference);
    html_row(out, "請於此時前回覆 Answer by", letter->react_by);
    html_row(out, "製卡時間 Made", sent);
    html_row(out, "交付時間與簽名 Handed over at, signature", "");
    html_row(out, "收受者簽名 Received by", "");
    fprintf(out, "</table>\n</main>\n<p class=\"mark\">%s</p>\n</body></html>\n", MARK_LINE);
}

static void put_plain(FILE *out, const char *text)
{
    fputs(text, out);
}

static void text_card(FILE *out, const struct letter *letter, const char *sent)
{
    static const char rule[] = "------------------------------------------------------------\n";
    for (int i = 0; i < LANGUAGES; i++) {
        if (letter->title[i] == NULL && letter->body[i] == NULL)
            continue;
        char *text = letter_text(letter, (enum language)i);
        fprintf(out, "%s%s", text, rule);
        free(text);
    }
    fputs("收件者 To: ", out);
    put_names(out, letter, put_plain);
    fprintf(out,
            "\n製卡時間 Made: %s\n交付時間與簽名 Handed over at, signature:\n\n"
            "收受者簽名 Received by:\n\n%s\n",
            sent, MARK_LINE);
}

char *letter_card(const struct letter *letter, int html)
{
    char iso[ISO_BYTES];
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    text_iso(letter->wall_ns, iso);
    if (html)
        html_card(out, letter, iso);
    else
        text_card(out, letter, iso);
    fclose(out);
    return text;
}
