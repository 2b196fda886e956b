/*
 * direct.h - a child without a supervisor: this process waits for its request and becomes the child itself.
 *
 * The host has made it with posix_spawn, at the right place of groups and sessions, and sends one CP_REQUEST on its
 * socket when it holds a pidfd of it and its watchdog knows its group: no other reaper in the host can have taken the
 * process before, and the end of the host leaves nothing behind. A failure is answered with CP_FAILED; the program's own
 * start closes the socket (CLOEXEC), and that is the answer, too.
 *
 * Detached: the process forks, says CP_STARTED with the pid of the child, and stays until the host has said CP_GO. The child,
 * in a session of its own, is then nobody's but init's. A host that is gone, or has given the start up, says nothing: then the
 * child is killed.
 */
#ifndef CP_DIRECT_H
#define CP_DIRECT_H

/* `stack_top`: a stack for the fork of a detached child, which gets a copy. */
_Noreturn void cp_direct(int detached, char *stack_top);

#endif
