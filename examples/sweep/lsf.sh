#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# lsf.sh - a template for LSF. UNTESTED: we have no LSF; the calls of iommusim are tested, bsub's
# options are from its manual.
#
#   iommusim sweep --elements 100 -o DIR GRID          # prepares DIR for 100 elements
#   bsub -r -J 'sweep[1-100]' -o /dev/null examples/sweep/lsf.sh "$(command -v iommusim)" "$PWD/DIR"
#   iommusim sweep --merge DIR                         # when the array has ended
#
# Arguments: the program and the folder, absolute. LSF counts from 1, iommusim from 0. An element
# that is run again does only what is missing.
set -u
exec "$1" sweep --element "$((LSB_JOBINDEX - 1))" --jobs 1 -- "$2"
