/*
 * guardian.c - one per host: keeps supervisors ready, and kills whatever a dying supervisor leaves behind.
 *
 * It never touches a request. It watches the host (control socket and pidfd), and when the host is gone it shuts the
 * request socket down, which ends every idle supervisor; the busy ones see the host's end themselves. It leaves when
 * its last supervisor has.
 */
#include "guardian.h"
#include "pool.h"
#include "procfs.h"
#include "protocol.h"
#include "sweep.h"
#include "sys.h"
#include "transport.h"
#include "tree.h"

enum { CALM_MS = 5000, RETRY_MS = 100, WATCH_MS = 1000 };

static struct cp_pool *s_pool;
static int s_base, s_self;
static int s_stillborn;    /* a supervisor could not get what it needs, and left before its first request */
static int s_serving = 1;  /* the host may still ask for starts */
static int s_watching;     /* no pidfd tells of the host's end: we look, and tell the supervisors */
static int s_control = CP_FD_CONTROL; /* -1: closed */

static int is_supervisor(int pid)
{
    return cp_pool_has_supervisor(s_pool, pid);
}

static void set_supervisor(int pid, int is)
{
    unsigned char *byte = &s_pool->supervisors[pid >> 3], bit = (unsigned char)(1 << (pid & 7));
    *byte = (unsigned char)(is ? *byte | bit : *byte & ~bit);
}

void cp_child_exit_seen(void)
{
    char info[128]; /* struct signalfd_siginfo */
    sys_read(CP_FD_CHILD_EXIT, info, sizeof info);
}

static int idle(void)
{
    return __atomic_load_n(&s_pool->idle, __ATOMIC_RELAXED);
}

static void want(int supervisors)
{
    int wanted = supervisors < s_base ? s_base : supervisors > CP_MAX_WANTED ? CP_MAX_WANTED : supervisors;
    __atomic_store_n(&s_pool->wanted, wanted, __ATOMIC_RELAXED);
}

static int supervisor_entry(void *title)
{
    char *name = title; /* "childproc-guardian…" of the command line that ps shows */
    memcpy(name, "childproc-supervisor", 20);
    sys_prctl(PR_SET_NAME_, (long)"childproc-super");
    sys_close(CP_FD_CONTROL);
    cp_supervisor(s_pool, s_self);
}

/* Forks supervisors until enough are idle. 0, or -errno of a fork that failed. */
static int refill(char *title, char *stack_top)
{
    if (s_stillborn) { /* the next would be, too: after a pause */
        s_stillborn = 0;
        return -ENOMEM_;
    }
    while (s_serving && idle() < s_pool->wanted) {
        __atomic_add_fetch(&s_pool->idle, 1, __ATOMIC_RELAXED); /* before it can claim */
        long pid = cp_clone(SIGCHLD_, stack_top, supervisor_entry, title);
        if (pid < 0) {
            __atomic_sub_fetch(&s_pool->idle, 1, __ATOMIC_RELAXED);
            return (int)pid;
        }
        set_supervisor((int)pid, 1);
    }
    return 0;
}

/* 0, or -EAGAIN while the host does not read. */
static long tell_host(const void *message, size_t length, int fd)
{
    return s_control >= 0 && cp_send(s_control, message, length, fd) == -EAGAIN_ ? -EAGAIN_ : 0;
}

/* Reaping */

static struct cp_list s_lost; /* supervisors that were killed, whose orphans are ours now */

/* Reaps whoever is dead. 0 when nobody is left at all. */
static int reap_all(void)
{
    struct siginfo_ info;
    long error;
    while ((error = sys_waitid(P_ALL_, 0, &info, WEXITED_ | WNOHANG_, NULL)) == 0 && info.pid) {
        if (!is_supervisor(info.pid))
            continue; /* an orphan */
        set_supervisor(info.pid, 0);
        if (__atomic_exchange_n(&s_pool->busy[info.pid], 0, __ATOMIC_RELAXED) == 0)
            __atomic_sub_fetch(&s_pool->idle, 1, __ATOMIC_RELAXED);
        if (info.code != CLD_EXITED_)
            cp_list_add(&s_lost, info.pid, -1);
        else if (info.status != 0)
            s_stillborn = 1;
    }
    return error != -ECHILD_;
}

