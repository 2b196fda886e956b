/*
 * warden.h - stands behind a guardian that shares the host's process group.
 *
 * Where the host's group is orphaned and has a terminal the keepers must be members of it (start.c), so a child's
 * `kill -9 0` takes guardian and supervisors along with the host, and what had left the group would go to init. The
 * warden is the guardian's parent, in a session of its own: out of reach of that signal, and no parent that would make
 * the group stoppable. It adopts what is left, kills it, and leaves with the last.
 */
#ifndef CP_WARDEN_H
#define CP_WARDEN_H

#include "pool.h"

/* Forks and returns in the guardian, with 0; the warden never returns. -errno when it cannot fork: then there is none.
 * `pool` tells the supervisors, which stay with their lifelines when the guardian alone is killed. */
int cp_warden(const struct cp_pool *pool);

#endif
