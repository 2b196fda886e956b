/* launch.c - verbs that run another command in a special place. */
#include "puppet.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

static _Noreturn void replace(char **command)
{
    execvp(command[0], command);
    fail("%s: %s", command[0], strerror(errno));
}

static void as_pid1(char **arguments)
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
        replace(arguments);
    }
    int status;
    while (waitpid(init, &status, 0) < 0 && errno == EINTR)
        ;
    _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
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

const struct verb g_launch_verbs[] = {{"as-pid1", as_pid1, 1}, {"sigchld-ignored", sigchld_ignored, 1},
                                      {"with-leaked-fds", with_leaked_fds, 2}, {"setsid-exec", setsid_exec, 1}, {0}};
