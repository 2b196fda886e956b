/*
 * leak.c - the planted program of the leak rules: `leak VERB`, one verb for each rule that trips it, and one, with "-ok" at the
 * end of its name, that comes as near as it can and does not. Nothing lives for more than 60 s.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LIFE_S = 60 };

static void sleep_ms(long ms)
{
    struct timespec left = { ms / 1000, ms % 1000 * 1000000 };
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

static void check(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(99);
    }
}

static pid_t child(void)
{
    pid_t pid = fork();
    check(pid >= 0, "fork");
    if (pid == 0)
        alarm(LIFE_S);
    return pid;
}

static pid_t exiting_child(int status)
{
    pid_t pid = child();
    if (pid == 0)
        _exit(status);
    return pid;
}

static void wait_for(pid_t pid)
{
    while (waitpid(pid, NULL, 0) != pid)
        check(errno == EINTR, "waitpid");
}

static void until_dead(pid_t pid) /* a look, no reap */
{
    siginfo_t info;
    check(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0, "waitid");
}

static pid_t sleeping_child(long ms)
{
    pid_t pid = child();
    if (pid == 0) {
        sleep_ms(ms);
        _exit(0);
    }
    return pid;
}

/* CPL001 */
static void orphan(void) { sleeping_child(LIFE_S * 1000L); }
static void orphan_ok(void) { sleeping_child(150); } /* ends by itself while things settle */

/* Its first thread has ended, which /proc shows as a zombie; another one works on. */
static void *work_on(void *ms)
{
    sleep_ms((long)ms);
    _exit(0);
}

static pid_t leaderless_child(long ms)
{
    pid_t pid = child();
    if (pid == 0) {
        pthread_t other;
        pthread_create(&other, NULL, work_on, (void *)ms);
        pthread_exit(NULL);
    }
    return pid;
}

static void leaderless(void)
{
    leaderless_child(LIFE_S * 1000L);
    sleep_ms(400);
}

static void leaderless_ok(void) { wait_for(leaderless_child(400)); }

static void daemon_process(void)
{
    pid_t middle = child();
    if (middle == 0) {
        if (child() == 0) {
            setsid();
            sleep_ms(LIFE_S * 1000L);
        }
        _exit(0);
    }
    wait_for(middle);
}

/* CPL002: dead for 400 ms and more when its parent ends; for longer where only looks tell of it, which a busy machine holds up */
static long g_zombie_ms = 400;

static void zombie(void)
{
    until_dead(exiting_child(7));
    sleep_ms(g_zombie_ms);
}

static void zombie_ok(void)
{
    pid_t pid = exiting_child(7);
    sleep_ms(400);
    wait_for(pid);
}

static void zombie_ignored_ok(void) /* the kernel reaps */
{
    signal(SIGCHLD, SIG_IGN);
    exiting_child(7);
    sleep_ms(400);
}

static void late_reap(void)
{
    pid_t pid = exiting_child(0);
    until_dead(pid);
    sleep_ms(1500);
    wait_for(pid);
}

