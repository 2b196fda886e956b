/*
 * supervise_test.c - a start from its request to the end of its tree, with this test as the host on the lifeline.
 *
 * What a supervisor does after it took a request, without the pool around it: so it runs wherever the parts do, under an
 * emulator that has no subreapers, too. With the argument "emulated", what such an emulator cannot do is left out.
 */
#define _GNU_SOURCE
#include "../pool.h"
#include "../request.h"
#include "../spawn.h"
#include "../sys.h"
#include "../transport.h"
#include "../tree.h"
#include "test.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

CP_ARCH_ENTRY;

static int s_emulated;
static char s_frames[4096]; /* all that came on the lifeline */
static size_t s_length;

void cp_child_exit_seen(void)
{
    char info[128];
    if (read(CP_FD_CHILD_EXIT, info, sizeof info) < 0)
        return;
}

static void nothing(void)
{
}

/* "/bin/sh -c SCRIPT" with A=1 in "/", its outputs in one descriptor. */
static size_t make_request(char *message, const char *program, const char *script, uint32_t flags)
{
    struct cp_request *r = (void *)message;
    char *at = message + sizeof *r;
    const char *strings[] = {program, "sh", "-c", script, "A=1"};
    memset(r, 0, sizeof *r);
    for (int i = 0; i < 5; i++)
        at = stpcpy(at, strings[i]) + 1;
    r->frame = (struct cp_frame){CP_REQUEST, CP_VERSION, 0, (uint32_t)(at - message)};
    r->flags = flags;
    r->stdio[0] = r->stdio[1] = CP_STDIO_HANDLE;
    r->stdio[2] = CP_STDIO_AS_STDOUT;
    r->path_count = 1;
    r->argument_count = 3;
    r->variable_count = 1;
    r->body_length = r->frame.length - (uint32_t)sizeof *r;
    return r->frame.length;
}

_Noreturn static void supervise(const char *program, const char *script, uint32_t flags, int lifeline, int output)
{
    static _Alignas(8) char message[4096];
    const char *vectors[64];
    struct cp_plan plan;
    struct cp_spawn_result result;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigset_t child_exit;
    sigemptyset(&child_exit);
    sigaddset(&child_exit, SIGCHLD);
    lifeline = fcntl(lifeline, F_DUPFD_CLOEXEC, 20);
    int fds[3] = {open("/", O_PATH | O_CLOEXEC), open("/dev/null", O_RDONLY | O_CLOEXEC), fcntl(output, F_DUPFD_CLOEXEC, 20)};
    for (int i = 0; i < 2; i++)
        fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 20);
    dup3(eventfd(0, EFD_CLOEXEC), CP_FD_HOST, O_CLOEXEC);
    dup3(signalfd(-1, &child_exit, SFD_CLOEXEC | SFD_NONBLOCK), CP_FD_CHILD_EXIT, O_CLOEXEC);
    prctl(PR_SET_CHILD_SUBREAPER, 1);

    size_t length = make_request(message, program, script, flags);
    if (cp_request_check(message, length) ||
        cp_request_read((void *)message, message + sizeof(struct cp_request), length - sizeof(struct cp_request), vectors, &plan) ||
        cp_spawn_prepare())
        _exit(1);
    int pid = cp_spawn(&plan, fds, &result);
    if (pid < 0) {
        struct cp_failed failed = {CP_FRAME(failed, CP_FAILED), result.stage, result.error, 0, 0};
        _exit(cp_send(lifeline, &failed, sizeof failed, -1) < 0);
    }
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    close(output);
    struct cp_tree tree = {.lifeline = lifeline, .child = pid, .flags = flags, .has_own_group = 1, .on_wake = nothing};
    cp_tree_supervise(&tree);
    _exit(0);
}

struct run {
    int lifeline, output;
    pid_t supervisor;
};

static struct run start(const char *program, const char *script, uint32_t flags)
{
    int line[2], output[2];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line) == 0 && pipe2(output, O_CLOEXEC) == 0);
    fflush(stdout);
    pid_t supervisor = fork();
    if (supervisor == 0) {
        close(line[0]);
        close(output[0]);
        supervise(program, script, flags, line[1], output[1]);
    }
    close(line[1]);
    close(output[1]);
    s_length = 0;
    return (struct run){line[0], output[0], supervisor};
}

static const char *read_line(struct run *run)
{
    static char text[256];
    size_t n = 0;
    while (n < sizeof text - 1 && read(run->output, text + n, 1) == 1 && text[n] != '\n')
        n++;
    text[n] = 0;
    return text;
}

