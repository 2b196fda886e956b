/* spawn.c - see spawn.h. */
#include "spawn.h"
#include "place.h"
#include "sys.h"

enum { STACK_SIZE = 32 * 1024, PAGE = 4096 };

static char *s_stack;                    /* of the child between clone and exec; the page below it is not mapped */
static struct cp_spawn_result *s_result; /* shared with a child that has its own memory, too */

struct start {
    const struct cp_plan *plan;
    const int *fds;
    int parent;  /* die with it; 0: with nobody */
    int *channel; /* a descriptor that is to stay open until exec, or NULL */
};

int cp_spawn_prepare(void)
{
    s_stack = sys_map(STACK_SIZE + PAGE, MAP_PRIVATE_ | MAP_ANONYMOUS_ | MAP_NORESERVE_, -1);
    s_result = sys_map(PAGE, MAP_SHARED_ | MAP_ANONYMOUS_, -1);
    if (!s_stack || !s_result)
        return -ENOMEM_;
    sys_unmap(s_stack, PAGE);
    s_stack += PAGE;
    return 0;
}

static int fail(enum cp_stage stage, long error)
{
    s_result->stage = stage;
    s_result->error = (int32_t)-error;
    return 127;
}

/* Our own 0, 1 and 2 are the null device, and the child's as they are. Where the host found none (a bare chroot) something
 * holds their place that can neither be read nor written; then the child opens its own. An input that is at its end is as
 * good as the null device; an output that takes everything has no stand-in, and the start says why it cannot be. */
static long null_device(int target)
{
    if (!(sys_fcntl(target, F_GETFL_, 0) & O_PATH_))
        return target;
    long opened = sys_open("/dev/null", (target == 0 ? O_RDONLY_ : O_WRONLY_) | O_CLOEXEC_);
    int ends[2];
    if (opened < 0 && target == 0 && SYS2(NR_pipe2, ends, O_CLOEXEC_) == 0) {
        sys_close(ends[1]);
        return ends[0];
    }
    if (opened < 0)
        s_result->path_index = CP_NULL_DEVICE;
    return opened;
}

/* `*directory`: where the working directory's descriptor is then. */
static long place_descriptors(const struct start *start, int *directory, enum cp_stage *stage)
{
    const struct cp_plan *plan = start->plan;
    const struct cp_request *r = plan->request;
    const int *fds = start->fds;
    struct cp_place places[CP_MAX_PLACES];
    int count = 0, failed = 0;
    const int *next = fds + 1; /* the first is the working directory */

    int stdout_source = 1;
    for (int i = 0; i < 3; i++) {
        long source = r->stdio[i] == CP_STDIO_NULL ? null_device(i) : r->stdio[i] == CP_STDIO_HANDLE ? *next++ : stdout_source;
        if (source < 0) {
            *stage = CP_STAGE_STANDARD_STREAMS;
            return source;
        }
        if (r->stdio[i] == CP_STDIO_NULL && source == i)
            continue;
        if (i == 1)
            stdout_source = (int)source;
        places[count++] = (struct cp_place){(int)source, i};
    }
    int streams = count;
    for (uint32_t i = 0; i < r->handle_count; i++, count++) {
        places[count].source = *next++;
        places[count].target = plan->handle_targets[i];
    }

    if (start->channel) {
        int aside = cp_place_aside(places, count, *start->channel);
        if (aside < 0) {
            *stage = CP_STAGE_HANDLES;
            return aside;
        }
        *start->channel = aside;
    }
    *directory = cp_place_aside(places, count, fds[0]);
    long error = *directory < 0 ? *directory : cp_place_all(places, count, &failed);
    *stage = failed < streams ? CP_STAGE_STANDARD_STREAMS : CP_STAGE_HANDLES;
    return error;
}

static long change_credentials(const struct cp_plan *plan)
{
    const struct cp_request *r = plan->request;
    long error = SYS2(NR_setgroups, r->group_count, plan->groups);
    if (error >= 0)
        error = SYS3(NR_setresgid, r->gid, r->gid, r->gid);
    if (error >= 0)
        error = SYS3(NR_setresuid, r->uid, r->uid, r->uid);
    return error;
}

/* A file that was written a moment ago may still be open for writing in a process that another thread of the host
 * just forked (trap 31, golang/go#22315): that goes by itself, so wait for it, about one second in all. */
static long execute_when_not_busy(const char *path, const struct cp_plan *plan)
{
    for (int wait_ms = 1;; wait_ms *= 2) {
        long error = SYS3(NR_execve, path, plan->arguments, plan->variables);
        if (error != -ETXTBSY_ || wait_ms > 512)
            return error;
        sys_sleep_ms(wait_ms);
    }
}

static int not_here(long error)
{
    return error == -ENOENT_ || error == -ENOTDIR_ || error == -ELOOP_ || error == -ENAMETOOLONG_ ||
           error == -ESTALE_ || error == -ENODEV_ || error == -ETIMEDOUT_;
}

