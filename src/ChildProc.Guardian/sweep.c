/* sweep.c - see sweep.h. */
#include "sweep.h"
#include "procfs.h"
#include "sys.h"

enum {
    PID_LIMIT = 4 * 1024 * 1024, /* PID_MAX_LIMIT of the kernel */
    SET_BYTES = PID_LIMIT / 8,   /* touched only where there are pids */
    MAX_PASSES = 64,             /* then kill what was found; the caller sweeps again until nobody is left */
};

static int set_has(const unsigned char *set, int pid)
{
    return set[pid >> 3] >> (pid & 7) & 1;
}

static void set_add(unsigned char *set, int pid)
{
    set[pid >> 3] |= (unsigned char)(1 << (pid & 7));
}

/* A filter may refuse the one call and not the other; where EPERM is the kernel's own answer, kill gives it, too. */
static int signal_by_pidfd(int pidfd, int pid, int signal)
{
    int error = (int)SYS4(NR_pidfd_send_signal, pidfd, signal, NULL, 0);
    return error == -ENOSYS_ || error == -EPERM_ ? (int)sys_kill(pid, signal) : error;
}

/* 0, -ESRCH when it is gone or no longer of this tree, or -EPERM. */
static int signal_member(const struct cp_list *list, int index, int self, int signal)
{
    const struct cp_member *m = &list->at[index];
    if (m->parent < 0)
        return (int)sys_kill(m->pid, signal);

    int pidfd = (int)SYS2(NR_pidfd_open, m->pid, 0);
    if (pidfd == -ESRCH_)
        return pidfd;
    /* Orphaned meanwhile: then it is our own child. Without pidfds (Linux < 5.3, or a seccomp filter) the same
     * question is asked of /proc/<pid>/stat, with a moment left in which the pid could pass on. */
    int parent = cp_parent_of(pidfd, m->pid);
    int error = parent != self && parent != list->at[m->parent].pid ? -ESRCH_
                : pidfd >= 0 ? signal_by_pidfd(pidfd, m->pid, signal)
                             : (int)sys_kill(m->pid, signal);
    if (pidfd >= 0)
        sys_close(pidfd);
    return error;
}

/* Our own child, dead and not yet reaped. */
static int is_zombie(int pid)
{
    struct siginfo_ info;
    return sys_waitid(P_PID_, pid, &info, WEXITED_ | WNOHANG_ | WNOWAIT_, NULL) == 0 && info.pid == pid;
}

/* Our own living children that are not exempt, the youngest first: in a fork loop that is the one that will fork next.
 * One that died while we looked has passed its children on to us after we had listed ours: `dead` takes it in, and it counts
 * as new, though we may have stopped it before, so that another look follows. */
static int list_children(struct cp_list *list, int self, cp_exempt *exempt, unsigned char *dead, int *fresh)
{
    list->count = 0;
    int error = cp_children(self, -1, list);
    int kept = 0;
    for (int i = 0; i < list->count; i++) {
        int pid = list->at[i].pid;
        if (exempt && exempt(pid))
            continue;
        if (!is_zombie(pid)) {
            list->at[kept++] = list->at[i];
        } else if (dead && !set_has(dead, pid)) {
            set_add(dead, pid);
            ++*fresh;
        }
    }
    list->count = kept;
    for (int i = 0; i < kept / 2; i++) {
        struct cp_member other = list->at[i];
        list->at[i] = list->at[kept - 1 - i];
        list->at[kept - 1 - i] = other;
    }
    return cp_is_shortage(error) ? error : 0;
}

/* Lists the whole tree, parents before children. With a set, which another for the dead follows, stops those that are not in
 * it before it looks for their children, and returns how many were new. A shortage otherwise. */
static int pass(struct cp_list *list, unsigned char *stopped, cp_exempt *exempt)
{
    int self = (int)sys_getpid(), fresh = 0;
    int error = list_children(list, self, exempt, stopped ? stopped + SET_BYTES : NULL, &fresh);
    if (error < 0)
        return error;
    for (int i = 0; i < list->count; i++) {
        int pid = list->at[i].pid;
        /* One that was just handed to another parent of the tree is not stopped yet: the next pass finds it there. */
        if (stopped && !set_has(stopped, pid) && signal_member(list, i, self, SIGSTOP_) == 0) {
            set_add(stopped, pid);
            fresh++;
        }
        if (cp_is_shortage(error = cp_children(pid, i, list)))
            return error;
    }
    return fresh;
}

int cp_sweep_kill(cp_exempt *exempt, cp_reap *reap, void *context)
{
    struct cp_list list = {0};
    int self = (int)sys_getpid(), fresh = 1;
    unsigned char *stopped = sys_map(2 * SET_BYTES, MAP_PRIVATE_ | MAP_ANONYMOUS_ | MAP_NORESERVE_, -1);
    if (stopped) {
        for (int i = 0; i < MAX_PASSES && fresh > 0; i++) {
            /* Between the passes, for the dead of a fork loop make every pass longer than the last, in which more die:
             * without this 5 processes filled a table of 32,768 in seconds. */
            reap(context);
            fresh = pass(&list, stopped, exempt);
        }
        sys_unmap(stopped, 2 * SET_BYTES);
    }
    int count = list.count || !fresh ? list.count : 1; /* a search that was cut short has found nobody, and proves nothing */
    /* From the leaves up: the death of a parent would wake the stopped members of a group that it orphans
     * (SIGHUP and SIGCONT, setpgid(2)) and let them fork once more. */
    for (int i = list.count - 1; i >= 0; i--)
        signal_member(&list, i, self, SIGKILL_);
    cp_list_free(&list);
    return count;
}

int cp_sweep_signal(int signal)
{
    struct cp_list list = {0};
    int self = (int)sys_getpid(), error = pass(&list, NULL, NULL);
    /* After the whole tree is listed, and from the leaves up: a parent that obeys at once passes its children on, and
     * whoever is not yet listed then would be missed. */
    for (int i = list.count - 1; i >= 0; i--) {
        int r = signal_member(&list, i, self, signal);
        if (r < 0 && r != -ESRCH_ && error >= 0)
            error = r;
    }
    cp_list_free(&list);
    return error;
}