static void reap(void *unused)
{
    (void)unused;
    reap_all();
}

/* A supervisor leaves by itself only when its tree is empty. One that was killed has passed the rest of its tree on to
 * us; nobody owns that any more, so it dies, and the host is told when it has. Returns 1 while some are left or the host
 * has not heard: one that cannot die (D state, or setuid and we are not root) must not keep the guardian from its other work. */
static int kill_orphans(void)
{
    if (s_lost.count && cp_sweep_kill(is_supervisor, reap, NULL) > 0)
        return 1;
    for (; s_lost.count; s_lost.count--) {
        struct cp_supervisor lost = {CP_FRAME(lost, CP_SUPERVISOR_LOST), (uint32_t)s_lost.at[s_lost.count - 1].pid, 0};
        if (tell_host(&lost, sizeof lost, -1))
            return 1; /* again later: a tree that nobody reports would be waited for in vain */
    }
    return 0;
}

/* The host */

static void retire(void)
{
    if (!s_serving)
        return;
    /* For every copy of this end, in whatever process: idle supervisors see end of file and leave. */
    SYS2(NR_shutdown, CP_FD_REQUESTS, SHUT_RDWR_);
    /* Nobody new comes to take what is queued, and the busy ones may stay busy for ever: dropped here, its lifelines end
     * unclaimed, and the host asks another guardian. */
    char request[8];
    struct cp_descriptors dropped;
    for (long n; (n = cp_receive(CP_FD_REQUESTS, request, sizeof request, &dropped)) > 0 || n == -EBADMSG_;)
        cp_close_all(&dropped);
    sys_close(CP_FD_REQUESTS);
    s_serving = 0;
}

static void hear_host(void)
{
    _Alignas(8) char buffer[64];
    struct cp_descriptors none;
    long length = cp_receive(s_control, buffer, sizeof buffer, &none);
    cp_close_all(&none);
    if (length <= 0) {
        sys_close(s_control);
        s_control = -1;
        retire();
        return;
    }
    size_t at = 0;
    const struct cp_frame *frame;
    while ((frame = cp_next_frame(buffer, (size_t)length, &at))) {
        const struct cp_supervisor *which = (const void *)frame;
        /* Our own child and not reaped, so the pid is its own: one that hangs in a clone whose exec never ends. */
        if (frame->type == CP_KILL_SUPERVISOR && frame->length == sizeof *which && which->supervisor_pid < CP_PID_LIMIT &&
            is_supervisor((int)which->supervisor_pid) &&
            __atomic_load_n(&s_pool->busy[which->supervisor_pid], __ATOMIC_RELAXED) == which->claim)
            sys_kill((int)which->supervisor_pid, SIGKILL_);
        else if (frame->type == CP_RETIRE)
            retire();
    }
}

static int self_test(struct cp_hello *hello)
{
    long error = sys_prctl(PR_SET_CHILD_SUBREAPER_, 1);
    hello->failed_test = CP_TEST_SUBREAPER;
    if (error >= 0) {
        error = cp_children_supported();
        hello->failed_test = CP_TEST_CHILDREN_FILE;
    }
    uint64_t child_exit = 1ull << (SIGCHLD_ - 1);
    if (error >= 0) {
        hello->failed_test = CP_TEST_RESOURCES;
        /* Without pidfds (Linux < 5.3, or a seccomp filter) 5 is free: our supervisors inherit this in its place. */
        long host = SYS2(NR_eventfd2, 0, O_CLOEXEC_ | O_NONBLOCK_);
        s_watching = host == CP_FD_HOST;
        if (host >= 0 && !s_watching)
            sys_close((int)host);
        long signal_fd = SYS4(NR_signalfd4, -1, &child_exit, sizeof child_exit, O_CLOEXEC_ | O_NONBLOCK_);
        long demand_fd = SYS2(NR_eventfd2, 0, O_CLOEXEC_ | O_NONBLOCK_);
        error = !s_pool ? -ENOMEM_ : signal_fd < 0 ? signal_fd : demand_fd;
        if (error >= 0 && signal_fd != CP_FD_CHILD_EXIT)
            error = SYS3(NR_dup3, signal_fd, CP_FD_CHILD_EXIT, O_CLOEXEC_);
        if (error >= 0 && demand_fd != CP_FD_DEMAND)
            error = SYS3(NR_dup3, demand_fd, CP_FD_DEMAND, O_CLOEXEC_);
    }
    if (error >= 0)
        hello->failed_test = 0;
    hello->error = error < 0 ? (int32_t)-error : 0;
    return hello->failed_test;
}

