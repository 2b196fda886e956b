/* tree.c - verbs that make descendants. Within them "+" separates verbs. */
#include "puppet.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static _Noreturn void become(char **verbs)
{
    run_list(verbs, "+");
    _exit(0);
}

static void fork_verb(char **arguments)
{
    for (long i = 0, n = number(arguments[0]); i < n; i++)
        if (fork() == 0)
            become(arguments + 1);
}

static void make_orphan(char **arguments, int leaves)
{
    pid_t middle = fork();
    if (middle == 0) {
        if (leaves)
            setsid();
        if (fork() == 0)
            become(arguments);
        _exit(0);
    }
    waitpid(middle, NULL, 0);
}

static void daemon_verb(char **arguments)
{
    make_orphan(arguments, 1);
}

/* What a process group holds although its parent is gone. */
static void orphan_verb(char **arguments)
{
    make_orphan(arguments, 0);
}

static void setsid_fork(char **arguments)
{
    if (fork() == 0) {
        setsid();
        become(arguments);
    }
}

static void setpgid_fork(char **arguments)
{
    if (fork() == 0) {
        setpgid(0, 0);
        become(arguments);
    }
}

static void stopped_fork(char **arguments)
{
    (void)arguments;
    pid_t child = fork();
    if (child == 0) {
        kill(getpid(), SIGSTOP);
        sleep_ms(DEADLINE_MS);
        _exit(0);
    }
    waitpid(child, NULL, WUNTRACED);
}

/* Each member writes a byte; the root counts them, so that it knows when all are there. */
static int s_ready[2];

static void arrive(void)
{
    if (write(s_ready[1], "", 1) != 1)
        _exit(1);
    close(s_ready[0]);
    close(s_ready[1]);
}

static void await(long count)
{
    char buffer[4096];
    for (long seen = 0; seen < count;) {
        ssize_t n = read(s_ready[0], buffer, sizeof buffer);
        if (n <= 0)
            fail("a member is missing");
        seen += n;
    }
    close(s_ready[0]);
    close(s_ready[1]);
    say("ready %ld", count);
}

static long grow(long width, long depth)
{
    long members = 0;
    for (long i = 0; i < width && depth > 0; i++) {
        if (fork() == 0) {
            grow(width, depth - 1);
            arrive();
            sleep_ms(DEADLINE_MS);
            _exit(0);
        }
    }
    for (long d = 1, level = width; d <= depth; d++, level *= width)
        members += level;
    return members;
}

static void tree(char **arguments)
{
    if (pipe(s_ready))
        fail("pipe");
    await(grow(number(arguments[0]), number(arguments[1])));
    sleep_ms(DEADLINE_MS);
}

static void flat(char **arguments)
{
    long members = number(arguments[0]), daemons = number(arguments[1]);
    if (pipe(s_ready))
        fail("pipe");
    for (long i = 0; i < members; i++) {
        pid_t middle = fork();
        if (middle == 0) {
            if (i < daemons) {
                setsid();
                if (fork())
                    _exit(0);
            }
            arrive();
            sleep_ms(DEADLINE_MS);
            _exit(0);
        }
        if (middle < 0)
            fail("fork");
        if (i < daemons)
            waitpid(middle, NULL, 0);
    }
    await(members);
    sleep_ms(DEADLINE_MS);
}

/* LIMIT chains, in each of which every process starts its successor and ends. */
static void fork_loop(char **arguments)
{
    long chains = number(arguments[0]);
    int64_t end = now_ms() + number(arguments[1]);
    signal(SIGCHLD, SIG_IGN);
    for (long i = 0; i < chains; i++)
        if (fork() == 0)
            while (now_ms() < end) {
                pid_t next = fork();
                if (next > 0)
                    _exit(0);
                if (next < 0)
                    sleep_ms(1);
            }
    if (getppid() > 0 && now_ms() >= end)
        _exit(0);
}

/* Grows to LIMIT live processes, which refill the number when some die. A shared count keeps it from ever exceeding
 * the limit: a member counts itself in before it forks, and its parent counts it out when it reaps it. */
static void fork_bomb(char **arguments)
{
    long limit = number(arguments[0]);
    int64_t end = now_ms() + DEADLINE_MS;
    volatile long *live = mmap(NULL, sizeof *live, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t root = getpid();
    int told = 0;
    __sync_fetch_and_add(live, 1);
    while (now_ms() < end) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            __sync_fetch_and_sub(live, 1);
        pid_t child = -1;
        if (__sync_fetch_and_add(live, 1) < limit)
            child = fork();
        if (child < 0) { /* it is full, or the user has no process left */
            __sync_fetch_and_sub(live, 1);
            if (!told && getpid() == root) {
                told = 1;
                say("ready");
            }
            sleep_ms(1);
        }
    }
}

static void *fork_in_thread(void *unused)
{
    if (fork() == 0) {
        arrive();
        sleep_ms(DEADLINE_MS);
        _exit(0);
    }
    sleep_ms(DEADLINE_MS); /* its child hangs on this thread, not on the process's first */
    return unused;
}

static void threads_fork(char **arguments)
{
    long count = number(arguments[0]);
    if (pipe(s_ready))
        fail("pipe");
    for (long i = 0; i < count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, fork_in_thread, NULL))
            fail("pthread_create");
    }
    await(count);
    sleep_ms(DEADLINE_MS);
}

/* The first thread ends; another one lives until standard input ends, and ends the process with 7. */
static void *outlive(void *unused)
{
    char c;
    say("ready");
    while (read(0, &c, 1) > 0)
        ;
    _exit(7);
    return unused;
}

static void leader_exits(char **arguments)
{
    (void)arguments;
    pthread_t thread;
    if (pthread_create(&thread, NULL, outlive, NULL))
        fail("pthread_create");
    pthread_exit(NULL);
}

static void subreaper(char **arguments)
{
    (void)arguments;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void hold_stdout(char **arguments)
{
    long ms = number(arguments[0]);
    if (fork() == 0) {
        sleep_ms(ms ? ms : DEADLINE_MS);
        _exit(0);
    }
}

const struct verb g_tree_verbs[] = {
    {"fork", fork_verb, 2}, {"daemon", daemon_verb, 1}, {"orphan", orphan_verb, 1}, {"setsid-fork", setsid_fork, 1},
    {"setpgid-fork", setpgid_fork, 1}, {"stopped-fork", stopped_fork, 0}, {"tree", tree, 2}, {"flat", flat, 2},
    {"fork-loop", fork_loop, 2}, {"fork-bomb", fork_bomb, 1}, {"threads-fork", threads_fork, 1},
    {"hold-stdout", hold_stdout, 1}, {"leader-exits", leader_exits, 0}, {"subreaper", subreaper, 0}, {0}};
