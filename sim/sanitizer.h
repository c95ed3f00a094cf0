/* SPDX-License-Identifier: BSD-2-Clause
 * sanitizer.h - is this build watched by AddressSanitizer? It reserves terabytes of addresses, so
 * limits on the address space cannot be set. */
#ifndef SIM_SANITIZER_H
#define SIM_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__)
#define SIM_HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIM_HAS_SANITIZER 1
#endif
#endif
#ifndef SIM_HAS_SANITIZER
#define SIM_HAS_SANITIZER 0
#endif

#endif
