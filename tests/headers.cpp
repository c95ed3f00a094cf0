/* SPDX-License-Identifier: BSD-2-Clause
 * headers.cpp - has GoogleTest's headers compiled once, for all test programs. Knows: nothing.
 * Must not know: a test. */
