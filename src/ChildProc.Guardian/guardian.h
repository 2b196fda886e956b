/* guardian.h - the guardian's life, see guardian.c. */
#ifndef CP_GUARDIAN_H
#define CP_GUARDIAN_H

#include "pool.h"

/* `pool`: a shared mapping, NULL when there is no memory for it. `title` is the command line that ps shows, `stack_top` a stack for new supervisors, each of which gets a copy. */
_Noreturn void cp_guardian(struct cp_pool *pool, int base_pool, char *title, char *stack_top);

#endif
