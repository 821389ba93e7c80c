#include "report/page/svg.h"

#include "record/undo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of two parts: above, hollow, when it was planned; below, filled, when it was. */

#define ROW     25.0
#define HEADING 22.0
#define BAR     12.0
#define BAR_TOP 9.0 /* of a row */

struct timeline {
    const struct nd_page *page;
    double end, y;
};

static const char *state_style(const char *state)
{
    return strcmp(state, "done") == 0 ? "done" : strcmp(state, "failed") == 0 ? "failed" : "cut";
}

static void put_heading(struct timeline *to, enum nd_message words)
{
    nd_svg_label(to->page, "name group", to->y + 15, nd_msg(to->page, words));
    to->y += HEADING;
}

static void put_label(const struct timeline *to, const char *text)
{
    nd_svg_label(to->page, "name", to->y + BAR_TOP + 10, text);
}

/* A hollow mark where it was planned, and how far it slipped where that can be seen. */
static void put_planned(const struct timeline *to, const json_t *planned, const json_t *actual)
{
    if (!json_is_integer(planned))
        return;
    double x = nd_svg_x((double)json_integer_value(planned), to->end);
    nd_buf_addf(to->page->out, "<path class=\"planned\" d=\"M%.1f %.1fh8l-4 6.5z\"/>\n", x - 4,
                to->y + 1);
    if (!json_is_integer(actual))
        return;
    double slipped = nd_svg_x((double)json_integer_value(actual), to->end);
    if (fabs(slipped - x) > 5)
        nd_buf_addf(to->page->out, "<path class=\"slip\" d=\"M%.1f %.1fH%.1f\"/>\n", x, to->y + 4,
                    slipped);
}

/* ---- steps ---- */

static void put_steps(struct timeline *to)
{
    size_t i = 0;
    json_t *step = NULL;
    json_array_foreach(json_object_get(to->page->model, "steps"), i, step)
    {
        const json_t *started = json_object_get(step, "started_rel_ns");
        const json_t *ended = json_object_get(step, "ended_rel_ns");
        put_label(to, nd_text_of(to->page, json_object_get(step, "title")));
        if (json_is_integer(started))
            nd_svg_bar(to->page, state_style(nd_str_of(step, "state")),
                       (double)json_integer_value(started),
                       json_is_integer(ended) ? (double)json_integer_value(ended) : to->end,
                       to->end, to->y + BAR_TOP, BAR);
        put_planned(to, json_object_get(step, "planned_rel_ns"), started);
        to->y += ROW;
    }
}

/* ---- injects: from when it was fired to the reaction, or until when one was waited for ---- */

static void put_diamond(const struct timeline *to, const char *style, double at)
{
    nd_buf_addf(to->page->out, "<path class=\"%s\" d=\"M%.1f %.1fl7 7l-7 7l-7 -7z\"/>\n", style,
                nd_svg_x(at, to->end), to->y + BAR_TOP - 1);
}

static const char *outcome_style(const char *outcome)
{
    return strcmp(outcome, "answered") == 0 || strcmp(outcome, "delivered") == 0  ? "done"
           : strcmp(outcome, "cancelled") == 0 || strcmp(outcome, "waiting") == 0 ? "cut"
                                                                                  : "failed";
}

static void put_inject(struct timeline *to, const json_t *inject)
{
    const json_t *fired = json_object_get(inject, "fired_rel_ns");
    const json_t *planned = json_object_get(inject, "planned_rel_ns");
    const char *style = outcome_style(nd_str_of(inject, "outcome"));
    bool contingency = strcmp(nd_str_of(inject, "kind"), "contingency") == 0;
    bool reacted = json_is_integer(json_object_get(inject, "reaction_ns"));
    double from = (double)json_integer_value(fired);
    double lasts = (double)nd_int_of(inject, reacted ? "reaction_ns" : "react_within_ns");
    put_label(to, nd_inject_title(to->page, inject));
    if (json_is_integer(fired))
        nd_svg_bar(to->page, style, from, from + lasts, to->end, to->y + BAR_TOP, BAR);
    if (contingency && json_is_integer(fired))
        put_diamond(to, style, from);
    else if (contingency && json_is_integer(planned))
        put_diamond(to, "planned", (double)json_integer_value(planned));
    else
        put_planned(to, planned, fired);
    to->y += ROW;
}

