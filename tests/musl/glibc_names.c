/*
 * glibc_names.c - what Debian's libraries ask of glibc and musl does not have.
 *
 * .NET's runtime for musl wants libstdc++ and libgcc_s, the test framework libcrypto and the tests libMonoPosixHelper,
 * and Debian and NuGet have these for glibc only. musl's loader takes itself for libc.so.6 and its like, and has nearly
 * every name that they import. These are the rest. ChildProc itself uses none of them; on Alpine none is needed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <link.h>
#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* C++ */

const int **__ctype_tolower_loc(void);
const int **__ctype_toupper_loc(void);
const unsigned short **__ctype_b_loc(void);

/* libgcc_s has these for old programs only, by a rule of symbol versions that musl's loader does not know. */
struct { unsigned vendor, type, subtype, features; } __cpu_model;
int __cpu_indicator_init(void)
{
    return 0;
}

char __libc_single_threaded; /* 0: always count references with atomic operations */

uint32_t arc4random(void)
{
    uint32_t value = 0;
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, &value, sizeof value) != sizeof value)
        abort();
    close(fd);
    return value;
}

/* The destructors of a thread, the last first; musl has no such list of its own. */
struct destructor {
    void (*run)(void *);
    void *object;
    struct destructor *next;
};
static pthread_key_t s_key;
static pthread_once_t s_once = PTHREAD_ONCE_INIT;

static void run_destructors(void *list)
{
    for (struct destructor *d = list; d;) {
        struct destructor *next = d->next;
        d->run(d->object);
        free(d);
        d = next;
    }
}

static void make_key(void)
{
    pthread_key_create(&s_key, run_destructors);
}

int __cxa_thread_atexit_impl(void (*run)(void *), void *object, void *library)
{
    (void)library;
    pthread_once(&s_once, make_key);
    struct destructor *d = malloc(sizeof *d);
    if (!d)
        return -1;
    *d = (struct destructor){run, object, pthread_getspecific(s_key)};
    return pthread_setspecific(s_key, d);
}

/* <dlfcn.h> of glibc 2.35: where the unwinder finds the tables of the code at `pc`. */
struct find_object {
    unsigned long long flags;
    void *start, *end, *link_map, *eh_frame;
    unsigned long long reserved[7];
};
struct search {
    uintptr_t pc;
    struct find_object *found;
};

static int look(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    struct search *search = data;
    uintptr_t first = UINTPTR_MAX, last = 0, tables = 0;
    int inside = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + p->p_vaddr, end = start + p->p_memsz;
        if (p->p_type == PT_GNU_EH_FRAME)
            tables = start;
        if (p->p_type != PT_LOAD)
            continue;
        inside |= search->pc >= start && search->pc < end;
        first = start < first ? start : first;
        last = end > last ? end : last;
    }
    if (!inside || !tables)
        return 0;
    *search->found = (struct find_object){.start = (void *)first, .end = (void *)last, .eh_frame = (void *)tables};
    return 1;
}

int _dl_find_object(void *pc, struct find_object *found)
{
    struct search search = {(uintptr_t)pc, found};
    return dl_iterate_phdr(look, &search) ? 0 : -1;
}

/* libstdc++ reads the tables of its "C" locale inside glibc's own structure: <bits/types/__locale_t.h>. */
static struct {
    void *categories[13];
    const unsigned short *classes;
    const int *lower, *upper;
    const char *names[13];
} s_c_locale;

locale_t __newlocale(int mask, const char *name, locale_t base)
{
    (void)mask, (void)name, (void)base;
    s_c_locale.classes = *__ctype_b_loc();
    s_c_locale.lower = *__ctype_tolower_loc();
    s_c_locale.upper = *__ctype_toupper_loc();
    for (int i = 0; i < 13; i++)
        s_c_locale.names[i] = "C";
    return (locale_t)&s_c_locale;
}

locale_t __duplocale(locale_t locale)
{
    return locale;
}

void __freelocale(locale_t locale)
{
    (void)locale;
}

locale_t __uselocale(locale_t locale)
{
    (void)locale;
    return (locale_t)&s_c_locale;
}

size_t __strftime_l(char *text, size_t size, const char *format, const struct tm *time, locale_t locale)
{
    (void)locale;
    return strftime(text, size, format, time);
}

/* The forms that _FORTIFY_SOURCE makes of everyday functions: without their checks. */

void *__memcpy_chk(void *to, const void *from, size_t n, size_t room)
{
    (void)room;
    return memcpy(to, from, n);
}

void *__memset_chk(void *to, int value, size_t n, size_t room)
{
    (void)room;
    return memset(to, value, n);
}

char *__strcat_chk(char *to, const char *from, size_t room)
{
    (void)room;
    return strcat(to, from);
}

char *__strdup(const char *text)
{
    return strdup(text);
}

int __open_2(const char *path, int flags)
{
    return open(path, flags);
}

long __fdelt_chk(long fd)
{
    return fd / (8 * (long)sizeof(long));
}

#define FORMATTED(name, call, ...)          \
    int name(__VA_ARGS__, ...)              \
    {                                       \
        va_list list;                       \
        va_start(list, format);             \
        int result = call;                  \
        va_end(list);                       \
        return result;                      \
    }
#define UNCHECKED (void)flag, (void)room

FORMATTED(__printf_chk, ((void)flag, vprintf(format, list)), int flag, const char *format)
FORMATTED(__fprintf_chk, ((void)flag, vfprintf(file, format, list)), FILE *file, int flag, const char *format)
FORMATTED(__sprintf_chk, (UNCHECKED, vsprintf(to, format, list)), char *to, int flag, size_t room, const char *format)
FORMATTED(__snprintf_chk, (UNCHECKED, vsnprintf(to, n, format, list)), char *to, size_t n, int flag, size_t room, const char *format)
FORMATTED(__syslog_chk, ((void)flag, vsyslog(priority, format, list), 0), int priority, int flag, const char *format)

int __vfprintf_chk(FILE *file, int flag, const char *format, va_list list)
{
    (void)flag;
    return vfprintf(file, format, list);
}

int __vsprintf_chk(char *to, int flag, size_t room, const char *format, va_list list)
{
    UNCHECKED;
    return vsprintf(to, format, list);
}

int __vsnprintf_chk(char *to, size_t n, int flag, size_t room, const char *format, va_list list)
{
    UNCHECKED;
    return vsnprintf(to, n, format, list);
}

int __vasprintf_chk(char **to, int flag, const char *format, va_list list)
{
    (void)flag;
    return vasprintf(to, format, list);
}

void __vsyslog_chk(int priority, int flag, const char *format, va_list list)
{
    (void)flag;
    vsyslog(priority, format, list);
}

/* Imported, and called by nothing that runs here. */
#define NEVER(name) void name(void) { abort(); }
NEVER(getcontext) NEVER(makecontext) NEVER(setcontext)
NEVER(getfsent) NEVER(getfsfile) NEVER(getfsspec) NEVER(setfsent) NEVER(endfsent) NEVER(sethostid)
