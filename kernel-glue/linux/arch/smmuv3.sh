# shellcheck shell=bash disable=SC2034,SC2154 # build.sh reads these, and has $here
# SPDX-License-Identifier: BSD-2-Clause
# smmuv3.sh - what build.sh needs to know of Arm's SMMUv3 driver. ARCH=um headers suit it best:
# registers are calls there, and no instruction is privileged.

headers=um
config=um.config
kconfig=Kconfig.extra
kbuild_words=()

folder=drivers/iommu/arm/arm-smmu-v3
driver=$folder/arm-smmu-v3
watched=("$folder"/arm-smmu-v3{,-sva,-iommufd,-test} drivers/iommu/io-pgtable-arm)
compat="-include $here/kshim/compat.h -include $here/kshim/compat_arm64.h"
plain_too=(drivers/iommu/io-pgtable lib/hweight lib/kunit/{test,assert,string-stream,resource,hooks,attributes})
more_flags=()
assembly=()

# The unit tests have their entries written where each store is seen: kshim/kunit.c.
redefined=(["$folder/arm-smmu-v3-test"]="--redefine-sym arm_smmu_write_entry=ksh_kunit_write_entry")
kshim=(act device fdmarks iommufd kunit machine_smmuv3 marks mem misc process sync tables_arm64 user)
