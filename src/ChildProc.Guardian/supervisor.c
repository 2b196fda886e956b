/*
 * supervisor.c - takes one request at a time, starts the child, and stays with its tree to the end (tree.h): it never
 * leaves or takes the next request before the tree is empty.
 */
#include "intake.h"
#include "pool.h"
#include "protocol.h"
#include "request.h"
#include "spawn.h"
#include "sys.h"
#include "transport.h"
#include "tree.h"

enum { IDLE_SECONDS = 30 };

static union {
    struct cp_request request;
    char bytes[CP_MAX_INLINE];
} s_message;
static uint32_t s_uid, s_gid; /* of a supervisor, for its whole life */
static int s_guardian;
static unsigned char s_claim; /* 1 to 255 in turn */

/* A dead guardian's request socket serves nobody, but what is queued in it holds lifelines and the ends of pipes: when
 * the last of its supervisors has closed it these end, and the host asks another guardian. PDEATHSIG wakes us for it. */
static void leave_dead_guardian(void)
{
    if (s_guardian && sys_getppid() != s_guardian) {
        sys_close(CP_FD_REQUESTS);
        s_guardian = 0;
    }
}

/* Requests */

static void fail_start(int lifeline, enum cp_stage stage, int error)
{
    struct cp_failed failed = {CP_FRAME(failed, CP_FAILED), stage, error, 0, 0};
    cp_send(lifeline, &failed, sizeof failed, -1);
}

/* 1: the child runs, and `tree` is to be supervised. */
static int start_child(const struct cp_plan *plan, const struct cp_descriptors *descriptors, int first, struct cp_tree *tree)
{
    struct cp_spawn_result result;
    const struct cp_request *r = plan->request;
    int lifeline = descriptors->fd[0];
    int pid = cp_spawn(plan, descriptors->fd + first, &result);
    if (pid < 0) {
        struct cp_failed failed = {CP_FRAME(failed, CP_FAILED), result.stage, result.error, result.path_index,
                                   result.bad_interpreter};
        cp_send(lifeline, &failed, sizeof failed, -1);
        return 0;
    }
    *tree = (struct cp_tree){.lifeline = lifeline, .child = pid, .flags = r->flags, .lost_signal = r->owner_lost_signal,
                          .lost_grace_ms = r->owner_lost_grace_ms, .lost_scope = r->owner_lost_scope,
                          .has_own_group = (r->flags & (CP_NEW_GROUP | CP_NEW_SESSION)) != 0, .on_wake = leave_dead_guardian};
    struct cp_started started = {CP_FRAME(started, CP_STARTED), (uint32_t)pid, 0};
    cp_send(lifeline, &started, sizeof started, -1);
    return 1;
}

static int read_and_start(const struct cp_descriptors *descriptors, struct cp_tree *tree)
{
    struct cp_intake intake;
    int error = cp_intake_open(&intake, &s_message.request, descriptors), started = 0;
    if (error)
        fail_start(descriptors->fd[0], CP_STAGE_CONTAINMENT, -error);
    else
        started = start_child(&intake.plan, descriptors, intake.first, tree);
    cp_intake_close(&intake);
    return started;
}

static void serve(struct cp_descriptors *descriptors, size_t length, int self)
{
    if (descriptors->count == 0)
        return; /* no lifeline: nobody to answer to, and nobody who owns what would be started */
    int lifeline = descriptors->fd[0];
    struct cp_claimed claimed = {CP_FRAME(claimed, CP_CLAIMED), (uint32_t)self, s_claim};
    if (cp_send(lifeline, &claimed, sizeof claimed, -1) < 0)
        return; /* the owner is gone already: nothing is started */
    const struct cp_request *r = &s_message.request;
    struct cp_tree tree;
    if (descriptors->truncated)
        fail_start(lifeline, CP_STAGE_STANDARD_STREAMS, EMFILE_);
    else if (cp_request_check(&s_message, length))
        fail_start(lifeline, CP_STAGE_CONTAINMENT, EBADMSG_);
    else if (r->effective_uid != s_uid || r->effective_gid != s_gid)
        fail_start(lifeline, CP_STAGE_CONTAINMENT, EPERM_);
    else if (read_and_start(descriptors, &tree)) {
        /* The child's ends of its pipes must not stay open here, or their other ends never see end of file. And
         * arguments and environment may hold secrets. */
        descriptors->fd[0] = -1;
        cp_close_all(descriptors);
        memset(&s_message, 0, length);
        cp_tree_supervise(&tree);
    }
}

