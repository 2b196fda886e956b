/*
 * request.h - a start request, decoded.
 *
 * cp_request_read checks a request and its body completely, without any side effect, and points into them: both must
 * stay in memory as long as the plan is used. It knows nothing of sockets and trusts no count or length. The pointer
 * vectors live in `vectors`, which the caller provides; cp_request_vectors says how many pointers are needed.
 */
#ifndef CP_REQUEST_H
#define CP_REQUEST_H

#include "protocol.h"
#include <stddef.h>

struct cp_plan {
    const struct cp_request *request;
    const struct cp_limit *limits;
    const uint32_t *groups;
    const int32_t *handle_targets;
    const char **paths;     /* path_count, then NULL */
    const char **arguments; /* argv, NULL-terminated */
    const char **variables; /* envp, NULL-terminated */
    int descriptor_count;   /* how many descriptors the message must carry */
};

/* 0, or -EBADMSG when `length` bytes are not a request of this version. */
int cp_request_check(const void *message, size_t length);

/* Pointers that cp_request_read writes. The request must have been checked. */
size_t cp_request_vectors(const struct cp_request *request);

/* 0, or -EBADMSG. `body` is the inline rest of the message or the mapped memfd. */
int cp_request_read(const struct cp_request *request, const void *body, size_t body_length, const char **vectors,
                    struct cp_plan *plan);

#endif