static void put_injects(struct timeline *to)
{
    const json_t *injects = json_object_get(to->page->model, "injects");
    size_t i = 0;
    json_t *inject = NULL;
    if (json_array_size(injects) != 0)
        put_heading(to, ND_MSG_INJECTS);
    json_array_foreach(injects, i, inject) put_inject(to, inject);
}

/* ---- changes, and guards that were breached ---- */

static bool is_shown(const json_t *change)
{
    return json_is_integer(json_object_get(change, "began_rel_ns")) &&
           !nd_undo_is_lab(nd_str_of(change, "plugin"), nd_str_of(change, "verb"));
}

static size_t count_changes(const json_t *model)
{
    size_t count = 0;
    size_t i = 0;
    json_t *change = NULL;
    json_array_foreach(json_object_get(model, "changes"), i, change) count += is_shown(change);
    return count;
}

/* One that was not read back as restored goes on to the end, in another pattern and in words. */
static void put_change(struct timeline *to, const json_t *change)
{
    const json_t *back = json_object_get(change, "verified_rel_ns");
    double began = (double)nd_int_of(change, "began_rel_ns");
    bool restored = json_is_integer(back);
    char *name = nd_printf("%s.%s %s", nd_str_of(change, "plugin"), nd_str_of(change, "verb"),
                           nd_str_of(change, "target"));
    put_label(to, name);
    free(name);
    nd_svg_bar(to->page, restored ? "injected" : "unexpected", began,
               restored ? (double)json_integer_value(back) : to->end, to->end, to->y + BAR_TOP,
               BAR);
    if (!restored)
        nd_buf_addf(to->page->out, "<text class=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                    nd_svg_x(to->end, to->end) - 6, to->y + BAR_TOP + 10,
                    nd_state_text(to->page, nd_str_of(change, "state")));
    to->y += ROW;
}

static void put_changes(struct timeline *to)
{
    size_t i = 0;
    json_t *change = NULL;
    if (count_changes(to->page->model) != 0)
        put_heading(to, ND_MSG_IN_FORCE);
    json_array_foreach(json_object_get(to->page->model, "changes"), i, change)
    {
        if (is_shown(change))
            put_change(to, change);
    }
}

static void put_guards(struct timeline *to)
{
    size_t i = 0;
    json_t *guard = NULL;
    json_array_foreach(json_object_get(to->page->model, "guards"), i, guard)
    {
        put_label(to, nd_text_of(to->page, json_object_get(guard, "title")));
        nd_buf_addf(to->page->out, "<path class=\"breach\" d=\"M%.1f %.1fl12 12m0 -12l-12 12\"/>\n",
                    nd_svg_x((double)nd_int_of(guard, "at_rel_ns"), to->end) - 6, to->y + BAR_TOP);
        to->y += ROW;
    }
}

void nd_svg_timeline(const struct nd_page *page)
{
    const json_t *model = page->model;
    size_t injects = json_array_size(json_object_get(model, "injects"));
    size_t changes = count_changes(model);
    size_t guards = json_array_size(json_object_get(model, "guards"));
    size_t rows = json_array_size(json_object_get(model, "steps")) + injects + changes + guards;
    double bottom = ND_SVG_PHASES + 4 + ROW * (double)rows +
                    HEADING * ((injects != 0) + (changes != 0) + (guards != 0) + 1);
    struct timeline to = {page, nd_svg_end(model), ND_SVG_PHASES + 4};
    nd_svg_open(page, "timeline", ND_SVG_WIDTH, bottom + ND_SVG_TICKS + 6,
                nd_msg(page, ND_MSG_TIMELINE));
    nd_svg_grid(page, to.end, 2, bottom + 4);
    nd_svg_pauses(page, to.end, 2, bottom + 4);
    nd_svg_phases(page, to.end, 2);
    put_heading(&to, ND_MSG_STEPS);
    put_steps(&to);
    put_injects(&to);
    put_changes(&to);
    if (guards != 0)
        put_heading(&to, ND_MSG_GUARDS);
    put_guards(&to);
    nd_svg_ticks(page, to.end, bottom + 4);
    nd_svg_close(page);
}

