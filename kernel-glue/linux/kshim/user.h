/* SPDX-License-Identifier: GPL-2.0
 * user.h - what user.c has for iommufd.c and process.c.
 * Knows: the kernel's headers. Must not know: the C library, the simulator. */
#ifndef KSH_USER_H
#define KSH_USER_H

struct file;
struct file_operations;
struct miscdevice;

/** ksh_user_init - the current task becomes a process with a memory and without limits. */
void ksh_user_init(void);
struct file *ksh_user_file_new(const struct file_operations *ops, void *data);
struct file *ksh_user_file(unsigned int fd);
/** ksh_user_files_close - all that have a number, as the end of a process does. */
void ksh_user_files_close(void);
extern struct miscdevice *ksh_user_iommufd; /* NULL: not linked in */

#endif
