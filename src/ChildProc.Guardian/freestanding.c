/* freestanding.c - the few library functions that the guardian needs. */
#include "sys.h"

#ifndef CP_HOSTED_TEST
/* Through volatile, so that the compiler neither turns these loops into calls of themselves nor drops the clearing of
 * a request that holds secrets. */
void *memcpy(void *to, const void *from, size_t n)
{
    volatile unsigned char *t = to;
    const unsigned char *f = from;
    while (n--)
        *t++ = *f++;
    return to;
}

void *memset(void *to, int value, size_t n)
{
    volatile unsigned char *t = to;
    uint64_t word = 0x0101010101010101u * (unsigned char)value;
    for (; n && ((uintptr_t)t & 7); n--)
        *t++ = (unsigned char)value;
    for (; n >= 8; n -= 8, t += 8)
        *(volatile uint64_t *)t = word;
    while (n--)
        *t++ = (unsigned char)value;
    return to;
}

size_t strlen(const char *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}
#endif

char *append_text(char *out, const char *text)
{
    while (*text)
        *out++ = *text++;
    *out = 0;
    return out;
}

char *append_number(char *out, uint64_t value)
{
    char digits[20];
    int n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    while (n)
        *out++ = digits[--n];
    *out = 0;
    return out;
}

char *proc_path(char *out, int pid, const char *suffix)
{
    return append_text(append_number(append_text(out, "/proc/"), (uint64_t)pid), suffix);
}