void nd_svg_timeline_legend(const struct nd_page *page)
{
    nd_svg_legend(page, "<path class=\"planned\" d=\"M8 2h8l-4 7z\"/>", ND_MSG_PLANNED);
    nd_svg_legend(page, "<rect class=\"done\" width=\"24\" height=\"12\"/>", ND_MSG_ACTUAL);
    nd_svg_legend(page, "<rect class=\"failed\" width=\"24\" height=\"12\"/>", ND_MSG_WENT_WRONG);
    if (nd_entry_of(json_object_get(page->model, "injects"), "kind", "contingency") != NULL)
        nd_svg_legend(page, "<path class=\"done\" d=\"M12 0l6 6l-6 6l-6 -6z\"/>",
                      ND_MSG_CONTINGENCY);
    if (count_changes(page->model) != 0)
        nd_svg_legend(page, "<rect class=\"injected\" width=\"24\" height=\"12\"/>",
                      ND_MSG_IN_FORCE);
    if (json_array_size(json_object_get(page->model, "pauses")) != 0)
        nd_svg_legend(page, "<rect class=\"pause\" width=\"24\" height=\"12\"/>", ND_MSG_PAUSE);
    if (json_array_size(json_object_get(page->model, "guards")) != 0)
        nd_svg_legend(page, "<path class=\"breach\" d=\"M6 0l12 12m0 -12l-12 12\"/>",
                      ND_MSG_GUARDS);
}

/* ---- regulatory clocks: from what opened each to what was done, a tick where it was due ---- */

static const char *verdict_style(const char *verdict)
{
    return strcmp(verdict, "met") == 0                                      ? "done"
           : strcmp(verdict, "missed") == 0 || strcmp(verdict, "late") == 0 ? "failed"
                                                                            : "cut";
}

static void put_duty(struct timeline *to, const json_t *duty)
{
    const json_t *done = json_object_get(duty, "done_rel_ns");
    const json_t *due = json_object_get(duty, "due_rel_ns");
    double from = (double)nd_int_of(duty, "opened_rel_ns");
    put_label(to, nd_text_of(to->page, json_object_get(duty, "title")));
    nd_svg_bar(to->page, verdict_style(nd_str_of(duty, "verdict")), from,
               json_is_integer(done) ? (double)json_integer_value(done)
                                     : nd_svg_end(to->page->model),
               to->end, to->y + BAR_TOP, BAR);
    if (json_is_integer(due) && (double)json_integer_value(due) <= to->end)
        nd_buf_addf(to->page->out, "<path class=\"due\" d=\"M%.1f %.1fv18\"/>\n",
                    nd_svg_x((double)json_integer_value(due), to->end), to->y + BAR_TOP - 3);
    to->y += ROW;
}

/* The end of the run, or the last moment when one was due, but not so late that the run itself
 * would be too small to see. */
static double last_due(const json_t *duties, double run_end)
{
    double end = run_end;
    size_t i = 0;
    json_t *duty = NULL;
    json_array_foreach(duties, i, duty)
    {
        double due = (double)nd_int_of(duty, "due_rel_ns");
        if (due <= 4 * run_end)
            end = fmax(end, due);
    }
    return end;
}

void nd_svg_duties(const struct nd_page *page)
{
    const json_t *duties = json_object_get(page->model, "obligations");
    struct timeline to = {page, last_due(duties, nd_svg_end(page->model)), 0};
    double bottom = ROW * (double)json_array_size(duties) + 4;
    size_t i = 0;
    json_t *duty = NULL;
    nd_svg_open(page, "clocks", ND_SVG_WIDTH, bottom + ND_SVG_TICKS + 6,
                nd_msg(page, ND_MSG_DUTIES));
    nd_svg_grid(page, to.end, 2, bottom + 4);
    nd_svg_pauses(page, to.end, 2, bottom + 4);
    json_array_foreach(duties, i, duty) put_duty(&to, duty);
    nd_svg_ticks(page, to.end, bottom + 4);
    nd_svg_close(page);
}

void nd_svg_duties_legend(const struct nd_page *page)
{
    static const struct {
        const char *shape;
        enum nd_message words;
    } entries[] = {{"<rect class=\"done\" width=\"24\" height=\"12\"/>", ND_MSG_MET},
                   {"<rect class=\"failed\" width=\"24\" height=\"12\"/>", ND_MSG_MISSED},
                   {"<rect class=\"cut\" width=\"24\" height=\"12\"/>", ND_MSG_DUTY_NEITHER},
                   {"<path class=\"legend-due\" d=\"M12 0v12\"/>", ND_MSG_DUE}};
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        nd_svg_legend(page, entries[i].shape, entries[i].words);
}
