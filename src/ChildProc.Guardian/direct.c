/* direct.c - see direct.h. */
#include "direct.h"
#include "intake.h"
#include "pool.h"
#include "protocol.h"
#include "spawn.h"
#include "sys.h"
#include "transport.h"
#include "tree.h"

enum { FAILED = 127 };

static union {
    struct cp_request request;
    char bytes[CP_MAX_INLINE];
} s_message;
static struct cp_descriptors s_descriptors;
static struct cp_intake s_intake;
static int s_channel = CP_FD_REQUESTS;

/* A Ctrl-Z for the host's group may have come between fork and the group of our own, and the continuation that followed
 * it did not: ignoring a signal discards it while it is pending. */
static void discard_stops(void)
{
    static const int stops[] = {SIGTSTP_, SIGTTIN_, SIGTTOU_};
    struct sigaction_ action;
    memset(&action, 0, sizeof action);
    for (unsigned i = 0; i < sizeof stops / sizeof *stops; i++)
        for (long handler = 1 /* SIG_IGN */; handler >= 0; handler--) {
            action.handler = (void *)handler;
            SYS4(NR_rt_sigaction, stops[i], &action, NULL, 8);
        }
}

static void answer_failed(enum cp_stage stage, int error, uint32_t path_index, uint32_t bad_interpreter)
{
    struct cp_failed failed = {CP_FRAME(failed, CP_FAILED), stage, error, path_index, bad_interpreter};
    cp_send(s_channel, &failed, sizeof failed, -1);
}

static int become_child(void *unused)
{
    (void)unused;
    struct cp_spawn_result result;
    cp_spawn_here(&s_intake.plan, s_descriptors.fd + s_intake.first, &s_channel, &result);
    answer_failed(result.stage, result.error, result.path_index, result.bad_interpreter);
    return FAILED;
}

static int become_detached(void *unused)
{
    SYS0(NR_setsid);
    return become_child(unused);
}

/* The child stays our own, dead or alive, until the host has its pidfd: the pid that we tell cannot pass on. A host that is gone
 * before that, or has given the start up, will never know of it: it ends here. */
_Noreturn static void start_detached(char *stack_top)
{
    long pid = cp_clone(SIGCHLD_, stack_top, become_detached, NULL);
    if (pid < 0) {
        answer_failed(CP_STAGE_CONTAINMENT, (int)-pid, 0, 0);
        sys_exit(FAILED);
    }
    struct cp_started started = {CP_FRAME(started, CP_STARTED), (uint32_t)pid, 0};
    cp_send(s_channel, &started, sizeof started, -1);
    cp_close_all(&s_descriptors);
    char go[64];
    if (cp_receive(s_channel, go, sizeof go, NULL) <= 0)
        sys_kill((int)pid, SIGKILL_);
    sys_exit(0);
}

_Noreturn void cp_direct(int detached, char *stack_top)
{
    sys_prctl(PR_SET_DUMPABLE_, 0); /* requests hold secrets */
    sys_prctl(PR_SET_NAME_, (long)"childproc-child");
    if (SYS1(NR_getpgid, 0) == sys_getpid())
        discard_stops();
    long length = cp_receive(s_channel, &s_message, sizeof s_message, &s_descriptors);
    if (length == 0)
        sys_exit(0); /* the host is gone, or has given the start up */

    /* The first descriptor stands for a lifeline, which nobody needs here: the channel again. */
    int error = length < 0 ? EBADMSG_ : s_descriptors.truncated ? EMFILE_ : -cp_request_check(&s_message, (size_t)length);
    if (!error)
        error = -cp_intake_open(&s_intake, &s_message.request, &s_descriptors);
    if (error) {
        answer_failed(error == EMFILE_ ? CP_STAGE_STANDARD_STREAMS : CP_STAGE_CONTAINMENT, error, 0, 0);
        sys_exit(FAILED);
    }
    if (detached)
        start_detached(stack_top);
    sys_exit(become_child(NULL));
}
