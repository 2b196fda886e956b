/*
 * protocol.h - the messages between host, guardian and supervisors.
 *
 * Small versioned frames in native (little-endian) byte order. Nothing here knows of sockets: a transport
 * delivers whole messages, each of which holds one or more frames, and descriptors beside them.
 * src/ChildProc/Engines/Supervised/Wire.cs mirrors this file; a test compares every size and offset.
 *
 *   request socket   host -> any idle supervisor    REQUEST (with the lifeline and the child's descriptors)
 *   lifeline         supervisor -> host             CLAIMED, then STARTED or FAILED, EXITED, TREE_EMPTY; SIGNAL_FAILED
 *                    host -> supervisor             SIGNAL, KILL, RELEASE; end of file = the owner is gone
 *   control socket   guardian -> host               HELLO, POOL_FAILED, SUPERVISOR_LOST
 *                    host -> guardian               GO, KILL_SUPERVISOR, RETIRE (start no more supervisors, leave when
 *                                                   the last tree is gone); end of file = RETIRE
 */
#ifndef CP_PROTOCOL_H
#define CP_PROTOCOL_H

#include <stdint.h>

enum { CP_VERSION = 1 };

enum cp_type {
    CP_REQUEST = 1,
    CP_CLAIMED = 2,
    CP_STARTED = 3,
    CP_FAILED = 4,
    CP_EXITED = 5,
    CP_TREE_EMPTY = 6,
    CP_SIGNAL = 7,
    CP_KILL = 8,
    CP_RELEASE = 9,
    CP_SIGNAL_FAILED = 10,
    CP_HELLO = 32,
    CP_GO = 33,
    CP_POOL_FAILED = 34,
    CP_SUPERVISOR_LOST = 35,
    CP_KILL_SUPERVISOR = 36,
    CP_RETIRE = 37,
};

/* As the index of a path: /dev/null. */
#define CP_NULL_DEVICE UINT32_MAX

/* Where a start failed. The numbers are those of the public enum StartStage. */
enum cp_stage {
    CP_STAGE_RESOLVE = 1,
    CP_STAGE_WORKING_DIRECTORY = 2,
    CP_STAGE_STANDARD_STREAMS = 3,
    CP_STAGE_HANDLES = 4,
    CP_STAGE_SESSION = 5,
    CP_STAGE_CREDENTIALS = 6,
    CP_STAGE_UMASK = 7,
    CP_STAGE_PRIORITY = 8,
    CP_STAGE_LIMITS = 9,
    CP_STAGE_NO_NEW_PRIVILEGES = 10,
    CP_STAGE_EXECUTE = 11,
    CP_STAGE_CONTAINMENT = 12,
};

enum cp_request_flags {
    CP_NEW_SESSION = 1 << 0,
    CP_NEW_GROUP = 1 << 1,
    CP_NO_NEW_PRIVILEGES = 1 << 2,
    CP_SET_UMASK = 1 << 3,
    CP_SET_PRIORITY = 1 << 4,
    CP_SET_CREDENTIALS = 1 << 5,
    CP_RELEASE_LEFTOVERS = 1 << 6, /* what outlives the child outlives the lifeline too */
    CP_BODY_IN_MEMFD = 1 << 7,     /* the body is a descriptor, the second one of the message; a file where there are no memfds */
    CP_SEARCHED = 1 << 8,          /* the paths come from a PATH search */
    CP_CONTROLLING_TERMINAL = 1 << 9, /* with CP_NEW_SESSION: the stream `terminal` becomes the session's terminal */
    CP_TELL_TIME = 1 << 10,           /* somebody measures: EXITED tells when the child was reaped */
};

enum cp_stdio {
    CP_STDIO_NULL = 0,      /* the supervisor's own /dev/null */
    CP_STDIO_HANDLE = 1,    /* the next descriptor of the message */
    CP_STDIO_AS_STDOUT = 2, /* standard error only: a duplicate of standard output */
};

enum cp_scope { CP_SCOPE_CHILD = 0, CP_SCOPE_GROUP = 1, CP_SCOPE_TREE = 2 };

