/* report.c - verbs that print what the child was given. */
#include "puppet.h"
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

extern char **environ;

static void args(char **arguments)
{
    FILE *f = fopen("/proc/self/cmdline", "r");
    char zero[4096] = "";
    if (f) {
        size_t n = fread(zero, 1, sizeof zero - 1, f);
        zero[n] = 0;
        fclose(f);
    }
    say("argv0=%s", zero);
    for (int i = 0; arguments[i]; i++)
        say("arg[%d]=%s", i, arguments[i]);
}

static void env(char **arguments)
{
    (void)arguments;
    for (char **e = environ; *e; e++) {
        size_t n = strlen(*e);
        if (n < 4096)
            say("%s", *e);
        else /* longer than a line of say: whole, by itself */
            for (size_t done = 0; done <= n;) {
                ssize_t w = done < n ? write(1, *e + done, n - done) : write(1, "\n", 1);
                if (w < 0)
                    return;
                done += (size_t)w;
            }
    }
}

static void env_get(char **arguments)
{
    const char *value = getenv(arguments[0]);
    say("%s=%s", arguments[0], value ? value : "<unset>");
}

static void cwd(char **arguments)
{
    (void)arguments;
    char path[4096];
    say("%s", getcwd(path, sizeof path) ? path : "<gone>");
}

static void ids(char **arguments)
{
    (void)arguments;
    gid_t groups[256];
    char list[2048] = "";
    int count = getgroups(256, groups);
    for (int i = 0; i < count; i++)
        sprintf(list + strlen(list), "%s%u", i ? "," : "", groups[i]);
    say("uid=%u", getuid());
    say("euid=%u", geteuid());
    say("gid=%u", getgid());
    say("egid=%u", getegid());
    say("groups=%s", list);
    say("pid=%d", getpid());
    say("ppid=%d", getppid());
    say("pgid=%d", getpgrp());
    say("sid=%d", getsid(0));
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
    say("tty=%d", tty >= 0);
    say("tpgid=%d", tty >= 0 ? tcgetpgrp(tty) : -1);
    if (tty >= 0)
        close(tty);
}

static void attrs(char **arguments)
{
    (void)arguments;
    static const char *const names[] = {"cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock",
                                        "as", "locks", "sigpending", "msgqueue", "nicelimit", "rtprio", "rttime"};
    mode_t mask = umask(0);
    umask(mask);
    int death = 0;
    prctl(PR_GET_PDEATHSIG, &death);
    say("umask=%04o", mask);
    say("nice=%d", getpriority(PRIO_PROCESS, 0));
    say("nnp=%d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    say("pdeathsig=%d", death);
    say("dumpable=%d", prctl(PR_GET_DUMPABLE));
    for (int i = 0; i < 16; i++) {
        struct rlimit l;
        getrlimit(i, &l);
        char soft[32] = "unlimited", hard[32] = "unlimited";
        if (l.rlim_cur != RLIM_INFINITY)
            sprintf(soft, "%llu", (unsigned long long)l.rlim_cur);
        if (l.rlim_max != RLIM_INFINITY)
            sprintf(hard, "%llu", (unsigned long long)l.rlim_max);
        say("%s=%s/%s", names[i], soft, hard);
    }
}

static void fds(char **arguments)
{
    (void)arguments;
    DIR *directory = opendir("/proc/self/fd");
    if (!directory)
        fail("no /proc/self/fd");
    for (struct dirent *entry; (entry = readdir(directory));) {
        char path[300], target[4096];
        if (entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(directory))
            continue;
        snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
        ssize_t n = readlink(path, target, sizeof target - 1);
        target[n > 0 ? n : 0] = 0;
        say("%s %s", entry->d_name, target);
    }
    closedir(directory);
}

static void fd_flags(char **arguments)
{
    int flags = fcntl((int)number(arguments[0]), F_GETFL), mode = flags & O_ACCMODE;
    say("%s%s%s%s", flags < 0 ? "closed" : mode == O_RDONLY ? "read" : mode == O_WRONLY ? "write" : "both",
        flags >= 0 && flags & O_NONBLOCK ? " nonblock" : "", flags >= 0 && flags & O_APPEND ? " append" : "",
        flags >= 0 && flags & O_ASYNC ? " async" : "");
}

static void signals(char **arguments)
{
    (void)arguments;
    FILE *f = fopen("/proc/self/status", "r");
    char line[512];
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "Sig", 3) && line[3] != 'Q') {
            line[strcspn(line, "\n")] = 0;
            say("%s", line);
        }
    if (f)
        fclose(f);
}

static void print_pid(char **arguments) { (void)arguments; say("%d", getpid()); }
static void print_text(char **arguments) { say("%s", arguments[0]); }
static void eprint(char **arguments) { dprintf(2, "%s\n", arguments[0]); }
static void rename_self(char **arguments) { prctl(PR_SET_NAME, arguments[0]); }

const struct verb g_report_verbs[] = {
    {"args", args, 0}, {"env", env, 0}, {"env-get", env_get, 1}, {"cwd", cwd, 0}, {"ids", ids, 0}, {"attrs", attrs, 0},
    {"fds", fds, 0}, {"fd-flags", fd_flags, 1}, {"signals", signals, 0}, {"print-pid", print_pid, 0}, {"print", print_text, 1},
    {"eprint", eprint, 1}, {"rename-self", rename_self, 1}, {0}};
