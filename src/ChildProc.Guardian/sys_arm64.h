/* sys_arm64.h - system calls of Linux arm64: numbers (include/uapi/asm-generic/unistd.h), call, clone, entry. */
#ifndef CP_SYS_ARCH_H
#define CP_SYS_ARCH_H

enum {
    NR_eventfd2 = 19, NR_dup3 = 24, NR_pipe2 = 59, NR_fcntl = 25, NR_ioctl = 29, NR_faccessat = 48, NR_chdir = 49, NR_fchdir = 50,
    NR_openat = 56, NR_close = 57, NR_getdents64 = 61, NR_lseek = 62, NR_read = 63, NR_write = 64, NR_readlinkat = 78, NR_ppoll = 73,
    NR_signalfd4 = 74, NR_exit_group = 94, NR_waitid = 95, NR_nanosleep = 101, NR_clock_gettime = 113, NR_kill = 129,
    NR_rt_sigaction = 134, NR_rt_sigprocmask = 135, NR_setpriority = 140, NR_setresuid = 147, NR_setresgid = 149,
    NR_setpgid = 154, NR_getpgid = 155, NR_setsid = 157, NR_setgroups = 159, NR_umask = 166, NR_prctl = 167, NR_getpid = 172,
    NR_getppid = 173, NR_geteuid = 175, NR_getegid = 177, NR_setsockopt = 208, NR_shutdown = 210, NR_sendmsg = 211,
    NR_recvmsg = 212, NR_munmap = 215, NR_mremap = 216, NR_clone = 220, NR_execve = 221, NR_mmap = 222,
    NR_prlimit64 = 261, NR_pidfd_send_signal = 424, NR_pidfd_open = 434, NR_close_range = 436,
};

static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = n;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}

/* See sys_x64.h. */
#define CP_ARCH_ENTRY                     \
    __asm__(".text\n"                     \
            ".globl cp_clone\n"           \
            ".type cp_clone,%function\n"  \
            "cp_clone:\n"                 \
            "  stp x2, x3, [x1, #-16]!\n" \
            "  mov x2, #0\n"              \
            "  mov x3, #0\n"              \
            "  mov x4, #0\n"              \
            "  mov x8, #220\n"            \
            "  svc #0\n"                  \
            "  cbz x0, 1f\n"              \
            "  ret\n"                     \
            "1: mov x29, #0\n"            \
            "  mov x30, #0\n"             \
            "  ldp x1, x0, [sp], #16\n"   \
            "  blr x1\n"                  \
            "  mov x8, #94\n"             \
            "  svc #0\n"                  \
            "  brk #1\n")

#define CP_ARCH_START                     \
    __asm__(".text\n"                     \
            ".globl _start\n"             \
            ".type _start,%function\n"    \
            "_start:\n"                   \
            "  mov x29, #0\n"             \
            "  mov x30, #0\n"             \
            "  mov x0, sp\n"              \
            "  bl cp_start\n"             \
            "  brk #1\n")

#endif
