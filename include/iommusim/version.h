/* SPDX-License-Identifier: BSD-2-Clause
 * version.h - which iommusim this is. The public headers live in this folder; they include nothing
 * of the project outside it. */
#ifndef IOMMUSIM_VERSION_H
#define IOMMUSIM_VERSION_H

#define IOMMUSIM_VERSION_MAJOR 0
#define IOMMUSIM_VERSION_MINOR 1
#define IOMMUSIM_VERSION_PATCH 0
#define IOMMUSIM_VERSION "0.1.0"

#endif