void cp_guardian(struct cp_pool *pool, int base_pool, char *title, char *stack_top)
{
    s_pool = pool;
    struct cp_hello hello = {CP_FRAME(hello, CP_HELLO), (uint32_t)sys_getpid(), 0, 0, 0};
    int failed = self_test(&hello);
    int self = (int)SYS2(NR_pidfd_open, hello.guardian_pid, 0); /* lets the host see our end, whoever reaps us */
    if (cp_send(CP_FD_CONTROL, &hello, sizeof hello, self) == -ETOOMANYREFS_)
        tell_host(&hello, sizeof hello, -1); /* too many of this user's are on their way, unix(7): the host does without */
    if (self >= 0)
        sys_close(self);
    if (failed)
        sys_exit(1);

    s_base = base_pool;
    s_self = (int)hello.guardian_pid; /* not asked of getppid: we may be dead when a supervisor asks */
    want(s_base);
    int told_error = 0, host_alive = 1, orphan_wait_ms = 1;
    for (;;) {
        int alive = reap_all(), orphans = kill_orphans();
        if (!s_serving && !alive)
            sys_exit(0);
        int error = refill(title, stack_top);
        if (error && error != told_error && idle() <= 0) {
            struct cp_pool_failed news = {CP_FRAME(news, CP_POOL_FAILED), -error, 0};
            tell_host(&news, sizeof news, -1);
        }
        told_error = error;

        orphan_wait_ms = !orphans ? 1 : orphan_wait_ms < 500 ? orphan_wait_ms * 2 : 1000;
        int wait_ms = orphans ? orphan_wait_ms : error ? RETRY_MS : s_serving && s_pool->wanted > s_base ? CALM_MS : 0;
        if (s_watching && (!wait_ms || wait_ms > WATCH_MS))
            wait_ms = WATCH_MS;
        struct timespec_ timeout = timespec_of_ms(wait_ms);
        struct pollfd_ fds[4] = {{CP_FD_CHILD_EXIT, POLLIN_, 0}, {CP_FD_DEMAND, POLLIN_, 0},
                                 {s_control, POLLIN_, 0}, {host_alive ? CP_FD_HOST : -1, POLLIN_, 0}};
        long ready = sys_poll(fds, 4, wait_ms ? &timeout : NULL);
        if (ready == 0 && wait_ms == RETRY_MS)
            told_error = 0; /* a start that came later hears of it, too */
        if (ready == 0 && wait_ms == (s_watching ? WATCH_MS : CALM_MS))
            want(s_pool->wanted / 2); /* those that are too many leave when their patience ends */
        if (s_watching && cp_has_ended(CP_FD_HOST_PROC)) {
            uint64_t once = 1;
            sys_write(CP_FD_HOST, &once, sizeof once); /* a copied socket cannot hide it any more */
            s_watching = 0;
        }
        if (ready <= 0)
            continue;
        if (fds[0].revents)
            cp_child_exit_seen();
        if (fds[1].revents) {
            uint64_t count;
            sys_read(CP_FD_DEMAND, &count, sizeof count);
            if (idle() <= 0)
                want(s_pool->wanted * 2);
        }
        if (fds[2].revents)
            hear_host();
        if (fds[3].revents & POLLIN_) {
            host_alive = 0;
            retire();
        }
    }
}
