/* SPDX-License-Identifier: BSD-2-Clause
 * check_schema.c - does a JSON document on standard input follow a JSON Schema?
 * Knows: the keywords that docs/schema uses. Must not know: what a document is about.
 *
 * Usage: check_schema SCHEMA < DOCUMENT
 * Exit codes: 0 it does, 1 it does not (every violation on standard error), 2 the schema is wrong.
 * A keyword that is not known here makes the schema wrong: else it would be passed over in silence,
 * and whoever wrote it would believe that it is checked. */
#include <jansson.h>
#include <regex.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES 512u

enum exit_code {
    EXIT_VALID = 0,
    EXIT_INVALID = 1,
    EXIT_WRONG_SCHEMA = 2,
};

static void wrong_schema(const char *path, const char *what)
{
    (void)fprintf(stderr, "check_schema: the schema for %s: %s\n", path, what);
    exit(EXIT_WRONG_SCHEMA);
}

/* One violation; the return value counts it. */
static unsigned violation(const char *path, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static unsigned violation(const char *path, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)fprintf(stderr, "%s: ", path);
    (void)vfprintf(stderr, fmt, args);
    (void)fputc('\n', stderr);
    va_end(args);
    return 1;
}

static bool has_type(const json_t *value, const char *type, const char *path)
{
    static const struct {
        const char *name;
        bool is_type[8]; /* by json_type */
    } types[] = {
        {"object", {[JSON_OBJECT] = true}},
        {"array", {[JSON_ARRAY] = true}},
        {"string", {[JSON_STRING] = true}},
        {"integer", {[JSON_INTEGER] = true}},
        {"number", {[JSON_INTEGER] = true, [JSON_REAL] = true}},
        {"boolean", {[JSON_TRUE] = true, [JSON_FALSE] = true}},
        {"null", {[JSON_NULL] = true}},
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].name, type) == 0)
            return types[i].is_type[json_typeof(value)];
    }
    wrong_schema(path, "no such type");
    return false;
}

/* One type, or a list of those that it may have. */
static unsigned check_type(const json_t *type, const json_t *value, const char *path)
{
    for (size_t i = 0; i < json_array_size(type); i++) {
        const json_t *one = json_array_get(type, i);

        if (!json_is_string(one))
            wrong_schema(path, "type has what is not a string");
        if (has_type(value, json_string_value(one), path))
            return 0;
    }
    if (json_is_array(type))
        return violation(path, "is of none of its types");
    if (!json_is_string(type))
        wrong_schema(path, "type is neither a string nor an array");
    return has_type(value, json_string_value(type), path)
               ? 0
               : violation(path, "is not of type %s", json_string_value(type));
}

static unsigned check_enum(const json_t *choices, const json_t *value, const char *path)
{
    if (!json_is_array(choices))
        wrong_schema(path, "enum is not an array");
    for (size_t i = 0; i < json_array_size(choices); i++) {
        if (json_equal(json_array_get(choices, i), value))
            return 0;
    }
    return violation(path, "is none of the values of its enum");
}

static unsigned check_minimum(const json_t *minimum, const json_t *value, const char *path)
{
    if (!json_is_number(minimum))
        wrong_schema(path, "minimum is not a number");
    if (!json_is_number(value) || json_number_value(value) >= json_number_value(minimum))
        return 0;
    return violation(path, "is %g, less than %g", json_number_value(value),
                     json_number_value(minimum));
}

static unsigned check_pattern(const json_t *pattern, const json_t *value, const char *path)
{
    regex_t regex;
    int err;

    if (!json_is_string(pattern) ||
        regcomp(&regex, json_string_value(pattern), REG_EXTENDED | REG_NOSUB))
        wrong_schema(path, "pattern is not a regular expression");
    err = json_is_string(value) ? regexec(&regex, json_string_value(value), 0, NULL, 0) : 0;
    regfree(&regex);
    return err ? violation(path, "\"%s\" does not match %s", json_string_value(value),
                           json_string_value(pattern))
               : 0;
}

static unsigned check_required(const json_t *names, const json_t *value, const char *path)
{
    unsigned n = 0;

    if (!json_is_array(names))
        wrong_schema(path, "required is not an array");
    for (size_t i = 0; json_is_object(value) && i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));

        if (!name)
            wrong_schema(path, "required has what is not a string");
        else if (!json_object_get(value, name))
            n += violation(path, "%s is missing", name);
    }
    return n;
}

