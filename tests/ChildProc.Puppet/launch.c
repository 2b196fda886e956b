/* launch.c - verbs that run another command in a special place. */
#include "puppet.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>

static _Noreturn void replace(char **command)
{
    execvp(command[0], command);
    fail("%s: %s", command[0], strerror(errno));
}

static void in_pid_namespace(void (*prepare)(void), char **command)
{
    if (unshare(CLONE_NEWPID | CLONE_NEWNS)) {
        dprintf(2, "as-pid1: no permission for a PID namespace\n");
        _exit(77);
    }
    pid_t init = fork();
    if (init == 0) {
        if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("proc", "/proc", "proc", 0, NULL)) {
            dprintf(2, "as-pid1: no /proc of its own\n");
            _exit(77);
        }
        if (prepare)
            prepare();
        replace(command);
    }
    int status;
    while (waitpid(init, &status, 0) < 0 && errno == EINTR)
        ;
    _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static void as_pid1(char **arguments)
{
    in_pid_namespace(NULL, arguments);
}

/* The limit is the namespace's own since Linux 6.14. Before that it is everybody's, and not ours to change. */
static void limit_pids(void)
{
    struct utsname system;
    int major = 0, minor = 0, fd;
    if (uname(&system) || sscanf(system.release, "%d.%d", &major, &minor) != 2 || major < 6 || (major == 6 && minor < 14)) {
        dprintf(2, "few-pids: pid_max is no namespace's own\n");
        _exit(77);
    }
    fd = open("/proc/sys/kernel/pid_max", O_WRONLY);
    if (fd < 0 || write(fd, "420", 3) != 3) {
        dprintf(2, "few-pids: pid_max cannot be set\n");
        _exit(77);
    }
    close(fd);
}

/* Numbers come again after some hundred processes. */
static void few_pids(char **arguments)
{
    in_pid_namespace(limit_pids, arguments);
}

/* In a PID namespace, with the /proc of the one outside: its numbers are other people's. */
static void foreign_proc(char **arguments)
{
    if (unshare(CLONE_NEWPID)) {
        dprintf(2, "foreign-proc: no permission for a PID namespace\n");
        _exit(77);
    }
    pid_t init = fork();
    if (init == 0)
        replace(arguments);
    int status;
    while (waitpid(init, &status, 0) < 0 && errno == EINTR)
        ;
    _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

/* The setting is the PID namespace's own (Linux 6.3): no memfd may be executed there. */
static void forbid_memfds(void)
{
    int fd = open("/proc/sys/vm/memfd_noexec", O_WRONLY);
    if (fd < 0 || write(fd, "2", 1) != 1) {
        dprintf(2, "memfd-noexec: the setting cannot be made\n");
        _exit(77);
    }
    close(fd);
}

static void memfd_noexec(char **arguments)
{
    in_pid_namespace(forbid_memfds, arguments);
}

/* What is mounted from here on is for us alone. 0, or not permitted. */
static int own_mounts(void)
{
    return unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* A bare /dev: without the null device ("absent"), or with one that may not be opened ("denied"). */
static void without_null(char **arguments)
{
    int denied = !strcmp(arguments[0], "denied");
    if (own_mounts() || mount("none", "/dev", "tmpfs", MS_NOEXEC | (denied ? MS_NODEV : 0), NULL) || (denied && mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3))))
        _exit(77);
    replace(arguments + 1);
}

/* All that is at / is at this directory, too, for whoever changes its root to there. */
static void bound_root(char **arguments)
{
    if (own_mounts() || mount("/", arguments[0], NULL, MS_BIND | MS_REC, NULL))
        _exit(77);
    replace(arguments + 1);
}

static void sigchld_ignored(char **arguments)
{
    signal(SIGCHLD, SIG_IGN);
    replace(arguments);
}

static void with_leaked_fds(char **arguments)
{
    for (long i = 0, n = number(arguments[0]); i < n; i++)
        if (open("/dev/null", O_RDWR) < 0)
            fail("open");
    replace(arguments + 1);
}

static void setsid_exec(char **arguments)
{
    if (setsid() < 0 && fork())
        _exit(0);
    setsid();
    replace(arguments);
}

/* In a group of its own, whose leader's parent is in another group of the session: a stop signal does stop it. */
static void setpgid_exec(char **arguments)
{
    setpgid(0, 0);
    replace(arguments);
}

static void with_zombie(char **arguments)
{
    pid_t child = fork();
    if (child == 0)
        _exit((int)number(arguments[0]));
    siginfo_t info;
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    replace(arguments + 1);
}

static void closed_stdio(char **arguments)
{
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    replace(arguments);
}