enum {
    CP_MAX_INLINE = 24 * 1024, /* a larger request has its body in a sealed memfd, or in a file that is copied */
    CP_MAX_BODY = 32 * 1024 * 1024,
    CP_MAX_HANDLES = 240, /* extra descriptors; SCM_MAX_FD is 253 */
    CP_MAX_DESCRIPTORS = CP_MAX_HANDLES + 6,
    CP_MAX_GROUPS = 65536, /* NGROUPS_MAX */
    CP_MAX_LIMITS = 16,    /* RLIM_NLIMITS */
};

struct cp_frame {
    uint16_t type;
    uint8_t version;
    uint8_t reserved;
    uint32_t length; /* of the whole frame, this header included */
};

/*
 * Followed, at once or in the memfd, by `body_length` bytes:
 *   cp_limit[limit_count], uint32_t groups[group_count], int32_t handle_targets[handle_count],
 *   then NUL-terminated strings: path_count paths to try in turn, argument_count arguments, variable_count variables.
 * Descriptors of the message, in order: lifeline, [body], working directory, one per CP_STDIO_HANDLE, handles.
 */
struct cp_request {
    struct cp_frame frame;
    uint32_t flags;
    uint32_t effective_uid; /* the identity that the host has now: a supervisor with another one refuses */
    uint32_t effective_gid;
    int32_t process_group; /* to join, unless CP_NEW_GROUP or CP_NEW_SESSION; 0: stay in the keepers' */
    uint32_t umask;
    int32_t priority;
    uint32_t uid;
    uint32_t gid;
    uint32_t owner_lost_signal; /* 0: kill at once */
    uint32_t owner_lost_grace_ms;
    uint32_t owner_lost_scope;
    uint8_t stdio[3];
    uint8_t terminal; /* CP_CONTROLLING_TERMINAL: which standard stream, itself a CP_STDIO_HANDLE */
    uint32_t limit_count;
    uint32_t group_count;
    uint32_t handle_count;
    uint32_t path_count;
    uint32_t argument_count;
    uint32_t variable_count;
    uint32_t body_length;
    uint32_t reserved2;
};

struct cp_limit {
    uint32_t resource; /* RLIMIT_ number */
    uint32_t reserved;
    uint64_t soft;
    uint64_t hard;
};

struct cp_claimed {
    struct cp_frame frame;
    uint32_t supervisor_pid;
    uint32_t claim; /* which of this supervisor's, so that KILL_SUPERVISOR never hits a later one */
};

struct cp_started {
    struct cp_frame frame;
    uint32_t pid;
    uint32_t reserved;
};

struct cp_failed {
    struct cp_frame frame;
    uint32_t stage;
    int32_t error;       /* errno, positive */
    uint32_t path_index; /* CP_STAGE_EXECUTE: which path; CP_STAGE_STANDARD_STREAMS: CP_NULL_DEVICE, or none */
    uint32_t bad_interpreter;
};

struct cp_exited {
    struct cp_frame frame;
    uint32_t pid;
    uint32_t code;  /* CLD_EXITED, CLD_KILLED, CLD_DUMPED */
    int32_t status; /* exit code or signal number */
    uint32_t reaped_us; /* CP_TELL_TIME: the low half of CLOCK_MONOTONIC in microseconds, never 0; else 0 */
    uint64_t user_us;
    uint64_t system_us;
    uint64_t peak_kb;
};

struct cp_tree_empty {
    struct cp_frame frame;
};

struct cp_signal {
    struct cp_frame frame;
    uint32_t signal;
    uint32_t scope;
};

struct cp_signal_failed {
    struct cp_frame frame;
    uint32_t signal;
    int32_t error;
};

struct cp_hello {
    struct cp_frame frame;
    uint32_t guardian_pid;
    uint32_t failed_test; /* 0, or which self-test failed: enum cp_self_test */
    int32_t error;
    uint32_t reserved;
};

enum cp_self_test { CP_TEST_SUBREAPER = 1, CP_TEST_CHILDREN_FILE = 2, CP_TEST_RESOURCES = 3 };

struct cp_pool_failed {
    struct cp_frame frame;
    int32_t error;
    uint32_t reserved;
};

struct cp_supervisor {
    struct cp_frame frame; /* SUPERVISOR_LOST, KILL_SUPERVISOR */
    uint32_t supervisor_pid;
    uint32_t claim; /* KILL_SUPERVISOR: as CLAIMED told */
};

#endif
