/*
 * intake.h - a request as it has arrived, made into a plan: the body may be in a memfd, and the vectors may be many.
 */
#ifndef CP_INTAKE_H
#define CP_INTAKE_H

#include "request.h"
#include "transport.h"

struct cp_intake {
    struct cp_plan plan;
    int first; /* index of the working directory among the descriptors of the message */
    const char **vectors;
    const void *mapped_body; /* NULL: the body is in the message */
};

/* 0, -ENOMEM, or -EBADMSG when message and descriptors are no request. The request has been checked, and stays in
 * memory as long as the plan is used. cp_intake_close frees what this has mapped, also after an error. */
int cp_intake_open(struct cp_intake *intake, const struct cp_request *request, const struct cp_descriptors *descriptors);

void cp_intake_close(struct cp_intake *intake);

#endif
