/* sweep_test.c - the dead of a tree are reaped between two looks and never hold a kill up. */
#include "../procfs.h"
#include "../sweep.h"
#include "test.h"
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int s_looks, s_reaped;
static pid_t s_exempt;

static void reap(void *context)
{
    CHECK(context == &s_looks);
    s_looks++;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        s_reaped++;
}

static void reap_nobody(void *context)
{
    (void)context;
    s_looks++;
}

static int exempt(int pid)
{
    return pid == s_exempt;
}

static pid_t start(int dead)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(60); /* whatever becomes of this test */
        if (!dead)
            pause();
        _exit(0);
    }
    if (dead) { /* until it is a zombie, and it stays one */
        siginfo_t info;
        waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    }
    return child;
}

static int killed(pid_t child)
{
    int status;
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void the_dead_are_reaped_before_every_look(void)
{
    pid_t living = start(0);
    for (int i = 0; i < 20; i++)
        start(1);
    s_looks = s_reaped = 0;
    CHECK(cp_sweep_kill(NULL, reap, &s_looks) == 1);
    CHECK(s_looks == 2); /* one that stopped the living, one that found nobody new */
    CHECK(s_reaped == 20);
    CHECK(killed(living));
}

static void the_dead_that_nobody_reaps_count_as_nobody(void)
{
    pid_t dead[3] = {start(1), start(1), start(1)};
    s_looks = 0;
    CHECK(cp_sweep_kill(NULL, reap_nobody, NULL) == 0);
    CHECK(s_looks == 2); /* they may have died during the first, and have passed their children on */
    for (int i = 0; i < 3; i++)
        CHECK(waitpid(dead[i], NULL, 0) == dead[i]);
}

static void an_exempt_child_is_left_alone(void)
{
    s_exempt = start(0);
    pid_t other = start(0);
    CHECK(cp_sweep_kill(exempt, reap_nobody, NULL) == 1);
    CHECK(killed(other));
    CHECK(waitpid(s_exempt, NULL, WNOHANG | WUNTRACED) == 0); /* neither dead nor stopped */
    kill(s_exempt, SIGKILL);
    CHECK(killed(s_exempt));
}

static void a_daemon_is_found_and_killed(void)
{
    int ready[2];
    if (prctl(PR_SET_CHILD_SUBREAPER, 1)) {
        printf("skipped: no subreapers here, so nobody adopts a daemon\n");
        return;
    }
    CHECK(pipe(ready) == 0);
    pid_t middle = fork();
    if (middle == 0) {
        setsid();
        if (fork() > 0)
            _exit(0);
        alarm(60);
        pid_t daemon = getpid();
        if (write(ready[1], &daemon, sizeof daemon) != sizeof daemon)
            _exit(1);
        pause();
        _exit(0);
    }
    waitpid(middle, NULL, 0);
    pid_t daemon = 0;
    CHECK(read(ready[0], &daemon, sizeof daemon) == sizeof daemon);
    CHECK(cp_sweep_kill(NULL, reap_nobody, NULL) == 1);
    CHECK(killed(daemon));
    close(ready[0]);
    close(ready[1]);
}

static pid_t s_parent;
static int s_spared; /* so many looks at the parent let it live */

/* Called for each child between the moment when it is listed and the one when it is looked at. */
static int dies_when_listed(int pid)
{
    if (pid == s_parent && s_spared-- == 0) {
        siginfo_t info;
        kill(pid, SIGKILL);
        waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
        s_parent = 0;
    }
    return 0;
}

/* In the first look, or after the parent was stopped in one before. */
static void who_is_passed_on_while_we_look_is_found(int looks_before)
{
    int ready[2];
    s_spared = looks_before;
    if (prctl(PR_SET_CHILD_SUBREAPER, 1)) {
        printf("skipped: no subreapers here, so nobody is passed on\n");
        return;
    }
    CHECK(pipe(ready) == 0);
    s_parent = fork();
    if (s_parent == 0) {
        pid_t child = fork();
        if (child == 0) {
            alarm(60);
            raise(SIGSTOP);
            _exit(0);
        }
        waitpid(child, NULL, WUNTRACED);
        if (write(ready[1], &child, sizeof child) != sizeof child)
            _exit(1);
        pause();
        _exit(0);
    }
    pid_t child = 0;
    CHECK(read(ready[0], &child, sizeof child) == sizeof child);
    CHECK(cp_sweep_kill(dies_when_listed, reap, &s_looks) == 1);
    CHECK(killed(child));
    close(ready[0]);
    close(ready[1]);
}

/* "Nobody is left" would be told to the host as the end of the tree. The hard limit stays, so that the soft one can rise again. */
static void without_descriptors_nothing_is_concluded(void)
{
    struct cp_list list = {0};
    pid_t child = start(0);
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    int error = cp_children(getpid(), -1, &list), left = cp_sweep_kill(NULL, reap_nobody, NULL), unsent = cp_sweep_signal(SIGCONT);
    setrlimit(RLIMIT_NOFILE, &before);
    CHECK(error == -EMFILE && list.count == 0);
    CHECK(left > 0);
    CHECK(unsent == -EMFILE);
    CHECK(cp_sweep_kill(NULL, reap_nobody, NULL) == 1);
    CHECK(killed(child));
}

int main(void)
{
    who_is_passed_on_while_we_look_is_found(0);
    who_is_passed_on_while_we_look_is_found(1);
    the_dead_are_reaped_before_every_look();
    the_dead_that_nobody_reaps_count_as_nobody();
    an_exempt_child_is_left_alone();
    a_daemon_is_found_and_killed();
    without_descriptors_nothing_is_concluded();
    return report();
}
