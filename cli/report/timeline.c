/* SPDX-License-Identifier: BSD-2-Clause
 * timeline.c - one operation on a line of time: what software did, and what requests saw.
 * Knows: the member "story", SVG. Must not know: who made it. */
#include "cli/report/report.h"

#include <math.h>
#include <string.h>

#define WIDTH 1000.0
#define LEFT 150.0
#define RIGHT 985.0
#define AXIS 34.0      /* height below the lanes */
#define REACH 125.0    /* what is closer than that shares a label */
#define NAME_CHARS 18u /* of a label, so that it fits into that */
#define CLUSTER_NAMES 3u
#define MAX_PROBES 6u /* lanes of them */
#define CHAR_WIDTH 6.6

/** struct picture - @from, @to: what x shows, in ns; @y: of the lane that is being drawn. */
struct picture {
    FILE *out;
    double from, to, y;
};

static double x_of(const struct picture *picture, double ns)
{
    const double part = (ns - picture->from) / (picture->to - picture->from);

    return LEFT + (RIGHT - LEFT) * (part < 0 ? 0 : part > 1 ? 1 : part);
}

static bool is_inside(const struct picture *picture, double ns)
{
    return ns >= picture->from && ns <= picture->to;
}

static void put_lane(const struct picture *picture, double height, const char *name)
{
    (void)fprintf(picture->out,
                  "<line class=\"t-line\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                  "<text class=\"t-lane\" x=\"%.0f\" y=\"%.1f\">",
                  LEFT, RIGHT, picture->y + height, picture->y + height, LEFT - 8,
                  picture->y + height - 7);
    html(picture->out, "%s</text>\n", name);
}

/* ---- Axis ----------------------------------------------------------------------------------- */

static void put_axis(const struct picture *picture, double bottom)
{
    const double span = picture->to - picture->from;
    const double ten = pow(10, floor(log10(span / 6)));
    const double step = ten * (span / 6 / ten < 2 ? 2 : span / 6 / ten < 5 ? 5 : 10);
    const double first = ceil(picture->from / step);

    for (unsigned i = 0; i < 12; i++) {
        const double at = (first + i) * step;

        if (at > picture->to)
            break;
        (void)fprintf(picture->out,
                      "<line class=\"t-grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%.1f\"/><text "
                      "class=\"t-tick\" x=\"%.1f\" y=\"%.1f\">%.6g</text>\n",
                      x_of(picture, at), x_of(picture, at), bottom, x_of(picture, at), bottom + 15,
                      at / 1000);
    }
    (void)fprintf(picture->out,
                  "<text class=\"t-tick\" x=\"%.0f\" y=\"%.1f\">us since the operation began"
                  "</text>\n",
                  (LEFT + RIGHT) / 2, bottom + 31);
}

/* ---- Acts ----------------------------------------------------------------------------------- */

/** struct cluster - acts that are too close to each other for a label each. */
struct cluster {
    double x;
    const char *names[CLUSTER_NAMES];
    unsigned counts[CLUSTER_NAMES];
    size_t n;
    bool has_more;
};

static void put_label(const struct picture *picture, const struct cluster *cluster, size_t i)
{
    const bool is_right = cluster->x > RIGHT - REACH;
    char text[64] = "and others";

    if (i < cluster->n && cluster->counts[i] > 1)
        (void)snprintf(text, sizeof(text), "%u %.*s", cluster->counts[i], (int)NAME_CHARS,
                       cluster->names[i]);
    else if (i < cluster->n)
        (void)snprintf(text, sizeof(text), "%.*s", (int)NAME_CHARS, cluster->names[i]);
    (void)fprintf(picture->out, "<text class=\"t-name%s\" x=\"%.1f\" y=\"%.1f\">",
                  is_right ? " t-end" : "", cluster->x, picture->y + 12 + 12 * (double)i);
    html(picture->out, "%s</text>", text);
}

static void put_cluster(const struct picture *picture, struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->n + cluster->has_more; i++)
        put_label(picture, cluster, i);
    cluster->n = 0;
    cluster->has_more = false;
}