/* The rules of execvp(3) over the candidates, except that a file of unknown format is never given to a shell. */
static int execute(const struct cp_plan *plan)
{
    long missing = -ENOENT_;
    int denied = -1, existing = -1;
    for (uint32_t i = 0; i < plan->request->path_count; i++) {
        long error = execute_when_not_busy(plan->paths[i], plan);
        /* A directory of the PATH that we may not enter hides nothing that we could execute: as if it were not there. */
        if (error == -EACCES_ && plan->request->flags & CP_SEARCHED &&
            SYS3(NR_faccessat, AT_FDCWD_, plan->paths[i], 0) == -EACCES_)
            continue;
        if (error == -EACCES_) {
            denied = denied < 0 ? (int)i : denied;
        } else if (not_here(error)) {
            if (i == 0)
                missing = error;
            /* execve(2) gives ENOENT also when the file is there and its interpreter or loader is not. */
            if (existing < 0 && SYS3(NR_faccessat, AT_FDCWD_, plan->paths[i], 0) == 0)
                existing = (int)i;
        } else {
            s_result->path_index = i;
            return fail(CP_STAGE_EXECUTE, error);
        }
    }
    if (denied >= 0) {
        s_result->path_index = (uint32_t)denied;
        return fail(CP_STAGE_EXECUTE, -EACCES_);
    }
    if (existing >= 0) {
        s_result->path_index = (uint32_t)existing;
        s_result->bad_interpreter = 1;
        return fail(CP_STAGE_EXECUTE, -ENOENT_);
    }
    return fail(CP_STAGE_RESOLVE, missing);
}

/* The group or session of the child, before any signal is unblocked: a Ctrl-Z for the old group must not stop us before
 * exec (trap 5). */
static long join_group(const struct cp_request *r)
{
    return r->flags & CP_NEW_SESSION ? SYS0(NR_setsid)
           : r->flags & CP_NEW_GROUP ? SYS2(NR_setpgid, 0, 0)
           : r->process_group        ? SYS2(NR_setpgid, 0, r->process_group)
                                     : 0; /* a group outside of this PID namespace has no number: we are in it */
}

/* From the group to the program, in the child, with every signal blocked and every disposition the default. */
static int become(const struct start *start)
{
    const struct cp_plan *plan = start->plan;
    const struct cp_request *r = plan->request;
    enum cp_stage stage;
    long error;
    int directory;

    /* Every other descriptor of ours has CLOEXEC from birth, so the child gets exactly these. Before the limits:
     * a target may lie above the child's own RLIMIT_NOFILE. */
    if ((error = place_descriptors(start, &directory, &stage)) < 0)
        return fail(stage, error);

    /* The session is new and the terminal nobody's, so this needs no force (ioctl_tty(2)): it becomes /dev/tty, and our
     * group its foreground. */
    if (r->flags & CP_CONTROLLING_TERMINAL && (error = SYS3(NR_ioctl, r->terminal, TIOCSCTTY_, 0)) < 0)
        return fail(CP_STAGE_SESSION, error);
    if (r->flags & CP_SET_UMASK)
        SYS1(NR_umask, r->umask);
    if (r->flags & CP_SET_PRIORITY && (error = SYS3(NR_setpriority, 0, 0, r->priority)) < 0)
        return fail(CP_STAGE_PRIORITY, error);
    for (uint32_t i = 0; i < r->limit_count; i++) {
        struct rlimit_ limit = {plan->limits[i].soft, plan->limits[i].hard};
        if ((error = SYS4(NR_prlimit64, 0, plan->limits[i].resource, &limit, NULL)) < 0)
            return fail(CP_STAGE_LIMITS, error);
    }
    if (r->flags & CP_SET_CREDENTIALS && (error = change_credentials(plan)) < 0)
        return fail(CP_STAGE_CREDENTIALS, error);
    if (r->flags & CP_NO_NEW_PRIVILEGES && (error = sys_prctl(PR_SET_NO_NEW_PRIVS_, 1)) < 0)
        return fail(CP_STAGE_NO_NEW_PRIVILEGES, error);

    /* After the credentials, whose change clears it (prctl(2)). The supervisor has one thread, so "parent" is exact. */
    if (start->parent) {
        sys_prctl(PR_SET_PDEATHSIG_, SIGKILL_);
        if (sys_getppid() != start->parent)
            return 127;
    }

    if ((error = SYS1(NR_fchdir, directory)) < 0)
        return fail(CP_STAGE_WORKING_DIRECTORY, error);

    uint64_t none = 0;
    SYS4(NR_rt_sigprocmask, SIG_SETMASK_, &none, NULL, sizeof none);
    return execute(plan);
}

static int child(void *argument)
{
    const struct start *start = argument;
    long error = join_group(start->plan->request);
    return error < 0 ? fail(CP_STAGE_SESSION, error) : become(start);
}

int cp_spawn(const struct cp_plan *plan, const int *fds, struct cp_spawn_result *result)
{
    struct start start = {plan, fds, (int)sys_getpid(), NULL};
    memset(s_result, 0, sizeof *s_result);
    int own_memory = (plan->request->flags & CP_SET_CREDENTIALS) != 0;
    unsigned long flags = CLONE_VFORK_ | SIGCHLD_ | (own_memory ? 0 : CLONE_VM_);
    long pid = cp_clone(flags, s_stack + STACK_SIZE, child, &start);
    if (pid < 0) {
        fail(CP_STAGE_CONTAINMENT, pid);
    } else if (s_result->error) {
        /* It is our child and not yet reaped, so the pid is still its own. Nothing it did had a descendant. */
        struct siginfo_ info;
        while (sys_waitid(P_PID_, (int)pid, &info, WEXITED_, NULL) == -EINTR_)
            ;
    }
    result->error = s_result->error;
    result->stage = s_result->stage;
    result->path_index = s_result->path_index;
    result->bad_interpreter = s_result->bad_interpreter;
    return result->error ? -result->error : (int)pid;
}

void cp_spawn_here(const struct cp_plan *plan, const int *fds, int *channel, struct cp_spawn_result *result)
{
    struct start start = {plan, fds, 0, channel};
    memset(result, 0, sizeof *result);
    s_result = result;
    become(&start);
}
