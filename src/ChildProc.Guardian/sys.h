/*
 * sys.h - raw system calls and the kernel's structures (64-bit Linux), without a C library.
 *
 * Every call returns >= 0, or -errno. No libc means one binary for glibc and musl alike, no locks, no malloc and no
 * hooks between clone and exec (traps 7 and 8), and an address space so small that starting a process is cheap.
 */
#ifndef CP_SYS_H
#define CP_SYS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include "sys_x64.h"
#elif defined(__aarch64__)
#include "sys_arm64.h"
#else
#error "The guardian runs on x64 and arm64."
#endif

enum {
    EPERM_ = 1, ENOENT_ = 2, ESRCH_ = 3, EINTR_ = 4, EBADF_ = 9, ECHILD_ = 10, EAGAIN_ = 11, ENOMEM_ = 12,
    EACCES_ = 13, EFAULT_ = 14, ENODEV_ = 19, ENOTDIR_ = 20, EINVAL_ = 22, ENFILE_ = 23, EMFILE_ = 24, ETXTBSY_ = 26, EPIPE_ = 32,
    ENAMETOOLONG_ = 36, ENOSYS_ = 38, ELOOP_ = 40, EBADMSG_ = 74, ECONNRESET_ = 104, ETOOMANYREFS_ = 109, ETIMEDOUT_ = 110, ESTALE_ = 116,
};

enum { SIGHUP_ = 1, SIGKILL_ = 9, SIGCHLD_ = 17, SIGCONT_ = 18, SIGSTOP_ = 19, SIGTSTP_ = 20, SIGTTIN_ = 21, SIGTTOU_ = 22, SIGNAL_MAX = 64 };
enum { CLONE_VM_ = 0x100, CLONE_VFORK_ = 0x4000 };
enum { O_RDONLY_ = 0, O_WRONLY_ = 1, O_RDWR_ = 2, O_CLOEXEC_ = 02000000, O_NONBLOCK_ = 04000, O_PATH_ = 010000000, AT_FDCWD_ = -100 };
#if defined(__aarch64__)
enum { O_DIRECTORY_ = 040000 };
#else
enum { O_DIRECTORY_ = 0200000 };
#endif
enum { F_DUPFD_CLOEXEC_ = 1030, F_GETFD_ = 1, F_SETFD_ = 2, F_GETFL_ = 3, FD_CLOEXEC_ = 1, F_GET_SEALS_ = 1034, F_SEAL_SHRINK_ = 2, F_SEAL_WRITE_ = 8 };
enum { POLLIN_ = 1, POLLERR_ = 8, POLLHUP_ = 16 };
enum { MSG_DONTWAIT_ = 0x40, MSG_NOSIGNAL_ = 0x4000, MSG_CTRUNC_ = 8, MSG_TRUNC_ = 0x20, MSG_CMSG_CLOEXEC_ = 0x40000000 };
enum { SOL_SOCKET_ = 1, SCM_RIGHTS_ = 1, SO_RCVTIMEO_ = 20, SHUT_RDWR_ = 2 };
enum { SEEK_SET_ = 0, SEEK_END_ = 2 };
enum { P_ALL_ = 0, P_PID_ = 1, WNOHANG_ = 1, WEXITED_ = 4, WNOWAIT_ = 0x1000000, CLD_EXITED_ = 1, CLD_KILLED_ = 2, CLD_DUMPED_ = 3 };
enum { PROT_READ_ = 1, PROT_WRITE_ = 2, MAP_SHARED_ = 1, MAP_PRIVATE_ = 2, MAP_ANONYMOUS_ = 0x20, MAP_NORESERVE_ = 0x4000 };
enum { PR_SET_PDEATHSIG_ = 1, PR_SET_DUMPABLE_ = 4, PR_SET_NAME_ = 15, PR_SET_CHILD_SUBREAPER_ = 36, PR_SET_NO_NEW_PRIVS_ = 38 };
enum { SA_NOCLDSTOP_ = 1, SIG_SETMASK_ = 2 };
enum { TIOCSCTTY_ = 0x540E };

