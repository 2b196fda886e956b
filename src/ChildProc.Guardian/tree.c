/* tree.c - see tree.h. */
#include "tree.h"
#include "pool.h"
#include "sweep.h"
#include "sys.h"
#include "transport.h"

enum { MAX_TOLD_FAILURES = 64 };

static void lose_owner(struct cp_tree *tree)
{
    if (tree->lifeline >= 0)
        sys_close(tree->lifeline);
    tree->lifeline = -1;
}

static void answer(struct cp_tree *tree, const void *message, size_t length)
{
    /* A host that does not read fills its lifeline only after dozens of messages; each tree sends a handful. An error
     * here means that the owner is gone, which the next poll tells, too. */
    if (tree->lifeline >= 0)
        cp_send(tree->lifeline, message, length, -1);
}

static void reap(void *tree);

/* Signals */

static void send_signal(struct cp_tree *tree, int signal, uint32_t scope)
{
    int error = 0;
    if (scope == CP_SCOPE_TREE)
        error = cp_sweep_signal(signal);
    else if (scope == CP_SCOPE_GROUP && tree->has_own_group && tree->child)
        error = (int)sys_kill(-tree->child, signal);
    else if (tree->child) /* not reaped, so the pid is its own */
        error = (int)sys_kill(tree->child, signal);
    if (error && error != -ESRCH_ && tree->told_failures < MAX_TOLD_FAILURES) {
        tree->told_failures++;
        struct cp_signal_failed failed = {CP_FRAME(failed, CP_SIGNAL_FAILED), (uint32_t)signal, -error};
        answer(tree, &failed, sizeof failed);
    }
}

/* Kills who is there. Again later, for someone may have forked past it, or cannot die yet (D state); by the clock and
 * not by silence, for a fork loop keeps the reaper busy. */
static void sweep(struct cp_tree *tree)
{
    int64_t began = sys_monotonic_ms();
    cp_sweep_kill(NULL, reap, tree);
    int64_t ended = sys_monotonic_ms(), rest = 2 * (ended - began);
    tree->next_sweep_ms = ended + (rest > tree->sweep_wait_ms ? rest : tree->sweep_wait_ms);
    tree->sweep_wait_ms = tree->sweep_wait_ms < 500 ? tree->sweep_wait_ms * 2 : 1000;
}

static void kill_tree(struct cp_tree *tree)
{
    tree->grace_ends_ms = 0;
    tree->killing = 1;
    tree->sweep_wait_ms = 2;
    sweep(tree);
}

static void owner_lost(struct cp_tree *tree)
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

/* The clock is read for those who measure only. */
static uint32_t reaped_us(const struct cp_tree *tree)
{
    return tree->flags & CP_TELL_TIME ? (uint32_t)sys_monotonic_us() | 1 : 0;
}

/* Reaps whoever is dead, adopted or not. The exit of the child and the end of the tree go in one message when they
 * come together, which is the common case. */
static void reap(void *context)
{
    struct cp_tree *tree = context;
    if (tree->empty)
        return; /* a sweep has seen and said so */
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
            news.empty = (struct cp_tree_empty){CP_FRAME(news.empty, CP_TREE_EMPTY)};
            to = sizeof news;
            break;
        }
        if (error == -EINTR_)
            continue;
        if (error || !info.pid)
            break;
        if (info.pid == tree->child) {
            news.exited = (struct cp_exited){CP_FRAME(news.exited, CP_EXITED), (uint32_t)info.pid, (uint32_t)info.code,
                                             info.status, reaped_us(tree), microseconds(usage.user), microseconds(usage.system),
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

static void hear_owner(struct cp_tree *tree)
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

void cp_tree_supervise(struct cp_tree *tree)
{
    while (!tree->empty) {
        tree->on_wake();
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
    lose_owner(tree);
}
