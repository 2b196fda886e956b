/*
 * supervisor.c - takes one request at a time: starts the child, reaps its tree, answers on the lifeline, kills the tree
 * when the owner asks for it or is gone, and never leaves or takes the next request before the tree is empty.
 */
#include "pool.h"
#include "protocol.h"
#include "request.h"
#include "spawn.h"
#include "sweep.h"
#include "sys.h"
#include "transport.h"

enum { INLINE_VECTORS = 1024, IDLE_SECONDS = 30 };

/* A tree, from the request to its last process. */
struct tree {
    int lifeline; /* -1: the owner is gone */
    int child;    /* 0: exited */
    uint32_t flags, lost_signal, lost_grace_ms, lost_scope;
    int has_own_group;
    int killing;
    int64_t sweep_wait_ms, next_sweep_ms; /* back-off between the sweeps of a kill */
    int64_t grace_ends_ms; /* 0: no grace is running */
    int empty;
};

static union {
    struct cp_request request;
    char bytes[CP_MAX_INLINE];
} s_message;
static const char *s_vectors[INLINE_VECTORS];
static uint32_t s_uid, s_gid; /* of a supervisor, for its whole life */

#define FRAME(structure, kind) ((struct cp_frame){kind, CP_VERSION, 0, sizeof(structure)})

static void lose_owner(struct tree *tree)
{
    if (tree->lifeline >= 0)
        sys_close(tree->lifeline);
    tree->lifeline = -1;
}

static void answer(struct tree *tree, const void *message, size_t length)
{
    /* A host that does not read fills its lifeline only after dozens of messages; each tree sends a handful. An error
     * here means that the owner is gone, which the next poll tells, too. */
    if (tree->lifeline >= 0)
        cp_send(tree->lifeline, message, length, -1);
}

/* Signals */

static void send_signal(struct tree *tree, int signal, uint32_t scope)
{
    int error = 0;
    if (scope == CP_SCOPE_TREE)
        error = cp_sweep_signal(signal);
    else if (scope == CP_SCOPE_GROUP && tree->has_own_group && tree->child)
        error = (int)sys_kill(-tree->child, signal);
    else if (tree->child) /* not reaped, so the pid is its own */
        error = (int)sys_kill(tree->child, signal);
    if (error && error != -ESRCH_) {
        struct cp_signal_failed failed = {FRAME(failed, CP_SIGNAL_FAILED), (uint32_t)signal, -error};
        answer(tree, &failed, sizeof failed);
    }
}

/* Kills who is there. Again later, for someone may have forked past it, or cannot die yet (D state); by the clock and
 * not by silence, for a fork loop keeps the reaper busy. */
static void sweep(struct tree *tree)
{
    int64_t began = sys_monotonic_ms();
    cp_sweep_kill(NULL);
    int64_t ended = sys_monotonic_ms(), rest = 2 * (ended - began);
    tree->next_sweep_ms = ended + (rest > tree->sweep_wait_ms ? rest : tree->sweep_wait_ms);
    tree->sweep_wait_ms = tree->sweep_wait_ms < 500 ? tree->sweep_wait_ms * 2 : 1000;
}

static void kill_tree(struct tree *tree)
{
    tree->grace_ends_ms = 0;
    tree->killing = 1;
    tree->sweep_wait_ms = 2;
    sweep(tree);
}

static void owner_lost(struct tree *tree)
{
    int released = tree->flags & CP_RELEASE_LEFTOVERS && !tree->child && !tree->killing;
    lose_owner(tree);
    if (released || tree->killing || tree->grace_ends_ms)
        return;
    if (tree->lost_signal && tree->lost_grace_ms) {
        tree->grace_ends_ms = sys_monotonic_ms() + tree->lost_grace_ms;
        send_signal(tree, (int)tree->lost_signal, tree->lost_scope);
        send_signal(tree, SIGCONT_, tree->lost_scope); /* a stopped process sees no signal but KILL (trap 54) */
    } else {
        kill_tree(tree);
    }
}

/* Events */

static uint64_t microseconds(struct timeval_ t)
{
    return (uint64_t)t.seconds * 1000000 + (uint64_t)t.microseconds;
}

/* Reaps whoever is dead, adopted or not. The exit of the child and the end of the tree go in one message when they
 * come together, which is the common case. */
