/* request_test.c - the request parser against valid, cut and garbled requests, under the sanitizers. */
#include "../request.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

static const char s_strings[] = "/bin/one\0/bin/two\0argv0\0\0last\0A=1\0B=2";

static size_t build(unsigned char *out, uint32_t flags)
{
    struct cp_request r = {.flags = flags, .limit_count = 1, .group_count = 2, .handle_count = 1, .path_count = 2,
                           .argument_count = 3, .variable_count = 2};
    struct cp_limit limit = {7, 0, 10, 20};
    uint32_t groups[2] = {5, 6};
    int32_t target = 9;
    unsigned char *at = out + sizeof r;
    memcpy(at, &limit, sizeof limit), at += sizeof limit;
    memcpy(at, groups, sizeof groups), at += sizeof groups;
    memcpy(at, &target, sizeof target), at += sizeof target;
    memcpy(at, s_strings, sizeof s_strings), at += sizeof s_strings;
    r.body_length = (uint32_t)(at - out - (long)sizeof r);
    r.stdio[0] = CP_STDIO_HANDLE;
    r.stdio[2] = CP_STDIO_AS_STDOUT;
    r.frame = (struct cp_frame){CP_REQUEST, CP_VERSION, 0, (uint32_t)(at - out)};
    memcpy(out, &r, sizeof r);
    return (size_t)(at - out);
}

/* An exact copy on the heap, so that the sanitizer sees every byte too far. */
static int parse(const unsigned char *bytes, size_t length)
{
    void *message = malloc(length ? length : 1);
    memcpy(message, bytes, length);
    int result = cp_request_check(message, length);
    if (result == 0) {
        struct cp_request *r = message;
        struct cp_plan plan;
        const char **vectors = malloc(cp_request_vectors(r) * sizeof *vectors);
        result = cp_request_read(r, r + 1, length - sizeof *r, vectors, &plan);
        for (uint32_t i = 0; result == 0 && i < r->path_count; i++)
            result = strlen(plan.paths[i]) > r->body_length;
        free(vectors);
    }
    free(message);
    return result;
}

static void a_valid_request_is_read(void)
{
    _Alignas(8) unsigned char bytes[1024];
    size_t length = build(bytes, CP_NEW_GROUP);
    struct cp_request *r = (void *)bytes;
    const char *vectors[16];
    struct cp_plan plan;
    CHECK(cp_request_check(bytes, length) == 0);
    CHECK(cp_request_vectors(r) == 10);
    CHECK(cp_request_read(r, r + 1, r->body_length, vectors, &plan) == 0);
    CHECK(!strcmp(plan.paths[1], "/bin/two") && !plan.paths[2]);
    CHECK(!strcmp(plan.arguments[1], "") && !strcmp(plan.arguments[2], "last") && !plan.arguments[3]);
    CHECK(!strcmp(plan.variables[1], "B=2") && !plan.variables[2]);
    CHECK(plan.limits[0].hard == 20 && plan.groups[1] == 6 && plan.handle_targets[0] == 9);
    CHECK(plan.descriptor_count == 4); /* lifeline, directory, standard input, one handle */
}

static void a_cut_request_is_refused(void)
{
    unsigned char bytes[1024];
    size_t length = build(bytes, 0), refused = 0;
    for (size_t n = 0; n < length; n++) {
        refused += parse(bytes, n) != 0;
        unsigned char lying[1024]; /* and one whose frame says that it is whole */
        memcpy(lying, bytes, length);
        struct cp_frame frame = {CP_REQUEST, CP_VERSION, 0, (uint32_t)n};
        memcpy(lying, &frame, sizeof frame);
        refused += parse(lying, n) != 0;
    }
    CHECK(refused == 2 * length);
}

static void other_versions_types_and_counts_are_refused(void)
{
    unsigned char bytes[1024];
    struct cp_request *r = (void *)bytes;
    size_t length;
#define REFUSED(change)              \
    length = build(bytes, 0);        \
    CHECK(parse(bytes, length) == 0); \
    change;                          \
    CHECK(parse(bytes, length) != 0)
    REFUSED(r->frame.version++);
    REFUSED(r->frame.type++);
    REFUSED(r->limit_count = CP_MAX_LIMITS + 1);
    REFUSED(r->group_count = 0xFFFFFFFF);
    REFUSED(r->handle_count = CP_MAX_HANDLES + 1);
    REFUSED(r->path_count = 0);
    REFUSED(r->path_count = 0xFFFFFFFF);
    REFUSED(r->argument_count = 0x7FFFFFFF);
    REFUSED(r->variable_count++);
    REFUSED(r->variable_count--);
    REFUSED(r->stdio[1] = CP_STDIO_AS_STDOUT);
    REFUSED(r->stdio[2] = 3);
    REFUSED(r->flags = CP_CONTROLLING_TERMINAL); /* without a session of its own */
    REFUSED((r->flags = CP_CONTROLLING_TERMINAL | CP_NEW_SESSION, r->terminal = 1)); /* the null device */
    REFUSED((r->flags = CP_CONTROLLING_TERMINAL | CP_NEW_SESSION, r->terminal = 3));
    REFUSED(r->body_length--);
    REFUSED(r->flags = CP_BODY_IN_MEMFD);
    REFUSED(bytes[sizeof *r + 32] = 2); /* a handle onto a standard stream */
}

static void garbage_never_leads_astray(void)
{
    unsigned char bytes[1024];
    size_t length = build(bytes, 0);
    srand(1);
    for (int i = 0; i < 200000; i++) {
        unsigned char garbled[1024];
        memcpy(garbled, bytes, length);
        for (int n = rand() % 6; n >= 0; n--)
            garbled[8 + (unsigned)rand() % (length - 8)] = (unsigned char)rand();
        parse(garbled, length);
    }
    CHECK(1);
}

int main(void)
{
    a_valid_request_is_read();
    a_cut_request_is_refused();
    other_versions_types_and_counts_are_refused();
    garbage_never_leads_astray();
    return report();
}
