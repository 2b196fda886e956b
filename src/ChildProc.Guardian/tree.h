/*
 * tree.h - one tree in its supervisor's hands, from the start of the child to its last process.
 *
 * The supervisor is the parent and child subreaper of every process in it. It reaps them, answers the owner on the
 * lifeline, and kills the tree when the owner asks for it or is gone.
 */
#ifndef CP_TREE_H
#define CP_TREE_H

#include "protocol.h"

#define CP_FRAME(structure, kind) ((struct cp_frame){kind, CP_VERSION, 0, sizeof(structure)})

struct cp_tree {
    int lifeline; /* -1: the owner is gone */
    int child;    /* 0: exited */
    uint32_t flags, lost_signal, lost_grace_ms, lost_scope;
    int has_own_group;
    void (*on_wake)(void); /* whenever something may have changed around the supervisor */

    int killing;
    int64_t sweep_wait_ms, next_sweep_ms; /* back-off between the sweeps of a kill */
    int64_t grace_ends_ms;                /* 0: no grace is running */
    int told_failures; /* signals that could not be sent, reported: a flood must leave room for what matters */
    int empty;
};

/* Until the last process of the tree is reaped; then the lifeline is closed. There is no way out before that: what was
 * given up here would live on under init. Bounds are the host's, which waits for as long as it likes. */
void cp_tree_supervise(struct cp_tree *tree);

#endif
