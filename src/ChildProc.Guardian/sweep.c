/* sweep.c - see sweep.h. */
#include "sweep.h"
#include "procfs.h"
#include "sys.h"

enum {
    PID_LIMIT = 4 * 1024 * 1024, /* PID_MAX_LIMIT of the kernel */
    SET_BYTES = PID_LIMIT / 8,   /* touched only where there are pids */
    MAX_PASSES = 64,             /* then kill what was found; the caller sweeps again until nobody is left */
};

static int set_add(unsigned char *set, int pid)
{
    unsigned char bit = (unsigned char)(1 << (pid & 7));
    int was = set[pid >> 3] & bit;
    set[pid >> 3] |= bit;
    return !was;
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
                : pidfd >= 0 ? (int)SYS4(NR_pidfd_send_signal, pidfd, signal, NULL, 0)
                             : (int)sys_kill(m->pid, signal);
    if (pidfd >= 0)
        sys_close(pidfd);
    return error;
}

/* Lists the whole tree, parents before children. With a set, stops those that are not in it before it looks for their
 * children, and returns how many were new. -ENOMEM otherwise. */
static int pass(struct cp_list *list, unsigned char *stopped, cp_exempt *exempt)
{
    int self = (int)sys_getpid(), fresh = 0;
    list->count = 0;
    if (cp_children(self, -1, list) == -ENOMEM_)
        return -ENOMEM_;
    if (exempt) {
        int kept = 0;
        for (int i = 0; i < list->count; i++)
            if (!exempt(list->at[i].pid))
                list->at[kept++] = list->at[i];
        list->count = kept;
    }
    for (int i = 0; i < list->count; i++) {
        int pid = list->at[i].pid;
        if (stopped && set_add(stopped, pid) && signal_member(list, i, self, SIGSTOP_) == 0)
            fresh++;
        if (cp_children(pid, i, list) == -ENOMEM_)
            return -ENOMEM_;
    }
    return fresh;
}

int cp_sweep_kill(cp_exempt *exempt)
{
    struct cp_list list = {0};
    int self = (int)sys_getpid(), count = 0;
    unsigned char *stopped = sys_map(SET_BYTES, MAP_PRIVATE_ | MAP_ANONYMOUS_ | MAP_NORESERVE_, -1);
    if (stopped) {
        for (int i = 0; i < MAX_PASSES && pass(&list, stopped, exempt) > 0; i++)
            ;
        count = list.count;
        sys_unmap(stopped, SET_BYTES);
    }
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