/* The pool */

/* Asks for more when the last idle one is taken, and leaves when there are twice as many as wanted: between the two
 * lies room for starts to come and go without a fork. */
static void claim(struct cp_pool *pool, int self)
{
    uint64_t one = 1;
    int idle = __atomic_sub_fetch(&pool->idle, 1, __ATOMIC_RELAXED);
    s_claim = s_claim == 255 ? 1 : s_claim + 1;
    __atomic_store_n(&pool->busy[self], s_claim, __ATOMIC_RELAXED);
    if (idle <= 0)
        sys_write(CP_FD_DEMAND, &one, sizeof one);
}

/* 1: enough others are idle. */
static int give_back(struct cp_pool *pool, int self)
{
    __atomic_store_n(&pool->busy[self], 0, __ATOMIC_RELAXED);
    int idle = __atomic_add_fetch(&pool->idle, 1, __ATOMIC_RELAXED);
    return idle > 2 * __atomic_load_n(&pool->wanted, __ATOMIC_RELAXED);
}

/* Patience is over. 1: more than are wanted stay behind, and this one is counted out already, lest all leave at once. */
static int may_leave(struct cp_pool *pool, int self)
{
    int idle = __atomic_sub_fetch(&pool->idle, 1, __ATOMIC_RELAXED);
    if (idle < __atomic_load_n(&pool->wanted, __ATOMIC_RELAXED)) {
        __atomic_add_fetch(&pool->idle, 1, __ATOMIC_RELAXED);
        return 0;
    }
    __atomic_store_n(&pool->busy[self], 1, __ATOMIC_RELAXED);
    return 1;
}

void cp_supervisor(struct cp_pool *pool, int guardian)
{
    static struct cp_descriptors descriptors;
    int self = (int)sys_getpid();
    struct timeval_ patience = {IDLE_SECONDS, 0};
    s_guardian = guardian;
    s_uid = (uint32_t)SYS0(NR_geteuid);
    s_gid = (uint32_t)SYS0(NR_getegid);
    if (sys_prctl(PR_SET_CHILD_SUBREAPER_, 1) < 0 || cp_spawn_prepare() < 0)
        sys_exit(1);
    SYS5(NR_setsockopt, CP_FD_REQUESTS, SOL_SOCKET_, SO_RCVTIMEO_, &patience, sizeof patience);

    for (;;) {
        /* While idle it goes with the guardian; while it holds a tree it stays with its lifeline. */
        sys_prctl(PR_SET_PDEATHSIG_, SIGKILL_);
        if (sys_getppid() != s_guardian)
            sys_exit(0);

        /* Supervisors block right here and not in poll: the kernel then wakes one of them per request. */
        long length = cp_receive(CP_FD_REQUESTS, &s_message, sizeof s_message, &descriptors);
        if (length == -EAGAIN_) {
            if (!may_leave(pool, self))
                continue;
            break;
        }
        if (length == 0)
            break; /* the host is gone or wants no more starts from this guardian */

        sys_prctl(PR_SET_PDEATHSIG_, SIGCHLD_); /* blocked: it only wakes supervise() */
        claim(pool, self);
        if (length > 0) {
            serve(&descriptors, (size_t)length, self);
            cp_close_all(&descriptors);
            memset(&s_message, 0, (size_t)length);
        }
        if (give_back(pool, self))
            break;
    }
    /* The guardian counts it out when it reaps it. */
    sys_exit(0);
}