/* CPL003: one pipe more for each child; or the same pipe closed again */
static void loop_with_pipes(int leak)
{
    for (int i = 0; i < 12; i++) {
        int ends[2];
        check(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
        wait_for(exiting_child(0));
        close(ends[0]);
        if (!leak)
            close(ends[1]);
    }
}

static void fd(void) { loop_with_pipes(1); }
static void fd_ok(void) { loop_with_pipes(0); }

/* CPL004 */
static void exec_with(int flags)
{
    int secret = open("/dev/zero", O_RDONLY | flags);
    check(secret > 2, "open");
    pid_t pid = child();
    if (pid == 0) {
        execl("/bin/true", "true", NULL);
        _exit(98);
    }
    wait_for(pid);
}

static void inherit(void) { exec_with(0); }
static void inherit_ok(void) { exec_with(O_CLOEXEC); }

static void inherit_placed_ok(void) /* meant for the program: put at its number by the child */
{
    int secret = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    pid_t pid = child();
    if (pid == 0) {
        dup2(secret, 9);
        execl("/bin/true", "true", NULL);
        _exit(98);
    }
    wait_for(pid);
}

/* CPL005: the writer ends, its own child keeps the pipe; a quick writer ends before its reader has closed the writer's end */
static void held_pipe(long ms, int quick)
{
    int ends[2], go[2];
    char byte;
    check(pipe2(ends, O_CLOEXEC) == 0 && pipe2(go, O_CLOEXEC) == 0, "pipe2");
    pid_t writer = child();
    if (writer == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        close(go[1]);
        pid_t self = getpid();
        if (child() == 0) {
            while (getppid() == self) /* the time counts from the writer's end */
                sleep_ms(1);
            sleep_ms(ms);
            _exit(5);
        }
        _exit(read(go[0], &byte, 1) == 0 ? 6 : 97);
    }
    if (!quick)
        close(ends[1]);
    close(go[1]);
    until_dead(writer);
    if (quick)
        close(ends[1]);
    wait_for(writer);
    while (read(ends[0], &byte, 1) > 0)
        continue;
    close(ends[0]);
}

static void pipe_held(void) { held_pipe(1500, 0); }
static void pipe_ok(void) { held_pipe(50, 0); }
static void pipe_quick(void) { held_pipe(1500, 1); }
static void pipe_quick_ok(void) { held_pipe(50, 1); }

/* CPL006 */
static void pidfd_for(long ms)
{
    pid_t pid = exiting_child(0);
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    check(fd >= 0, "pidfd_open");
    wait_for(pid);
    sleep_ms(ms);
    close(fd);
}

static void pidfd(void) { pidfd_for(1500); }
static void pidfd_ok(void) { pidfd_for(10); }

/* CPL008 */
static void *wait_any(void *unused)
{
    (void)unused;
    check(waitpid(-1, NULL, 0) > 0, "waitpid any");
    return NULL;
}

static void reap(void)
{
    pthread_t thief;
    pid_t pid = exiting_child(0);
    check(pthread_create(&thief, NULL, wait_any, NULL) == 0, "pthread_create");
    pthread_join(thief, NULL);
    check(waitpid(pid, NULL, 0) == -1 && errno == ECHILD, "expected no child");
}

static void reap_ok(void)
{
    pid_t pid = exiting_child(0);
    siginfo_t info;
    check(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0, "waitid"); /* a look, no reap */
    wait_for(pid);
}

/* CPL009 */
static void late_signal(void)
{
    pid_t pid = exiting_child(0);
    wait_for(pid);
    kill(pid, SIGTERM);
}

static void signal_ok(void)
{
    pid_t pid = sleeping_child(LIFE_S * 1000L);
    kill(pid, SIGTERM);
    wait_for(pid);
}

/* CPL010 */
static pthread_barrier_t g_end;

static void *stay(void *until_end)
{
    if (until_end)
        pthread_barrier_wait(&g_end);
    return NULL;
}

static void threads(int leak)
{
    enum { COUNT = 12 };
    pthread_t all[COUNT];
    pthread_barrier_init(&g_end, NULL, COUNT + 1);
    for (int i = 0; i < COUNT; i++) {
        check(pthread_create(&all[i], NULL, stay, leak ? &g_end : NULL) == 0, "pthread_create");
        if (!leak)
            pthread_join(all[i], NULL);
        wait_for(exiting_child(0));
    }
    if (!leak)
        return;
    pthread_barrier_wait(&g_end);
    for (int i = 0; i < COUNT; i++)
        pthread_join(all[i], NULL);
}

static void thread(void) { threads(1); }
static void thread_ok(void) { threads(0); }

/* CPL011 */
static void escape(void)
{
    if (child() == 0) {
        setsid();
        sleep_ms(LIFE_S * 1000L);
    }
    sleep_ms(50);
}

static void escape_ok(void)
{
    pid_t pid = child();
    if (pid == 0) {
        setsid();
        _exit(0);
    }
    wait_for(pid);
}

/* CPL012 */
static void close_twice(void)
{
    int fd = open("/dev/null", O_RDONLY);
    close(fd);
    getpid();
    close(fd);
}

static void close_ok(void) /* a loop over all numbers, as daemons have it */
{
    close(open("/dev/null", O_RDONLY));
    for (int fd = 3; fd < 64; fd++)
        close(fd);
}

/* An execve by a thread that is not the first: the process lives on under the first one's id. */
static void *become_true(void *unused)
{
    (void)unused;
    execl("/bin/true", "true", NULL);
    return NULL;
}

static void thread_exec_ok(void)
{
    pid_t pid = child();
    if (pid == 0) {
        pthread_t other;
        pthread_create(&other, NULL, become_true, NULL);
        pthread_join(other, NULL);
        _exit(98);
    }
    wait_for(pid);
}

/* Arguments that look like the grammar of strace. */
static void hostile_ok(void)
{
    pid_t pid = child();
    if (pid == 0) {
        execl("/bin/true", "<unfinished ...>", ")= 3", "+++ exited with 0 +++", "\"quoted\\\"", "<... wait4 resumed>", "a\nb\033[31m", "<script>alert(1)</script>", NULL);
        _exit(98);
    }
    wait_for(pid);
}

static void many_arguments_ok(void)
{
    pid_t pid = child();
    if (pid == 0) {
        char *words[50];
        for (int i = 0; i < 49; i++)
            words[i] = "word";
        words[49] = NULL;
        execv("/bin/true", words);
        _exit(98);
    }
    wait_for(pid);
}

static const struct { const char *name; void (*run)(void); } g_verbs[] = {
    { "orphan", orphan }, { "orphan-ok", orphan_ok }, { "leaderless", leaderless }, { "leaderless-ok", leaderless_ok },
    { "daemon", daemon_process }, { "zombie", zombie }, { "zombie-ok", zombie_ok },
    { "zombie-ignored-ok", zombie_ignored_ok }, { "late-reap", late_reap }, { "fd", fd }, { "fd-ok", fd_ok }, { "inherit", inherit },
    { "inherit-ok", inherit_ok }, { "inherit-placed-ok", inherit_placed_ok }, { "pipe", pipe_held }, { "pipe-ok", pipe_ok }, { "pipe-quick", pipe_quick },
    { "pipe-quick-ok", pipe_quick_ok }, { "pidfd", pidfd },
    { "pidfd-ok", pidfd_ok }, { "reap", reap }, { "reap-ok", reap_ok }, { "signal", late_signal }, { "signal-ok", signal_ok }, { "thread", thread },
    { "thread-ok", thread_ok }, { "escape", escape }, { "escape-ok", escape_ok }, { "close", close_twice }, { "close-ok", close_ok },
    { "thread-exec-ok", thread_exec_ok }, { "hostile-ok", hostile_ok }, { "many-arguments-ok", many_arguments_ok },
};

int main(int argc, char **argv)
{
    alarm(LIFE_S);
    if (argc == 3)
        g_zombie_ms = atol(argv[2]);
    for (size_t i = 0; argc >= 2 && i < sizeof g_verbs / sizeof *g_verbs; i++) {
        if (strcmp(argv[1], g_verbs[i].name) == 0) {
            g_verbs[i].run();
            return 0;
        }
    }
    return 64;
}
