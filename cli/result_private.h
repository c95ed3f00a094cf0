/* SPDX-License-Identifier: BSD-2-Clause
 * result_private.h - what the readers of results share. */
#ifndef CLI_RESULT_PRIVATE_H
#define CLI_RESULT_PRIVATE_H

#include "cli/result.h"

/** result_at - the member at "a.b.c" of @object, NULL if there is none. */
const json_t *result_at(const json_t *object, const char *path);

/** result_operations - fill @result->ops from its JSON. Return: 0 or SIM_EFORMAT. */
int result_operations(struct result *result, struct sim_diag *diag);

/** result_read_rows - a table in CSV: names of columns, and rows of as many texts; owned by the
 * caller if it returns 0. */
int result_read_rows(const char *path, json_t **head, json_t **rows, struct sim_diag *diag);

/** result_read_db - the same of the table "points" of a sweep in SQLite. */
int result_read_db(const char *path, json_t **head, json_t **rows, struct sim_diag *diag);

/** result_is_table - are those the columns of a sweep or of make bench-transitions? */
bool result_is_table(const json_t *head);

/** result_take_table - it as a result; takes both references. Return: 0 or SIM_EFORMAT. */
int result_take_table(struct result *result, const char *path, json_t *head, json_t *rows,
                      struct sim_diag *diag);

/** result_take_list - a table of anything else, for a page; takes both references. */
int result_take_list(struct result *result, const char *path, json_t *head, json_t *rows);

/** result_find_list - fill @result->list from its JSON, if its schema is one of those that are
 * lists. Return: is it? */
bool result_find_list(struct result *result);

/** result_rows - a list of flat objects as head and rows, as result_read_rows gives them. Return:
 * false if it is none, or its objects differ in their members. */
bool result_rows(const json_t *list, json_t **head, json_t **rows);

#endif
