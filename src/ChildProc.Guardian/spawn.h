/*
 * spawn.h - starts the child of a plan.
 *
 * The child is cloned with CLONE_VM | CLONE_VFORK on a stack of its own: no page table is copied, and the caller is
 * suspended until the child has executed its program or failed. A child that changes its credentials gets its own
 * memory instead (no CLONE_VM), because a process of another user must never share the supervisor's (trap 9).
 * Failures travel through a shared page, ordered by CLONE_VFORK: no pipe, no race, and it works without CLONE_VM.
 */
#ifndef CP_SPAWN_H
#define CP_SPAWN_H

#include "request.h"

struct cp_spawn_result {
    volatile int32_t error; /* 0: the program was executed */
    volatile uint32_t stage;
    volatile uint32_t path_index;
    volatile uint32_t bad_interpreter;
};

/* Maps what spawning needs, once in a process. 0 or -ENOMEM. */
int cp_spawn_prepare(void);

/*
 * The pid of the child (> 0), which runs its program, or -errno with `result` filled in; a failed child has been
 * reaped. `fds`: the descriptors of the message in the order that protocol.h gives, from the working directory on.
 */
int cp_spawn(const struct cp_plan *plan, const int *fds, struct cp_spawn_result *result);

/*
 * Executes the program of a plan in this very process, whose group or session is the child's already. Returns only when
 * that failed, with `result` filled in. `*channel` stays open until then, moved out of the way of the plan's descriptors.
 */
void cp_spawn_here(const struct cp_plan *plan, const int *fds, int *channel, struct cp_spawn_result *result);

#endif
