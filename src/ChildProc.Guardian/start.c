/*
 * start.c - from the host's posix_spawn to a guardian that is nobody's child but init's, or to a child of the host's.
 *
 *   childproc-child exec|detach
 *
 * with a socket for one request as descriptor 3: see direct.h.
 *
 *   childproc-guardian <pool size> own|shared
 *
 * with the request socket, the control socket and a pidfd of the host as descriptors 3, 4 and 5 (5 may be closed).
 * "own": take a process group of our own. "shared": stay in the host's, which is orphaned and has a terminal; there a
 * parent in another group of the session would make it stoppable by Ctrl-Z, with no shell to continue it.
 */
#include "direct.h"
#include "guardian.h"
#include "pool.h"
#include "protocol.h"
#include "sys.h"
#include "transport.h"
#include "warden.h"

CP_ARCH_ENTRY;
CP_ARCH_START;

static _Alignas(16) char s_stack[64 * 1024];

struct arguments {
    int base_pool, own_group;
    char *title;
};

/* Nothing of the host's dispositions and mask survives here, nor do its descriptors: a copy of a request socket or a
 * lifeline would keep things alive that must die. */
static void forget_host(int last)
{
    uint64_t all = ~0ull;
    struct sigaction_ standard;
    SYS4(NR_rt_sigprocmask, SIG_SETMASK_, &all, NULL, sizeof all);
    memset(&standard, 0, sizeof standard);
    for (int signal = 1; signal <= SIGNAL_MAX; signal++) {
        standard.flags = signal == SIGCHLD_ ? SA_NOCLDSTOP_ : 0;
        SYS4(NR_rt_sigaction, signal, &standard, NULL, 8);
    }

    int first = last + 1;
    if (SYS3(NR_close_range, first, ~0u, 0) < 0) { /* Linux < 5.9, or a seccomp filter */
        char entries[1024];
        int fds = (int)sys_open("/proc/self/fd", O_RDONLY_ | O_DIRECTORY_ | O_CLOEXEC_);
        for (long n; fds >= 0 && (n = SYS3(NR_getdents64, fds, entries, sizeof entries)) > 0;)
            for (long i = 0; i < n; i += ((struct dirent64_ *)(entries + i))->length) {
                int fd = 0;
                for (const char *c = ((struct dirent64_ *)(entries + i))->name; *c >= '0' && *c <= '9'; c++)
                    fd = fd * 10 + (*c - '0');
                if (fd >= first && fd != fds)
                    sys_close(fd);
            }
        sys_close(fds);
    }
    for (int fd = CP_FD_REQUESTS; fd <= last; fd++)
        sys_fcntl(fd, F_SETFD_, FD_CLOEXEC_);
}

static int guardian_entry(void *argument)
{
    struct arguments *a = argument;
    if (a->own_group)
        SYS2(NR_setpgid, 0, 0);
    SYS1(NR_chdir, "/"); /* pins no file system of the host's */
    sys_prctl(PR_SET_DUMPABLE_, 0); /* requests hold secrets */
    struct cp_pool *pool = sys_map(sizeof *pool, MAP_SHARED_ | MAP_ANONYMOUS_ | MAP_NORESERVE_, -1);
    if (pool && !a->own_group)
        cp_warden(pool);
    sys_prctl(PR_SET_NAME_, (long)"childproc-guard");
    cp_guardian(pool, a->base_pool, a->title, s_stack + sizeof s_stack);
}

/* The host is our parent as long as it has not said GO. Its directory in /proc stays its own: when the host is gone, it is
 * empty, whoever has the pid then. */
static void find_host_without_pidfd(void)
{
    char path[64];
    if (sys_fcntl(CP_FD_HOST, F_GETFD_, 0) >= 0)
        return;
    proc_path(path, (int)sys_getppid(), "");
    int directory = (int)sys_open(path, O_PATH_ | O_DIRECTORY_ | O_CLOEXEC_);
    SYS3(NR_dup3, directory, CP_FD_HOST_PROC, O_CLOEXEC_);
    sys_close(directory);
}

static int number(const char *text)
{
    int value = 0;
    while (*text >= '0' && *text <= '9' && value < 10000)
        value = value * 10 + (*text++ - '0');
    return value;
}

_Noreturn void cp_start(long *stack)
{
    char **argv = (char **)(stack + 1);
    static char second_stack[32 * 1024] __attribute__((aligned(16)));
    if (stack[0] == 2) {
        forget_host(CP_FD_REQUESTS);
        cp_direct(argv[1][0] == 'd', second_stack + sizeof second_stack);
    }
    if (stack[0] != 3)
        sys_exit(64);
    struct arguments arguments = {number(argv[1]), argv[2][0] == 'o', argv[0]};
    if (arguments.base_pool < 1)
        sys_exit(64);
    forget_host(CP_FD_HOST);
    find_host_without_pidfd();

    /* The host opens a pidfd of this process before it says GO, so it can reap exactly this process and no other. The
     * guardian itself is then an orphan at once: it never shows up in a wait of the host's. */
    char go[64];
    if (cp_receive(CP_FD_CONTROL, go, sizeof go, NULL) <= 0)
        sys_exit(EPIPE_);
    long pid = cp_clone(SIGCHLD_, second_stack + sizeof second_stack, guardian_entry, &arguments);
    sys_exit(pid < 0 ? (int)-pid : 0);
}
