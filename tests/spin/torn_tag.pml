/* SPDX-License-Identifier: BSD-2-Clause
 * torn_tag.pml - a context descriptor is changed in place, ASID 1 and root 1 to ASID 2 and root 2,
 * and then the TLB entries of one ASID are flushed: FLUSH=1, the old one, or FLUSH=2, the new one.
 *
 * Hardware acts step by step here: it fetches words when it likes, keeps or forgets them, walks
 * ahead of requests, and files what it found. Each answer to the device's requests is printed while
 * all runs are searched: "phase asid root". tests/property/brute has the same corner. */
#ifndef FLUSH
#define FLUSH 1
#endif

#define BEFORE 0
#define DURING 1
#define AFTER 2

byte phase = BEFORE;
byte mem_asid = 1, mem_root = 1;
byte kept_asid, kept_root; /* 0: not cached */
byte tlb[3];               /* root by ASID, 0: no entry */
bool walking, requesting;
byte asid, root, answer, issued; /* of the request */
byte w_asid, w_root;             /* of the walk ahead */

mtype = { cfgi, tlbi, sync };
chan queue = [4] of { mtype };
bool complete;

proctype driver()
{
    if
    :: atomic { mem_asid = 2; phase = DURING }; mem_root = 2
    :: atomic { mem_root = 2; phase = DURING }; mem_asid = 2
    fi;
    queue!cfgi; queue!sync; complete; complete = false;
    queue!tlbi; queue!sync; complete; complete = false;
    phase = AFTER
}

/* A CMD_SYNC waits for what is under way. */
proctype commands()
{
end:
    do
    :: queue?cfgi -> atomic { kept_asid = 0; kept_root = 0 }
    :: queue?tlbi -> tlb[FLUSH] = 0
    :: queue?sync -> atomic { !walking && !requesting -> complete = true }
    od
}

proctype fetch()
{
end:
    do
    :: kept_asid = mem_asid
    :: kept_root = mem_root
    :: kept_asid = 0
    :: kept_root = 0
    :: tlb[1] = 0
    :: tlb[2] = 0
    od
}

proctype walk()
{
end:
    do
    :: walking = true;
       if
       :: w_asid = mem_asid
       :: kept_asid -> w_asid = kept_asid
       fi;
       if
       :: w_root = mem_root
       :: kept_root -> w_root = kept_root
       fi;
       tlb[w_asid] = w_root;
       atomic { w_asid = 0; w_root = 0; walking = false }
    od
}

proctype device()
{
end:
    do
    :: atomic { requesting = true; issued = phase };
       if
       :: asid = mem_asid
       :: atomic { kept_asid -> asid = kept_asid }
       fi;
       if
       :: root = mem_root
       :: atomic { kept_root -> root = kept_root }
       fi;
       if
       :: atomic { tlb[asid] -> answer = tlb[asid] }
       :: answer = root
       fi;
       atomic {
           /* It was in flight: old and new are both right. */
           if
           :: issued == phase
           :: issued != phase -> issued = DURING
           fi;
           c_code { printf("%d %d %d\n", now.issued, now.asid, now.answer); };
           asid = 0; root = 0; answer = 0; issued = 0; requesting = false
       }
    od
}

init {
    atomic { run driver(); run commands(); run fetch(); run walk(); run device() }
}
