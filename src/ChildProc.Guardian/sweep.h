/*
 * sweep.h - finds, signals and kills the descendants of this process, a child-subreaper.
 *
 * The kernel lists the children of a task in /proc/<pid>/task/<tid>/children. The list is reliable only while nobody
 * in it exits or forks (proc(5)), so a kill first stops the whole tree, again and again until a pass finds nobody new,
 * and only then kills: SIGKILL alone races with a fork loop and loses (10.5 s against 1.8 s for 500 processes).
 *
 * A descendant that is not our own child may die and its pid may pass to a stranger at any time. So each is pinned with
 * a pidfd and its parent is looked at again through that pidfd before a signal is sent (trap 49). Our own children
 * cannot vanish: only we reap them.
 */
#ifndef CP_SWEEP_H
#define CP_SWEEP_H

/* 1: leave this direct child (and all below it) alone. */
typedef int cp_exempt(int pid);

/* Reaps every child that is dead. */
typedef void cp_reap(void *context);

/* Stops and kills all descendants that are there now, but those below an exempt child. `reap` is called before each
 * look, never between the last look and the kill. Returns how many it signalled: 0 = none left (zombies do not count), and
 * never for want of memory, descriptors or passes. */
int cp_sweep_kill(cp_exempt *exempt, cp_reap *reap, void *context);

/* Sends `signal` to all descendants. Returns 0, or -errno of the first that could not be signalled. */
int cp_sweep_signal(int signal);

#endif
