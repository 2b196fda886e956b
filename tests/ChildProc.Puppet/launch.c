/* launch.c - verbs that run another command in a special place. */
#include "puppet.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
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

/* A bare /dev: without the null device ("absent"), or with one that may not be opened ("denied"). */
static void without_null(char **arguments)
{
    int denied = !strcmp(arguments[0], "denied");
    if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", "/dev", "tmpfs", MS_NOEXEC | (denied ? MS_NODEV : 0), NULL) || (denied && mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3))))
        _exit(77);
    replace(arguments + 1);
}

/* All that is at / is at this directory, too, for whoever changes its root to there. */
static void bound_root(char **arguments)
{
    if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("/", arguments[0], NULL, MS_BIND | MS_REC, NULL))
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
    if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", arguments[0], "tmpfs", MS_NOEXEC, NULL))
        _exit(77);
    replace(arguments + 1);
}

/* As a sandbox does that was written before these calls were (trap 24). */
static void refuse(char **arguments)
{
    static const struct { const char *name; int number; } calls[] = {
        {"close_range", SYS_close_range}, {"pidfd_open", SYS_pidfd_open}, {"pidfd_send_signal", SYS_pidfd_send_signal},
        {"memfd_create", SYS_memfd_create}, {"clone3", SYS_clone3}, {"splice", SYS_splice},
        {"statx", SYS_statx}};
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
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) &&
        (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)))
        _exit(77);
    replace(arguments + 2);
}

const struct verb g_launch_verbs[] = {
    {"as-pid1", as_pid1, 1}, {"few-pids", few_pids, 1}, {"foreign-proc", foreign_proc, 1}, {"sigchld-ignored", sigchld_ignored, 1}, {"with-leaked-fds", with_leaked_fds, 2},
    {"setsid-exec", setsid_exec, 1}, {"setpgid-exec", setpgid_exec, 1}, {"with-zombie", with_zombie, 2},
    {"closed-stdio", closed_stdio, 1}, {"memfd-noexec", memfd_noexec, 1}, {"without-null", without_null, 2},
    {"bound-root", bound_root, 2}, {"noexec-mount", noexec_mount, 2}, {"refuse", refuse, 3}, {0}};