static void add_name(const struct picture *picture, struct cluster *cluster, const char *name,
                     double x)
{
    size_t i = 0;

    /* A label at the right edge ends where its first act is, and needs room on the left. */
    if (cluster->n && x > cluster->x + (x > RIGHT - REACH ? 2 * REACH : REACH))
        put_cluster(picture, cluster);
    if (!cluster->n)
        cluster->x = x;
    while (i < cluster->n && strcmp(cluster->names[i], name) != 0)
        i++;
    if (i == CLUSTER_NAMES) {
        cluster->has_more = true;
        return;
    }
    if (i == cluster->n) {
        cluster->names[cluster->n] = name;
        cluster->counts[cluster->n++] = 0;
    }
    cluster->counts[i]++;
}

static void put_ticks(struct picture *picture, const json_t *acts, const char *lane, double height)
{
    struct cluster cluster = {.n = 0};
    size_t i;
    json_t *act;

    json_array_foreach (acts, i, act) {
        const double at = report_number(act, "end_ns");
        const double x = x_of(picture, at);

        if (strcmp(result_text(act, "lane"), lane) != 0 || !is_inside(picture, at))
            continue;
        (void)fprintf(picture->out,
                      "<rect class=\"t-act\" x=\"%.1f\" y=\"%.1f\" width=\"2\" "
                      "height=\"12\"/>",
                      x - 1, picture->y + height - 14);
        if (*result_text(act, "name"))
            add_name(picture, &cluster, result_text(act, "name"), x);
    }
    put_cluster(picture, &cluster);
}

/* A box with its words in it, if they have room. */
static void put_box(const struct picture *picture, const char *class, double begin, double end,
                    const char *words)
{
    const double x = x_of(picture, begin), width = x_of(picture, end) - x;

    (void)fprintf(picture->out, "<g class=\"%s\"><title>", class);
    html(picture->out, "%s</title>", words);
    (void)fprintf(picture->out,
                  "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"17\" rx=\"2\"/>", x,
                  picture->y + 3, width < 1.5 ? 1.5 : width);
    if (width > CHAR_WIDTH * (double)strlen(words) + 6) {
        (void)fprintf(picture->out, "<text x=\"%.1f\" y=\"%.1f\">", x + width / 2, picture->y + 16);
        html(picture->out, "%s</text>", words);
    }
    (void)fputs("</g>\n", picture->out);
}

static void put_waits(struct picture *picture, const json_t *acts)
{
    size_t i;
    json_t *act;

    json_array_foreach (acts, i, act) {
        const double begin = report_number(act, "begin_ns"), end = report_number(act, "end_ns");
        char words[48];

        if (strcmp(result_text(act, "lane"), "wait") != 0 || !(begin < end) ||
            end < picture->from || begin > picture->to)
            continue;
        compare_amount("x_ns", end - begin, words, sizeof(words));
        put_box(picture, "t-wait", begin, end, words);
    }
}

/* ---- Answers -------------------------------------------------------------------------------- */

static const struct {
    const char *answer, *class, *words;
} answers_known[] = {
    {"old", "t-old", "old domain"},
    {"new", "t-new", "new domain"},
    {"same", "t-same", "the same in both"},
    {"refused", "t-asked", "refused, as promised"},
    {"REFUSED", "t-refused", "REFUSED, though neither domain refuses it"},
    {"MIXED", "t-wrong", "MIXED: neither old nor new"},
    {"STALE", "t-wrong", "STALE: what is gone"},
    {"not judged", "t-open", "not judged"},
};
#define N_ANSWERS (sizeof(answers_known) / sizeof(answers_known[0]))

static const char *answer_class(const char *answer)
{
    for (size_t i = 0; i < N_ANSWERS; i++) {
        if (strcmp(answers_known[i].answer, answer) == 0)
            return answers_known[i].class;
    }
    return "t-open";
}

/* @probe: "" for the traffic. */
static void put_answers(struct picture *picture, const json_t *answers, const char *probe)
{
    size_t i;
    json_t *answer;

    json_array_foreach (answers, i, answer) {
        const double begin = report_number(answer, "begin_ns"),
                     end = report_number(answer, "end_ns");
        const char *event = result_text(answer, "event");
        char words[96];

        if (strcmp(result_text(answer, "probe"), probe) != 0 || !(begin <= end) ||
            end < picture->from || begin > picture->to)
            continue;
        (void)snprintf(words, sizeof(words), "%s%s%s", result_text(answer, "answer"),
                       *event ? " " : "", event);
        put_box(picture, answer_class(result_text(answer, "answer")), begin, end, words);
    }
}

