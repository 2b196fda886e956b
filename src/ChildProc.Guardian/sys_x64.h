/* sys_x64.h - system calls of Linux x86-64: numbers (arch/x86/entry/syscalls/syscall_64.tbl), call, clone, entry. */
#ifndef CP_SYS_ARCH_H
#define CP_SYS_ARCH_H

enum {
    NR_read = 0, NR_write = 1, NR_close = 3, NR_lseek = 8, NR_mmap = 9, NR_munmap = 11, NR_rt_sigaction = 13,
    NR_rt_sigprocmask = 14, NR_ioctl = 16, NR_mremap = 25, NR_nanosleep = 35, NR_getpid = 39, NR_sendmsg = 46,
    NR_recvmsg = 47, NR_shutdown = 48, NR_setsockopt = 54, NR_clone = 56, NR_execve = 59, NR_kill = 62, NR_fcntl = 72,
    NR_chdir = 80, NR_fchdir = 81, NR_umask = 95, NR_geteuid = 107, NR_getegid = 108, NR_setpgid = 109,
    NR_getppid = 110, NR_setsid = 112, NR_setgroups = 116, NR_setresuid = 117, NR_setresgid = 119, NR_getpgid = 121,
    NR_setpriority = 141, NR_prctl = 157, NR_getdents64 = 217, NR_clock_gettime = 228, NR_exit_group = 231,
    NR_waitid = 247, NR_openat = 257, NR_readlinkat = 267, NR_faccessat = 269, NR_ppoll = 271, NR_signalfd4 = 289, NR_eventfd2 = 290, NR_pipe2 = 293,
    NR_dup3 = 292, NR_prlimit64 = 302, NR_pidfd_send_signal = 424, NR_pidfd_open = 434, NR_close_range = 436,
};

static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* long cp_clone(unsigned long flags, void *stack_top, int (*run)(void *), void *argument):
 * the new process runs on its own stack and never returns into this frame, which a child that shares the memory must
 * not touch. */
#define CP_ARCH_ENTRY                     \
    __asm__(".text\n"                     \
            ".globl cp_clone\n"           \
            ".type cp_clone,@function\n"  \
            "cp_clone:\n"                 \
            "  sub $16, %rsi\n"           \
            "  mov %rdx, 0(%rsi)\n"       \
            "  mov %rcx, 8(%rsi)\n"       \
            "  xor %edx, %edx\n"          \
            "  xor %r10d, %r10d\n"        \
            "  xor %r8d, %r8d\n"          \
            "  mov $56, %eax\n"           \
            "  syscall\n"                 \
            "  test %rax, %rax\n"         \
            "  jz 1f\n"                   \
            "  ret\n"                     \
            "1: xor %ebp, %ebp\n"         \
            "  pop %rax\n"                \
            "  pop %rdi\n"                \
            "  call *%rax\n"              \
            "  mov %eax, %edi\n"          \
            "  mov $231, %eax\n"          \
            "  syscall\n"                 \
            "  hlt\n")

#define CP_ARCH_START                     \
    __asm__(".text\n"                     \
            ".globl _start\n"             \
            ".type _start,@function\n"    \
            "_start:\n"                   \
            "  xor %ebp, %ebp\n"          \
            "  mov %rsp, %rdi\n"          \
            "  and $-16, %rsp\n"          \
            "  call cp_start\n"           \
            "  hlt\n")

#endif