static void reap(struct tree *tree)
{
    struct {
        struct cp_exited exited;
        struct cp_tree_empty empty;
    } news;
    struct siginfo_ info;
    struct rusage_ usage;
    size_t from = sizeof news.exited, to = sizeof news.exited;
    for (;;) {
        long error = sys_waitid(P_ALL_, 0, &info, WEXITED_ | WNOHANG_, &usage);
        if (error == -ECHILD_) {
            tree->empty = 1;
            news.empty = (struct cp_tree_empty){FRAME(news.empty, CP_TREE_EMPTY)};
            to = sizeof news;
            break;
        }
        if (error == -EINTR_)
            continue;
        if (error || !info.pid)
            break;
        if (info.pid == tree->child) {
            news.exited = (struct cp_exited){FRAME(news.exited, CP_EXITED), (uint32_t)info.pid, (uint32_t)info.code,
                                             info.status, 0, microseconds(usage.user), microseconds(usage.system),
                                             (uint64_t)usage.max_rss_kb};
            tree->child = 0;
            from = 0;
        }
    }
    if (to > from)
        answer(tree, (char *)&news + from, to - from);
    if (!tree->child && tree->lifeline < 0 && tree->grace_ends_ms && tree->lost_scope == CP_SCOPE_CHILD && !tree->empty)
        kill_tree(tree); /* the grace was the child's */
}

static void hear_owner(struct tree *tree)
{
    _Alignas(8) char buffer[256];
    struct cp_descriptors none;
    long length = cp_receive(tree->lifeline, buffer, sizeof buffer, &none);
    cp_close_all(&none);
    if (length <= 0) {
        owner_lost(tree);
        return;
    }
    size_t at = 0;
    const struct cp_frame *frame;
    while ((frame = cp_next_frame(buffer, (size_t)length, &at))) {
        const struct cp_signal *signal = (const void *)frame;
        if (frame->type == CP_SIGNAL && frame->length == sizeof *signal && signal->signal - 1 < SIGNAL_MAX)
            send_signal(tree, (int)signal->signal, signal->scope);
        else if (frame->type == CP_KILL)
            kill_tree(tree);
        else if (frame->type == CP_RELEASE)
            tree->flags |= CP_RELEASE_LEFTOVERS;
    }
}

/* Until the last process of the tree is reaped. There is no way out before that: what was given up here would live on
 * under init. Bounds are the host's, which waits for as long as it likes. */
static void supervise(struct tree *tree)
{
    while (!tree->empty) {
        int64_t deadline = tree->killing ? tree->next_sweep_ms : tree->grace_ends_ms; /* 0: none */
        int64_t left = deadline ? deadline - sys_monotonic_ms() : 0;
        struct timespec_ timeout = timespec_of_ms(left > 0 ? left : 0);
        /* The pidfd of the host tells of its death even while a copy of its lifeline is open elsewhere. */
        struct pollfd_ fds[3] = {{CP_FD_CHILD_EXIT, POLLIN_, 0}, {tree->lifeline, POLLIN_, 0},
                                 {tree->lifeline >= 0 ? CP_FD_HOST : -1, POLLIN_, 0}};
        long ready = sys_poll(fds, 3, deadline ? &timeout : NULL);
        if (ready > 0) {
            if (fds[0].revents) {
                cp_child_exit_seen();
                reap(tree);
            }
            if (fds[1].revents && tree->lifeline >= 0)
                hear_owner(tree);
            if (fds[2].revents & POLLIN_ && tree->lifeline >= 0)
                owner_lost(tree);
        }
        if (deadline && !tree->empty && sys_monotonic_ms() >= deadline) {
            if (!tree->killing)
                kill_tree(tree);
            else if (sys_monotonic_ms() >= tree->next_sweep_ms)
                sweep(tree);
            reap(tree);
        }
    }
}

/* Requests */

static void fail_start(int lifeline, enum cp_stage stage, int error)
{
    struct cp_failed failed = {FRAME(failed, CP_FAILED), stage, error, 0, 0};
    cp_send(lifeline, &failed, sizeof failed, -1);
}

/* 1: the child runs, and `tree` is to be supervised. */
static int start_child(const struct cp_plan *plan, const struct cp_descriptors *descriptors, int first, struct tree *tree)
{
    struct cp_spawn_result result;
    const struct cp_request *r = plan->request;
    int lifeline = descriptors->fd[0];
    int pid = cp_spawn(plan, descriptors->fd + first, &result);
    if (pid < 0) {
        struct cp_failed failed = {FRAME(failed, CP_FAILED), result.stage, result.error, result.path_index,
                                   result.bad_interpreter};
        cp_send(lifeline, &failed, sizeof failed, -1);
        return 0;
    }
    *tree = (struct tree){.lifeline = lifeline, .child = pid, .flags = r->flags, .lost_signal = r->owner_lost_signal,
                          .lost_grace_ms = r->owner_lost_grace_ms, .lost_scope = r->owner_lost_scope,
                          .has_own_group = (r->flags & (CP_NEW_GROUP | CP_NEW_SESSION)) != 0};
    struct cp_started started = {FRAME(started, CP_STARTED), (uint32_t)pid, 0};
    answer(tree, &started, sizeof started);
    return 1;
}

