# SPDX-License-Identifier: BSD-2-Clause
# random.awk - a random scenario: tables, attaches, maps, copies, guests' tables.
#   awk -v seed=N -v arch=smmuv3|vtd -v with=",pasid,nest,ats,dirty," -f random.awk
# Each line "ends with -E2BIG", so that iommusim says how it did end. random.sh takes out what leads
# nowhere.

function below(n) {
  return int(rand() * n)
}

function one_of(text, words) {
  return words[below(split(text, words, " ")) + 1]
}

function has(what) {
  return index(with, "," what ",")
}

function say(line) {
  print line " -> -E2BIG"
}

function a_map(space, iova) {
  space = one_of(spaces)
  iova = one_of("0x1000000 0x1200000 0x1010000 0x40000000 0x100000000")
  mapped[n_mapped++] = space " " iova
  size[n_mapped - 1] = one_of("4K 8K 12K 64K 2M 2112K 4M")
  say("map " space " " iova " " memory[iova] " " size[n_mapped - 1] " " one_of("rw rw rw r w"))
}

function an_unmap(i) {
  i = below(n_mapped)
  say("unmap " mapped[i] " " (below(6) ? size[i] : one_of("4K 64K 32M")))
}

function a_copy(i, words) {
  i = below(n_mapped)
  split(mapped[i], words, " ")
  say("copy " one_of(spaces) " " one_of("0x1020000 0x1220000 0x40020000") " " size[i] " " words[1] " " words[2])
}

function a_table(flags) {
  flags = has("nest") && !below(3) ? " nest-parent" : has("pasid") && below(3) ? " pasid" : ""
  flags = flags (has("dirty") && !below(3) ? " dirty" : "")
  tables = tables " h" n_tables
  parents = parents " h" n_tables
  say("hwpt h" n_tables++ " " one_of(spaces) flags)
}

function a_guest(words) {
  if (arch == "vtd")
    words = "pgtbl=0x100" below(4) "000 flags=" one_of("0 0 1") " width=48"
  else
    words = one_of("ste=0x1,0x0 ste=0x9,0x0 ste=0xb,0x2a ste=0x11000081000b,0x2a ste=0x11000082000b,0x2a")
  say("nested h" n_tables " " one_of(parents) " " words)
  tables = tables " h" n_tables++
}

# A PASID gets tables only: the marks of one that the kernel makes are elsewhere.
function an_attach(device, pasid, place, which) {
  device = "d" below(n_devices)
  pasid = has("pasid") && n_tables && below(2) ? " pasid=" one_of("1 2 3 5") : ""
  place = device pasid
  which = one_of(pasid ? tables : tables spaces)
  if (!(place in attached)) {
    attached[place] = 1
    say("attach " device " " which pasid)
  } else if (below(4)) {
    say("replace " device " " which pasid)
  } else {
    delete attached[place]
    say("detach " device pasid)
  }
  if (below(2))
    print "expect dma " device " 0x1000000 " one_of("r w") pasid " -> pa 0x80000000"
}

BEGIN {
  srand(seed)
  split("0x1000000 0x80000000 0x1200000 0x80200000 0x1010000 0x80010000 0x40000000 0x81000000 0x100000000 0x82000000",
    pair, " ")
  for (i = 1; i in pair; i += 2)
    memory[pair[i]] = pair[i + 1]
  print "iommusim-text/1 scenario"
  n_devices = 1 + below(3)
  for (i = 0; i < n_devices; i++)
    print "device d" i " sid=0x" 20 + 8 * i " rid=0x" 20 + 8 * i (has("pasid") ? " pasid_bits=6" : "") \
      (has("ats") && below(2) ? " ats" : "")
  n_tables = n_mapped = 0
  spaces = " a0 a1"
  say("ioas a0")
  say("ioas a1")
  for (i = 12 + below(20); i > 0; i--) {
    what = rand()
    if (what < 0.22)
      a_map()
    else if (what < 0.3 && n_mapped)
      an_unmap()
    else if (what < 0.42)
      a_table()
    else if (what < 0.47 && has("nest") && parents != "")
      a_guest()
    else if (what < 0.53 && n_mapped)
      a_copy()
    else if (what < 0.6)
      say("destroy " one_of(tables spaces))
    else
      an_attach()
  }
}