/* The frame of that type, once the supervisor has left; NULL when there was none. */
static const void *told(struct run *run, int type)
{
    ssize_t n;
    while (run->lifeline >= 0 && (n = recv(run->lifeline, s_frames + s_length, sizeof s_frames - s_length, 0)) > 0)
        s_length += (size_t)n;
    for (size_t at = 0; at < s_length;) {
        const struct cp_frame *frame = (const void *)(s_frames + at);
        if (frame->type == type)
            return frame;
        at += frame->length;
    }
    return NULL;
}

static void end(struct run *run)
{
    int status = -1;
    CHECK(waitpid(run->supervisor, &status, 0) == run->supervisor && status == 0);
    if (run->lifeline >= 0)
        close(run->lifeline);
    close(run->output);
}

static void ask(struct run *run, int type, int signal)
{
    struct cp_signal message = {CP_FRAME(message, type), (uint32_t)signal, CP_SCOPE_CHILD};
    if (type == CP_KILL)
        message.frame.length = sizeof message.frame;
    CHECK(send(run->lifeline, &message, message.frame.length, MSG_NOSIGNAL) == (ssize_t)message.frame.length);
}

static void a_child_gets_what_its_request_says_and_its_status_is_told(void)
{
    struct run run = start("/bin/sh", "pwd; echo $A; echo error >&2; [ ! -e /proc/self/fd/20 ] && exit 7", 0);
    CHECK(!strcmp(read_line(&run), "/"));
    CHECK(!strcmp(read_line(&run), "1"));
    CHECK(!strcmp(read_line(&run), "error"));
    const struct cp_exited *exited = told(&run, CP_EXITED);
    CHECK(exited && exited->code == CLD_EXITED && exited->status == 7);
    CHECK(told(&run, CP_TREE_EMPTY));
    end(&run);
}

static void a_child_in_a_session_of_its_own_leads_it(void)
{
    struct run run = start("/bin/sh", "read -r pid c s parent group session rest </proc/self/stat; [ $pid = $session ] && echo leads", CP_NEW_SESSION);
    CHECK(!strcmp(read_line(&run), "leads"));
    CHECK(told(&run, CP_EXITED));
    end(&run);
}

static void the_time_of_the_exit_is_told_to_those_who_ask_for_it(void)
{
    struct run run = start("/bin/sh", "exit 0", 0);
    const struct cp_exited *exited = told(&run, CP_EXITED);
    CHECK(exited && exited->reaped_us == 0);
    end(&run);

    uint32_t before = (uint32_t)sys_monotonic_us();
    run = start("/bin/sh", "exit 0", CP_TELL_TIME);
    exited = told(&run, CP_EXITED);
    uint32_t now = (uint32_t)sys_monotonic_us();
    CHECK(exited && exited->reaped_us && exited->reaped_us - before <= now - before + 1);
    end(&run);
}

static void a_signal_and_a_kill_reach_the_child(void)
{
    struct run run = start("/bin/sh", "trap 'echo heard' USR1; echo ready; while :; do sleep 0.1; done", 0);
    CHECK(!strcmp(read_line(&run), "ready"));
    ask(&run, CP_SIGNAL, SIGUSR1);
    CHECK(!strcmp(read_line(&run), "heard"));
    ask(&run, CP_KILL, 0);
    const struct cp_exited *exited = told(&run, CP_EXITED);
    CHECK(exited && exited->code == CLD_KILLED && exited->status == SIGKILL);
    CHECK(told(&run, CP_TREE_EMPTY));
    end(&run);
}

static void the_end_of_the_lifeline_ends_the_tree(void)
{
    struct run run = start("/bin/sh", "sleep 100 & sleep 100 & echo ready; wait", 0);
    CHECK(!strcmp(read_line(&run), "ready"));
    close(run.lifeline);
    run.lifeline = -1;
    CHECK(!strcmp(read_line(&run), "")); /* end of file: nobody has the output any more */
    end(&run);
}

static void a_program_that_is_not_there_is_told_as_such(void)
{
    if (s_emulated) {
        printf("skipped: no CLONE_VFORK here, so a failed start is not seen before its answer\n");
        return;
    }
    struct run run = start("/nonexistent/program", "", 0);
    const struct cp_failed *failed = told(&run, CP_FAILED);
    CHECK(failed && failed->stage == CP_STAGE_RESOLVE && failed->error == ENOENT_);
    end(&run);
}

int main(int count, char **arguments)
{
    s_emulated = count > 1 && !strcmp(arguments[1], "emulated");
    alarm(100);
    a_child_gets_what_its_request_says_and_its_status_is_told();
    a_child_in_a_session_of_its_own_leads_it();
    the_time_of_the_exit_is_told_to_those_who_ask_for_it();
    a_signal_and_a_kill_reach_the_child();
    the_end_of_the_lifeline_ends_the_tree();
    a_program_that_is_not_there_is_told_as_such();
    return report();
}