/* The keywords that say something about one value alone. */
static const struct keyword {
    const char *name;
    unsigned (*check)(const json_t *argument, const json_t *value, const char *path);
} keywords[] = {
    {"type", check_type},       {"enum", check_enum},         {"minimum", check_minimum},
    {"pattern", check_pattern}, {"required", check_required},
};

/* The keywords that say nothing of a value, and those that lead to its parts. */
static const char *const other_keywords[] = {
    "$schema", "$id", "title", "description", "properties", "additionalProperties", "items"};

static const struct keyword *find_keyword(const char *name, const char *path)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        if (strcmp(keywords[i].name, name) == 0)
            return &keywords[i];
    }
    for (size_t i = 0; i < sizeof(other_keywords) / sizeof(other_keywords[0]); i++) {
        if (strcmp(other_keywords[i], name) == 0)
            return NULL;
    }
    (void)fprintf(stderr, "check_schema: unknown keyword %s\n", name);
    wrong_schema(path, "has a keyword that check_schema does not know");
    return NULL;
}

static unsigned check_value(json_t *schema, json_t *value, const char *path)
{
    const char *name;
    json_t *argument;
    unsigned n = 0;

    if (!json_is_object(schema))
        wrong_schema(path, "is not an object");
    for (void *at = json_object_iter(schema); at; at = json_object_iter_next(schema, at)) {
        const struct keyword *keyword;

        name = json_object_iter_key(at);
        argument = json_object_iter_value(at);
        keyword = find_keyword(name, path);
        if (keyword)
            n += keyword->check(argument, value, path);
    }
    return n;
}

/* A part of a document that is still to be checked. Documents nest as deep as they like: a list
 * instead of recursion. */
struct part {
    struct part *next;
    json_t *schema;
    json_t *value;
    char path[PATH_BYTES];
};

static void push(struct part **parts, json_t *schema, json_t *value, const char *path,
                 const char *name)
{
    struct part *part = calloc(1, sizeof(*part));

    if (!part)
        wrong_schema(path, "no memory");
    part->schema = schema;
    part->value = value;
    (void)snprintf(part->path, sizeof(part->path), "%.400s%s%.100s", path, *name ? "." : "", name);
    part->next = *parts;
    *parts = part;
}

static unsigned push_members(struct part **parts, const struct part *part)
{
    const json_t *properties = json_object_get(part->schema, "properties");
    json_t *others = json_object_get(part->schema, "additionalProperties");
    json_t *object = part->value;
    unsigned n = 0;

    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        json_t *schema = json_object_get(properties, name);

        if (!schema && json_is_false(others))
            n += violation(part->path, "%s is not a property that it may have", name);
        if (!schema && json_is_object(others))
            schema = others;
        if (schema)
            push(parts, schema, json_object_iter_value(at), part->path, name);
    }
    return n;
}

static void push_items(struct part **parts, const struct part *part)
{
    json_t *schema = json_object_get(part->schema, "items");
    char index[32];

    for (size_t i = 0; schema && i < json_array_size(part->value); i++) {
        (void)snprintf(index, sizeof(index), "[%zu]", i);
        push(parts, schema, json_array_get(part->value, i), part->path, index);
    }
}

static unsigned check_document(json_t *schema, json_t *document)
{
    struct part *parts = NULL;
    unsigned n = 0;

    push(&parts, schema, document, "$", "");
    while (parts) {
        struct part *part = parts;

        parts = part->next;
        n += check_value(part->schema, part->value, part->path);
        n += push_members(&parts, part);
        push_items(&parts, part);
        free(part);
    }
    return n;
}

int main(int argc, char **argv)
{
    json_error_t error = {0};
    json_t *schema = argc == 2 ? json_load_file(argv[1], JSON_REJECT_DUPLICATES, &error) : NULL;
    json_t *document = NULL;
    int code = EXIT_WRONG_SCHEMA;

    if (!schema) {
        (void)fprintf(stderr, "check_schema: %s\n", argc == 2 ? error.text : "needs one SCHEMA");
        return code;
    }
    document = json_loadf(stdin, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!document) {
        (void)fprintf(stderr, "-:%d:%d: %s\n", error.line, error.column, error.text);
        code = EXIT_INVALID;
    } else {
        code = check_document(schema, document) ? EXIT_INVALID : EXIT_VALID;
    }
    json_decref(document);
    json_decref(schema);
    return code;
}