static void noexec_mount(char **arguments)
{
    if (own_mounts() || mount("none", arguments[0], "tmpfs", MS_NOEXEC, NULL))
        _exit(77);
    replace(arguments + 1);
}

/* Sends itself descriptors that it never takes, more than the command may have on their way, and stops. */
static _Noreturn void hold_descriptors(int limit, int told)
{
    enum { MOST = 250 }; /* of one message */
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(MOST * sizeof(int))];
    } control = {.header = {.cmsg_len = CMSG_LEN(MOST * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    char byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    int pair[2];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair))
        fail("socketpair");
    for (int i = 0; i < MOST; i++)
        ((int *)CMSG_DATA(&control.header))[i] = pair[0];
    for (int sent = 0; sent <= limit; sent += MOST)
        if (sendmsg(pair[1], &message, 0) < 0)
            fail("sendmsg: %s", strerror(errno));
    if (write(told, &byte, 1) == 1)
        raise(SIGSTOP);
    _exit(0);
}

/* A stopped process of the same user, PUPPET_HOLDER, has so many descriptors in its sockets that the command may send none:
 * ETOOMANYREFS, unix(7). The limit is the command's own, and two capabilities would exempt it. */
static void crowded_sockets(char **arguments)
{
    enum { LIMIT = 256 };
    static const int exempting[] = {CAP_SYS_RESOURCE, CAP_SYS_ADMIN};
    struct rlimit limit = {LIMIT, LIMIT};
    int told[2];
    char text[16];
    if (pipe(told))
        fail("pipe");
    pid_t holder = fork();
    if (holder == 0)
        hold_descriptors(LIMIT, told[1]);
    close(told[1]);
    if (read(told[0], text, 1) != 1)
        fail("no descriptors on their way");
    close(told[0]);
    snprintf(text, sizeof text, "%d", holder);
    setenv("PUPPET_HOLDER", text, 1);
    for (size_t i = 0; i < sizeof exempting / sizeof *exempting; i++)
        prctl(PR_CAPBSET_DROP, exempting[i], 0, 0, 0); /* not ours to drop: then we do not have it either */
    if (setrlimit(RLIMIT_NOFILE, &limit))
        fail("setrlimit");
    replace(arguments);
}

static void install(struct sock_fprog *program)
{
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program) &&
        (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program)))
        _exit(77);
}

/* As a sandbox does that was written before these calls were (trap 24). */
static void refuse(char **arguments)
{
    static const struct { const char *name; int number; } calls[] = {
        {"close_range", SYS_close_range}, {"pidfd_open", SYS_pidfd_open}, {"pidfd_send_signal", SYS_pidfd_send_signal},
        {"memfd_create", SYS_memfd_create}, {"clone3", SYS_clone3}, {"splice", SYS_splice},
        {"statx", SYS_statx}, {"epoll_pwait", SYS_epoll_pwait},
#ifdef SYS_epoll_wait
        {"epoll_wait", SYS_epoll_wait},
#else
        {"epoll_wait", SYS_epoll_pwait},
#endif
    };
    static struct sock_filter filter[64];
    unsigned short n = 0;
    int error = !strcmp(arguments[0], "EPERM") ? EPERM : ENOSYS;
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (char *name = strtok(arguments[1], ","); name; name = strtok(NULL, ",")) {
        size_t i = 0;
        while (strcmp(calls[i].name, name))
            if (++i == sizeof calls / sizeof *calls)
                fail("refuse: unknown call '%s'", name);
        filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i].number, 0, 1);
        filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error);
    }
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {n, filter};
    install(&program);
    replace(arguments + 2);
}

/* As if another thread had just taken the last descriptor, whenever one is wanted for another process than the command itself. */
static void no_pidfds_of_others(char **arguments)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)getpid(), 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EMFILE),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    install(&program);
    replace(arguments);
}

const struct verb g_launch_verbs[] = {
    {"as-pid1", as_pid1, 1}, {"few-pids", few_pids, 1}, {"foreign-proc", foreign_proc, 1}, {"sigchld-ignored", sigchld_ignored, 1}, {"with-leaked-fds", with_leaked_fds, 2},
    {"setsid-exec", setsid_exec, 1}, {"setpgid-exec", setpgid_exec, 1}, {"with-zombie", with_zombie, 2},
    {"closed-stdio", closed_stdio, 1}, {"memfd-noexec", memfd_noexec, 1}, {"without-null", without_null, 2},
    {"bound-root", bound_root, 2}, {"noexec-mount", noexec_mount, 2}, {"refuse", refuse, 3},
    {"crowded-sockets", crowded_sockets, 1}, {"no-pidfds-of-others", no_pidfds_of_others, 1}, {0}};
