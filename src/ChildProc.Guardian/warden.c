/* warden.c - see warden.h. */
#include "warden.h"
#include "sweep.h"
#include "sys.h"

static const struct cp_pool *s_pool;
static int s_guardian;

static int is_supervisor(int pid)
{
    return cp_pool_has_supervisor(s_pool, pid);
}

static void bury(int pid)
{
    if (pid == s_guardian)
        s_guardian = 0;
}

static void reap(void *unused)
{
    (void)unused;
    struct siginfo_ info;
    while (sys_waitid(P_ALL_, 0, &info, WEXITED_ | WNOHANG_, NULL) == 0 && info.pid)
        bury(info.pid);
}

/* Every orphan comes with a death that wakes the wait: the guardian's or a supervisor's; and each that a sweep kills
 * wakes it again, until nobody is left. */
_Noreturn static void watch(void)
{
    struct siginfo_ info;
    long error;
    while ((error = sys_waitid(P_ALL_, 0, &info, WEXITED_, NULL)) != -ECHILD_) {
        if (error < 0)
            continue; /* EINTR */
        bury(info.pid);
        if (!s_guardian)
            cp_sweep_kill(is_supervisor, reap, NULL);
    }
    sys_exit(0);
}

int cp_warden(const struct cp_pool *pool)
{
    sys_prctl(PR_SET_CHILD_SUBREAPER_, 1);
    long guardian = SYS5(NR_clone, SIGCHLD_, 0, 0, 0, 0); /* as fork(2) */
    if (guardian <= 0)
        return (int)guardian;

    s_pool = pool;
    s_guardian = (int)guardian;
    SYS0(NR_setsid);
    sys_prctl(PR_SET_NAME_, (long)"childproc-ward");
    for (int fd = CP_FD_REQUESTS; fd <= CP_FD_HOST; fd++)
        sys_close(fd); /* they would keep alive what must end with the guardian */
    watch();
}