struct iovec_ { void *base; size_t length; };
struct msghdr_ { void *name; uint32_t name_length; struct iovec_ *iov; size_t iov_count; void *control; size_t control_length; uint32_t flags; };
struct cmsghdr_ { size_t length; int32_t level; int32_t type; };
struct pollfd_ { int32_t fd; int16_t events; int16_t revents; };
struct timespec_ { int64_t seconds; int64_t nanoseconds; };
struct timeval_ { int64_t seconds; int64_t microseconds; };
struct rlimit_ { uint64_t soft; uint64_t hard; };
struct rusage_ { struct timeval_ user; struct timeval_ system; int64_t max_rss_kb; int64_t rest[13]; };
struct siginfo_ { int32_t signal; int32_t error; int32_t code; int32_t pad; int32_t pid; uint32_t uid; int32_t status; int32_t rest[25]; };
struct sigaction_ { void *handler; unsigned long flags; void *restorer; uint64_t mask; }; /* arm64 has SA_RESTORER, too */
struct dirent64_ { uint64_t inode; int64_t offset; uint16_t length; uint8_t type; char name[]; };

long cp_clone(unsigned long flags, void *stack_top, int (*run)(void *), void *argument);

#define SYS0(n) sys6(n, 0, 0, 0, 0, 0, 0)
#define SYS1(n, a) sys6(n, (long)(a), 0, 0, 0, 0, 0)
#define SYS2(n, a, b) sys6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define SYS3(n, a, b, c) sys6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define SYS4(n, a, b, c, d) sys6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define SYS5(n, a, b, c, d, e) sys6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

static inline long sys_read(int fd, void *p, size_t n) { return SYS3(NR_read, fd, p, n); }
static inline long sys_write(int fd, const void *p, size_t n) { return SYS3(NR_write, fd, p, n); }
static inline long sys_close(int fd) { return SYS1(NR_close, fd); }
static inline long sys_open(const char *path, int flags) { return SYS4(NR_openat, AT_FDCWD_, path, flags, 0); }
static inline long sys_getpid(void) { return SYS0(NR_getpid); }
static inline long sys_getppid(void) { return SYS0(NR_getppid); }
static inline long sys_kill(int pid, int signal) { return SYS2(NR_kill, pid, signal); }
static inline long sys_prctl(int option, long value) { return SYS5(NR_prctl, option, value, 0, 0, 0); }
static inline long sys_fcntl(int fd, int command, long value) { return SYS3(NR_fcntl, fd, command, value); }
static inline long sys_poll(struct pollfd_ *fds, int count, const struct timespec_ *timeout)
{
    struct timespec_ copy = timeout ? *timeout : (struct timespec_){0, 0}; /* the kernel writes the rest back */
    return SYS5(NR_ppoll, fds, count, timeout ? &copy : NULL, NULL, 8);
}
static inline long sys_waitid(int kind, int id, struct siginfo_ *info, int options, struct rusage_ *usage)
{
    info->pid = 0; /* untouched by the kernel when nothing is to be reaped */
    return SYS5(NR_waitid, kind, id, info, options, usage);
}
static inline void *sys_map(size_t length, int flags, int fd)
{
    long r = sys6(NR_mmap, 0, (long)length, PROT_READ_ | (fd < 0 ? PROT_WRITE_ : 0), flags, fd, 0);
    return r < 0 && r > -4096 ? NULL : (void *)r;
}
static inline long sys_unmap(void *p, size_t length) { return SYS2(NR_munmap, p, length); }
_Noreturn static inline void sys_exit(int code)
{
    for (;;)
        SYS1(NR_exit_group, code);
}
static inline int64_t sys_monotonic_us(void)
{
    struct timespec_ now = {0, 0};
    SYS2(NR_clock_gettime, 1 /* CLOCK_MONOTONIC */, &now);
    return now.seconds * 1000000 + now.nanoseconds / 1000;
}
static inline int64_t sys_monotonic_ms(void) { return sys_monotonic_us() / 1000; }
static inline void sys_sleep_ms(int64_t ms)
{
    struct timespec_ t = {ms / 1000, ms % 1000 * 1000000};
    SYS2(NR_nanosleep, &t, NULL);
}
static inline struct timespec_ timespec_of_ms(int64_t ms)
{
    return (struct timespec_){ms / 1000, ms % 1000 * 1000000};
}

/* freestanding.c: what the compiler may call, and little else. */
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
size_t strlen(const char *s);

/* Each writes at `out`, ends with a NUL and returns where that stands, so that calls nest. */
char *append_text(char *out, const char *text);
char *append_number(char *out, uint64_t value);
char *proc_path(char *out, int pid, const char *suffix); /* "/proc/" pid suffix */

#endif
