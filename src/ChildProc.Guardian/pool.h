/*
 * pool.h - what guardian and supervisors share: how many supervisors are idle, and who is busy.
 *
 * One shared mapping, written with atomic operations only. A process that is killed between two writes may leave
 * `idle` one too low (then one supervisor too many is kept), never too high: too high could leave requests waiting for
 * a supervisor that does not exist. That is why a claim counts itself out before it marks itself busy, and a return
 * marks first and counts after.
 */
#ifndef CP_POOL_H
#define CP_POOL_H

enum { CP_PID_LIMIT = 4 * 1024 * 1024, CP_MAX_WANTED = 64 };

struct cp_pool {
    int idle;   /* supervisors that wait for a request, those being started included */
    int wanted; /* how many should; more than twice that leave when they become idle */
    unsigned char busy[CP_PID_LIMIT]; /* by pid: 0, or the number of its claim (1 to 255 in turn); untouched pages cost nothing */
    unsigned char supervisors[CP_PID_LIMIT / 8]; /* a bit by pid; the guardian alone writes it */
};

static inline int cp_pool_has_supervisor(const struct cp_pool *pool, int pid)
{
    return pool->supervisors[pid >> 3] >> (pid & 7) & 1;
}

/* Descriptors that every supervisor has, at fixed numbers. */
enum {
    CP_FD_REQUESTS = 3, /* the supervisors' end of the request socket */
    CP_FD_CONTROL = 4,  /* guardian only */
    CP_FD_HOST = 5,     /* readable when the host is gone: its pidfd, or without pidfds an eventfd that the guardian writes */
    CP_FD_CHILD_EXIT = 6, /* signalfd for SIGCHLD; it reads the signals of whoever reads it */
    CP_FD_DEMAND = 7,     /* eventfd: a supervisor asks the guardian for more */
    CP_FD_HOST_PROC = 8,  /* guardian only, and only without pidfds: the host's directory in /proc */
    CP_FD_FIRST_FREE = 9,
};

/* The life of a supervisor; the guardian calls it in a new process. */
_Noreturn void cp_supervisor(struct cp_pool *pool, int guardian);

/* Empties the signalfd, so that the next SIGCHLD is seen. */
void cp_child_exit_seen(void);

#endif
