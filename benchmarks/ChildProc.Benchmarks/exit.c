/* The least that a process can be: it ends. No C library, two pages. */
#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n  mov $60, %eax\n  xor %edi, %edi\n  syscall\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n  mov x8, #93\n  mov x0, #0\n  svc #0\n");
#endif