/* The traffic, "", and the addresses that were probed, in the order in which they appear. */
static size_t find_rows(const json_t *answers, const char **rows, size_t *n_left_out)
{
    json_t *seen = json_object();
    size_t n = 1;
    size_t i;
    json_t *answer;

    rows[0] = "";
    json_array_foreach (answers, i, answer) {
        const char *probe = result_text(answer, "probe");

        if (!*probe || json_object_get(seen, probe) ||
            json_object_set_new(seen, probe, json_true()))
            continue;
        if (n < MAX_PROBES + 1)
            rows[n++] = probe;
        else
            (*n_left_out)++;
    }
    json_decref(seen);
    return n;
}

static void put_legend(FILE *out, const json_t *answers)
{
    html(out, "<ul class=\"legend\">");
    for (size_t k = 0; k < N_ANSWERS; k++) {
        size_t i;
        json_t *answer;

        json_array_foreach (answers, i, answer) {
            if (strcmp(result_text(answer, "answer"), answers_known[k].answer) == 0) {
                report_key(out, answers_known[k].class, answers_known[k].words);
                break;
            }
        }
    }
    html(out, "</ul>\n");
}

/* ---- The picture ---------------------------------------------------------------------------- */

/* The switch with some room on both sides, or all of it. Return: is there a time to show? */
static bool choose_window(const json_t *story, struct picture *picture)
{
    const json_t *window = json_object_get(story, "switch_ns");
    const double begin = json_number_value(json_array_get(window, 0));
    const double end = json_number_value(json_array_get(window, 1));

    picture->from = 0;
    picture->to = report_number(story, "end_ns");
    if (begin < end) {
        const double margin = (end - begin) / 4;

        picture->from = begin > margin ? begin - margin : 0;
        picture->to = end + margin;
    }
    return picture->to > picture->from && picture->to - picture->from >= 1e-3 && picture->to < 1e18;
}

static void put_lanes(struct picture *picture, const json_t *story)
{
    static const struct {
        const char *lane, *words;
        double height;
    } lanes[] = {
        {"store", "stores", 56}, {"command", "commands", 56}, {"register", "registers", 22}};
    const json_t *acts = json_object_get(story, "acts");

    for (size_t i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++) {
        put_lane(picture, lanes[i].height, lanes[i].words);
        put_ticks(picture, acts, lanes[i].lane, lanes[i].height);
        picture->y += lanes[i].height;
    }
    put_lane(picture, 24, "waits");
    put_waits(picture, acts);
    picture->y += 24;
}

static void put_rows(struct picture *picture, const json_t *answers, const char **rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char name[64] = "traffic sees";

        if (*rows[i])
            (void)snprintf(name, sizeof(name), "%.24s sees", rows[i]);
        put_lane(picture, 24, name);
        put_answers(picture, answers, rows[i]);
        picture->y += 24;
    }
}

static void put_left_out(FILE *out, const json_t *story, size_t n_rows)
{
    const double n_acts = report_number(story, "acts_left_out");
    const double n_answers = report_number(story, "answers_left_out");

    if (n_rows)
        (void)fprintf(out, " Addresses that are not drawn: %zu.", n_rows);
    if (n_acts > 0)
        (void)fprintf(out, " Acts of software that are not drawn: %.10g.", n_acts);
    if (n_answers > 0)
        (void)fprintf(out, " Answers that are not drawn: %.10g.", n_answers);
}

void report_timeline(FILE *out, const json_t *story)
{
    const json_t *answers = json_object_get(story, "answers");
    const char *rows[MAX_PROBES + 1];
    size_t n_left_out = 0;
    const size_t n_rows = find_rows(answers, rows, &n_left_out);
    struct picture picture = {.out = out};
    const double bottom = 158 + 24 * (double)n_rows;

    if (!choose_window(story, &picture))
        return;
    html(out, "<figure>\n<div class=\"picture scroll\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"The operation on a line of time\">\n");
    (void)fprintf(out,
                  "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"The operation on "
                  "a line of time\">\n",
                  WIDTH, bottom + AXIS);
    put_axis(&picture, bottom);
    put_lanes(&picture, story);
    put_rows(&picture, answers, rows, n_rows);
    html(out, "</svg>\n</div>\n");
    put_legend(out, answers);
    html(out, "<figcaption>The operation on a line of time. From above: stores, commands, writes "
              "of registers, and waits of software, from the write of a register to the moment at "
              "which its effect can be seen; then what requests saw: those of the device, and "
              "probes of single addresses.");
    put_left_out(out, story, n_left_out);
    html(out, "</figcaption>\n</figure>\n");
}
