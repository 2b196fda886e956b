/* test.h - as little as a test needs. Each test file has a main that ends with `return report();`. */
#ifndef CP_TEST_H
#define CP_TEST_H

#include <stdio.h>

static int s_passed, s_failed;

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (condition)                                                          \
            s_passed++;                                                         \
        else {                                                                  \
            s_failed++;                                                         \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);     \
        }                                                                       \
    } while (0)

static inline int report(void)
{
    printf("%d passed, %d failed\n", s_passed, s_failed);
    return s_failed != 0;
}

#endif