/* The body in a memfd: sealed, so that nobody can change or cut it under our feet. */
static const void *map_body(int fd, size_t length)
{
    int needed = F_SEAL_SHRINK_ | F_SEAL_WRITE_;
    long seals = sys_fcntl(fd, F_GET_SEALS_, 0);
    return seals >= 0 && (seals & needed) == needed ? sys_map(length, MAP_PRIVATE_, fd) : NULL;
}

static int read_and_start(const struct cp_descriptors *descriptors, struct tree *tree)
{
    int started = 0;
    const struct cp_request *r = &s_message.request;
    int in_memfd = (r->flags & CP_BODY_IN_MEMFD) != 0, lifeline = descriptors->fd[0];
    size_t needed = cp_request_vectors(r);
    const char **vectors = needed <= INLINE_VECTORS
                               ? s_vectors
                               : sys_map(needed * sizeof *vectors, MAP_PRIVATE_ | MAP_ANONYMOUS_, -1);
    const void *body = !in_memfd                ? (const void *)(r + 1)
                       : descriptors->count > 1 ? map_body(descriptors->fd[1], r->body_length)
                                                : NULL;
    struct cp_plan plan;
    size_t body_length = r->body_length;
    if (!vectors || !body)
        fail_start(lifeline, CP_STAGE_CONTAINMENT, ENOMEM_);
    else if (cp_request_read(r, body, body_length, vectors, &plan) ||
             plan.descriptor_count != descriptors->count)
        fail_start(lifeline, CP_STAGE_CONTAINMENT, EBADMSG_);
    else
        started = start_child(&plan, descriptors, 1 + in_memfd, tree);

    if (vectors && vectors != s_vectors)
        sys_unmap(vectors, needed * sizeof *vectors);
    if (body && in_memfd)
        sys_unmap((void *)body, body_length);
    return started;
}

static void serve(struct cp_descriptors *descriptors, size_t length, int self)
{
    if (descriptors->count == 0)
        return; /* no lifeline: nobody to answer to, and nobody who owns what would be started */
    int lifeline = descriptors->fd[0];
    struct cp_claimed claimed = {FRAME(claimed, CP_CLAIMED), (uint32_t)self, 0};
    if (cp_send(lifeline, &claimed, sizeof claimed, -1) < 0)
        return; /* the owner is gone already: nothing is started */
    const struct cp_request *r = &s_message.request;
    struct tree tree;
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
        supervise(&tree);
        lose_owner(&tree);
    }
}

/* The pool */

/* Asks for more when the last idle one is taken, and leaves when there are twice as many as wanted: between the two
 * lies room for starts to come and go without a fork. */
static void claim(struct cp_pool *pool, int self)
{
    uint64_t one = 1;
    int idle = __atomic_sub_fetch(&pool->idle, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&pool->busy[self], 1, __ATOMIC_RELAXED);
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

void cp_supervisor(struct cp_pool *pool, int guardian)
{
    static struct cp_descriptors descriptors;
    int self = (int)sys_getpid();
    struct timeval_ patience = {IDLE_SECONDS, 0};
    s_uid = (uint32_t)SYS0(NR_geteuid);
    s_gid = (uint32_t)SYS0(NR_getegid);
    if (sys_prctl(PR_SET_CHILD_SUBREAPER_, 1) < 0 || cp_spawn_prepare() < 0)
        sys_exit(1);
    SYS5(NR_setsockopt, CP_FD_REQUESTS, SOL_SOCKET_, SO_RCVTIMEO_, &patience, sizeof patience);

    for (;;) {
        /* While idle it goes with the guardian; while it holds a tree it stays with its lifeline. */
        sys_prctl(PR_SET_PDEATHSIG_, SIGKILL_);
        if (sys_getppid() != guardian)
            sys_exit(0);

        /* Supervisors block right here and not in poll: the kernel then wakes one of them per request. */
        long length = cp_receive(CP_FD_REQUESTS, &s_message, sizeof s_message, &descriptors);
        if (length == -EAGAIN_) {
            if (__atomic_load_n(&pool->idle, __ATOMIC_RELAXED) <= __atomic_load_n(&pool->wanted, __ATOMIC_RELAXED))
                continue;
            break;
        }
        if (length == 0)
            break; /* the host is gone or wants no more starts from this guardian */

        sys_prctl(PR_SET_PDEATHSIG_, 0);
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
