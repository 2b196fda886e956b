/* procfs_test.c - frames, numbers as text, and the children of real processes. */
#define _GNU_SOURCE
#include "../procfs.h"
#include "../sys.h"
#include "../transport.h"
#include "test.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t s_of_thread;

static void *fork_here(void *gate)
{
    s_of_thread = fork();
    if (s_of_thread == 0) {
        pause();
        _exit(0);
    }
    pthread_barrier_wait(gate);
    pthread_barrier_wait(gate);
    return NULL;
}

static int has(const struct cp_list *list, int pid)
{
    for (int i = 0; i < list->count; i++)
        if (list->at[i].pid == pid)
            return 1;
    return 0;
}

static void children_of_every_thread_are_found(void)
{
    pthread_barrier_t gate;
    pthread_t thread;
    struct cp_list list = {0};
    pid_t many[300];
    pthread_barrier_init(&gate, NULL, 2);
    pthread_create(&thread, NULL, fork_here, &gate);
    pthread_barrier_wait(&gate);
    for (int i = 0; i < 300; i++)
        if ((many[i] = fork()) == 0) {
            pause();
            _exit(0);
        }
    CHECK(cp_children(getpid(), -1, &list) == 0);
    CHECK(list.count == 301 && has(&list, s_of_thread) && has(&list, many[0]) && has(&list, many[299]));
    cp_list_free(&list);
    CHECK(list.count == 0 && list.capacity == 0);

    int pidfd = (int)SYS2(NR_pidfd_open, many[0], 0);
    CHECK(cp_parent_of(pidfd, many[0]) == getpid());
    CHECK(cp_parent_of(-1, many[0]) == getpid()); /* by /proc/<pid>/stat, where there are no pidfds */
    close(pidfd);
    for (int i = 0; i < 300; i++)
        kill(many[i], SIGKILL);
    kill(s_of_thread, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    CHECK(cp_children(many[0], 0, &list) < 0 && list.count == 0);
    pthread_barrier_wait(&gate);
    pthread_join(thread, NULL);
    CHECK(cp_children_supported() == 0);
}

static void *stay(void *unused)
{
    pause();
    return unused;
}

static char state_of(pid_t pid)
{
    char path[64], text[512] = "";
    proc_path(path, pid, "/stat");
    int fd = open(path, O_RDONLY);
    if (read(fd, text, sizeof text - 1) < 0)
        text[0] = 0;
    close(fd);
    return *text ? strrchr(text, ')')[2] : 0;
}

static void a_process_has_ended_with_its_last_thread_and_before_it_is_reaped(void)
{
    char path[64];
    siginfo_t info;
    pid_t child = fork();
    if (child == 0) {
        pthread_t other;
        pthread_create(&other, NULL, stay, NULL);
        syscall(SYS_exit, 0); /* this thread alone */
    }
    proc_path(path, child, "");
    int directory = open(path, O_PATH | O_DIRECTORY);
    CHECK(!cp_has_ended(directory));
    while (state_of(child) != 'Z')
        sched_yield();
    CHECK(!cp_has_ended(directory));
    kill(child, SIGKILL);
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    CHECK(cp_has_ended(directory));
    waitpid(child, NULL, 0);
    CHECK(cp_has_ended(directory));
    close(directory);
    CHECK(!cp_has_ended(directory)); /* cannot tell */
}

static void frames_are_taken_one_by_one_and_never_past_the_end(void)
{
    struct {
        struct cp_exited exited;
        struct cp_tree_empty empty;
    } message = {{{CP_EXITED, CP_VERSION, 0, sizeof(struct cp_exited)}, 1, 2, 3, 0, 0, 0, 0}, {{CP_TREE_EMPTY, CP_VERSION, 0, 8}}};
    size_t at = 0;
    CHECK(cp_next_frame(&message, sizeof message, &at)->type == CP_EXITED);
    CHECK(cp_next_frame(&message, sizeof message, &at)->type == CP_TREE_EMPTY);
    CHECK(!cp_next_frame(&message, sizeof message, &at));
    for (size_t n = 0; n < sizeof message; n++) {
        void *cut = malloc(n ? n : 1);
        memcpy(cut, &message, n);
        int frames = 0;
        for (at = 0; cp_next_frame(cut, n, &at); frames++)
            ;
        CHECK(frames == (n >= sizeof message.exited));
        free(cut);
    }
    message.empty.frame.length = 4;
    at = sizeof message.exited;
    CHECK(!cp_next_frame(&message, sizeof message, &at));
    message.empty.frame = (struct cp_frame){CP_TREE_EMPTY, CP_VERSION + 1, 0, 8};
    CHECK(!cp_next_frame(&message, sizeof message, &at));
}

int main(void)
{
    char text[64];
    append_number(append_text(text, "n="), 18446744073709551615u);
    CHECK(!strcmp(text, "n=18446744073709551615"));
    proc_path(text, 0, "/stat");
    CHECK(!strcmp(text, "/proc/0/stat"));
    frames_are_taken_one_by_one_and_never_past_the_end();
    a_process_has_ended_with_its_last_thread_and_before_it_is_reaped();
    children_of_every_thread_are_found();
    return report();
}
