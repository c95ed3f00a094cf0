# shellcheck shell=bash disable=SC2034,SC2154 # build.sh reads these, and has $here
# SPDX-License-Identifier: BSD-2-Clause
# vtd.sh - what build.sh needs to know of Intel's VT-d driver, which takes only its own headers.

headers=x86
config=x86.config
kconfig=
# Nothing of its code is patched at run time. The C library has its stack at multiples of 16 bytes.
kbuild_words=(CONFIG_OBJTOOL= KCFLAGS=-mpreferred-stack-boundary=4)

folder=drivers/iommu/intel
driver=$folder/iommu
watched=("$folder"/{iommu,pasid,nested,cache,prq,dmar,svm,cap_audit} drivers/iommu/generic_pt/fmt/iommu_{vtdss,x86_64})
compat="-include $here/kshim/compat.h"
plain_too=("$folder"/trace)
more_flags=("CFLAGS_iommu-sva.o=-include $here/kshim/compat_sva.h")
assembly=(arch/x86/lib/{hweight,getuser,putuser,clear_page_64})
redefined=()
kshim=(act device fdmarks iommufd machine_vtd marks mem misc process sync tables_x86 user x86)
