/* SPDX-License-Identifier: BSD-2-Clause
 * linux_live.h - what the files of the program around a kernel's driver share. */
#ifndef CLI_LINUX_LIVE_H
#define CLI_LINUX_LIVE_H

#include "kernel-glue/linux/host/lnx.h"

/** linux_save - the records to a file. Return: CLI_OK, or what the program ends with. */
int linux_save(const char *path, const struct lnx *lnx);

/** linux_kunit - the tree's unit tests; records of each transition to DIR/TEST-N.iotr, unless @dir
 * is NULL. Return: CLI_... */
int linux_kunit(struct lnx *lnx, const char *dir);

#endif
